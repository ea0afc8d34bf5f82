"""Tables of the names that another module of the run has."""

from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class Account(Base):
    __tablename__ = "accounts"

    number: Mapped[str] = mapped_column(primary_key=True)
    opened: Mapped[int]

    @hybrid_property
    def old(self):
        return self.opened < 10


class Author(Base):
    __tablename__ = "authors"

    code: Mapped[int] = mapped_column(primary_key=True)
    rank: Mapped[int]

    @hybrid_property
    def famous(self):
        return self.rank == 1
