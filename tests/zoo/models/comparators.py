"""What has no value to compare: comparators, and hybrids that are relationships; WHERE must find what Python says."""

from sqlalchemy import ForeignKey, func
from sqlalchemy.ext.hybrid import Comparator, hybrid_property
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    pass


class ByLength(Comparator):
    def __eq__(self, other):
        return func.char_length(self.__clause_element__()) == other


class ByBits(Comparator):
    def __eq__(self, other):
        return func.bit_length(self.__clause_element__()) == other


class Person(Base):
    __tablename__ = "people"

    id: Mapped[int] = mapped_column(primary_key=True)
    nick: Mapped[str]
    employer_id: Mapped[int | None] = mapped_column(ForeignKey("firms.id"), index=True)
    landlord_id: Mapped[int | None] = mapped_column(ForeignKey("firms.id"), index=True)
    employer: Mapped["Firm | None"] = relationship(foreign_keys=[employer_id])
    landlord: Mapped["Firm | None"] = relationship(foreign_keys=[landlord_id])

    @hybrid_property
    def nick_length(self):
        return len(self.nick)

    @nick_length.inplace.comparator
    @classmethod
    def _nick_length(cls):
        return ByLength(cls.nick)

    @hybrid_property
    def wrong_nick_length(self):
        return len(self.nick)

    @wrong_nick_length.inplace.comparator
    @classmethod
    def _wrong_nick_length(cls):
        return ByBits(cls.nick)

    @hybrid_property
    def boss(self):
        return self.employer

    @hybrid_property
    def wrong_boss(self):
        return self.employer

    @wrong_boss.inplace.expression
    @classmethod
    def _wrong_boss(cls):
        return cls.landlord


class Firm(Base):
    __tablename__ = "firms"

    id: Mapped[int] = mapped_column(primary_key=True)
