"""A boolean, its negation and IS NULL part the rows: what is said of those that don't, and silence on those that do."""

import json

MODELS = """
from sqlalchemy import CHAR, Boolean, Column, TypeDecorator, case, func, literal, literal_column, or_
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import ColumnProperty, DeclarativeBase, Mapped, column_property, mapped_column


class Base(DeclarativeBase):
    pass


class YesNo(TypeDecorator):
    impl = CHAR(1)
    cache_ok = True

    def process_bind_param(self, value, dialect):
        return None if value is None else "Y" if value else "N"

    def process_result_value(self, value, dialect):
        return None if value is None else value == "Y"


class Absent(ColumnProperty.Comparator):
    def __invert__(self):
        return self.__clause_element__().is_(None)


def sql(expression):
    return lambda getter: hybrid_property(getter).expression(expression)


class Order(Base):
    __tablename__ = "orders"

    id: Mapped[int] = mapped_column(primary_key=True)
    paid: Mapped[bool]
    sent: Mapped[bool | None]
    number: Mapped[int | None]
    wrapped = column_property(Column("wrapped", Boolean, nullable=False), comparator_factory=Absent)

    @sql(lambda _: literal_column("orders.paid OR coalesce(orders.sent, false)"))
    def begun_as_text(self):
        return self.paid or bool(self.sent)

    @sql(lambda cls: cls.paid.bool_op("OR", precedence=9)(func.coalesce(cls.sent, False)))
    def begun_by_operator(self):
        return self.paid or bool(self.sent)

    @sql(lambda cls: func.to_jsonb(cls.paid))
    def paid_as_document(self):
        return self.paid

    @hybrid_property
    def is_wrapped(self):
        return self.wrapped

    @sql(lambda cls: or_(cls.paid, func.coalesce(cls.sent, False)))
    def begun(self):
        return self.paid or bool(self.sent)

    @sql(lambda cls: cls.number > 0)
    def positive(self):
        return None if self.number is None else self.number > 0

    @sql(lambda cls: case((cls.number > 0, literal(True, YesNo)), else_=literal(False, YesNo)))
    def stored_as_text(self):
        return self.number is not None and self.number > 0
"""
TORN = (
    "`where({0}.is_(None))` finds row 1, for which {0} is True in the plain select: it belongs to `where({0})` alone. SQLAlchemy "
    "puts no parentheses around `orders.paid OR coalesce(orders.sent, false)`, so that NOT, IS NULL or = beside it takes one part "
    "of it alone. The same in {1}."
)
SAID = {
    "Order.begun_as_text": TORN.format(
        "Order.begun_as_text", "'where', 'exists', 'update', 'where not', 'where ~'"
    ),
    "Order.begun_by_operator": TORN.format("Order.begun_by_operator", "'where', 'exists', 'update'"),
    "Order.is_wrapped": "`where(~Order.is_wrapped)` does not find row 1, for which Order.is_wrapped is False in the plain select: "
    "it belongs there and nowhere else.",
}
NO_BOOLEAN = (
    "Order.paid_as_document fails in the position 'where': UndefinedFunction: operator does not exist: jsonb = boolean. The same "
    "in 'exists', 'update'."
)


def test_rows_that_are_in_two_parts_or_in_none(command, tmp_path):
    (tmp_path / "shop.py").write_text(MODELS)
    ran = command(
        tmp_path,
        "check",
        "shop",
        "--examples",
        "40",
        "--format",
        "json",
        "--ignore",
        "HH306",
        "--ignore",
        "HH308",
    )
    assert ran.status == 1, ran.err
    said = {
        hybrid["name"]: [(finding["rule"], finding["message"]) for finding in hybrid["findings"]]
        for hybrid in json.loads(ran.out)["hybrids"]
    }
    good = {"Order.begun": [], "Order.positive": [], "Order.stored_as_text": []}
    refused = {"Order.paid_as_document": [("HH302", NO_BOOLEAN)]}
    assert said == {name: [("HH310", message)] for name, message in SAID.items()} | good | refused
