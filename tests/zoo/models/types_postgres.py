"""What PostgreSQL has beyond the standard: addresses, ranges and multiranges, bit strings, text search."""

import datetime as dt

from sqlalchemy import func
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class Host(Base):
    __tablename__ = "hosts"

    id: Mapped[int] = mapped_column(primary_key=True)
    address = mapped_column(pg.INET)
    network = mapped_column(pg.CIDR)
    mac = mapped_column(pg.MACADDR)
    bits = mapped_column(pg.BIT(4))
    some_bits = mapped_column(pg.BIT(8, varying=True))
    vector = mapped_column(pg.TSVECTOR)

    @hybrid_property
    def address_value(self):
        return self.address

    @hybrid_property
    def network_value(self):
        return self.network

    @hybrid_property
    def mac_value(self):
        return self.mac

    @hybrid_property
    def bits_value(self):
        return self.bits

    @hybrid_property
    def some_bits_value(self):
        return self.some_bits

    @hybrid_property
    def vector_value(self):
        return self.vector


class Span(Base):
    __tablename__ = "spans"

    id: Mapped[int] = mapped_column(primary_key=True)
    integers: Mapped[pg.Range[int] | None] = mapped_column(pg.INT4RANGE)
    bigints: Mapped[pg.Range[int] | None] = mapped_column(pg.INT8RANGE)
    numbers = mapped_column(pg.NUMRANGE)
    days: Mapped[pg.Range[dt.date] | None] = mapped_column(pg.DATERANGE)
    times = mapped_column(pg.TSRANGE)
    moments = mapped_column(pg.TSTZRANGE)
    several_integers = mapped_column(pg.INT4MULTIRANGE)
    several_days = mapped_column(pg.DATEMULTIRANGE)
    several_moments = mapped_column(pg.TSTZMULTIRANGE)

    @hybrid_property
    def integers_value(self):
        return self.integers

    @hybrid_property
    def bigints_value(self):
        return self.bigints

    @hybrid_property
    def numbers_value(self):
        return self.numbers

    @hybrid_property
    def days_value(self):
        return self.days

    @hybrid_property
    def times_value(self):
        return self.times

    @hybrid_property
    def moments_value(self):
        return self.moments

    @hybrid_property
    def several_integers_value(self):
        return self.several_integers

    @hybrid_property
    def several_days_value(self):
        return self.several_days

    @hybrid_property
    def several_moments_value(self):
        return self.several_moments

    @hybrid_property
    def wrong_open(self):
        return self.days is not None and self.days.upper is None

    @wrong_open.inplace.expression
    @classmethod
    def _wrong_open(cls):
        return cls.days.is_not(None) & func.lower_inf(cls.days)
