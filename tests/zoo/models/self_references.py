"""A tree by a composite foreign key to the same table, and one within its tenant."""

from sqlalchemy import ForeignKey, ForeignKeyConstraint, func, select
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, aliased, relationship


class Base(DeclarativeBase):
    pass


class Tenant(Base):
    __tablename__ = "tenants"

    id: Mapped[int] = mapped_column(primary_key=True)


class Node(Base):
    """Parent and child share the tenant: the column is in both foreign keys and in the key."""

    __tablename__ = "nodes"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "parent_number"], ["nodes.tenant_id", "nodes.number"]),
    )

    tenant_id: Mapped[int] = mapped_column(ForeignKey("tenants.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    parent_number: Mapped[int | None]
    parent: Mapped["Node | None"] = relationship(
        remote_side="[Node.tenant_id, Node.number]",
        primaryjoin="and_(Node.tenant_id == remote(Node.tenant_id), foreign(Node.parent_number) == remote(Node.number))",
        viewonly=True,
    )
    children: Mapped[list["Node"]] = relationship(
        primaryjoin="and_(remote(Node.tenant_id) == Node.tenant_id, remote(foreign(Node.parent_number)) == Node.number)",
        viewonly=True,
    )

    @hybrid_property
    def number_of_children(self):
        return len(self.children)

    @number_of_children.inplace.expression
    @classmethod
    def _number_of_children(cls):
        child = aliased(Node)
        return (
            select(func.count(child.number))
            .where(child.tenant_id == cls.tenant_id, child.parent_number == cls.number)
            .correlate_except(child)
            .scalar_subquery()
        )

    @hybrid_property
    def is_root(self):
        return self.parent is None

    @is_root.inplace.expression
    @classmethod
    def _is_root(cls):
        return cls.parent_number.is_(None)

    @hybrid_property
    def wrong_is_leaf(self):
        return not self.children

    @wrong_is_leaf.inplace.expression
    @classmethod
    def _wrong_is_leaf(cls):
        return cls.parent_number.is_not(None)
