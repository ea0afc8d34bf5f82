"""A tenant hierarchy with AI-feature usage: correct hybrids, in SQL that composes and scales.

Every hybrid here follows the same rules:

- SQL starts from ``cls.id`` and correlates to ``cls``, so it means the same for `Tenant` and any ``aliased(Tenant)``.
- Whatever else it reads gets an alias of its own, and correlation is always spelled out.
- Inner names are fixed (anonymous ones would be numbered anew at each access) and constants are rendered inline: two accesses of a hybrid emit the same SQL, so PostgreSQL
  accepts ``select(Tenant.h).group_by(Tenant.h)``.
- Where an outer join found no tenant, the value is NULL.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any, Final, TypeVar

from sqlalchemy import (
    CTE,
    BindParameter,
    ColumnElement,
    DateTime,
    Double,
    ForeignKey,
    Index,
    Numeric,
    Select,
    SQLColumnExpression,
    String,
    any_,
    bindparam,
    case,
    cast,
    func,
    literal,
    select,
    true,
    type_coerce,
)
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import DeclarativeBase, Mapped, aliased, mapped_column, relationship

AI_FEATURES: Final = (
    "anomaly_detection",
    "chat_assistant",
    "churn_prediction",
    "code_completion",
    "document_summary",
    "image_generation",
    "semantic_search",
    "sentiment_analysis",
    "speech_transcription",
)
"""The catalogue: names of the AI features that a tenant can adopt."""

T = TypeVar("T")


class Base(DeclarativeBase):
    """Declarative base of the tenancy models."""


class Tenant(Base):
    """An organisation, perhaps part of another one.

    The schema allows a tenant to be its own ancestor. Hybrids then count each tenant once, on both sides.
    """

    __tablename__ = "tenants"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("tenants.id"), index=True)

    parent: Mapped[Tenant | None] = relationship(back_populates="children", remote_side="Tenant.id")
    children: Mapped[list[Tenant]] = relationship(back_populates="parent")
    ai_features: Mapped[list[AIFeatureUsage]] = relationship(back_populates="tenant")

    @hybrid_property
    def feature_adoption_rate(self) -> float:
        """Share of the catalogue, 0.0 to 1.0, that the tenant itself has used; other names don't count."""
        adopted = {usage.feature_name for usage in self.ai_features}.intersection(AI_FEATURES)
        return len(adopted) / len(AI_FEATURES)

    @feature_adoption_rate.inplace.expression
    @classmethod
    def _feature_adoption_rate(cls) -> ColumnElement[float]:
        usage = aliased(AIFeatureUsage, name="own_usage")
        adopted = (
            select(_adopted_features(usage.feature_name).label("adopted"))
            .where(usage.tenant_id == cls.id)
            .correlate_except(usage)
            .scalar_subquery()
        )
        return _where_present(cls.id, _share_of_catalogue(adopted)).label("feature_adoption_rate")

    @hybrid_property
    def total_inference_cost(self) -> Decimal:
        """Cost of the tenant and all its descendants; usage without a cost counts as 0."""
        costs = (usage.inference_cost for tenant in self._subtree() for usage in tenant.ai_features)
        return sum((cost for cost in costs if cost is not None), Decimal(0))

    @total_inference_cost.inplace.expression
    @classmethod
    def _total_inference_cost(cls) -> ColumnElement[Decimal]:
        usage = aliased(AIFeatureUsage, name="usage")
        subtree = _subtree_of(cls)
        # As an array: PostgreSQL expects far more of a subtree than it has, so a join may scan all usage per row.
        in_subtree = usage.tenant_id == any_(func.array(select(subtree.c.id).scalar_subquery()))
        total = (
            select(_or_zero(_sum_of_costs(usage.inference_cost)).label("cost"))
            .where(in_subtree)
            .correlate(None)
            .add_cte(subtree, nest_here=True)
            .scalar_subquery()
        )
        return _where_present(cls.id, total).label("total_inference_cost")

    @hybrid_property
    def permission_inheritance_depth(self) -> int:
        """Count the ancestors: the distinct other tenants reached going up, so a cycle counts each once."""
        seen = {self}
        ancestor = self.parent
        while ancestor is not None and ancestor not in seen:
            seen.add(ancestor)
            ancestor = ancestor.parent
        return len(seen) - 1

    @permission_inheritance_depth.inplace.expression
    @classmethod
    def _permission_inheritance_depth(cls) -> ColumnElement[int]:
        lineage = _lineage_of(cls)
        depth = (
            select((func.count() - _inline(1)).label("depth"))
            .select_from(lineage)
            .correlate(None)
            .scalar_subquery()
        )
        return _where_present(cls.id, depth).label("permission_inheritance_depth")

    def _subtree(self) -> set[Tenant]:
        seen: set[Tenant] = set()
        waiting = [self]
        while waiting:
            tenant = waiting.pop()
            if tenant not in seen:
                seen.add(tenant)
                waiting.extend(tenant.children)
        return seen


class AIFeatureUsage(Base):
    """One use of an AI feature by a tenant; the name need not be in the catalogue (features come and go)."""

    __tablename__ = "ai_feature_usage"
    # The cost in the index spares total_inference_cost a visit to the table for each use.
    __table_args__ = (
        Index("ix_ai_feature_usage_tenant_id", "tenant_id", postgresql_include=["inference_cost"]),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    tenant_id: Mapped[int] = mapped_column(ForeignKey("tenants.id"))
    feature_name: Mapped[str] = mapped_column(String(100))
    # Bounded: Python's Decimal adds 28 digits exactly, PostgreSQL's numeric any number of them.
    inference_cost: Mapped[Decimal | None] = mapped_column(Numeric(14, 6))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())

    tenant: Mapped[Tenant] = relationship(back_populates="ai_features")


def tenant_metrics() -> Select[int, float, Decimal, int]:
    """Every tenant's id and its three metrics, named as the hybrids and equal to them, in one statement.

    For dashboards: it works on the whole table at once. To filter, sort or join it, make it a subquery:

        metrics = tenant_metrics().subquery()
        select(Tenant.name, metrics.c.total_inference_cost).join(metrics, metrics.c.id == Tenant.id)
    """
    closure = _closure()
    usage = _usage_by_tenant()
    costs = (
        select(closure.c.ancestor_id, func.sum(usage.c.cost).label("cost"))
        .join(usage, usage.c.tenant_id == closure.c.descendant_id)
        .group_by(closure.c.ancestor_id)
        .cte("subtree_costs")
    )
    depths = (
        select(closure.c.descendant_id, (func.count() - _inline(1)).label("depth"))
        .group_by(closure.c.descendant_id)
        .cte("depths")
    )
    return (
        select(
            Tenant.id,
            _share_of_catalogue(func.coalesce(usage.c.adopted, _inline(0))).label("feature_adoption_rate"),
            _or_zero(costs.c.cost).label("total_inference_cost"),
            depths.c.depth.label("permission_inheritance_depth"),
        )
        .join(depths, depths.c.descendant_id == Tenant.id)
        .outerjoin(costs, costs.c.ancestor_id == Tenant.id)
        .outerjoin(usage, usage.c.tenant_id == Tenant.id)
    )


def _subtree_of(tenant: type[Tenant]) -> CTE:
    child = aliased(Tenant, name="child")
    subtree = _ids_from(tenant, "subtree")
    children = _looked_up(select(child.id).where(child.parent_id == subtree.c.id), subtree).lateral(
        "children"
    )
    return subtree.union(select(children.c.id).join_from(subtree, children, true()).correlate(None))


def _lineage_of(tenant: type[Tenant]) -> CTE:
    member = aliased(Tenant, name="member")
    lineage = _ids_from(tenant, "lineage")
    in_lineage = select(member.parent_id).where(member.id == lineage.c.id, member.parent_id.is_not(None))
    parents = _looked_up(in_lineage, lineage).lateral("parents")
    return lineage.union(select(parents.c.parent_id).join_from(lineage, parents, true()).correlate(None))


def _looked_up(relatives: Select[Any], members: CTE) -> Select[Any]:
    # OFFSET 0 keeps PostgreSQL from turning the index lookup for each member into a join that, on a table of some
    # thousand rows or not yet analysed, reads all tenants once for each level of each row's tree.
    return relatives.offset(_inline(0)).correlate(members)


def _ids_from(tenant: type[Tenant], name: str) -> CTE:
    # Nesting keeps the CTE inside the hybrid's subquery; SQLAlchemy would lift it to the top of the statement,
    # where the outer row can't be seen. UNION over ids alone is what ends on a cycle.
    return select(tenant.id.label("id")).correlate(tenant).cte(name, recursive=True, nesting=True)


def _closure() -> CTE:
    child = aliased(Tenant, name="child")
    closure = select(Tenant.id.label("ancestor_id"), Tenant.id.label("descendant_id")).cte(
        "closure", recursive=True
    )
    return closure.union(
        select(closure.c.ancestor_id, child.id).join(child, child.parent_id == closure.c.descendant_id)
    )


def _usage_by_tenant() -> CTE:
    return (
        select(
            AIFeatureUsage.tenant_id,
            _adopted_features(AIFeatureUsage.feature_name).label("adopted"),
            _sum_of_costs(AIFeatureUsage.inference_cost).label("cost"),
        )
        .group_by(AIFeatureUsage.tenant_id)
        .cte("usage_by_tenant")
    )


def _adopted_features(feature_name: SQLColumnExpression[str]) -> ColumnElement[int]:
    catalogue: BindParameter[str] = bindparam(
        "catalogue", AI_FEATURES, expanding=True, literal_execute=True, unique=True
    )
    return func.count(feature_name.distinct()).filter(feature_name.in_(catalogue))


def _share_of_catalogue(adopted: ColumnElement[int]) -> ColumnElement[float]:
    catalogue = literal(float(len(AI_FEATURES)), Double, literal_execute=True)
    return type_coerce(cast(adopted, Double) / catalogue, Double)


def _sum_of_costs(cost: SQLColumnExpression[Decimal | None]) -> ColumnElement[Decimal | None]:
    return func.sum(cost, type_=Numeric())  # a sum may have more digits than the column


def _or_zero(cost: ColumnElement[Decimal | None]) -> ColumnElement[Decimal]:
    return func.coalesce(cost, _inline(0))


def _where_present(tenant_id: SQLColumnExpression[int], value: ColumnElement[T]) -> ColumnElement[T]:
    """Give `value`, or NULL where an outer join found no tenant.

    Naming the tenant outside the subquery also puts it into FROM where the hybrid is all that is selected.
    """
    return case((tenant_id.is_not(None), value))


def _inline(constant: T) -> ColumnElement[T]:
    return literal(constant, literal_execute=True)
