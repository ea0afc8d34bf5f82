"""What no two rows of a table may share: primary keys, UNIQUE constraints and indexes, EXCLUDE constraints."""

import operator
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Index, Table, UniqueConstraint
from sqlalchemy.dialects.postgresql import ExcludeConstraint

from harness.generation.checks import Check, Evaluate, read_condition, read_value

Row = Mapping[str, Any]
Key = tuple[Any, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Unique:
    """What ``parts`` give differs from row to row; NULLs are all different unless ``nulls_equal``.

    ``columns`` are those that the parts read; rows that don't meet ``condition`` don't count.
    """

    columns: tuple[str, ...]
    parts: tuple[Evaluate, ...]
    nulls_equal: bool
    condition: Check | None

    def key(self, row: Row) -> Key | None:
        """What the row has for itself; None where it can share it."""
        if self.condition is not None and not self.condition.passes(row):
            return None
        key = tuple([_hashable(part(row)) for part in self.parts])
        return None if None in key and not self.nulls_equal else key


@dataclass(frozen=True, slots=True, eq=False)
class Exclusion:
    """No two rows are such that each operator of ``parts`` holds between their values.

    A value or an operator that can't be read counts as if the operator held: rows are kept further apart than need be.
    """

    columns: tuple[str, ...]
    parts: tuple[tuple[Evaluate, Callable[[Any, Any], Any]], ...]
    condition: Check | None

    def clashes(self, row: Row, other: Row) -> bool:
        """Whether the server would refuse one of the two."""
        if self.condition is not None and not (self.condition.passes(row) and self.condition.passes(other)):
            return False
        return all(_holds(holds, value, row, other) for value, holds in self.parts)


def _holds(holds: Callable[[Any, Any], Any], value: Evaluate, row: Row, other: Row) -> bool:
    try:
        mine, others = value(row), value(other)
        return mine is not None and others is not None and bool(holds(mine, others))
    except (TypeError, ValueError, ArithmeticError, AttributeError):
        return True


def _overlap(left: Any, right: Any) -> bool:
    return bool(left.overlaps(right)) if hasattr(left, "overlaps") else not set(left).isdisjoint(right)


OPERATORS: Mapping[str, Callable[[Any, Any], Any]] = {
    "=": operator.eq,
    "<>": operator.ne,
    "!=": operator.ne,
    "&&": _overlap,
    "-|-": lambda left, right: left.adjacent_to(right),
}


def read_uniques(table: Table, numbered: str | None) -> Iterator[Unique]:
    """Primary key, UNIQUE constraints and unique indexes; not the key that counts the rows.

    A part that can't be read is left out, so that rows differ in the others.
    """
    key = tuple(column.name for column in table.primary_key.columns)
    if key and numbered not in key:
        yield _unique(table, table.primary_key.columns, nulls_equal=True)
    constraints = [each for each in table.constraints if isinstance(each, UniqueConstraint)]
    for constraint in sorted(constraints, key=lambda each: [column.name for column in each.columns]):
        yield _unique(table, constraint.columns, nulls_equal=_nulls_equal(constraint))
    for index in sorted(table.indexes, key=lambda each: str(each.name)):
        if index.unique:
            where = index.dialect_options["postgresql"]["where"]
            condition = None if where is None else read_condition(where, table)
            yield _unique(table, index.expressions, nulls_equal=_nulls_equal(index), condition=condition)


def _unique(table: Table, elements: Any, *, nulls_equal: bool, condition: Check | None = None) -> Unique:
    read = [read_value(element, table) for element in elements]
    known = [value for value in read if value.value is not None]
    columns = dict.fromkeys(name for value in read for name in value.columns)
    return Unique(
        tuple(columns), tuple(value.value for value in known if value.value), nulls_equal, condition
    )


def _nulls_equal(constraint: UniqueConstraint | Index) -> bool:
    return bool(constraint.dialect_options["postgresql"]["nulls_not_distinct"])


def read_exclusions(table: Table) -> Iterator[Exclusion]:
    """The EXCLUDE constraints."""
    for constraint in table.constraints:
        if not isinstance(constraint, ExcludeConstraint):
            continue
        parts, columns = [], dict[str, None]()
        for element, _name, sign in constraint._render_exprs:  # noqa: SLF001 - expressions have no other way out
            read = read_value(element, table)
            columns |= dict.fromkeys(read.columns)
            if read.value is not None and sign in OPERATORS:
                parts.append((read.value, OPERATORS[sign]))
        condition = None if constraint.where is None else read_condition(constraint.where, table)
        yield Exclusion(tuple(columns), tuple(parts), condition)


def _hashable(value: Any) -> Any:
    return repr(value) if isinstance(value, list | dict | set) else value
