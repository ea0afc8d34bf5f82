"""Types and index operators of extensions that the server has, and a function that it may lack."""

from sqlalchemy import Index, func
from sqlalchemy.dialects.postgresql import CITEXT, HSTORE, ExcludeConstraint
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class Member(Base):
    __tablename__ = "members"
    __table_args__ = (
        Index("members_name", "name", postgresql_using="gin", postgresql_ops={"name": "gin_trgm_ops"}),
        ExcludeConstraint(("desk", "="), using="gist"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    email: Mapped[str] = mapped_column(CITEXT)
    settings: Mapped[dict[str, str]] = mapped_column(HSTORE)
    desk: Mapped[int]

    @hybrid_property
    def anonymous(self):
        return self.name == ""

    @hybrid_property
    def wrong_short(self):
        return len(self.email) < 3

    @wrong_short.inplace.expression
    @classmethod
    def _wrong_short(cls):
        return func.char_length(cls.email) < 2

    @hybrid_property
    def unnamed(self):
        return self.name == ""

    @unnamed.inplace.expression
    @classmethod
    def _unnamed(cls):
        return func.unaccent(cls.name) == ""


class Secret(Base):
    __tablename__ = "secrets"

    id: Mapped[int] = mapped_column(primary_key=True)
    word: Mapped[str]

    @hybrid_property
    def hashed(self):
        return self.word

    @hashed.inplace.expression
    @classmethod
    def _hashed(cls):
        return func.encode(func.digest(cls.word, "sha256"), "hex")
