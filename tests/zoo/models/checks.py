"""CHECK constraints over one column, over several, over references, and what nobody but the server can read."""

import datetime as dt
from decimal import Decimal

from sqlalchemy import CheckConstraint, Numeric, String
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class Product(Base):
    __tablename__ = "products"
    __table_args__ = (
        CheckConstraint("price > 0 AND price < 10000"),
        CheckConstraint("kind IN ('book', 'film')"),
        CheckConstraint("reduced IS NULL OR reduced < price"),
        CheckConstraint("ends >= starts"),
        CheckConstraint("char_length(code) = 3"),
        CheckConstraint("code ~ '^[A-Z]{3}$'"),
        CheckConstraint("md5(kind) <> '' AND price::text ~ '^[0-9.]+$'"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    price: Mapped[Decimal] = mapped_column(Numeric(8, 2))
    reduced: Mapped[Decimal | None] = mapped_column(Numeric(8, 2))
    kind: Mapped[str] = mapped_column(String(10))
    code: Mapped[str] = mapped_column(String(3))
    starts: Mapped[dt.date]
    ends: Mapped[dt.date]

    @hybrid_property
    def on_sale(self):
        return self.reduced is not None

    @on_sale.inplace.expression
    @classmethod
    def _on_sale(cls):
        return cls.reduced.is_not(None)

    @hybrid_property
    def one_day(self):
        return self.starts == self.ends

    @hybrid_property
    def is_book(self):
        return self.kind == "book"

    @hybrid_property
    def shown(self):
        return self.code + "-" + self.kind

    @hybrid_property
    def wrong_cheap(self):
        return self.price < 10

    @wrong_cheap.inplace.expression
    @classmethod
    def _wrong_cheap(cls):
        return cls.price <= 10
