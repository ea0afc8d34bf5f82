"""The tenant hierarchy as people first write it: nine hybrids, each with one mistake on purpose.

``hybrid-harness check models.pitfalls`` flags every one of them and names its cause; ``models.tenancy`` has them right.
"""

from datetime import datetime
from decimal import Decimal

from sqlalchemy import ForeignKey, Numeric, String, distinct, func, select, text
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import DeclarativeBase, Mapped, aliased, mapped_column, relationship


class Base(DeclarativeBase):
    pass


class Organisation(Base):
    """A tree whose ``children`` point the wrong way: ``remote_side=[id]`` makes them the parent."""

    __tablename__ = "organisations"

    id: Mapped[int] = mapped_column(primary_key=True)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"), index=True)

    children = relationship("Organisation", remote_side=[id], backref="parent")

    @hybrid_property
    def number_of_children(self):
        return sum(1 for child in self.children)

    @number_of_children.inplace.expression
    @classmethod
    def _number_of_children(cls):
        child = aliased(Organisation)
        return (
            select(func.count(child.id))
            .where(child.parent_id == cls.id)
            .correlate_except(child)
            .scalar_subquery()
        )


class Tenant(Base):
    __tablename__ = "tenants"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("tenants.id"), index=True)

    parent: Mapped["Tenant | None"] = relationship(back_populates="children", remote_side=[id])
    children: Mapped[list["Tenant"]] = relationship(back_populates="parent")
    ai_features: Mapped[list["AIFeatureUsage"]] = relationship(back_populates="tenant")

    # The expression uses the hybrid itself: each access builds the next.
    @hybrid_property
    def total_cost(self):
        return self._own_cost() + sum(child.total_cost for child in self.children)

    @total_cost.inplace.expression
    @classmethod
    def _total_cost(cls):
        child = aliased(Tenant)
        return select(func.sum(child.total_cost)).where(child.parent_id == cls.id).scalar_subquery()

    # The subquery reads tenants without an alias: SQLAlchemy correlates it away.
    @hybrid_property
    def cost_with_children(self):
        return self._own_cost() + sum((child._own_cost() for child in self.children), Decimal(0))

    @cost_with_children.inplace.expression
    @classmethod
    def _cost_with_children(cls):
        usage = aliased(AIFeatureUsage)
        own = (
            select(func.coalesce(func.sum(usage.inference_cost), 0))
            .where(usage.tenant_id == cls.id)
            .correlate_except(usage)
            .scalar_subquery()
        )
        childrens = (
            select(func.coalesce(func.sum(AIFeatureUsage.inference_cost), 0))
            .where(AIFeatureUsage.tenant_id == Tenant.id, Tenant.parent_id == cls.id)
            .scalar_subquery()
        )
        return own + childrens

    # No SQL yet, so the expression returns nothing.
    @hybrid_property
    def depth(self):
        return self._depth()

    @depth.inplace.expression
    @classmethod
    def _depth_expression(cls):
        return None

    # The statement that was tried out by hand, pasted.
    @hybrid_property
    def depth_by_text(self):
        return self._depth()

    @depth_by_text.inplace.expression
    @classmethod
    def _depth_by_text(cls):
        return text(
            "(WITH RECURSIVE up AS (SELECT id, parent_id FROM tenants WHERE id = :tenant_id "
            "UNION SELECT t.id, t.parent_id FROM tenants t JOIN up ON t.id = up.parent_id) "
            "SELECT count(*) - 1 FROM up)"
        )

    # UNION ALL walks in a circle for ever where a tenant is its own ancestor.
    @hybrid_property
    def depth_by_union_all(self):
        return self._depth()

    @depth_by_union_all.inplace.expression
    @classmethod
    def _depth_by_union_all(cls):
        start, ancestor = aliased(Tenant), aliased(Tenant)
        up = select(start.id, start.parent_id).where(start.id == cls.id).correlate_except(start)
        up = up.cte("up", recursive=True, nesting=True)
        up = up.union_all(select(ancestor.id, ancestor.parent_id).join(up, ancestor.id == up.c.parent_id))
        return select(func.count() - 1).select_from(up).scalar_subquery()

    # An integer divided by 9 is NUMERIC in SQL.
    @hybrid_property
    def adoption_rate(self):
        return len({usage.feature_name for usage in self.ai_features}) / 9

    @adoption_rate.inplace.expression
    @classmethod
    def _adoption_rate(cls):
        used = (
            select(func.count(distinct(AIFeatureUsage.feature_name)))
            .where(AIFeatureUsage.tenant_id == cls.id)
            .correlate_except(AIFeatureUsage)
            .scalar_subquery()
        )
        return used / 9

    # inference_cost is nullable: Python's sum() stumbles where SQL's skips.
    @hybrid_property
    def own_cost(self):
        return sum((usage.inference_cost for usage in self.ai_features), Decimal(0))

    @own_cost.inplace.expression
    @classmethod
    def _own_cost_expression(cls):
        return (
            select(func.coalesce(func.sum(AIFeatureUsage.inference_cost), 0))
            .where(AIFeatureUsage.tenant_id == cls.id)
            .correlate_except(AIFeatureUsage)
            .scalar_subquery()
        )

    # Tenant.id in place of cls.id: right until somebody aliases the class.
    @hybrid_property
    def number_of_usages(self):
        return len(self.ai_features)

    @number_of_usages.inplace.expression
    @classmethod
    def _number_of_usages(cls):
        return (
            select(func.count(AIFeatureUsage.id))
            .where(AIFeatureUsage.tenant_id == Tenant.id)
            .scalar_subquery()
        )

    def _own_cost(self):
        return sum((usage.inference_cost or 0 for usage in self.ai_features), Decimal(0))

    def _depth(self):
        seen, ancestor = {self}, self.parent
        while ancestor is not None and ancestor not in seen:
            seen.add(ancestor)
            ancestor = ancestor.parent
        return len(seen) - 1


class AIFeatureUsage(Base):
    __tablename__ = "ai_feature_usage"

    id: Mapped[int] = mapped_column(primary_key=True)
    tenant_id: Mapped[int] = mapped_column(ForeignKey("tenants.id"), index=True)
    feature_name: Mapped[str] = mapped_column(String(100))
    inference_cost: Mapped[Decimal | None] = mapped_column(Numeric(12, 6))
    created_at: Mapped[datetime]

    tenant: Mapped[Tenant] = relationship(back_populates="ai_features")
