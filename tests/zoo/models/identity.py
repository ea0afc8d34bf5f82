"""Identity columns, GENERATED ALWAYS too."""

from sqlalchemy import BigInteger, ForeignKey, Identity, func, select
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    pass


class Queue(Base):
    __tablename__ = "queues"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    tasks: Mapped[list["Task"]] = relationship(back_populates="queue")

    @hybrid_property
    def length(self):
        return len(self.tasks)

    @length.inplace.expression
    @classmethod
    def _length(cls):
        return (
            select(func.count(Task.id))
            .where(Task.queue_id == cls.id)
            .correlate_except(Task)
            .scalar_subquery()
        )


class Task(Base):
    __tablename__ = "tasks"

    id: Mapped[int] = mapped_column(Identity(start=42), primary_key=True)
    queue_id: Mapped[int] = mapped_column(ForeignKey("queues.id"), index=True)
    minutes: Mapped[int]
    queue: Mapped[Queue] = relationship(back_populates="tasks")

    @hybrid_property
    def short(self):
        return self.minutes > 1

    @hybrid_property
    def wrong_short(self):
        return self.minutes > 1

    @wrong_short.inplace.expression
    @classmethod
    def _wrong_short(cls):
        return cls.minutes > 2
