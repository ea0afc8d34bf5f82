"""Many-to-many to the same table: recursion over it ends, since the rows stay acyclic."""

from sqlalchemy import Column, ForeignKey, Table, func, literal, select
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, aliased, relationship


class Base(DeclarativeBase):
    pass


needs = Table(
    "needs",
    Base.metadata,
    Column("task_id", ForeignKey("tasks.id"), primary_key=True),
    Column("needed_id", ForeignKey("tasks.id"), primary_key=True),
)


class Task(Base):
    __tablename__ = "tasks"

    id: Mapped[int] = mapped_column(primary_key=True)
    needed: Mapped[list["Task"]] = relationship(
        secondary=needs, primaryjoin=id == needs.c.task_id, secondaryjoin=id == needs.c.needed_id
    )

    @hybrid_property
    def depth(self):
        return max((task.depth + 1 for task in self.needed), default=0)

    @depth.inplace.expression
    @classmethod
    def _depth(cls):
        task = aliased(Task)
        start = select(task.id.label("id"), literal(0).label("steps")).where(task.id == cls.id)
        down = start.correlate_except(task).cte("down", recursive=True, nesting=True)
        down = down.union(
            select(needs.c.needed_id, down.c.steps + 1).join_from(down, needs, needs.c.task_id == down.c.id)
        )
        return select(func.max(down.c.steps)).scalar_subquery()

    @hybrid_property
    def wrong_depth(self):
        return max((task.wrong_depth + 1 for task in self.needed), default=0)

    @wrong_depth.inplace.expression
    @classmethod
    def _wrong_depth(cls):
        return select(func.count()).select_from(needs).where(needs.c.task_id == cls.id).scalar_subquery()
