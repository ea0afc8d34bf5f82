"""UNIQUE over several columns, as a partial index, over an expression, with NULLS NOT DISTINCT."""

from sqlalchemy import ForeignKey, Index, UniqueConstraint, func, select, text
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    pass


class Customer(Base):
    __tablename__ = "customers"
    __table_args__ = (Index("customers_email", text("lower(email)"), unique=True),)

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str]
    addresses: Mapped[list["Address"]] = relationship(back_populates="customer")

    @hybrid_property
    def other_addresses(self):
        return sum(not address.main for address in self.addresses)

    @other_addresses.inplace.expression
    @classmethod
    def _other_addresses(cls):
        return (
            select(func.count(Address.id))
            .where(Address.customer_id == cls.id, ~Address.main)
            .correlate_except(Address)
            .scalar_subquery()
        )

    @hybrid_property
    def wrong_other_addresses(self):
        return sum(not address.main for address in self.addresses)

    @wrong_other_addresses.inplace.expression
    @classmethod
    def _wrong_other_addresses(cls):
        return (
            select(func.least(func.count(Address.id), 1))
            .where(Address.customer_id == cls.id, ~Address.main)
            .correlate_except(Address)
            .scalar_subquery()
        )


class Address(Base):
    """One main address for each customer, and any number of others."""

    __tablename__ = "addresses"
    __table_args__ = (Index("one_main", "customer_id", unique=True, postgresql_where=text("main")),)

    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"), index=True)
    main: Mapped[bool]
    customer: Mapped[Customer] = relationship(back_populates="addresses")


class Seat(Base):
    __tablename__ = "seats"
    __table_args__ = (
        UniqueConstraint("line", "number"),
        UniqueConstraint("line", "guest", postgresql_nulls_not_distinct=True),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    line: Mapped[int]
    number: Mapped[int]
    guest: Mapped[str | None]

    @hybrid_property
    def front(self):
        return (self.line < 3) & (self.number < 10)

    @hybrid_property
    def free(self):
        return self.guest is None

    @free.inplace.expression
    @classmethod
    def _free(cls):
        return cls.guest.is_(None)
