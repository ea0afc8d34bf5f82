"""What has no value to compare: comparators, and hybrids that are relationships; WHERE must find what Python says."""

from sqlalchemy import ForeignKey, func
from sqlalchemy.ext.hybrid import Comparator, hybrid_property
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    pass


class Folded(Comparator):
    def __eq__(self, other):
        return func.lower(self.__clause_element__()) == func.lower(other)


class Exact(Comparator):
    def __eq__(self, other):
        return self.__clause_element__() == other


class Person(Base):
    __tablename__ = "people"

    id: Mapped[int] = mapped_column(primary_key=True)
    nick: Mapped[str]
    employer_id: Mapped[int | None] = mapped_column(ForeignKey("firms.id"))
    landlord_id: Mapped[int | None] = mapped_column(ForeignKey("firms.id"))
    employer: Mapped["Firm | None"] = relationship(foreign_keys=[employer_id])
    landlord: Mapped["Firm | None"] = relationship(foreign_keys=[landlord_id])

    @hybrid_property
    def nick_folded(self):
        return self.nick.lower()

    @nick_folded.inplace.comparator
    @classmethod
    def _nick_folded(cls):
        return Folded(cls.nick)

    @hybrid_property
    def wrong_nick_folded(self):
        return self.nick.lower()

    @wrong_nick_folded.inplace.comparator
    @classmethod
    def _wrong_nick_folded(cls):
        return Exact(cls.nick)

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
