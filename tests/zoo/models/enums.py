"""Native enums, one type for two tables, by value, in an array, and as a plain String."""

import enum

from sqlalchemy import ARRAY, Enum, String
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class State(enum.Enum):
    NEW = "new"
    OPEN = "open"
    CLOSED = "it's closed"


STATE = Enum(State, name="state", values_callable=lambda members: [member.value for member in members])


class Ticket(Base):
    __tablename__ = "tickets"

    id: Mapped[int] = mapped_column(primary_key=True)
    state: Mapped[State] = mapped_column(STATE)
    before: Mapped[State | None] = mapped_column(Enum(State, native_enum=False, length=20))

    @hybrid_property
    def state_value(self):
        return self.state

    @hybrid_property
    def before_value(self):
        return self.before

    @hybrid_property
    def closed(self):
        return self.state == State.CLOSED

    @hybrid_property
    def wrong_reopened(self):
        return self.before == State.CLOSED and self.state != State.CLOSED

    @wrong_reopened.inplace.expression
    @classmethod
    def _wrong_reopened(cls):
        return (cls.before == State.CLOSED) & (cls.state != State.CLOSED)


class Change(Base):
    __tablename__ = "changes"

    id: Mapped[int] = mapped_column(primary_key=True)
    state: Mapped[State] = mapped_column(STATE)
    states: Mapped[list[State]] = mapped_column(ARRAY(STATE))
    text: Mapped[str] = mapped_column(String(10))

    @hybrid_property
    def opened(self):
        return (self.state == State.OPEN) & (self.text == "open")
