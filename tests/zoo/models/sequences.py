"""Sequences: as a default, as a server default, with an owner, alone in the metadata."""

from sqlalchemy import Integer, Sequence
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


numbers = Sequence("invoice_numbers", start=1000, metadata=Base.metadata)
Sequence("left_alone", metadata=Base.metadata, schema="counters")


class Invoice(Base):
    __tablename__ = "invoices"

    id: Mapped[int] = mapped_column(Sequence("invoice_ids"), primary_key=True)
    number: Mapped[int] = mapped_column(Integer, numbers, server_default=numbers.next_value())
    paid: Mapped[int]

    @hybrid_property
    def once(self):
        return self.paid == 1

    @hybrid_property
    def wrong_paid(self):
        return self.paid > 9

    @wrong_paid.inplace.expression
    @classmethod
    def _wrong_paid(cls):
        return cls.paid < 9
