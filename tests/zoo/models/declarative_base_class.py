"""DeclarativeBase, as the documentation of SQLAlchemy 2 shows it."""

from sqlalchemy import case
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class Account(Base):
    __tablename__ = "accounts"

    id: Mapped[int] = mapped_column(primary_key=True)
    credit: Mapped[int | None]
    blocked: Mapped[bool]

    @hybrid_property
    def spendable(self):
        return 0 if self.blocked else self.credit

    @spendable.inplace.expression
    @classmethod
    def _spendable(cls):
        return case((cls.blocked, 0), else_=cls.credit)

    @hybrid_property
    def wrong_spendable(self):
        return 0 if self.blocked else (self.credit or 0)

    @wrong_spendable.inplace.expression
    @classmethod
    def _wrong_spendable(cls):
        return case((cls.blocked, 0), else_=cls.credit)
