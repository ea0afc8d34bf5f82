"""Hybrids made by factories, lambdas, partials and attrgetter: no ``def`` of the attribute's name."""

from functools import partial
from operator import attrgetter

from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


def above(name, limit):
    def getter(self):
        return getattr(self, name) > limit

    return hybrid_property(getter)


def _at_least(self, *, limit):
    return self.points >= limit


def wrongly_above(name, limit):
    return hybrid_property(
        lambda self: getattr(self, name) > limit, expr=lambda cls: getattr(cls, name) > 5 * limit
    )


class Player(Base):
    __tablename__ = "players"

    id: Mapped[int] = mapped_column(primary_key=True)
    points: Mapped[int]
    level: Mapped[int]

    many_points = above("points", 10)
    high_level = above("level", 3)
    above_five = hybrid_property(lambda self: self.level > 5)
    wrong_at_least = hybrid_property(partial(_at_least, limit=7))
    wrong_attrgetter = hybrid_property(attrgetter("level"))
    wrong_points = wrongly_above("points", 10)
