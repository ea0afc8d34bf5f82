"""What SQLAlchemy's evaluator is asked for, and what it answers; the dialect makes no difference to it."""

from types import SimpleNamespace

import pytest
from sqlalchemy import and_, create_engine, event, func, inspect, literal_column
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from harness.core.outcome import Returned
from harness.evaluation.evaluator_side import EvaluatorSide
from harness.evaluation.subject import Subject


class Base(DeclarativeBase):
    pass


def sql(expression):
    hybrid = hybrid_property(lambda _: None)
    return hybrid.expression(expression)


class Part(Base):
    __tablename__ = "parts"

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int]
    name: Mapped[str | None]
    late: Mapped[int] = mapped_column(deferred=True)

    doubled = sql(lambda cls: cls.number * 2)
    labelled = sql(lambda cls: (cls.number * 2).label("twice"))
    chosen = sql(lambda cls: and_(cls.name.startswith("a_"), cls.number > 1))
    below = sql(lambda cls: cls.number < cls.name)
    upper = sql(lambda cls: func.upper(cls.name))
    text = sql(lambda _: literal_column("parts.number"))
    postponed = sql(lambda cls: cls.late + 1)


@pytest.fixture
def parts():
    """A session with two parts, and the statements that it sends."""
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all([Part(id=1, number=1, name="a_b", late=1), Part(id=2, number=2, name="a_c", late=1)])
        session.commit()
        sent = []
        event.listen(engine, "before_cursor_execute", lambda *args: sent.append(args[2]))
        yield SimpleNamespace(session=session, sent=sent)
    engine.dispose()


def asked(parts, name, *keys):
    side = EvaluatorSide(Subject(inspect(Part), name, Part), seconds=5)
    return side.evaluate(parts.session, keys or [(1,), (2,)])


@pytest.mark.parametrize(
    ("name", "values"), [("doubled", (2, 4)), ("labelled", (2, 4)), ("chosen", (False, True))]
)
def test_values_of_the_instances(parts, name, values):
    assert asked(parts, name) == {(1,): Returned(values[0]), (2,): Returned(values[1])}
    assert len(parts.sent) == 1


def test_only_the_instances_that_are_asked_for(parts):
    assert asked(parts, "doubled", (2,), (3,)) == {(2,): Returned(4)}


@pytest.mark.parametrize("name", ["upper", "text"])
def test_what_it_does_not_know_costs_no_statement(parts, name):
    assert asked(parts, name) == {}
    assert parts.sent == []


def test_a_column_that_is_not_loaded_is_no_value(parts):
    assert asked(parts, "postponed") == {}


def test_what_raises_in_python_is_raised(parts):
    assert asked(parts, "below", (1,))[1,].kind == "TypeError"
