"""Values that are equal though their types or digits differ, and those that are not: None and False."""

import datetime as dt
import enum
import functools
from decimal import Decimal

from sqlalchemy import DateTime, Float, Numeric, String, TypeDecorator, case, cast, func, literal
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class Size(enum.StrEnum):
    SMALL = "small"
    LARGE = "large"


@functools.total_ordering
class Moment:
    """No datetime, but equal to one: as of the packages that put classes of their own in its place."""

    def __init__(self, at):
        self.at = at

    def __eq__(self, other):
        return self.at == (other.at if isinstance(other, Moment) else other)

    def __lt__(self, other):
        return self.at < (other.at if isinstance(other, Moment) else other)

    def __hash__(self):
        return hash(self.at)


class Pendular(dt.datetime):
    """A datetime's subclass."""


class MomentType(TypeDecorator):
    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value, dialect):
        return value.at if isinstance(value, Moment) else value

    def process_result_value(self, value, dialect):
        return None if value is None else Moment(value)


class Parcel(Base):
    __tablename__ = "parcels"

    id: Mapped[int] = mapped_column(primary_key=True)
    weight: Mapped[int]
    price: Mapped[Decimal] = mapped_column(Numeric(8, 2))
    sent = mapped_column(MomentType, nullable=False)
    seen: Mapped[dt.datetime] = mapped_column(DateTime)
    open: Mapped[bool | None]

    @hybrid_property
    def size(self):
        return Size.LARGE if self.weight > 9 else Size.SMALL

    @size.inplace.expression
    @classmethod
    def _size(cls):
        return case((cls.weight > 9, "large"), else_="small")

    @hybrid_property
    def ratio(self):
        return float("nan") if self.weight == 0 else 1.0

    @ratio.inplace.expression
    @classmethod
    def _ratio(cls):
        return case((cls.weight == 0, cast(literal("NaN"), Float)), else_=cast(1, Float))

    @hybrid_property
    def exact_price(self):
        return self.price * Decimal("1.0000")

    @exact_price.inplace.expression
    @classmethod
    def _exact_price(cls):
        return cls.price

    @hybrid_property
    def sent_at(self):
        return self.sent.at

    @sent_at.inplace.expression
    @classmethod
    def _sent_at(cls):
        return cls.sent

    @hybrid_property
    def seen_at(self):
        return Pendular.fromisoformat(self.seen.isoformat())

    @seen_at.inplace.expression
    @classmethod
    def _seen_at(cls):
        return cls.seen

    @hybrid_property
    def wrong_open(self):
        """None in SQL, False in Python."""
        return bool(self.open)

    @wrong_open.inplace.expression
    @classmethod
    def _wrong_open(cls):
        return cls.open
