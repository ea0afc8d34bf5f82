"""Types that nobody has values for: NULL where that is allowed, else untested with the line that helps; and with that line."""

from hypothesis import strategies as st
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import UserDefinedType

import harness


class Base(DeclarativeBase):
    pass


class Point(UserDefinedType):
    cache_ok = True

    def get_col_spec(self, **_options):
        return "point"


class Box(UserDefinedType):
    cache_ok = True

    def get_col_spec(self, **_options):
        return "box"


harness.register_strategy(Box, st.sampled_from(["(1,1),(0,0)", "(2,2),(0,0)"]))


class Left(Base):
    __tablename__ = "left_out"

    id: Mapped[int] = mapped_column(primary_key=True)
    place = mapped_column(Point)
    rank: Mapped[int]

    @hybrid_property
    def top(self):
        return self.rank == 1


class Needed(Base):
    __tablename__ = "needed"

    id: Mapped[int] = mapped_column(primary_key=True)
    place = mapped_column(Point, nullable=False)
    rank: Mapped[int]

    @hybrid_property
    def first(self):
        return self.rank == 1


class Registered(Base):
    __tablename__ = "registered"

    id: Mapped[int] = mapped_column(primary_key=True)
    box = mapped_column(Box, nullable=False)

    @hybrid_property
    def shape(self):
        return self.box
