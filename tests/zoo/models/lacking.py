"""Types and functions that the database lacks, and a collation that another stands in for; what needs none of them is tested."""

from sqlalchemy import ForeignKey, String, func
from sqlalchemy.types import UserDefinedType
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    pass


class Geometry(UserDefinedType):
    cache_ok = True

    def get_col_spec(self, **_options):
        return "geometry"


class Own(UserDefinedType):
    cache_ok = True

    def get_col_spec(self, **_options):
        return "own_type"


class Place(Base):
    __tablename__ = "places"

    id: Mapped[int] = mapped_column(primary_key=True)
    area: Mapped[str | None] = mapped_column(Geometry)
    rank: Mapped[int]

    @hybrid_property
    def top(self):
        return self.rank == 1


class Thing(Base):
    __tablename__ = "things"

    id: Mapped[int] = mapped_column(primary_key=True)
    own: Mapped[str | None] = mapped_column(Own)
    rank: Mapped[int]

    @hybrid_property
    def top(self):
        return self.rank == 1


class Stamp(Base):
    __tablename__ = "stamps"

    id: Mapped[int] = mapped_column(primary_key=True, server_default=func.next_stamp())
    rank: Mapped[int]

    @hybrid_property
    def top(self):
        return self.rank == 1


class Word(Base):
    __tablename__ = "words"

    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str] = mapped_column(String(20, collation="xx-none-x-icu"))

    @hybrid_property
    def empty(self):
        return self.text == ""


class Visitor(Base):
    """Refers to a table that can't be there, by a column that no hybrid reads."""

    __tablename__ = "visitors"

    id: Mapped[int] = mapped_column(primary_key=True)
    place_id: Mapped[int | None] = mapped_column(ForeignKey("places.id"), index=True)
    age: Mapped[int]
    place: Mapped[Place | None] = relationship()

    @hybrid_property
    def adult(self):
        return self.age > 10

    @hybrid_property
    def wrong_adult(self):
        return self.age > 10

    @wrong_adult.inplace.expression
    @classmethod
    def _wrong_adult(cls):
        return cls.age > 11
