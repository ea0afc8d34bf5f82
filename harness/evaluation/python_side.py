"""The Python side: the getter on instances that a new Session loads from the rows in the database."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from typing import Any

from sqlalchemy import ClauseElement, Connection, Select, event, func, select
from sqlalchemy.orm import ORMExecuteState, RelationshipProperty, Session

from harness.core.observation import Key
from harness.core.outcome import Outcome, Returned, Unevaluated, stopped
from harness.evaluation.containment import contained
from harness.evaluation.lending import LentSession, lent
from harness.evaluation.loader import Rejected
from harness.evaluation.loading_ahead import in_order, load_ahead
from harness.evaluation.subject import Subject
from harness.evaluation.transaction import alive, back_to_loaded

HELD = "held by the harness"
"""In the info of a session, its instances by mapper, in the order of their keys."""
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
        self.mapper = subject.mapper
        self._temporal = temporal
        self.relationships = [each for each in relationships if each.lazy in PRELOADED]
        self._seconds = seconds

    def evaluate(self, session: Session, *, ends_only: bool = False) -> dict[Key, Outcome]:
        """An outcome for each instance (or for the first and the last), by primary key.

        Raises Unloadable where the class's own mapping fails on the rows.
        """
        connection = session.connection()
        instances = self._all_instances(session)
        if ends_only and instances:
            instances = [instances[0], instances[-1]]
        with lent(session), _clock_of(connection) if self._temporal else nullcontext():
            outcomes = self._values(instances, connection)
        if session.dirty:  # the next hybrid must not see what this getter wrote
            session.expire_all()
            session.info.pop(HELD, None)
        keys = map(tuple, map(self._subject.mapper.primary_key_from_instance, instances))
        return dict(zip(keys, outcomes, strict=False))

    def _all_instances(self, session: Session) -> Sequence[Any]:
        """Those that loaded_session() holds, else loaded now; in the order of their keys."""
        held = session.info.get(HELD, {}).get(self._subject.mapper)
        return held if held is not None else self._instances(session, in_order(self._subject.mapper))

    def _values(self, instances: Sequence[Any], connection: Connection) -> list[Outcome]:
        """The getter on one after the other, until the time limit ends one: every further one would cost as long.

        One limit is set for all; where it strikes, the instance that it struck at has not had it to itself yet and is tried again.
        """
        outcomes: list[Outcome] = []

        def go_on() -> None:
            for instance in instances[len(outcomes) :]:
                outcomes.append(Returned(self._read(instance)))  # noqa: PERF401 - stays when the next one raises

        while len(outcomes) < len(instances):
            reached = len(outcomes)
            ended = contained(go_on, seconds=self._seconds)
            if not isinstance(ended, Returned) or not alive(connection):
                back_to_loaded(connection)
            if len(outcomes) == len(instances):
                break
            if stopped(ended) and len(outcomes) > reached:
                ended = self._value(instances[len(outcomes)])
                back_to_loaded(connection)
            outcomes.append(ended)
            if stopped(ended):
                break
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
            instances = self._instances(session, in_order(self._subject.mapper))
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
        return contained(lambda: self._read(instance), seconds=self._seconds)

    def _read(self, instance: Any) -> Any:
        return _evaluated(self._subject.of(instance))


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
        held = contained(
            lambda: load_ahead(
                session,
                [side.mapper for side in sides],
                [each for side in sides for each in side.relationships],
            ),
            seconds=seconds,
        )
        if isinstance(held, Returned):
            session.info[HELD] = held.value
        else:
            back_to_loaded(connection)
        yield session


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
