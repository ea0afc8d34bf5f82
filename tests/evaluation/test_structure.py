"""What the tree of an expression tells of itself, where the rules' own models don't show all there is to it."""

import pytest
from sqlalchemy import ARRAY, Boolean, String, and_, any_, case, inspect, literal, literal_column, or_, select
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from harness.evaluation.structure import structure_of
from harness.evaluation.subject import Subject


class Base(DeclarativeBase):
    pass


class Part(Base):
    __tablename__ = "parts"

    id: Mapped[int] = mapped_column(primary_key=True)
    paid: Mapped[bool]
    sent: Mapped[bool]
    number: Mapped[int]
    tags = mapped_column(ARRAY(String))

    @hybrid_property
    def done(self):
        return self.paid


def unparenthesized(expression):
    return structure_of(Subject(inspect(Part), "done", Part), expression, ()).unparenthesized


@pytest.mark.parametrize(
    ("expression", "sql"),
    [
        (literal_column("a OR b"), "a OR b"),
        (literal_column("f(a) and b", Boolean), "f(a) and b"),
        (literal_column("a OR b").label("either"), "a OR b"),
        (
            Part.__table__.c.paid.bool_op("OR", precedence=9)(Part.__table__.c.sent),
            "parts.paid OR parts.sent",
        ),
    ],
)
def test_sql_that_falls_apart_beside_an_operator(expression, sql):
    assert unparenthesized(expression) == sql


@pytest.mark.parametrize(
    "expression",
    [
        literal_column("(a OR b)"),
        literal_column("f(a, (b OR c))"),
        literal_column("CASE WHEN a OR b THEN true END"),
        literal_column("name = 'black or white'"),
        literal_column('"this or that"'),
        or_(Part.__table__.c.paid, Part.__table__.c.sent),
        and_(Part.__table__.c.paid, Part.__table__.c.sent).label("both"),
        Part.__table__.c.paid.bool_op("OR")(Part.__table__.c.sent),
        Part.__table__.c.number.between(1, 2),
        case((or_(Part.__table__.c.paid, Part.__table__.c.sent), True)),
        literal("x") == any_(Part.__table__.c.tags),
        select(Part.__table__.c.id).where(or_(Part.__table__.c.paid, Part.__table__.c.sent)).exists(),
        Part.__table__.c.paid,
    ],
    ids=str,
)
def test_sql_that_holds_together(expression):
    assert unparenthesized(expression) == ""


def test_a_slice_of_an_array_is_a_tree_as_any_other():
    tree = structure_of(
        Subject(inspect(Part), "done", Part), inspect(Part).attrs.tags.class_attribute[1:2], ()
    )
    assert (tree.columns, tree.uncorrelated_alone) == (("parts.tags",), False)
