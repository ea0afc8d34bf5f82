"""Mappers that can't be configured: the others are tested."""

from sqlalchemy import ForeignKey
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    pass


class Broken(Base):
    __tablename__ = "broken"

    id: Mapped[int] = mapped_column(primary_key=True)
    lost = relationship("NoSuchClass")

    @hybrid_property
    def odd(self):
        return self.id % 2 == 1


class Depending(Base):
    """Configured by itself, but what it reads is not."""

    __tablename__ = "depending"

    id: Mapped[int] = mapped_column(primary_key=True)
    broken_id: Mapped[int | None] = mapped_column(ForeignKey("broken.id"))
    broken: Mapped["Broken | None"] = relationship()

    @hybrid_property
    def unbroken(self):
        return self.broken is None

    @unbroken.inplace.expression
    @classmethod
    def _unbroken(cls):
        return cls.broken_id.is_(None)


class Sound(Base):
    __tablename__ = "sound"

    id: Mapped[int] = mapped_column(primary_key=True)
    rank: Mapped[int]

    @hybrid_property
    def top(self):
        return self.rank == 1

    @hybrid_property
    def wrong_top(self):
        return self.rank == 1

    @wrong_top.inplace.expression
    @classmethod
    def _wrong_top(cls):
        return cls.rank <= 1
