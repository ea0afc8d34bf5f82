"""Generated columns, which take no value: stored, read by hybrids, NOT NULL, in a unique constraint."""

from sqlalchemy import Computed, UniqueConstraint
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class Box(Base):
    __tablename__ = "boxes"
    __table_args__ = (UniqueConstraint("area", "label"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    width: Mapped[int] = mapped_column()
    label: Mapped[str]
    area: Mapped[int] = mapped_column(Computed("width % 100 * 3", persisted=True))

    @hybrid_property
    def large(self):
        return (self.area or 0) > 20

    @hybrid_property
    def wrong_large(self):
        return (self.area or 0) > 3

    @wrong_large.inplace.expression
    @classmethod
    def _wrong_large(cls):
        return cls.area >= 3
