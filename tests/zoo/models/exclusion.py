"""EXCLUDE: bookings of one room that must not overlap, by a range column and by an expression."""

import datetime as dt

from sqlalchemy import DDL, ForeignKey, event, func, select, text
from sqlalchemy.dialects.postgresql import DATERANGE, ExcludeConstraint, Range
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    pass


event.listen(Base.metadata, "before_create", DDL("CREATE EXTENSION IF NOT EXISTS btree_gist"))


class Room(Base):
    __tablename__ = "rooms"

    id: Mapped[int] = mapped_column(primary_key=True)
    bookings: Mapped[list["Booking"]] = relationship(back_populates="room")

    @hybrid_property
    def number_of_bookings(self):
        return len(self.bookings)

    @number_of_bookings.inplace.expression
    @classmethod
    def _number_of_bookings(cls):
        return (
            select(func.count(Booking.id))
            .where(Booking.room_id == cls.id)
            .correlate_except(Booking)
            .scalar_subquery()
        )

    @hybrid_property
    def wrong_number_of_bookings(self):
        return len(self.bookings)

    @wrong_number_of_bookings.inplace.expression
    @classmethod
    def _wrong_number_of_bookings(cls):
        return func.least(cls.number_of_bookings, 1)


class Booking(Base):
    __tablename__ = "bookings"
    __table_args__ = (ExcludeConstraint(("room_id", "="), ("days", "&&"), using="gist"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    room_id: Mapped[int] = mapped_column(ForeignKey("rooms.id"), index=True)
    days: Mapped[Range[dt.date]] = mapped_column(DATERANGE)
    room: Mapped[Room] = relationship(back_populates="bookings")


class Shift(Base):
    __tablename__ = "shifts"
    __table_args__ = (
        ExcludeConstraint(
            ("worker", "="), (text("int8range(starts, starts::bigint + 5)"), "&&"), using="gist"
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    worker: Mapped[int]
    starts: Mapped[int]

    @hybrid_property
    def early(self):
        return self.starts < 8
