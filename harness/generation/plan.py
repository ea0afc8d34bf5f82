"""Which tables and columns a dataset has, decided once for a group of hybrids."""

import datetime as dt
import decimal
import itertools
import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from hypothesis import find, settings
from sqlalchemy import Column, ForeignKeyConstraint, Table, UniqueConstraint
from sqlalchemy import types as sqltypes

from harness.core.errors import HarnessError
from harness.generation.types import NoStrategy, Strategy, strategy_for_type

Filler = Callable[[int], Any]
"""Slot number (from 0) to a value; equal for all slots unless the column is unique."""


class Ungeneratable(HarnessError):
    """No rows can be made for a table; the hybrids that need it are untested."""

    exit_code = 3


@dataclass(frozen=True, slots=True)
class Reference:
    """A foreign key whose columns are set together from a row of ``target``.

    ``drawn`` references choose their row; others are NULL. ``shared_key``: the foreign key is the primary key too, so that
    a row belongs to the row in the same slot of ``target``.
    """

    columns: tuple[str, ...]
    target: str
    target_columns: tuple[str, ...]
    nullable: bool
    to_itself: bool
    shared_key: bool
    drawn: bool


@dataclass(frozen=True, slots=True)
class DrawnColumn:
    """A column whose values come from palette number ``palette``."""

    name: str
    nullable: bool
    palette: int


@dataclass(frozen=True, slots=True)
class TablePlan:
    """How the rows of one table are made. ``numbered`` is the integer key that counts the rows from 1, if there is one."""

    name: str
    columns: tuple[str, ...]
    numbered: str | None
    references: tuple[Reference, ...]
    drawn: tuple[DrawnColumn, ...]
    fillers: tuple[tuple[str, Filler], ...]

    @property
    def draws(self) -> int:
        """Bytes for one slot: presence, then one for each reference and each column drawn."""
        return 1 + sum(reference.drawn for reference in self.references) + len(self.drawn)


@dataclass(frozen=True, slots=True)
class Plan:
    """Tables in the order of insertion, and the strategy behind each palette."""

    tables: tuple[TablePlan, ...]
    palettes: tuple[Strategy, ...]


def plan_dataset(tables: Iterable[Table], read: Iterable[Column[Any]], constants: Iterable[Any] = ()) -> Plan:
    """A plan for rows of ``tables`` and of all that they can't do without, drawing only the columns that are ``read``.

    ``constants`` are values that the code compares columns with; they come up often. Raises Ungeneratable, with what to do, where a table can't be filled.
    """
    ordered = insertion_order(closure(tables, frozenset(read)))
    palettes = _Palettes(tuple(constants))
    names = [table.fullname for table in ordered]
    plans = [_plan_table(table, frozenset(read), names[: i + 1], palettes) for i, table in enumerate(ordered)]
    return Plan(tuple(plans), tuple(palettes.strategies))


def closure(tables: Iterable[Table], read: frozenset[Column[Any]]) -> frozenset[Table]:
    """``tables``, and every table that a NOT NULL or read foreign key of theirs leads to."""
    found: set[Table] = set()
    pending = list(tables)
    while pending:
        table = pending.pop()
        if table in found:
            continue
        found.add(table)
        pending += [
            constraint.referred_table
            for constraint in table.foreign_key_constraints
            if not _nullable(constraint) or any(column in read for column in constraint.columns)
        ]
    return frozenset(found)


def insertion_order(tables: Iterable[Table]) -> list[Table]:
    """Referred tables first; where tables refer to each other in a circle, a nullable foreign key gives way."""
    pending = sorted(tables, key=lambda table: table.fullname)
    ordered: list[Table] = []
    while pending:
        free = (table for table in pending if not _targets(table, pending, nullable=True))
        nearly = (table for table in pending if not _targets(table, pending, nullable=False))
        chosen = next(itertools.chain(free, nearly, pending))
        pending = [table for table in pending if table is not chosen]
        ordered.append(chosen)
    return ordered


def _targets(table: Table, among: Sequence[Table], *, nullable: bool) -> set[Table]:
    """Other tables ``among`` those given that ``table`` refers to, by nullable foreign keys too or by the others only."""
    return {
        constraint.referred_table
        for constraint in table.foreign_key_constraints
        if (nullable or not _nullable(constraint)) and constraint.referred_table in among
    } - {table}


def _nullable(constraint: ForeignKeyConstraint) -> bool:
    return all(column.nullable for column in constraint.columns)


class _Palettes:
    """Strategies by the type they are for, so that columns of one type share values and ties come up."""

    def __init__(self, constants: tuple[Any, ...]) -> None:
        self._constants = constants
        self.strategies: list[Strategy] = []
        self._known: dict[str, int] = {}

    def number(self, column: Column[Any]) -> int:
        key = f"{type(column.type).__module__}.{column.type!r}"
        if key not in self._known:
            self.strategies.append(_strategy(column, self._constants))
            self._known[key] = len(self.strategies) - 1
        return self._known[key]


def _strategy(column: Column[Any], constants: tuple[Any, ...] = ()) -> Strategy:
    try:
        return strategy_for_type(column.type, constants)
    except NoStrategy:
        raise Ungeneratable(
            f"No values are known for the type {column.type!r}.",
            where=f"{column.table.fullname}.{column.name}",
            hint="Columns of this type can't be drawn yet.",
        ) from None


def _plan_table(
    table: Table, read: frozenset[Column[Any]], available: Sequence[str], palettes: _Palettes
) -> TablePlan:
    references = tuple(_references(table, available))
    referring = {name for reference in references for name in reference.columns}
    unique = _unique_columns(table)
    numbered = _numbered(table, referring)
    drawn: list[DrawnColumn] = []
    fillers: list[tuple[str, Filler]] = []
    for column in table.columns:
        if column.name in referring or column.name == numbered or column.computed is not None:
            continue
        if column in read and column not in unique:
            drawn.append(DrawnColumn(column.name, bool(column.nullable), palettes.number(column)))
        elif not column.nullable or column in unique:
            fillers.append((column.name, _filler(column, distinct=column in unique)))
    columns = (
        *((numbered,) if numbered else ()),
        *(name for reference in references for name in reference.columns),
        *(column.name for column in drawn),
        *(name for name, _ in fillers),
    )
    return TablePlan(
        table.fullname, tuple(dict.fromkeys(columns)), numbered, references, tuple(drawn), tuple(fillers)
    )


def _references(table: Table, available: Sequence[str]) -> Iterable[Reference]:
    keys = set(table.primary_key.columns)
    for constraint in sorted(table.foreign_key_constraints, key=lambda fk: [c.name for c in fk.columns]):
        target, nullable = constraint.referred_table, _nullable(constraint)
        drawn = target.fullname in available
        if not drawn and not nullable:
            raise Ungeneratable(
                f"{table.fullname} and {target.fullname} refer to each other by foreign keys that are NOT NULL.",
                where=f"{table.fullname}.{next(iter(constraint.columns)).name}",
                hint="Rows for such a circle can't be made yet; make one of the foreign keys nullable.",
            )
        yield Reference(
            columns=tuple(element.parent.name for element in constraint.elements),
            target=target.fullname,
            target_columns=tuple(element.column.name for element in constraint.elements),
            nullable=nullable,
            to_itself=target is table,
            shared_key=set(constraint.columns) == keys,
            drawn=drawn,
        )


def _unique_columns(table: Table) -> frozenset[Column[Any]]:
    """Columns that must differ from row to row."""
    constraints = [list(c.columns) for c in table.constraints if isinstance(c, UniqueConstraint)]
    indexes = [list(index.columns) for index in table.indexes if index.unique]
    first = {columns[0] for columns in (*constraints, *indexes) if columns}
    return frozenset(first | set(table.primary_key.columns))


def _numbered(table: Table, referring: set[str]) -> str | None:
    keys = [column for column in table.primary_key.columns if column.name not in referring]
    if len(keys) == 1 and isinstance(keys[0].type, sqltypes.Integer):
        return keys[0].name
    return None


def _filler(column: Column[Any], *, distinct: bool) -> Filler:
    type_ = column.type
    make = next((make for class_ in type(type_).__mro__ if (make := FILLERS.get(class_)) is not None), None)
    if make is not None:
        return (lambda slot: make(type_, slot)) if distinct else (lambda _slot: make(type_, 0))
    plainest = find(_strategy(column), lambda _value: True, settings=settings(database=None))
    return lambda _slot: plainest


def _word(type_: Any, slot: int) -> str:
    word = f"x{slot}" if slot else "x"
    return word if type_.length is None else word[-type_.length :]


def _member(type_: Any, slot: int) -> Any:
    members = list(type_.enum_class) if type_.enum_class is not None else list(type_.enums)
    return members[slot % len(members)]


FILLERS: dict[type, Callable[[Any, int], Any]] = {
    sqltypes.Integer: lambda _type, slot: slot,
    sqltypes.Numeric: lambda type_, slot: decimal.Decimal(slot) if type_.asdecimal else float(slot),
    sqltypes.String: _word,
    sqltypes.Enum: _member,
    sqltypes.Boolean: lambda _type, slot: bool(slot % 2),
    sqltypes.Date: lambda _type, slot: dt.date(2024, 1, 1) + dt.timedelta(days=slot),
    sqltypes.DateTime: lambda type_, slot: (
        dt.datetime(2024, 1, 1, tzinfo=dt.UTC if type_.timezone else None) + dt.timedelta(days=slot)
    ),
    sqltypes.Uuid: lambda type_, slot: (
        uuid.UUID(int=slot + 1) if type_.as_uuid else str(uuid.UUID(int=slot + 1))
    ),
    sqltypes.LargeBinary: lambda _type, slot: bytes([slot % 256]),
}
