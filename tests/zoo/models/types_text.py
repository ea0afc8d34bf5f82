"""Text of every kind and length, bytes, UUIDs."""

import uuid

from sqlalchemy import CHAR, LargeBinary, String, Text, Unicode, UnicodeText, func
from sqlalchemy.dialects.postgresql import CITEXT
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class Written(Base):
    __tablename__ = "written"

    id: Mapped[int] = mapped_column(primary_key=True)
    string: Mapped[str | None] = mapped_column(String(5))
    text: Mapped[str | None] = mapped_column(Text)
    char: Mapped[str | None] = mapped_column(CHAR(3))
    unicode: Mapped[str | None] = mapped_column(Unicode(10))
    unicode_text: Mapped[str | None] = mapped_column(UnicodeText)
    binary: Mapped[bytes | None] = mapped_column(LargeBinary)
    uuid: Mapped[uuid.UUID | None]

    @hybrid_property
    def string_value(self):
        return self.string

    @hybrid_property
    def text_value(self):
        return self.text

    @hybrid_property
    def char_value(self):
        return self.char

    @hybrid_property
    def unicode_value(self):
        return self.unicode

    @hybrid_property
    def unicode_text_value(self):
        return self.unicode_text

    @hybrid_property
    def binary_value(self):
        return self.binary

    @hybrid_property
    def uuid_value(self):
        return self.uuid

    @hybrid_property
    def wrong_full(self):
        return self.string is not None and len(self.string) == 5

    @wrong_full.inplace.expression
    @classmethod
    def _wrong_full(cls):
        return func.coalesce(func.char_length(cls.string), 0) > 1


class CaseInsensitive(Base):
    __tablename__ = "case_insensitive"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(CITEXT)

    @hybrid_property
    def email_value(self):
        return self.email

    @hybrid_property
    def wrong_in(self):
        """Case counts in Python only."""
        return self.email in ("A", "B", "AB")

    @wrong_in.inplace.expression
    @classmethod
    def _wrong_in(cls):
        return cls.email.in_(["A", "B", "AB"])
