"""The places in a query where a hybrid can stand, and what the plain select implies for each."""

import datetime as dt
import decimal
import operator
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from typing import Any, ClassVar

from sqlalchemy import Column, Select, Table, exists, func, not_, select, true, update
from sqlalchemy.sql.dml import ReturningUpdate

from harness.evaluation.subject import Subject

Statement = Select[Any] | ReturningUpdate[Any]
Rows = Sequence[tuple[Any, ...]]
SORTABLE = (bool, int, float, decimal.Decimal, dt.date, dt.datetime, dt.timedelta)
FIRST = 25
"""Datasets with rows that tell of a position all there is to tell, where only the statement's structure matters."""
PAIRS = 64
"""Self-joins are sent while they give at most this many rows."""


class Position(ABC):
    """A statement around the hybrid, and the rows that it must give where the plain select gave ``rows``."""

    name: str
    takes_probe: ClassVar[bool] = False
    enough: ClassVar[int | None] = None
    """Datasets with rows after which more data tells nothing new; None where it always may."""
    time_zone: str | None = None
    """The session's time zone while the statement runs, where the position is about that."""

    def possible(self, subject: Subject) -> bool:
        """Whether the class has this position at all."""
        del subject
        return True

    @abstractmethod
    def statement(self, subject: Subject, probe: Any) -> Statement:
        """Build the statement; ``probe`` is a value that the hybrid takes, for positions that compare."""

    @abstractmethod
    def expected(self, rows: Rows, probe: Any) -> Rows:
        """The rows that the values of the plain select imply, the row's key first."""

    def applies(self, rows: Rows) -> bool:
        """Whether the statement says anything on these rows."""
        return bool(rows)

    def ordered(self, rows: Rows) -> bool:
        """Whether the order of the statement's rows is implied too."""
        del rows
        return False


class WhereEqual(Position):
    """``where(M.h == value)``."""

    name = "where"
    takes_probe = True
    enough = 4 * FIRST

    def statement(self, subject: Subject, probe: Any) -> Statement:
        return select(*subject.key).where(subject.value == probe)

    def expected(self, rows: Rows, probe: Any) -> Rows:
        return [row[:-1] for row in rows if row[-1] is not None and _equal(row[-1], probe)]

    def applies(self, rows: Rows) -> bool:
        return any(row[-1] is not None for row in rows)


def _equal(value: Any, probe: Any) -> Any:
    """As PostgreSQL has it: NaN is NaN."""
    return value == probe or (value != value and probe != probe)  # noqa: PLR0124


class WhereIsNull(Position):
    """``where(M.h.is_(None))``."""

    name = "where is null"
    enough = 2 * FIRST

    def statement(self, subject: Subject, probe: Any) -> Statement:
        del probe
        return select(*subject.key).where(subject.value.is_(None))

    def expected(self, rows: Rows, probe: Any) -> Rows:
        del probe
        return [row[:-1] for row in rows if row[-1] is None]


class WhereTrue(Position):
    """``where(M.h)``: a boolean is the criterion itself."""

    name = "where true"
    enough = FIRST

    def statement(self, subject: Subject, probe: Any) -> Statement:
        del probe
        return select(*subject.key).where(subject.value)

    def expected(self, rows: Rows, probe: Any) -> Rows:
        del probe
        return [row[:-1] for row in rows if row[-1] is True]

    def applies(self, rows: Rows) -> bool:
        return _are_truths(rows)


class WhereNot(Position):
    """``where(not_(M.h))``, or ``where(~M.h)``, which a comparator may answer by itself."""

    enough = FIRST

    def __init__(self, name: str, negation: Callable[[Any], Any]) -> None:
        self.name = name
        self._negation = negation

    def statement(self, subject: Subject, probe: Any) -> Statement:
        del probe
        return select(*subject.key).where(self._negation(subject.value))

    def expected(self, rows: Rows, probe: Any) -> Rows:
        del probe
        return [row[:-1] for row in rows if row[-1] is False]

    def applies(self, rows: Rows) -> bool:
        return _are_truths(rows)


def _are_truths(rows: Rows) -> bool:
    values = [row[-1] for row in rows]
    return any(isinstance(value, bool) for value in values) and all(
        value is None or isinstance(value, bool) for value in values
    )


class OrderBy(Position):
    """``order_by(M.h)``, the key breaking ties."""

    name = "order by"
    enough = 4 * FIRST

    def statement(self, subject: Subject, probe: Any) -> Statement:
        del probe
        return select(*subject.key).order_by(subject.value, *subject.key)

    def expected(self, rows: Rows, probe: Any) -> Rows:
        del probe
        if not self.ordered(rows):
            return [row[:-1] for row in rows]
        nulls = [row for row in rows if row[-1] is None]
        others = [row for row in rows if row[-1] is not None]
        by_value = sorted(others, key=lambda row: (row[-1], row[:-1]))
        return [row[:-1] for row in (*by_value, *sorted(nulls, key=lambda row: row[:-1]))]

    def ordered(self, rows: Rows) -> bool:
        """Text is left out: its order is the collation's."""
        values = [value for row in rows for value in row if value is not None]
        return all(isinstance(value, SORTABLE) and value == value for value in values)  # noqa: PLR0124 - not NaN


class Aliased(Position):
    """``a = aliased(M); select(a.h)``."""

    name = "aliased"
    enough = 2 * FIRST

    def statement(self, subject: Subject, probe: Any) -> Statement:
        del probe
        return subject.alias().select()

    def expected(self, rows: Rows, probe: Any) -> Rows:
        del probe
        return rows


class SelfJoin(Position):
    """Two aliases at once: ``select(a.h, b.h)`` over all pairs."""

    name = "self-join"
    enough = FIRST

    def statement(self, subject: Subject, probe: Any) -> Statement:
        del probe
        left, right = subject.alias(), subject.alias()
        both = select(*left.key, *right.key, left.value.label("left_value"), right.value.label("right_value"))
        return both.select_from(left.entity).join(right.entity, true())

    def expected(self, rows: Rows, probe: Any) -> Rows:
        del probe
        return [(*a[:-1], *b[:-1], a[-1], b[-1]) for a in rows for b in rows]

    def applies(self, rows: Rows) -> bool:
        return 0 < len(rows) ** 2 <= PAIRS


class Subquery(Position):
    """From a subquery: ``select(s.c.value)`` where ``s`` selects the hybrid."""

    name = "subquery"
    enough = FIRST

    def statement(self, subject: Subject, probe: Any) -> Statement:
        del probe
        keys = [column.label(f"key_{number}") for number, column in enumerate(subject.key)]
        inner = select(*keys, subject.value.label("value")).subquery()
        return select(inner)

    def expected(self, rows: Rows, probe: Any) -> Rows:
        del probe
        return rows


class CommonTable(Position):
    """From a CTE: ``WITH rows AS (SELECT M.h ...)``."""

    name = "cte"
    enough = FIRST

    def statement(self, subject: Subject, probe: Any) -> Statement:
        del probe
        keys = [column.label(f"key_{number}") for number, column in enumerate(subject.key)]
        return select(select(*keys, subject.value.label("value")).cte())

    def expected(self, rows: Rows, probe: Any) -> Rows:
        del probe
        return rows


class Exists(Position):
    """``where(exists().where(a.id == M.id, a.h == value))``, on an alias inside the EXISTS."""

    name = "exists"
    enough = FIRST
    takes_probe = True

    def statement(self, subject: Subject, probe: Any) -> Statement:
        inner = subject.alias()
        same_row = [left == right for left, right in zip(inner.key, subject.key, strict=True)]
        return select(*subject.key).where(exists().where(*same_row, inner.value == probe))

    def expected(self, rows: Rows, probe: Any) -> Rows:
        return [row[:-1] for row in rows if row[-1] is not None and _equal(row[-1], probe)]

    def applies(self, rows: Rows) -> bool:
        return any(row[-1] is not None for row in rows)


class GroupBy(Position):
    """``select(M.h.label("value"), count()).group_by("value")``: one access, named twice."""

    name = "group by"
    enough = FIRST

    def statement(self, subject: Subject, probe: Any) -> Statement:
        del probe
        value = subject.value.label("grouped_value")
        return select(value, func.count()).select_from(subject.entity).group_by(value.name)

    def expected(self, rows: Rows, probe: Any) -> Rows:
        del probe
        return list(Counter(row[-1] for row in rows).items())

    def applies(self, rows: Rows) -> bool:
        return bool(rows) and all(isinstance(row[-1], Hashable) and row[-1] == row[-1] for row in rows)


class GroupByTwice(Position):
    """``select(M.h, count()).group_by(M.h)``: two accesses, each of which builds the expression anew."""

    name = "group by, accessed twice"
    enough = 1

    def statement(self, subject: Subject, probe: Any) -> Statement:
        del probe
        return select(subject.value, func.count()).select_from(subject.entity).group_by(subject.value)

    def expected(self, rows: Rows, probe: Any) -> Rows:
        return GroupBy().expected(rows, probe)

    def applies(self, rows: Rows) -> bool:
        return GroupBy().applies(rows)


class Having(Position):
    """``group_by(M.id).having(count(M.h) > 0)``: inside an aggregate, after grouping."""

    name = "having"
    enough = FIRST

    def statement(self, subject: Subject, probe: Any) -> Statement:
        del probe
        return select(*subject.key).group_by(*subject.key).having(func.count(subject.value) > 0)

    def expected(self, rows: Rows, probe: Any) -> Rows:
        del probe
        return [row[:-1] for row in rows if row[-1] is not None]


class Polymorphic(Position):
    """``p = with_polymorphic(M, "*"); select(p.h)``, with the tables of all subclasses beside the class's own."""

    name = "with_polymorphic"
    enough = FIRST

    def possible(self, subject: Subject) -> bool:
        mapper = subject.mapper
        return len(list(mapper.self_and_descendants)) > 1 and not any(
            m.concrete for m in mapper.self_and_descendants
        )

    def statement(self, subject: Subject, probe: Any) -> Statement:
        del probe
        return subject.with_subclasses().select()

    def expected(self, rows: Rows, probe: Any) -> Rows:
        del probe
        return rows


class UpdateCriteria(Position):
    """``update(M).where(M.h == value)``, which sets a column to itself and returns the keys of the rows it finds."""

    name = "update"
    enough = FIRST
    takes_probe = True

    def possible(self, subject: Subject) -> bool:
        mapper = subject.mapper
        alone = isinstance(mapper.selectable, Table) and not mapper.single
        return alone and _settable(subject) is not None

    def statement(self, subject: Subject, probe: Any) -> Statement:
        column = _settable(subject)
        found = update(subject.entity).where(subject.value == probe)
        return found.values({column: column}).returning(*subject.key)

    def expected(self, rows: Rows, probe: Any) -> Rows:
        return WhereEqual().expected(rows, probe)

    def applies(self, rows: Rows) -> bool:
        return WhereEqual().applies(rows)


def _settable(subject: Subject) -> Column[Any] | None:
    """A column of the class's table that an UPDATE may set to what it is."""
    columns = (each for each in subject.mapper.columns if isinstance(each, Column))
    free = (each for each in columns if each.computed is None and each.identity is None)
    return next(iter(sorted(free, key=lambda each: each.primary_key)), None)


class Joined(Position):
    """With a related entity beside it: ``select(M.h).outerjoin(M.items)``, each row of M once."""

    enough = FIRST

    def __init__(self, relationship: str) -> None:
        self.name = f"joined to {relationship}"
        self._relationship = relationship

    def statement(self, subject: Subject, probe: Any) -> Statement:
        del probe
        return subject.select().outerjoin(getattr(subject.entity, self._relationship)).distinct()

    def expected(self, rows: Rows, probe: Any) -> Rows:
        del probe
        return rows


class UnderTimeZone(Position):
    """The plain select in a session of another time zone, for hybrids about dates and times."""

    def __init__(self, time_zone: str) -> None:
        self.name = f"time zone {time_zone}"
        self.time_zone = time_zone

    def statement(self, subject: Subject, probe: Any) -> Statement:
        del probe
        return subject.select()

    def expected(self, rows: Rows, probe: Any) -> Rows:
        del probe
        return rows


POSITIONS: tuple[Position, ...] = (
    WhereEqual(),
    WhereIsNull(),
    OrderBy(),
    Aliased(),
    SelfJoin(),
    Subquery(),
    CommonTable(),
    Exists(),
    GroupBy(),
    GroupByTwice(),
    Having(),
    Polymorphic(),
    UpdateCriteria(),
)
TRUTHS: tuple[Position, ...] = (
    WhereTrue(),
    WhereNot("where not", not_),
    WhereNot("where ~", operator.inv),
    WhereIsNull(),
)
"""Of a boolean, ahead of the others: they part the rows, either negation with the two that are none."""
TIME_ZONES: tuple[Position, ...] = (
    UnderTimeZone("America/New_York"),
    UnderTimeZone("Pacific/Kiritimati"),
)
"""Far from UTC on both sides of it, and with daylight saving time."""
SELECT = "select"
