"""Dates, times with and without zone, intervals."""

import datetime as dt

from sqlalchemy import DateTime, Interval, Time
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


DAY = dt.timedelta(days=1)


class Base(DeclarativeBase):
    pass


class Event(Base):
    __tablename__ = "events"

    id: Mapped[int] = mapped_column(primary_key=True)
    day: Mapped[dt.date | None]
    at: Mapped[dt.time | None] = mapped_column(Time)
    local: Mapped[dt.datetime | None] = mapped_column(DateTime)
    moment: Mapped[dt.datetime | None] = mapped_column(DateTime(timezone=True))
    duration: Mapped[dt.timedelta | None] = mapped_column(Interval)

    @hybrid_property
    def day_value(self):
        return self.day

    @hybrid_property
    def at_value(self):
        return self.at

    @hybrid_property
    def local_value(self):
        return self.local

    @hybrid_property
    def moment_value(self):
        return self.moment

    @hybrid_property
    def duration_value(self):
        return self.duration

    @hybrid_property
    def wrong_short(self):
        return self.duration is not None and self.duration < DAY

    @wrong_short.inplace.expression
    @classmethod
    def _wrong_short(cls):
        return cls.duration.is_not(None) & (cls.duration <= DAY)
