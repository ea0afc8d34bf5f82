"""The SQL side on the rows that are loaded: the plain select first, then every other position against it."""

import datetime as dt
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

from psycopg.types.datetime import TimestamptzLoader
from sqlalchemy import Column, Connection, Executable, Select

from harness.core.observation import Answer, Structure
from harness.core.outcome import Outcome, Raised, Returned
from harness.evaluation.containment import contained
from harness.evaluation.positions import (
    POSITIONS,
    TIME_ZONES,
    TRUTHS,
    Joined,
    Position,
    Rows,
    Statement,
)
from harness.evaluation.probing import Probing
from harness.evaluation.subject import Subject
from harness.evaluation.transaction import back_to_loaded, driver_of

AS_TEXT = frozenset({"JSONPATH", "MONEY", "REGCLASS", "REGCONFIG", "TSQUERY", "TSVECTOR"})
"""Types whose values are text in Python, which SQLAlchemy compares as text: the server refuses that for a plain column too."""
UNCOMPARABLE = AS_TEXT | {"CITEXT", "JSON"}
"""With these, types that PostgreSQL can't compare at all, or compares otherwise than Python."""
DOCUMENTS = frozenset({"JSON", "JSONB"})
ASKING_FOR_NULL = frozenset({"where is null", "having"})
BOOLEAN = frozenset({"BOOLEAN", "Boolean", "MatchType", "NullType"})
"""SQLAlchemy's types of what PostgreSQL may have as a boolean; a decorated one may be stored as anything."""
NO_OPERATOR = re.compile(
    r"could not identify an? \w+ operator for type|operator does not exist: (.+) = \1(?!\S)"
)
"""What the server says of other types that can't be compared, sorted or grouped by."""
OUT_OF_RANGE = "22003"
"""PostgreSQL's numeric_value_out_of_range: a sum may be more than its type in SQLAlchemy holds, as which it is sent back."""
DATATYPE_MISMATCH = "42804"
"""PostgreSQL's datatype_mismatch: true and false came out of a document, which is no criterion; comparing it tells of that."""
COMPARING = frozenset({"where", "order by", "exists", "group by", "group by, accessed twice", "update"})


class SqlSide:
    """Statements of one hybrid over one connection, built once where they need no value."""

    def __init__(self, subject: Subject, structure: Structure, *, seconds: float) -> None:
        self._subject = subject
        self._seconds = seconds
        joined = tuple(Joined(name) for name in structure.relationships)
        positions = (
            *(TRUTHS if structure.declared_type in BOOLEAN else ()),
            *POSITIONS,
            *joined,
            *(TIME_ZONES if structure.temporal else ()),
        )
        by_name = {each.name: each for each in positions}
        self._positions = [
            each
            for each in by_name.values()
            if each.possible(subject)
            and not (structure.type_name in UNCOMPARABLE and (each.name in COMPARING or each in joined))
        ]
        self._documents = structure.type_name in DOCUMENTS
        self._select: Select[Any] | None = None
        self._built: dict[str, Statement] = {}
        self._probing: defaultdict[str, Probing] = defaultdict(Probing)
        self._datasets = 0

    def select(self, connection: Connection) -> Outcome:
        """Returned(rows of (*key, value)) in the order of the server."""

        def build() -> Select[Any]:
            if self._select is None:
                self._select = self._subject.select()
            return self._select

        return self._rows(connection, build)

    def answers(
        self, connection: Connection, rows: Rows, *, only: frozenset[str] | None = None
    ) -> Iterator[Answer]:
        """Every position (or ``only`` those) that says something on ``rows``, the rows of the plain select."""
        probe = _probe(rows)
        self._datasets += bool(rows) and only is None
        for position in self._positions:
            if not self._asked(position, only) or not position.applies(rows):
                continue
            build = partial(self._statement, position, probe)
            if position.time_zone is None:
                outcome = self._rows(connection, build)
            else:
                with _time_zone(connection, position.time_zone):
                    outcome = self._rows(connection, build)
            if isinstance(outcome, Raised) and self._is_of_the_type(position, outcome):
                continue
            expected = tuple(map(tuple, position.expected(rows, probe)))
            if self._documents and isinstance(outcome, Returned) and position.name in ASKING_FOR_NULL:
                expected = tuple(_whatever_null_is(expected, outcome.value, rows))
            yield Answer(position.name, outcome, expected, ordered=position.ordered(rows))

    def _is_of_the_type(self, position: Position, refusal: Raised) -> bool:
        """Whether the position is refused for the type's sake, with which the hybrid has nothing to do."""
        if isinstance(self._subject.element, Column) or NO_OPERATOR.search(refusal.message):
            return True
        if position in TRUTHS:
            return refusal.sqlstate == DATATYPE_MISMATCH
        return position.takes_probe and refusal.sqlstate == OUT_OF_RANGE

    def _asked(self, position: Position, only: frozenset[str] | None) -> bool:
        if only is not None:
            return position.name in only
        return position.enough is None or self._datasets <= position.enough

    def _statement(self, position: Position, probe: Any) -> Statement:
        """Built once where the position doesn't compare with one of these rows."""
        if position.takes_probe:
            return self._probing[position.name].statement(
                probe, lambda: position.statement(self._subject, probe)
            )
        if position.name not in self._built:
            self._built[position.name] = position.statement(self._subject, probe)
        return self._built[position.name]

    def _rows(self, connection: Connection, build: Callable[[], Executable]) -> Outcome:
        def run() -> tuple[tuple[Any, ...], ...]:
            return tuple(map(tuple, connection.execute(build()).all()))

        outcome = contained(run, seconds=self._seconds)
        if not isinstance(outcome, Returned):
            back_to_loaded(connection)
        return outcome


class _InUTC(TimestamptzLoader):
    """Moments in UTC whatever the session's time zone: what people make of them in Python may compare only such."""

    def load(self, data: Any) -> dt.datetime:
        return super().load(data).astimezone(dt.UTC)


@contextmanager
def _time_zone(connection: Connection, name: str) -> Iterator[None]:
    driver_of(connection).adapters.register_loader("timestamptz", _InUTC)
    connection.exec_driver_sql("SELECT set_config('timezone', %s, true)", (name,))
    try:
        yield
    finally:
        connection.exec_driver_sql("SET LOCAL timezone TO DEFAULT")


def _whatever_null_is(expected: Rows, actual: Rows, rows: Rows) -> Iterator[tuple[Any, ...]]:
    """``expected``, but for rows whose value is None as ``actual`` has them: it is NULL, or the null of a document, which is not NULL."""
    keys = [row[:-1] for row in rows if row[-1] is None]
    yield from (each for each in expected if each not in keys)
    yield from (each for each in actual if each in keys)


def _probe(rows: Sequence[tuple[Any, ...]]) -> Any:
    """The value most rows don't have: it tells a filter from no filter."""
    values = [row[-1] for row in rows if row[-1] is not None]
    return min(values, key=lambda value: sum(value == other for other in values), default=None)
