"""The Python side: the getter on instances that a new Session loads from the rows in the database."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from functools import lru_cache
from typing import Any

from sqlalchemy import ClauseElement, Connection, Select, event, func, select
from sqlalchemy.orm import Mapper, ORMExecuteState, RelationshipProperty, Session, selectinload

from harness.core.observation import Key
from harness.core.outcome import Outcome, Returned, Unevaluated, stopped
from harness.evaluation.containment import contained
from harness.evaluation.lending import LentSession, lent
from harness.evaluation.loader import Rejected
from harness.evaluation.sql_side import alive, back_to_loaded
from harness.evaluation.subject import Subject

PRELOADED = frozenset({"select", True})
"""Loader strategies of relationships whose lazy loads may as well come in one statement for all instances."""


class Unloadable(Rejected):
    """The server took the rows, but a select of the whole class fails on them, for a column_property of it for instance."""


class PythonSide:
    """Evaluates one hybrid on every instance of its class; one about time (``temporal``) by the clock of the database."""

    def __init__(
        self,
        subject: Subject,
        relationships: Iterable[RelationshipProperty[Any]],
        *,
        seconds: float,
        temporal: bool = False,
    ) -> None:
        self._subject = subject
        self._temporal = temporal
        self.relationships = [each for each in relationships if each.lazy in PRELOADED]
        self._seconds = seconds

    def evaluate(self, session: Session, *, ends_only: bool = False) -> dict[Key, Outcome]:
        """An outcome for each instance (or for the first and the last), by primary key.

        Raises Unloadable where the class's own mapping fails on the rows.
        """
        connection = session.connection()
        outcomes: dict[Key, Outcome] = {}
        instances = self._instances(session, select(self._subject.entity).order_by(*self._subject.key))
        with lent(session), _clock_of(connection) if self._temporal else nullcontext():
            for instance in (instances[0], instances[-1]) if ends_only and instances else instances:
                key = tuple(self._subject.mapper.primary_key_from_instance(instance))
                outcomes[key] = self._value(instance)
                if not isinstance(outcomes[key], Returned) or not alive(connection):
                    back_to_loaded(connection)
                if stopped(outcomes[key]):
                    break  # every further instance would cost as long
        if session.dirty:  # the next hybrid must not see what this getter wrote
            session.expire_all()
        return outcomes

    def count_statements(self, connection: Connection) -> tuple[int, int, Mapping[str, int]] | None:
        """(instances, statements sent for them, lazy loads by ``Class.relationship``), nothing loaded ahead.

        None where the time limit ended an evaluation. Raises Unloadable as evaluate() does.
        """
        with (
            _session(connection) as session,
            lent(session),
            _counting(connection, session) as (statements, loads),
        ):
            instances = self._instances(session, select(self._subject.entity))
            for instance in instances:
                if stopped(self._value(instance)):
                    return None
            return len(instances), statements[0], loads

    def _instances(self, session: Session, statement: Select[Any]) -> Sequence[Any]:
        loaded = contained(lambda: session.scalars(statement).unique().all(), seconds=self._seconds)
        if not isinstance(loaded, Returned):
            back_to_loaded(session.connection())
            raise Unloadable(f"{self._subject.mapper.class_.__name__} can't be loaded: {loaded}", None)
        instances: Sequence[Any] = loaded.value
        return instances

    def _value(self, instance: Any) -> Outcome:
        return contained(lambda: _evaluated(self._subject.of(instance)), seconds=self._seconds)


def _evaluated(value: Any) -> Any:
    """``value`` unless it is SQL, whose comparisons give SQL again."""
    if isinstance(value, ClauseElement) or hasattr(type(value), "__clause_element__"):
        return Unevaluated(" ".join(str(value).split()))
    return value


@contextmanager
def _clock_of(connection: Connection) -> Iterator[None]:
    """Python's clock stands at the transaction's now()."""
    import time_machine  # loads pytest, which most hybrids need not wait for

    now = connection.execute(select(func.now())).scalar_one()
    with time_machine.travel(now, tick=False):
        yield


@contextmanager
def loaded_session(
    connection: Connection, sides: Sequence[PythonSide], *, seconds: float
) -> Iterator[Session]:
    """A session with the instances that the getters of ``sides`` may get to, loaded ahead in few statements.

    It never flushes: what a getter changes on an instance stays out of the database.
    """
    with _session(connection) as session:
        relationships = dict.fromkeys(each for side in sides for each in side.relationships)
        held = contained(lambda: _load(session, relationships), seconds=seconds)
        if not isinstance(held, Returned):
            back_to_loaded(connection)
        yield session


def _load(session: Session, relationships: Iterable[RelationshipProperty[Any]]) -> list[Any]:
    """The instances behind ``relationships``, to be held: the session forgets those that nobody refers to."""
    held: list[Any] = []
    by_parent: dict[Mapper[Any], list[RelationshipProperty[Any]]] = {}
    for each in relationships:
        by_parent.setdefault(each.parent, []).append(each)
    for mapper, own in by_parent.items():
        held += session.scalars(_loading(mapper, tuple(own))).unique().all()
    return held


@lru_cache(maxsize=256)
def _loading(mapper: Mapper[Any], relationships: tuple[RelationshipProperty[Any], ...]) -> Select[Any]:
    """The same statement for the same relationships: SQLAlchemy then finds what it made of it without looking at it again."""
    options = [selectinload(getattr(mapper.class_, each.key)) for each in relationships]
    return select(mapper.class_).options(*options)


def _session(connection: Connection) -> Session:
    return LentSession(bind=connection, join_transaction_mode="rollback_only", autoflush=False)


@contextmanager
def _counting(connection: Connection, session: Session) -> Iterator[tuple[list[int], Counter[str]]]:
    statements, loads = [0], Counter[str]()

    def sent(*_args: Any) -> None:
        statements[0] += 1

    def loaded(state: ORMExecuteState) -> None:
        path = state.loader_strategy_path
        if state.is_relationship_load and path is not None:
            loads[f"{path[-2].class_.__name__}.{path[-1].key}"] += 1  # type: ignore[union-attr]

    event.listen(connection, "before_cursor_execute", sent)
    event.listen(session, "do_orm_execute", loaded)
    try:
        yield statements, loads
    finally:
        event.remove(connection, "before_cursor_execute", sent)
