"""Strategies that users register: for a column, for a mapped attribute, for what a method takes."""

from dataclasses import dataclass

from hypothesis import strategies as st
from sqlalchemy import Integer, cast, func
from sqlalchemy.ext.hybrid import hybrid_method, hybrid_property
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

import harness


class Base(DeclarativeBase):
    pass


@dataclass(frozen=True)
class Limit:
    points: int


class Player(Base):
    __tablename__ = "players"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str]
    country: Mapped[str]
    points: Mapped[int]

    @hybrid_property
    def code_value(self):
        return self.code

    @hybrid_property
    def number(self):
        """Code that other text than the registered breaks."""
        return int(self.code.partition("-")[2])

    @number.inplace.expression
    @classmethod
    def _number(cls):
        return cast(func.split_part(cls.code, "-", 2), Integer)

    @hybrid_property
    def country_value(self):
        return self.country

    @hybrid_method
    def above(self, limit: Limit):
        return self.points > limit.points

    @hybrid_method
    def wrong_above(self, limit: Limit):
        return self.points > limit.points

    @wrong_above.inplace.expression
    @classmethod
    def _wrong_above(cls, limit: Limit):
        return cls.points >= limit.points


harness.register_strategy(Player.__table__.c.code, st.sampled_from(["A-1", "B-2", "C-10"]))
harness.register_strategy(Player.country, st.sampled_from(["DE", "FR"]))
harness.register_strategy(Limit, st.builds(Limit, st.integers(0, 9)))
