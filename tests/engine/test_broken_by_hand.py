"""Correct hybrids, each broken by one edit as hands make it: the harness must notice, on the fewest rows that show it."""

from pathlib import Path
from typing import NamedTuple

import pytest

from harness.core.report import Verdict

TENANCY = (Path(__file__).parents[2] / "models/tenancy.py").read_text()

SHOP = """
from sqlalchemy import ForeignKey, and_, func, select
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import DeclarativeBase, Mapped, aliased, mapped_column, relationship


class Base(DeclarativeBase):
    pass


class Customer(Base):
    __tablename__ = "customers"

    id: Mapped[int] = mapped_column(primary_key=True)
    credit: Mapped[int | None]
    blocked: Mapped[bool]
    orders: Mapped[list["Order"]] = relationship(back_populates="customer")

    @hybrid_property
    def number_of_orders(self):
        return len(self.orders)

    @number_of_orders.inplace.expression
    @classmethod
    def _number_of_orders(cls):
        customer, order = aliased(Customer), aliased(Order)
        return (
            select(func.count(order.id))
            .select_from(customer)
            .outerjoin(order, order.customer_id == customer.id)
            .where(customer.id == cls.id)
            .group_by(customer.id)
            .correlate_except(customer, order)
            .scalar_subquery()
        )

    @hybrid_property
    def may_order(self):
        return not self.blocked and (self.credit or 0) > 10

    @may_order.inplace.expression
    @classmethod
    def _may_order(cls):
        return and_(~cls.blocked, func.coalesce(cls.credit, 0) > 10)


class Order(Base):
    __tablename__ = "orders"

    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[int | None] = mapped_column(ForeignKey("customers.id"), index=True)
    note: Mapped[str | None]
    customer: Mapped[Customer | None] = relationship(back_populates="orders")

    @hybrid_property
    def allowed(self):
        return self.customer is not None and not self.customer.blocked

    @allowed.inplace.expression
    @classmethod
    def _allowed(cls):
        customer = aliased(Customer)
        return (
            select(customer.id)
            .where(customer.id == cls.customer_id, ~customer.blocked)
            .correlate_except(customer)
            .exists()
        )
"""


class Edit(NamedTuple):
    """What stands in the source and what is put there; the rule that must fire, and the most rows that it may show."""

    title: str
    hybrid: str
    old: str
    new: str
    rule: str
    rows: int


ADOPTION, COST, DEPTH = (
    "Tenant.feature_adoption_rate",
    "Tenant.total_inference_cost",
    "Tenant.permission_inheritance_depth",
)
IN_TENANCY = [
    Edit(
        "COALESCE dropped",
        COST,
        "return func.coalesce(cost, _inline(0))",
        "return cost",
        "HH246",
        1,
    ),
    Edit(
        "COALESCE to a wrong default",
        COST,
        "func.coalesce(cost, _inline(0))",
        "func.coalesce(cost, _inline(1))",
        "HH208",
        1,
    ),
    Edit("cls -> Tenant in a subquery", ADOPTION, "usage.tenant_id == cls.id", "usage.tenant_id == Tenant.id", "HH301", 3),
    Edit("cls -> Tenant in a recursive CTE", COST, "_subtree_of(cls)", "_subtree_of(Tenant)", "HH301", 3),
    Edit("cls -> Tenant going up", DEPTH, "_lineage_of(cls)", "_lineage_of(Tenant)", "HH301", 2),
    Edit(
        "UNION -> one level only",
        COST,
        "subtree.union(select(children.c.id).join_from(subtree, children, true()).correlate(None))",
        "subtree.union(select(child.id).where(child.parent_id == tenant.id).correlate(tenant))",
        "HH208",
        4,
    ),
    Edit(
        "the parent only, no recursion",
        DEPTH,
        "select(parents.c.parent_id).join_from(lineage, parents, true()).correlate(None)",
        "select(member.parent_id).where(member.parent_id.is_not(None), member.id == tenant.id).correlate(tenant)",
        "HH208",
        3,
    ),
    Edit("distinct dropped", ADOPTION, "feature_name.distinct()", "feature_name", "HH238", 3),
    Edit(
        "+ 1",
        DEPTH,
        '(func.count() - _inline(1)).label("depth"))\n            .select_from(lineage)',
        'func.count().label("depth"))\n            .select_from(lineage)',
        "HH208",
        1,
    ),
    Edit("== -> >=", ADOPTION, "usage.tenant_id == cls.id", "usage.tenant_id >= cls.id", "HH208", 3),
    Edit(
        "descendants without the tenant itself",
        COST,
        "select(subtree.c.id).scalar_subquery()",
        "select(subtree.c.id).where(subtree.c.id != cls.id).correlate(cls).scalar_subquery()",
        "HH208",
        2,
    ),
    Edit("descendants dropped in Python", COST, "waiting.extend(tenant.children)", "pass", "HH208", 3),
    Edit("NULL-skip dropped in Python", COST, " for cost in costs if cost is not None", " for cost in costs", "HH204", 2),
    Edit("NULL-skip dropped in SQL", DEPTH, "lineage.c.id, member.parent_id.is_not(None))", "lineage.c.id)", "HH208", 1),
    Edit("another column summed", COST, "_sum_of_costs(usage.inference_cost)", "_sum_of_costs(usage.id)", "HH226", 2),
    Edit("sum -> max", COST, "func.sum(cost, type_=Numeric())", "func.max(cost, type_=Numeric())", "HH208", 3),
    Edit("another column correlated", ADOPTION, "usage.tenant_id == cls.id", "usage.tenant_id == cls.parent_id", "HH228", 2),
    Edit("one more in the catalogue", ADOPTION, "float(len(AI_FEATURES))", "float(len(AI_FEATURES) + 1)", "HH208", 2),
    Edit(
        "cast dropped",
        ADOPTION,
        "type_coerce(cast(adopted, Double) / catalogue, Double)",
        "adopted / len(AI_FEATURES)",
        "HH209",
        1,
    ),
    Edit(
        "integers divided",
        ADOPTION,
        "cast(adopted, Double) / catalogue",
        "adopted // len(AI_FEATURES)",
        "HH267",
        2,
    ),
    Edit("filter dropped", ADOPTION, ".filter(feature_name.in_(catalogue))", "", "HH208", 2),
    Edit("condition dropped", COST, ".where(in_subtree)", "", "HH208", 3),
]  # fmt: skip
IN_SHOP = [
    Edit("inner join for an outer one", "Customer.number_of_orders", ".outerjoin(", ".join(", "HH246", 1),
    Edit("count(*) over an outer join", "Customer.number_of_orders", "func.count(order.id)", "func.count()", "HH290", 1),
    Edit("a nullable column counted", "Customer.number_of_orders", "func.count(order.id)", "func.count(order.note)", "HH245", 2),
    Edit("NULL in a comparison", "Customer.may_order", "func.coalesce(cls.credit, 0) > 10", "cls.credit > 10", "HH243", 1),
    Edit("> -> >=", "Customer.may_order", "func.coalesce(cls.credit, 0) > 10", "func.coalesce(cls.credit, 0) >= 10", "HH208", 1),
    Edit("negation dropped", "Customer.may_order", "and_(~cls.blocked", "and_(cls.blocked", "HH208", 1),
    Edit("EXISTS not correlated", "Order.allowed", "customer.id == cls.customer_id, ", "", "HH229", 2),
    Edit("a column of another table", "Order.allowed", "return (\n            select(customer.id)", "return ~Customer.blocked\n        (\n            select(customer.id)", "HH206", 1),
]  # fmt: skip


def broken(source, edit):
    assert source.count(edit.old) == 1, f"{edit.old!r} stands there {source.count(edit.old)} times"
    return source.replace(edit.old, edit.new)


EDITS = [
    pytest.param(source, edit, id=edit.title)
    for source, edits in ((TENANCY, IN_TENANCY), (SHOP, IN_SHOP))
    for edit in edits
]


@pytest.mark.parametrize(("source", "edit"), EDITS)
def test_an_edit_is_noticed(checked, source, edit):
    report = checked(broken(source, edit), only=(edit.hybrid,))[edit.hybrid]
    serious = {each.rule: each for each in report.findings if each.severity != "info"}
    assert edit.rule in serious, {rule: each.message for rule, each in serious.items()}
    assert report.verdict is Verdict.FINDINGS
    found = serious[edit.rule]
    assert found.family in ("agreement", "composition")
    rows = found.counterexample.dataset.tables
    assert 1 <= sum(map(len, rows.values())) <= edit.rows, rows
    assert found.counterexample.instance is not None
    assert found.counterexample.python != found.counterexample.sql


@pytest.mark.parametrize("source", [TENANCY, SHOP], ids=["tenancy", "shop"])
def test_without_an_edit_all_is_well(checked, source):
    for report in checked(source).values():
        assert report.verdict is Verdict.OK, report.findings
        assert not [each for each in report.findings if each.severity != "info"]
