"""Two bases in one module, each with a table ``users`` of other columns."""

from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Billing(DeclarativeBase):
    pass


class Forum(DeclarativeBase):
    pass


class Payer(Billing):
    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    balance: Mapped[int]

    @hybrid_property
    def in_debt(self):
        return self.balance < 0


class Poster(Forum):
    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    posts: Mapped[int]

    @hybrid_property
    def active(self):
        return self.posts > 2

    @hybrid_property
    def wrong_active(self):
        return self.posts > 2

    @wrong_active.inplace.expression
    @classmethod
    def _wrong_active(cls):
        return cls.posts > 1
