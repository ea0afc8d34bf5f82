"""Single-table inheritance: a hybrid of the base, one of a subclass, one overridden; identities are an enum's."""

import enum

from sqlalchemy import case
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Kind(enum.Enum):
    PLAIN = "plain"
    MANAGER = "manager"
    ENGINEER = "engineer"


class Base(DeclarativeBase):
    pass


class Employee(Base):
    __tablename__ = "employees"
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": Kind.PLAIN}

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[Kind | None]
    salary: Mapped[int]

    @hybrid_property
    def well_paid(self):
        return self.salary > 99

    @hybrid_property
    def label(self):
        return self.salary > 3

    @label.inplace.expression
    @classmethod
    def _label(cls):
        return case((cls.kind == Kind.MANAGER, cls.salary > 5), else_=cls.salary > 3)


class Manager(Employee):
    __mapper_args__ = {"polymorphic_identity": Kind.MANAGER}

    bonus: Mapped[int | None]

    @hybrid_property
    def has_bonus(self):
        return self.bonus is not None

    @has_bonus.inplace.expression
    @classmethod
    def _has_bonus(cls):
        return cls.bonus.is_not(None)

    @hybrid_property
    def label(self):
        return self.salary > 5

    @hybrid_property
    def wrong_label(self):
        return self.salary > 5

    @wrong_label.inplace.expression
    @classmethod
    def _wrong_label(cls):
        return cls.salary > 50


class Engineer(Employee):
    __mapper_args__ = {"polymorphic_identity": Kind.ENGINEER}

    level: Mapped[int | None] = mapped_column(use_existing_column=True)
