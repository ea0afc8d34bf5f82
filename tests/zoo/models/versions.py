"""Version counters, and columns that SQLAlchemy fills by itself."""

import datetime as dt

from sqlalchemy import func
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class Draft(Base):
    __tablename__ = "drafts"

    id: Mapped[int] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column()
    __mapper_args__ = {"version_id_col": version}
    changed: Mapped[dt.datetime] = mapped_column(default=func.now(), onupdate=func.now())
    text: Mapped[str] = mapped_column(default="")

    @hybrid_property
    def first(self):
        return self.version == 1

    @hybrid_property
    def wrong_first(self):
        return self.version == 1

    @wrong_first.inplace.expression
    @classmethod
    def _wrong_first(cls):
        return cls.version <= 1
