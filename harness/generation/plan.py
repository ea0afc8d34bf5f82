"""Which tables and columns a dataset has and how their values are found, decided once for a group of hybrids."""

import itertools
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st
from hypothesis.errors import InvalidArgument, Unsatisfiable
from sqlalchemy import Column, ForeignKeyConstraint, Table
from sqlalchemy import types as sqltypes
from sqlalchemy.orm import Mapper

from harness.core.errors import HarnessError
from harness.generation.checks import Check, computable, read_checks
from harness.generation.keys import Exclusion, Unique, read_exclusions, read_uniques
from harness.generation.types import NoStrategy, Strategy, Values, collected, values_for

Distinct = Callable[[int], Any]
"""A number from 0 to a value, different for different numbers as far as the type goes."""
PALETTE = 3
"""Values of a column in one dataset: few, so that ties come up."""
TRIED = 40
"""Numbers tried to find a distinct value that passes a CHECK."""
Ask = Callable[[Column[Any], str, Sequence[Any]], Sequence[bool]]
"""Which values of a column pass a CHECK that can't be read here; the server knows."""
MOST_TABLES = 600
"""In one dataset; Hypothesis takes no more bytes than one row in each of so many needs."""
FAR_APART = 2_000
"""Between the first keys of tables that share them; more rows than a made dataset has."""
PLAIN_TEXT = st.characters(min_codepoint=32, max_codepoint=126)
BEHIND = (1, 2, 10)
"""Numbers that an index may compute of a text with a separator before them."""
ALTERNATIVES = 6
"""Values of a column that are tried where a row fails a CHECK over several columns."""


class Ungeneratable(HarnessError):
    """No rows can be made for a table; the hybrids that need it are untested."""

    exit_code = 3


@dataclass(frozen=True, slots=True)
class Reference:
    """A foreign key whose columns are set together from a row of ``target``.

    ``optional`` are the columns that are NULL where the row refers to nothing, none where it must refer to something.
    ``shared_key``: the foreign key is the primary key too, so that a row belongs to the row in the same slot of ``target``.
    ``late``: ``target`` comes later in the order of insertion, so the columns are set once all rows are in.
    """

    columns: tuple[str, ...]
    target: str
    target_columns: tuple[str, ...]
    optional: tuple[str, ...]
    to_itself: bool
    shared_key: bool
    late: bool

    @property
    def nullable(self) -> bool:
        """Whether a row may refer to nothing."""
        return bool(self.optional)

    def pointing_to(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """What the columns hold for a row of the target."""
        return {name: row[target] for name, target in zip(self.columns, self.target_columns, strict=True)}


@dataclass(frozen=True, slots=True)
class DrawnColumn:
    """A column whose values come from palette number ``palette``."""

    name: str
    nullable: bool
    palette: int


@dataclass(frozen=True, slots=True)
class Presence:
    """A joined subclass's row is there where the base row in its slot has one of ``identities`` in ``column``."""

    base: str
    column: str
    identities: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class TablePlan:
    """How the rows of one table are made.

    ``numbered`` is the integer key that counts the rows from ``first``, if there is one; ``fillers`` are columns that neither
    side reads; ``alternatives`` and ``distinct`` are what a row takes instead of values that a CHECK or UNIQUE refuses.
    ``choices``: numbers that decide over the values of a row's drawn columns, one for each unless they are too many.
    ``arrow``: two references by which the rows are the arrows of a graph, which is to have no circles.
    """

    name: str
    numbered: str | None
    first: int
    references: tuple[Reference, ...]
    drawn: tuple[DrawnColumn, ...]
    fillers: tuple[tuple[str, Any], ...]
    uniques: tuple[Unique, ...]
    exclusions: tuple[Exclusion, ...]
    checks: tuple[Check, ...]
    choices: int
    alternatives: Mapping[str, tuple[Any, ...]]
    distinct: Mapping[str, Distinct]
    presence: Presence | None
    arrow: tuple[Reference, Reference] | None

    @property
    def draws(self) -> int:
        """Bytes for one slot: presence, then one for each reference and for each column drawn, as far as it has its own."""
        return 1 + len(self.references) + self.choices


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """Tables in the order of insertion, a strategy for each palette, and one for each argument of a hybrid method.

    A palette is a tuple of PALETTE values.
    """

    tables: tuple[TablePlan, ...]
    palettes: tuple[Strategy, ...]
    arguments: tuple[Strategy, ...] = ()


def plan_dataset(
    tables: Iterable[Table],
    read: Iterable[Column[Any]],
    *,
    constants: Iterable[Any] = (),
    mappers: Iterable[Mapper[Any]] = (),
    arguments: Iterable[Sequence[Any]] = (),
    ask: Ask | None = None,
) -> Plan:
    """A plan for rows of ``tables`` and of all that they can't do without, drawing only the columns that are ``read``.

    ``constants`` are values that the code compares columns with; they come up often. ``mappers`` say which identities a
    discriminator has. ``arguments`` are the values that each argument of a hybrid method
    takes. ``ask`` judges values by CHECKs that can't be read. Raises Ungeneratable, with what to do, where a table can't be filled.
    """
    wanted, mappers = frozenset(read), list(mappers)
    ordered = insertion_order(closure(tables, wanted))
    palettes = _Palettes(tuple(constants), _discriminators(mappers), ask)
    names = [table.fullname for table in ordered]
    if len(names) > MOST_TABLES:
        raise Ungeneratable(
            f"It takes rows in {len(names)} tables to have one in {names[-1]}, and datasets have at most {MOST_TABLES}.",
            hint="A foreign key that may be NULL asks for no row.",
        )
    firsts = _first_numbers(mappers)
    plans = [_TablePlanner(table, wanted, names, palettes).plan(firsts.get(table, 1)) for table in ordered]
    drawn = tuple(st.sampled_from(list(values)) for values in arguments)
    return Plan(tuple(plans), tuple(palettes.strategies), drawn)


def closure(tables: Iterable[Table], read: frozenset[Column[Any]]) -> frozenset[Table]:
    """``tables``, and every table that a foreign key of theirs leads to that is NOT NULL, read, or in a CHECK."""
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
            if not _nullable(constraint)
            or any(column in read or column.name in _checked(table) for column in constraint.columns)
        ]
    return frozenset(found)


def _checked(table: Table) -> frozenset[str]:
    """The columns that CHECKs read."""
    return frozenset(name for check in read_checks(table) for name in check.columns)


def insertion_order(tables: Iterable[Table]) -> list[Table]:
    """Referred tables first; in a circle, a foreign key gives way that can wait."""
    pending = sorted(tables, key=lambda table: table.fullname)
    ordered: list[Table] = []
    while pending:
        among = frozenset(pending)
        free = (table for table in pending if not _targets(table, among, waiting=True))
        nearly = (table for table in pending if not _targets(table, among, waiting=False))
        chosen = next(itertools.chain(free, nearly, pending))
        pending = [table for table in pending if table is not chosen]
        ordered.append(chosen)
    return ordered


def _targets(table: Table, among: frozenset[Table], *, waiting: bool) -> set[Table]:
    """Other tables ``among`` those given that ``table`` refers to, by foreign keys that can wait too or by the others only."""
    return {
        constraint.referred_table
        for constraint in table.foreign_key_constraints
        if (waiting or not _can_wait(constraint)) and constraint.referred_table in among
    } - {table}


def _can_wait(constraint: ForeignKeyConstraint) -> bool:
    """Whether rows may be there before those that they refer to."""
    return _nullable(constraint) or bool(constraint.deferrable)


def _nullable(constraint: ForeignKeyConstraint) -> bool:
    """Whether the reference can be left out: NULL in one of its columns is enough for PostgreSQL."""
    return any(column.nullable for column in constraint.columns)


def _first_numbers(mappers: Iterable[Mapper[Any]]) -> dict[Table, int]:
    """Where the keys of concrete subclasses start: their base shows the rows of all, and knows them by their keys."""
    tables = [each.local_table for each in mappers if each.concrete and isinstance(each.local_table, Table)]
    return {table: 1 + FAR_APART * place for place, table in enumerate(dict.fromkeys(tables))}


@dataclass(frozen=True, slots=True)
class _Discriminator:
    """A discriminator's identities, and the tables that a row of each has."""

    tables: Mapping[Any, frozenset[str]]


def _discriminators(mappers: Iterable[Mapper[Any]]) -> dict[Column[Any], _Discriminator]:
    found = {}
    for base in dict.fromkeys(mapper.base_mapper for mapper in mappers):
        column = base.polymorphic_on
        if not (isinstance(column, Column) and isinstance(column.table, Table)):
            continue
        identities = {
            each.polymorphic_identity: frozenset(t.fullname for t in each.tables if isinstance(t, Table))
            for each in base.self_and_descendants
            if each.polymorphic_identity is not None and not each.polymorphic_abstract
        }
        if identities:
            found[column] = _Discriminator(identities)
    return found


class _Palettes:
    """Strategies by the type and the CHECKs they are for, so that like columns share values and ties come up."""

    def __init__(
        self,
        constants: tuple[Any, ...],
        discriminators: Mapping[Column[Any], _Discriminator],
        ask: "Ask | None",
    ) -> None:
        self.ask = ask
        self.constants = constants
        self.discriminators = discriminators
        self.strategies: list[Strategy] = []
        self._known: dict[object, int] = {}

    def number(self, column: Column[Any], checks: Sequence[Check], values: Values) -> int:
        type_name = f"{type(column.type).__module__}.{column.type!r}"
        key: object = (
            type_name,
            repr(values.pool),
        )  # types look alike whose values differ, as their decorators decide
        if checks or column in self.discriminators or values.pool is None:
            key = column
        if key not in self._known:
            self.strategies.append(palette(values))
            self._known[key] = len(self.strategies) - 1
        return self._known[key]


def palette(values: Values) -> st.SearchStrategy[tuple[Any, ...]]:
    """PALETTE values: two neighbours of the pool, which often belong together, and one from anywhere."""
    pool = values.pool
    if pool is None:
        return st.tuples(*[values.strategy] * PALETTE)
    places = st.integers(
        0, len(pool) - 1
    )  # not bytes, which Hypothesis would copy over the block: a quarter would be empty
    return st.tuples(places, places).map(
        lambda drawn: (pool[drawn[0]], pool[(drawn[0] + 1) % len(pool)], pool[drawn[1]])
    )


class _TablePlanner:
    """Collects what a TablePlan holds."""

    def __init__(
        self, table: Table, read: frozenset[Column[Any]], names: Sequence[str], palettes: _Palettes
    ) -> None:
        self.table = table
        self.read = read
        self.names = names
        self.palettes = palettes
        self.checks = read_checks(table)
        self.uniques: tuple[Unique, ...] = ()
        self.exclusions: tuple[Exclusion, ...] = ()

    def plan(self, first: int) -> TablePlan:
        references = tuple(self._references())
        referring = self._referring(references)
        numbered = _numbered(self.table, {name for each in references for name in each.columns})
        own = [c for c in self.table.columns if c.name not in {*referring, numbered} and c.computed is None]
        self.uniques = tuple(read_uniques(self.table, numbered))
        self.exclusions = tuple(read_exclusions(self.table))
        wanted = {column: self._values(column) for column in own if self._needed(column)}
        values = {column.name: found for column, found in wanted.items() if found is not None}
        drawn = [column for column in own if self._drawn(column) and column.name in values]
        fillers = [column for column in own if column.name in values and not self._drawn(column)]
        several = tuple(check for check in self.checks if len(check.columns) > 1)
        return TablePlan(
            name=self.table.fullname,
            numbered=numbered,
            first=first,
            references=references,
            drawn=tuple(
                DrawnColumn(each.name, self._may_be_null(each), self._palette(each, values[each.name]))
                for each in drawn
            ),
            fillers=tuple((each.name, values[each.name].distinct(0)) for each in fillers),
            uniques=self.uniques,
            exclusions=self.exclusions,
            checks=several,
            choices=len(drawn),
            alternatives={name: (each.pool or ())[:ALTERNATIVES] for name, each in values.items()},
            distinct={name: each.distinct for name, each in values.items()},
            presence=self._presence(),
            arrow=self._arrow(references),
        )

    def _may_be_null(self, column: Column[Any]) -> bool:
        """Whether NULL comes up; not in a discriminator, whatever the schema says: SQLAlchemy can't load such a row."""
        return bool(column.nullable) and column not in self.palettes.discriminators

    def _referring(self, references: Iterable[Reference]) -> set[str]:
        """Columns that references set, or that stay NULL since they would refer to rows that aren't there."""
        found = {name for each in references for name in (each.optional or each.columns)}
        keys = self.table.foreign_key_constraints
        return found | {column.name for key in keys for column in key.columns if column.nullable}

    def _arrow(self, references: Sequence[Reference]) -> tuple[Reference, Reference] | None:
        """Two references to one table whose columns make a key: the rows of a many-to-many relationship to itself."""
        keys = [{column.name for column in self.table.primary_key.columns}]
        keys += [set(unique.columns) for unique in self.uniques]
        for one, other in itertools.combinations(references, 2):
            if one.target == other.target and not (one.late or other.late or one.to_itself):
                both = {*one.columns, *other.columns}
                if both in keys or both == {column.name for column in self.table.columns}:
                    return one, other
        return None

    def _drawn(self, column: Column[Any]) -> bool:
        return column in self.read or column in self.palettes.discriminators

    def _needed(self, column: Column[Any]) -> bool:
        """Whether rows give the column a value: what neither side reads and may be NULL is left out."""
        checked = any(column.name in check.columns for check in self.checks)
        alike = any(column.name in unique.columns for unique in self.uniques if unique.nulls_equal)
        return self._drawn(column) or not column.nullable or checked or alike

    def _palette(self, column: Column[Any], values: Values) -> int:
        return self.palettes.number(column, self._own_checks(column), values)

    def _own_checks(self, column: Column[Any]) -> list[Check]:
        return [check for check in (*self.checks, *computable(self.table)) if check.columns == {column.name}]

    def _values(self, column: Column[Any]) -> Values | None:
        """The column's values, those only that its own CHECKs and its discriminator allow.

        None for a type without any where the server fills the column, with NULL if nothing else.
        """
        discriminator = self.palettes.discriminators.get(column)
        if discriminator is not None:
            return _of_pool(tuple(discriminator.tables))
        checks = self._own_checks(column)
        named = [value for check in self.checks if column.name in check.columns for value in check.literals]
        for check in (each for each in computable(self.table) if column.name in each.columns):
            texts = [each for each in check.literals if isinstance(each, str)]
            named += [f"x{text}{number}" for text in texts for number in BEHIND]
        named += [text for check in checks for pattern in check.patterns for text in matching(pattern)]
        try:
            values = values_for(column, self.palettes.constants, named)
        except NoStrategy as unknown:
            if column.nullable or column.server_default is not None:
                return None
            place = f"{self.table.fullname}.{column.name}"
            raise Ungeneratable(f"{unknown.what}, needed for {place}.", hint=unknown.hint) from None
        if not checks or values.pool is None:
            return values
        return _passing(values, column, checks, self.palettes.ask)

    def _references(self) -> Iterator[Reference]:
        """The narrower ones first: of those that share columns, the wider ones must find rows that fit."""
        table, keys = self.table, set(self.table.primary_key.columns)
        constraints = table.foreign_key_constraints
        for constraint in sorted(constraints, key=lambda fk: (len(fk.columns), [c.name for c in fk.columns])):
            target, nullable = constraint.referred_table, _nullable(constraint)
            if nullable and not self._matters(constraint):
                continue
            late = self.names.index(target.fullname) > self.names.index(table.fullname)
            if late and not _can_wait(constraint):
                raise Ungeneratable(
                    f"{table.fullname} and {target.fullname} refer to each other by foreign keys that are NOT NULL.",
                    where=f"{table.fullname}.{next(iter(constraint.columns)).name}",
                    hint="Rows for such a circle can't be made; make one of the foreign keys nullable or DEFERRABLE.",
                )
            yield Reference(
                columns=tuple(element.parent.name for element in constraint.elements),
                target=target.fullname,
                target_columns=tuple(element.column.name for element in constraint.elements),
                optional=tuple(column.name for column in constraint.columns if column.nullable),
                to_itself=target is table,
                shared_key=set(constraint.columns) == keys and target is not table,
                late=late,
            )

    def _matters(self, constraint: ForeignKeyConstraint) -> bool:
        """Whether a side reads the reference, or a CHECK does, and there are rows to refer to."""
        checked = _checked(self.table)
        read = any(column in self.read or column.name in checked for column in constraint.columns)
        return read and constraint.referred_table.fullname in self.names

    def _presence(self) -> Presence | None:
        for column, discriminator in self.palettes.discriminators.items():
            base = column.table.fullname
            named = {name for tables in discriminator.tables.values() for name in tables}
            if self.table.fullname != base and self.table.fullname in named:
                own = [each for each, tables in discriminator.tables.items() if self.table.fullname in tables]
                return Presence(base, column.name, tuple(own))
        return None


def matching(pattern: str) -> tuple[str, ...]:
    """Text that a regular expression takes; none for one that Python reads otherwise than PostgreSQL."""
    try:
        return collected(st.from_regex(pattern, fullmatch=True, alphabet=PLAIN_TEXT)).pool
    except (re.error, InvalidArgument, Unsatisfiable):  # the last: no text at all, as of `$x`
        return ()


def _of_pool(pool: tuple[Any, ...]) -> Values:
    return Values(st.sampled_from(pool), lambda number: pool[number % len(pool)], pool)


def _passing(values: Values, column: Column[Any], checks: Sequence[Check], ask: Ask | None) -> Values:
    """``values`` without those that fail a CHECK on the column alone; all of them where none would be left."""

    def good(candidates: Sequence[Any]) -> tuple[Any, ...]:
        left = [value for value in candidates if all(check.passes({column.name: value}) for check in checks)]
        for check in checks:
            if check.predicate is None and ask is not None:
                left = [
                    value for value, passes in zip(left, ask(column, check.sql, left), strict=True) if passes
                ]
        return tuple(left)

    pool = good(values.pool or ())
    spare = (*good([values.distinct(number) for number in range(TRIED)]), *pool)
    if not spare:
        return values
    drawn = pool or spare
    return Values(st.sampled_from(drawn), _beyond(spare, values.distinct, column, checks), drawn)


def _beyond(
    spare: Sequence[Any], distinct: Distinct, column: Column[Any], checks: Sequence[Check]
) -> Distinct:
    """Of ``spare`` first, then of the values after those that were TRIED, as far as it can be said that they pass."""

    def value(number: int) -> Any:
        if number >= len(spare) and all(check.predicate is not None for check in checks):
            further = distinct(number - len(spare) + TRIED)
            if all(check.passes({column.name: further}) for check in checks):
                return further
        return spare[number % len(spare)]

    return value


def _numbered(table: Table, referring: set[str]) -> str | None:
    keys = [column for column in table.primary_key.columns if column.name not in referring]
    if len(keys) == 1 and isinstance(keys[0].type, sqltypes.Integer):
        return keys[0].name
    return None
