"""What a cause is: a rule that explains why Python and SQL are apart, and the evidence it reads."""

import decimal
import re
from abc import ABC
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from harness.comparison import RowDifference, same
from harness.core.expression import ColumnFact, Operand, Operation, Subquery
from harness.core.finding import Family, Finding
from harness.core.observation import Answer, Example, Key
from harness.core.outcome import Outcome, Raised, Returned, TimedOut, Unevaluated
from harness.rules.base import Rule, counterexample, shown

Explanation = tuple[str, str]
"""A message and a hint."""
WITH_GETTER = (
    " Computed in Python, by SQLAlchemy's evaluator, the SQL expression agrees with the getter: both say the same, and "
    "PostgreSQL computes it in another way."
)
WITH_SQL = (
    " Computed in Python, by SQLAlchemy's evaluator, the SQL expression agrees with PostgreSQL: it says something else than the "
    "getter."
)
INTEGERS = frozenset({"SMALLINT", "INTEGER", "BIGINT"})
ORDERINGS = frozenset({"lt", "le", "gt", "ge", "between"})
COMPARISONS = ORDERINGS | {"eq", "ne"}
AGGREGATES = frozenset(
    {
        "sum",
        "avg",
        "min",
        "max",
        "count",
        "string_agg",
        "array_agg",
        "bool_and",
        "bool_or",
        "every",
        "json_agg",
        "jsonb_agg",
        "json_object_agg",
        "jsonb_object_agg",
        "stddev",
        "stddev_pop",
        "stddev_samp",
        "variance",
        "var_pop",
        "var_samp",
        "bit_and",
        "bit_or",
        "mode",
        "percentile_cont",
        "percentile_disc",
    }
)


@dataclass(frozen=True, slots=True)
class Difference:
    """One instance on which the sides are apart; ``sql`` are the values of all rows that the select gave for its key."""

    key: Key
    python: Outcome
    sql: tuple[object, ...]

    @property
    def value(self) -> object:
        """SQL's value, where there was exactly one row."""
        return self.sql[0]


def differences(seen: Example) -> Iterator[Difference]:
    """Instances whose Python outcome is not the one row that the select gave, in the order of their keys."""
    if not isinstance(seen.select, Returned):
        return
    rows: dict[Key, list[object]] = {key: [] for key in seen.python}
    for row in seen.select.value:
        rows.setdefault(tuple(row[:-1]), []).append(row[-1])
    for key, values in rows.items():
        python = seen.python.get(key)
        if python is None or isinstance(python, TimedOut):
            continue
        alike = (
            len(values) == 1 and isinstance(python, Returned) and same(python.value, values[0], seen.policy)
        )
        if not alike:
            yield Difference(key, python, tuple(values))


class Cause(Rule[Example], ABC):
    """Why the sides are apart. Of those in CAUSES the first that explains a difference, a refused select or a position reports it."""

    family: ClassVar[Family] = Family.AGREEMENT
    reads: ClassVar[type] = Example
    everywhere: ClassVar[bool] = True
    """Whether the plain select goes wrong for it too, on this data or other; else it is about single positions."""

    def explain(self, seen: Example, difference: Difference) -> Explanation | None:
        """(message, hint) where this is why an instance's value is another in the plain select."""
        del seen, difference
        return None

    def explain_refusal(self, seen: Example, refusal: Raised) -> Explanation | None:
        """(message, hint) where this is why PostgreSQL refuses the plain select."""
        del seen, refusal
        return None

    def explain_position(
        self, seen: Example, answer: Answer, apart: RowDifference | None
    ) -> Explanation | None:
        """(message, hint) where this is why a position gives other rows, or is refused if ``apart`` is None."""
        del seen, answer, apart
        return None

    def marks(self, seen: Example) -> bool:
        """Whether the expression bears the mark of this cause, so that positions may go wrong for it."""
        del seen
        return False

    def judge(self, seen: Example) -> Iterator[Finding]:
        """What this cause alone would say of the plain select; ``attributed`` has them take turns."""
        if isinstance(seen.select, Raised):
            explanation = self.explain_refusal(seen, seen.select)
            if explanation is not None:
                yield self.on_refusal(seen, seen.select, explanation)
        for difference in differences(seen):
            explanation = self.explain(seen, difference)
            if explanation is not None:
                yield self.on_difference(seen, difference, explanation)
                return

    def on_difference(self, seen: Example, difference: Difference, explanation: Explanation) -> Finding:
        """The finding about one instance."""
        shown_sql = ", ".join(shown(value) for value in difference.sql) or "no row"
        data = counterexample(
            seen.hybrid, seen.dataset, difference.key, outcome_shown(difference.python), shown_sql
        )
        message, hint = explanation
        return self.finding("select", f"{message}{third_opinion(seen, difference)}", hint, data)

    def on_refusal(self, seen: Example, refusal: Raised, explanation: Explanation) -> Finding:
        """The finding about a select that was refused."""
        data = counterexample(seen.hybrid, seen.dataset, None, "-", refusal)
        return self.finding("select", *explanation, data)


class ValueCause(Cause):
    """A cause of two values, one from each side, neither of them an exception."""

    def explain(self, seen: Example, difference: Difference) -> Explanation | None:
        """Where each side gave exactly one value."""
        if not isinstance(difference.python, Returned) or len(difference.sql) != 1:
            return None
        return self.explain_values(seen, difference.key, difference.python.value, difference.value)

    def explain_values(self, seen: Example, key: Key, python: Any, sql: Any) -> Explanation | None:
        """(message, hint) where this is why ``python`` is not ``sql``."""
        raise NotImplementedError


def third_opinion(seen: Example, difference: Difference) -> str:
    """Which of two values SQLAlchemy's evaluator sides with, as a further sentence; nothing where it sides with neither."""
    python, evaluated = difference.python, seen.evaluated.get(difference.key)
    if not (isinstance(python, Returned) and isinstance(evaluated, Returned) and len(difference.sql) == 1):
        return ""
    if isinstance(python.value, Unevaluated):
        return ""
    with_getter = same(python.value, evaluated.value, seen.policy)
    with_sql = same(evaluated.value, difference.value, seen.policy)
    if with_getter == with_sql:
        return ""
    return WITH_GETTER if with_getter else WITH_SQL


def outcome_shown(outcome: Outcome) -> str:
    """A value's repr, or what happened instead."""
    return shown(outcome.value) if isinstance(outcome, Returned) else str(outcome)


def values_shown(seen: Example, python: Any, sql: Any) -> str:
    """The first clause of most messages."""
    return f"{seen.hybrid.name} is {shown(python)} in Python and {sql_shown(sql)} in SQL"


def sql_shown(value: Any) -> str:
    """SQL's value, by SQL's name for None."""
    return "NULL" if value is None else shown(value)


def operations(seen: Example, *names: str) -> Iterator[Operation]:
    """Operations of the SQL by those names, outermost first."""
    return (each for each in seen.structure.operations if each.name in names)


def uses(seen: Example, *names: str) -> bool:
    """Whether the getter's code mentions one of ``names``."""
    return not seen.hybrid.python.names.isdisjoint(names)


def own_row(seen: Example, key: Key) -> dict[str, object]:
    """The instance's row as ``table.column``, over all tables of its class; empty where it is not in the dataset."""
    found: dict[str, object] = {}
    for table in seen.hybrid.tables:
        for row in seen.dataset.tables.get(table.name, ()):
            if tuple(row.get(column) for column in table.key) == key:
                found |= {f"{table.name}.{column}": value for column, value in row.items()}
    return found


def rows_of(seen: Example, query: Subquery, key: Key) -> list[dict[str, object]] | None:
    """The rows that a subquery over one table is correlated to, further predicates aside; None where it reads several."""
    if len(query.tables) != 1 or not query.correlations:
        return None
    table, row = query.tables[0], own_row(seen, key)
    if any(not each.inner.startswith(f"{table}.") or each.outer not in row for each in query.correlations):
        return None
    return [
        {f"{table}.{column}": value for column, value in each.items()}
        for each in seen.dataset.tables.get(table, ())
        if all(
            each.get(correlation.inner.removeprefix(f"{table}.")) == row[correlation.outer]
            and row[correlation.outer] is not None
            for correlation in query.correlations
        )
    ]


def null_columns(seen: Example, key: Key, columns: Iterable[str] | None = None) -> list[str]:
    """Of ``columns`` (or of all that the SQL reads) those that are NULL in the instance's own row."""
    row = own_row(seen, key)
    wanted = seen.structure.columns if columns is None else columns
    return sorted({column for column in wanted if column in row and row[column] is None})


def fact(seen: Example, column: str) -> ColumnFact:
    """What is known of ``table.column``."""
    return seen.structure.facts.get(column, ColumnFact(column, "", own=False))


def attribute(seen: Example, column: str) -> str:
    """``Class.attribute`` for ``table.column``, as people speak of it."""
    return fact(seen, column).attribute


def written(seen: Example, column: str) -> str:
    """``table.column`` as an expression says it: ``cls.attribute`` for the hybrid's own class."""
    known = fact(seen, column)
    return f"cls.{known.attribute.rpartition('.')[2]}" if known.own else known.attribute


MADE_UP = re.compile(r"_\d+$")
"""The end of an alias that has no name of its own."""


def operand_written(seen: Example, operand: Operand) -> str:
    """An operand as an expression says it, as far as it is a column or a literal."""
    if operand.column is None:
        return repr(operand.value) if operand.literal else "..."
    table, attribute = operand.column.rpartition(".")[0], fact(seen, operand.column).attribute
    read_as = operand.shown.rpartition(".")[0].replace('"', "")
    if not read_as or read_as == table:
        return written(seen, operand.column)
    return f"{'alias' if MADE_UP.search(read_as) else read_as}.{attribute.rpartition('.')[2]}"


def default_written(value: Any) -> str:
    """What COALESCE takes for a value of the getter: a literal, without the type that SQL has from the other side."""
    whole = isinstance(value, decimal.Decimal) and value.is_finite() and value == value.to_integral_value()
    return str(int(value)) if whole else shown(value)


def is_number(value: Any) -> bool:
    """Whether ``value`` is a number that can be computed with; bool is none."""
    return isinstance(value, int | float | decimal.Decimal) and not isinstance(value, bool)
