"""Views mapped as tables: one that DDL creates over a table, one that nothing creates."""

from sqlalchemy import DDL, Column, Integer, Table, event
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class Sale(Base):
    __tablename__ = "sales"

    id: Mapped[int] = mapped_column(primary_key=True)
    shop: Mapped[int]
    amount: Mapped[int]


class Total(Base):
    """Its table is in the metadata; the event puts the view in its place."""

    __table__ = Table(
        "totals",
        Base.metadata,
        Column("shop", Integer, primary_key=True),
        Column("amount", Integer, nullable=False),
        info={"is_view": True},
    )

    @hybrid_property
    def good(self):
        return self.amount > 9

    @hybrid_property
    def wrong_good(self):
        return self.amount > 9

    @wrong_good.inplace.expression
    @classmethod
    def _wrong_good(cls):
        return cls.amount > 11


event.listen(
    Base.metadata,
    "after_create",
    DDL(
        "DROP TABLE totals; CREATE VIEW totals AS "
        "SELECT shop, sum(amount %% 100)::integer AS amount FROM sales GROUP BY shop"
    ),
)


class Recent(Base):
    __tablename__ = "recent_sales"
    __table_args__ = {"info": {"is_view": True}}

    id: Mapped[int] = mapped_column(primary_key=True)
    amount: Mapped[int]

    @hybrid_property
    def small(self):
        return self.amount < 9
