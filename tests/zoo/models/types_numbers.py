"""Numbers: every integer width to its bounds, fixed and floating point, Boolean."""

from decimal import Decimal

from sqlalchemy import REAL, BigInteger, Double, Float, Integer, Numeric, SmallInteger
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class Measured(Base):
    __tablename__ = "measured"

    id: Mapped[int] = mapped_column(primary_key=True)
    small: Mapped[int | None] = mapped_column(SmallInteger)
    rank: Mapped[int] = mapped_column(SmallInteger)
    integer: Mapped[int | None] = mapped_column(Integer)
    big: Mapped[int | None] = mapped_column(BigInteger)
    price: Mapped[Decimal | None] = mapped_column(Numeric(10, 2))
    exact: Mapped[Decimal | None] = mapped_column(Numeric)
    share: Mapped[float | None] = mapped_column(Numeric(5, 4, asdecimal=False))
    floating: Mapped[float | None] = mapped_column(Float)
    double: Mapped[float | None] = mapped_column(Double)
    real: Mapped[float | None] = mapped_column(REAL)
    open: Mapped[bool | None]

    @hybrid_property
    def small_value(self):
        return self.small

    @hybrid_property
    def integer_value(self):
        return self.integer

    @hybrid_property
    def big_value(self):
        return self.big

    @hybrid_property
    def price_value(self):
        return self.price

    @hybrid_property
    def exact_value(self):
        return self.exact

    @hybrid_property
    def share_value(self):
        return self.share

    @hybrid_property
    def floating_value(self):
        return self.floating

    @hybrid_property
    def double_value(self):
        return self.double

    @hybrid_property
    def real_value(self):
        return self.real

    @hybrid_property
    def open_value(self):
        return self.open

    @hybrid_property
    def wrong_lowest(self):
        """The bounds of the type show it."""
        return self.rank == -32768

    @wrong_lowest.inplace.expression
    @classmethod
    def _wrong_lowest(cls):
        return cls.rank.in_([-32768, 32767])
