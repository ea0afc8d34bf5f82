"""What the tree of an expression tells of itself, where the rules' own models don't show all there is to it."""

import pytest
from sqlalchemy import (
    ARRAY,
    Boolean,
    ColumnElement,
    String,
    and_,
    any_,
    case,
    exists,
    func,
    inspect,
    literal,
    literal_column,
    or_,
    select,
)
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from harness.core.hybrid import Hybrid, Kind
from harness.evaluation.structure import structure_of
from harness.evaluation.subject import Subject
from harness.evaluation.translation import translate


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


def test_a_tree_that_can_not_be_walked_is_told(monkeypatch):
    class Own(ColumnElement):
        inherit_cache = False

        def get_children(self, **_):
            raise LookupError("no parts here")

    monkeypatch.setattr(Part, "done", hybrid_property(lambda self: self.paid, expr=lambda _: Own()))
    hybrid = Hybrid(
        "parts:Base", "parts", "Part", "done", Kind.HYBRID_PROPERTY, "parts.py", 1, ("Part",), ("id",)
    )
    structure = translate(hybrid, Subject(inspect(Part), "done", Part), seconds=5).structure
    assert structure.unread == "LookupError: no parts here"


def test_an_expression_that_fails_on_an_alias_is_read_all_the_same(monkeypatch):
    def on_the_class_alone(cls):
        return cls.number + {Part: 1}[cls]

    monkeypatch.setattr(Part, "done", hybrid_property(lambda self: self.number, expr=on_the_class_alone))
    tree = structure_of(Subject(inspect(Part), "done", Part), Part.done.expression, ())
    assert (tree.columns, tree.own_table_under_alias) == (("parts.number",), ())


def test_the_star_of_exists_is_no_sql_as_text():
    tree = structure_of(Subject(inspect(Part), "done", Part), exists().where(Part.__table__.c.paid), ())
    assert not tree.literal


def test_distinct_inside_an_aggregate_is_read_without_a_warning(recwarn):
    counted = select(func.count(Part.__table__.c.number.distinct())).scalar_subquery()
    tree = structure_of(Subject(inspect(Part), "done", Part), counted, ())
    assert [(each.name, each.distinct) for each in tree.operations] == [("count", True)]
    assert not list(recwarn)


def test_a_table_that_a_subquery_joins_anew_is_not_the_row():
    parts, others = Part.__table__, Part.__table__.alias()
    anew = (
        select(func.count()).select_from(parts.join(others, parts.c.id == others.c.number)).scalar_subquery()
    )
    tied = select(func.count()).where(others.c.number == parts.c.id).correlate(parts).scalar_subquery()
    subject = Subject(inspect(Part), "done", Part)
    assert not structure_of(subject, anew, ()).depends_on_row
    assert structure_of(subject, tied, ()).depends_on_row
