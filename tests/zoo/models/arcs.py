"""Exclusive arcs: exactly one of three references is set, as three ways of writing the CHECK have it."""

from sqlalchemy import CheckConstraint, ForeignKey, case
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class Person(Base):
    __tablename__ = "people"

    id: Mapped[int] = mapped_column(primary_key=True)


class Firm(Base):
    __tablename__ = "firms"

    id: Mapped[int] = mapped_column(primary_key=True)


class State(Base):
    __tablename__ = "states"

    id: Mapped[int] = mapped_column(primary_key=True)


class Arc:
    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"), index=True)
    firm_id: Mapped[int | None] = mapped_column(ForeignKey("firms.id"), index=True)
    state_id: Mapped[int | None] = mapped_column(ForeignKey("states.id"), index=True)

    @hybrid_property
    def kind(self):
        if self.person_id is not None:
            return "person"
        return "firm" if self.firm_id is not None else "state"

    @kind.inplace.expression
    @classmethod
    def _kind(cls):
        return case((cls.person_id.is_not(None), "person"), (cls.firm_id.is_not(None), "firm"), else_="state")


class House(Arc, Base):
    __tablename__ = "houses"
    __table_args__ = (CheckConstraint("num_nonnulls(person_id, firm_id, state_id) = 1"),)

    @hybrid_property
    def wrong_private(self):
        return self.person_id is not None

    @wrong_private.inplace.expression
    @classmethod
    def _wrong_private(cls):
        return cls.state_id.is_(None)


class Boat(Arc, Base):
    __tablename__ = "boats"
    __table_args__ = (
        CheckConstraint(
            "(person_id IS NOT NULL)::int + (firm_id IS NOT NULL)::int + (state_id IS NOT NULL)::int = 1"
        ),
    )


class Plane(Arc, Base):
    __tablename__ = "planes"
    __table_args__ = (
        CheckConstraint(
            "(person_id IS NOT NULL AND firm_id IS NULL AND state_id IS NULL) OR "
            "(person_id IS NULL AND firm_id IS NOT NULL AND state_id IS NULL) OR "
            "(person_id IS NULL AND firm_id IS NULL AND state_id IS NOT NULL)"
        ),
    )
