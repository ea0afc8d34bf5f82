"""Joined-table inheritance over three levels: rows of a subclass's table where the identity says so, and nowhere else."""

from sqlalchemy import ForeignKey, String
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class Vehicle(Base):
    __tablename__ = "vehicles"
    __mapper_args__ = {"polymorphic_on": "type", "polymorphic_identity": "vehicle"}

    id: Mapped[int] = mapped_column(primary_key=True)
    type: Mapped[str] = mapped_column(String(20))
    wheels: Mapped[int]

    @hybrid_property
    def two_wheels(self):
        return self.wheels == 2


class Car(Vehicle):
    __tablename__ = "cars"
    __mapper_args__ = {"polymorphic_identity": "car"}

    id: Mapped[int] = mapped_column(ForeignKey("vehicles.id"), primary_key=True)
    doors: Mapped[int]

    @hybrid_property
    def more_doors_than_wheels(self):
        return self.doors > self.wheels

    @hybrid_property
    def wrong_doors(self):
        return self.doors > self.wheels

    @wrong_doors.inplace.expression
    @classmethod
    def _wrong_doors(cls):
        return cls.doors >= cls.wheels


class Taxi(Car):
    __tablename__ = "taxis"
    __mapper_args__ = {"polymorphic_identity": "taxi"}

    id: Mapped[int] = mapped_column(ForeignKey("cars.id"), primary_key=True)
    fee: Mapped[int | None]

    @hybrid_property
    def free(self):
        return self.fee is None

    @free.inplace.expression
    @classmethod
    def _free(cls):
        return cls.fee.is_(None)
