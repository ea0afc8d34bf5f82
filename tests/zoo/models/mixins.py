"""Hybrids of mixins, shown by classes that have nothing else in common, with columns and hybrids by declared_attr."""

from decimal import Decimal

from sqlalchemy import ForeignKey, Numeric, func
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import DeclarativeBase, Mapped, declared_attr, mapped_column, relationship


class Base(DeclarativeBase):
    pass


class Priced:
    net: Mapped[Decimal] = mapped_column(Numeric(8, 2))
    rate: Mapped[int | None]

    @hybrid_property
    def gross(self):
        return self.net * 2

    @hybrid_property
    def wrong_rated(self):
        return self.rate is not None and self.rate > 0

    @wrong_rated.inplace.expression
    @classmethod
    def _wrong_rated(cls):
        return cls.rate > 0


class Owned:
    @declared_attr
    def owner_id(cls) -> Mapped[int | None]:
        return mapped_column(ForeignKey("owners.id"), index=True)

    @declared_attr
    def owner(cls) -> Mapped["Owner | None"]:
        return relationship("Owner")

    @declared_attr
    def has_owner(cls):
        def has_owner(self):
            return self.owner_id is not None

        def expression(cls):
            return cls.owner_id.is_not(None)

        return hybrid_property(has_owner).expression(expression)

    @declared_attr
    def __tablename__(cls):
        return cls.__name__.lower() + "_table"


class Owner(Base):
    __tablename__ = "owners"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]

    @hybrid_property
    def initial(self):
        return self.name[:1]

    @initial.inplace.expression
    @classmethod
    def _initial(cls):
        return func.left(cls.name, 1)


class House(Priced, Owned, Base):
    id: Mapped[int] = mapped_column(primary_key=True)


class Boat(Priced, Owned, Base):
    id: Mapped[int] = mapped_column(primary_key=True)


class Book(Priced, Base):
    __tablename__ = "books"

    isbn: Mapped[str] = mapped_column(primary_key=True)
