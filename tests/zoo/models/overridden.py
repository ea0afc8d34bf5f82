"""Hybrids overridden in a subclass: by @Base.h.overrides, by a new one, by its expression alone."""

from sqlalchemy import ForeignKey, String
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class Shape(Base):
    __tablename__ = "shapes"
    __mapper_args__ = {"polymorphic_on": "type", "polymorphic_identity": "shape"}

    id: Mapped[int] = mapped_column(primary_key=True)
    type: Mapped[str] = mapped_column(String(20))
    width: Mapped[int]

    @hybrid_property
    def size(self):
        return self.width == 1

    @hybrid_property
    def wrong_meaning(self):
        """A query on the base gives rectangles this; a rectangle says something else."""
        return self.width == 1

    @hybrid_property
    def large(self):
        return self.width > 9


class Rectangle(Shape):
    __tablename__ = "rectangles"
    __mapper_args__ = {"polymorphic_identity": "rectangle"}

    id: Mapped[int] = mapped_column(ForeignKey("shapes.id"), primary_key=True)
    height: Mapped[int]

    @hybrid_property
    def size(self):
        return (self.width == 1) & (self.height == self.height)

    @hybrid_property
    def wrong_meaning(self):
        return self.height == 1

    @Shape.large.overrides.expression
    def large(cls):
        return cls.width > 9

    @hybrid_property
    def wrong_size(self):
        return (self.width == 1) & (self.height == 1)

    @wrong_size.overrides.expression
    def wrong_size(cls):
        return (cls.width == 1) | (cls.height == 1)
