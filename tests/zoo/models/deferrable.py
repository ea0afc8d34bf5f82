"""Deferrable constraints: a circle of foreign keys that are NOT NULL, and a unique one."""

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    pass


class Chicken(Base):
    __tablename__ = "chickens"
    __table_args__ = (UniqueConstraint("place", deferrable=True, initially="DEFERRED"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    egg_id: Mapped[int] = mapped_column(ForeignKey("eggs.id", deferrable=True))
    place: Mapped[int]
    egg: Mapped["Egg"] = relationship(foreign_keys=[egg_id])

    @hybrid_property
    def from_own_egg(self):
        return self.egg.chicken_id == self.id

    @from_own_egg.inplace.expression
    @classmethod
    def _from_own_egg(cls):
        return cls.egg.has(Egg.chicken_id == cls.id)

    @hybrid_property
    def wrong_first(self):
        return self.place == 1

    @wrong_first.inplace.expression
    @classmethod
    def _wrong_first(cls):
        return cls.place <= 1


class Egg(Base):
    __tablename__ = "eggs"

    id: Mapped[int] = mapped_column(primary_key=True)
    chicken_id: Mapped[int] = mapped_column(ForeignKey("chickens.id", deferrable=True, initially="DEFERRED"))
    chicken: Mapped[Chicken] = relationship(foreign_keys=[chicken_id])


class Later(Base):
    """A deferrable tree."""

    __tablename__ = "laters"

    id: Mapped[int] = mapped_column(primary_key=True)
    before_id: Mapped[int | None] = mapped_column(
        ForeignKey("laters.id", deferrable=True, initially="DEFERRED")
    )

    @hybrid_property
    def first(self):
        return self.before_id is None

    @first.inplace.expression
    @classmethod
    def _first(cls):
        return cls.before_id.is_(None)
