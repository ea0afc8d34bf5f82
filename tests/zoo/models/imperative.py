"""Imperative mapping: tables apart from plain classes, and an attribute under another name than its column."""

from sqlalchemy import CheckConstraint, Column, ForeignKey, Integer, Table, func, select
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import registry, relationship

mapper_registry = registry()

orders = Table("orders", mapper_registry.metadata, Column("order_id", Integer, primary_key=True))
lines = Table(
    "order_lines",
    mapper_registry.metadata,
    Column("line_id", Integer, primary_key=True),
    Column("order_ref", ForeignKey("orders.order_id"), nullable=False, index=True),
    Column("qty_ordered", Integer, CheckConstraint("qty_ordered BETWEEN 0 AND 1000"), nullable=False),
)


class Order:
    @hybrid_property
    def total(self):
        return sum(line.quantity for line in self.lines)

    @total.inplace.expression
    @classmethod
    def _total(cls):
        return (
            select(func.coalesce(func.sum(Line.quantity), 0))
            .where(Line.order_id == cls.id)
            .correlate_except(Line)
            .scalar_subquery()
        )


class Line:
    @hybrid_property
    def many(self):
        return self.quantity > 10

    @hybrid_property
    def wrong_many(self):
        return self.quantity > 10

    @wrong_many.inplace.expression
    @classmethod
    def _wrong_many(cls):
        return cls.quantity >= 10


mapper_registry.map_imperatively(
    Order, orders, properties={"id": orders.c.order_id, "lines": relationship(Line, back_populates="order")}
)
mapper_registry.map_imperatively(
    Line,
    lines,
    properties={
        "id": lines.c.line_id,
        "order_id": lines.c.order_ref,
        "quantity": lines.c.qty_ordered,
        "order": relationship(Order, back_populates="lines"),
    },
)
