"""hybrid_method: arguments by annotation, by default, from the columns compared with; one that nothing is known of."""

import enum

from sqlalchemy import Enum
from sqlalchemy.ext.hybrid import hybrid_method
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class Mood(enum.Enum):
    GOOD = 1
    BAD = 2


class Unknown:
    pass


class Day(Base):
    __tablename__ = "days"

    id: Mapped[int] = mapped_column(primary_key=True)
    temperature: Mapped[int]
    mood: Mapped[Mood] = mapped_column(Enum(Mood))

    @hybrid_method
    def warmer_than(self, limit: int):
        return self.temperature > limit

    @hybrid_method
    def warm(self, limit=9):
        return self.temperature > limit

    @hybrid_method
    def like(self, mood: Mood):
        return self.mood == mood

    @hybrid_method
    def odd(self, thing: Unknown):
        return self.temperature > thing.value

    @hybrid_method
    def wrong_colder_than(self, limit: int):
        return self.temperature < limit

    @wrong_colder_than.inplace.expression
    @classmethod
    def _wrong_colder_than(cls, limit: int):
        return cls.temperature <= limit + 10
