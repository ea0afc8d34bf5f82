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
        return select(func.count(Task.id)).where(Task.queue_id == cls.id).correlate_except(Task).scalar_subquery()


class Task(Base):
    __tablename__ = "tasks"

    id: Mapped[int] = mapped_column(Identity(start=42), primary_key=True)
    serial: Mapped[int] = mapped_column(Identity(always=True, cycle=True))
    queue_id: Mapped[int] = mapped_column(ForeignKey("queues.id"))
    queue: Mapped[Queue] = relationship(back_populates="tasks")

    @hybrid_property
    def even(self):
        return self.serial % 2 == 0

    @hybrid_property
    def wrong_even(self):
        return self.serial % 2 == 0

    @wrong_even.inplace.expression
    @classmethod
    def _wrong_even(cls):
        return cls.serial % 2 == 1
