"""Rows into the database: one message with a multi-row INSERT for each table, through the types' own bind processing."""

import datetime as dt
import decimal
import re
import uuid
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy import Connection, Table, bindparam, column, insert, select, update
from sqlalchemy import table as table_clause
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.sql.expression import TableClause
from sqlalchemy.types import TypeDecorator, TypeEngine

from harness.core.dataset import Dataset, Row
from harness.evaluation.containment import ServerLost
from harness.evaluation.planning import without_statistics
from harness.evaluation.transaction import LOADED, alive, driver_of, send

DIALECT = PGDialect_psycopg()  # type: ignore[no-untyped-call]
DIALECT._has_native_hstore = False  # noqa: SLF001 - the driver adapts dicts only where the extension was there before it
"""For statements of the loader only, which the driver sends as text."""
_BIND = "__hybrid_harness_"
_PLACEHOLDER = re.compile(rf"%\({_BIND}(\d+)\)s")
_PLAIN_ROW = re.compile(r"\((\(%s\)(::[\w \[\](),.\"]+?)?(, )?)*\)")
"""Values with nothing around them but casts to the columns' own types."""

LAST = ("SET CONSTRAINTS ALL IMMEDIATE", f"SAVEPOINT {LOADED}")
MOST_ROWS = 1000
"""Rows in one INSERT."""
NULL = "NULL"
PLAIN = frozenset(
    {bool, int, float, str, decimal.Decimal, dt.date, dt.datetime, dt.time, dt.timedelta, uuid.UUID}
)
"""Types whose ``repr`` tells all values apart that differ in SQL."""
MOST_LITERALS = 10_000


class Rejected(Exception):
    """The server did not accept the rows; ``sqlstate`` and the message say why."""

    def __init__(self, message: str, sqlstate: str | None) -> None:
        super().__init__(message)
        self.sqlstate = sqlstate


@dataclass(frozen=True, slots=True)
class _Insert:
    """``head`` up to VALUES, ``row`` the placeholders of one row, and what turns a Python value into the driver's.

    ``copies`` says that the row's text is nothing but these values, as COPY takes them.
    """

    head: str
    row: str
    columns: tuple[str, ...]
    copies: bool
    processors: tuple[Callable[[Any], Any] | None, ...]

    def parameters(self, row: Row) -> list[Any]:
        """What the driver takes for ``row``. Raises Rejected where the code of a type refuses a value."""
        pairs = zip(self.columns, self.processors, strict=True)
        try:
            return [row[name] if process is None else process(row[name]) for name, process in pairs]
        except Exception as error:  # binding is the user's code for a TypeDecorator
            raise Rejected(f"a type refuses its value: {type(error).__name__}: {error}", None) from error


class Loader:
    """Inserts datasets over one connection; prepares each table's statement once."""

    def __init__(self, connection: Connection, tables: Collection[Table]) -> None:
        self._connection = connection
        self._tables = {table.fullname: table for table in tables}
        self._inserts: dict[tuple[str, tuple[str, ...]], _Insert] = {}
        self._updates: dict[tuple[str, tuple[str, ...]], _Insert] = {}
        deferrable = any(key.deferrable for table in tables for key in table.foreign_key_constraints)
        self._literals = _Literals(connection)
        self._first = ["SET CONSTRAINTS ALL DEFERRED"] if deferrable else []

    def load(self, dataset: Dataset) -> None:
        """Insert all rows into the open transaction and set the savepoint ``loaded``.

        Raises Rejected where the server refuses them (the transaction must be rolled back then), ServerLost where it is gone.
        """
        self.run(self.script(dataset))

    def copy(self, dataset: Dataset, *, statistics: bool = True) -> None:
        """Put ``dataset`` in the place of all rows of the tables, by COPY, for the open transaction; raises as ``load`` does.

        The tables are truncated first: the server then writes to new files, and throwing them away leaves no dead rows. The
        planner knows their values unless it is to have no ``statistics`` of them.
        """
        preparer = self._connection.dialect.identifier_preparer
        names = {name: _verbatim(preparer.format_table(table)) for name, table in self._tables.items()}
        self._send([*self._first, f"TRUNCATE {', '.join(names.values())} CASCADE"])
        if not statistics:
            self._send(without_statistics(self._connection, list(names.values())))
        for name, complete in dataset.tables.items():
            rows = _without(complete, dataset.late.get(name, ()))
            if rows:
                self._copy_table(names[name], name, rows)
        late = list(self._late_statements(dataset))
        for start in range(0, len(late), MOST_ROWS):
            self._send(late[start : start + MOST_ROWS])
        self._send([f"ANALYZE {', '.join(names.values())}", *LAST])

    def _copy_table(self, shown: str, name: str, rows: Sequence[Row]) -> None:
        prepared = self._insert(name, tuple(rows[0]))
        if not prepared.copies:  # the type wraps its value in SQL
            for statement in self._insertions(name, rows):
                self._send([statement])
            return
        preparer = self._connection.dialect.identifier_preparer
        columns = _verbatim(", ".join(map(preparer.quote, prepared.columns)))
        into = f"COPY {shown} ({columns}) FROM STDIN".encode()
        with self._refusals(), driver_of(self._connection).cursor() as cursor, cursor.copy(into) as copy:
            for row in rows:
                copy.write_row(prepared.parameters(row))

    def script(self, dataset: Dataset) -> tuple[str, ...]:
        """The statements that insert the rows, with their values written out. Raises Rejected as ``load`` does."""
        return tuple(self._statements(dataset))

    def run(self, script: Sequence[str]) -> None:
        """Run what ``script`` gave in the open transaction; raises as ``load`` does."""
        self._send([*self._first, *script, *LAST])

    def _statements(self, dataset: Dataset) -> Iterator[str]:
        for name, complete in dataset.tables.items():
            yield from self._insertions(name, _without(complete, dataset.late.get(name, ())))
        yield from self._late_statements(dataset)

    def _insertions(self, name: str, rows: Sequence[Row]) -> Iterator[str]:
        for start in range(0, len(rows), MOST_ROWS):
            part = rows[start : start + MOST_ROWS]
            prepared = self._insert(name, tuple(part[0]))
            yield prepared.head % () + ", ".join(self._written(prepared.row, prepared, row) for row in part)

    def _late_statements(self, dataset: Dataset) -> Iterator[str]:
        for name, columns in dataset.late.items():
            prepared = self._update(name, columns)
            for row in dataset.tables.get(name, ()):
                yield self._written(prepared.head, prepared, row)

    def _written(self, text: str, prepared: "_Insert", row: Row) -> str:
        """``text`` with the values of ``row`` in the place of its placeholders. Raises Rejected where the driver knows none."""
        try:
            return text % tuple(map(self._literals.written, prepared.parameters(row)))
        except (psycopg.Error, ValueError) as error:
            raise Rejected(str(error), None) from error

    def _send(self, script: Sequence[str]) -> None:
        with self._refusals():
            send(self._connection, "; ".join(script))

    @contextmanager
    def _refusals(self) -> Iterator[None]:
        """What the server refuses as Rejected, and that it is gone as ServerLost."""
        try:
            yield
        except psycopg.Error as error:
            if not alive(self._connection):
                raise ServerLost(str(error)) from error
            raise Rejected(str(error), error.sqlstate) from error
        except UnicodeEncodeError as error:
            raise Rejected(str(error), None) from error

    def _insert(self, name: str, columns: tuple[str, ...]) -> _Insert:
        key = (name, columns)
        if key not in self._inserts:
            self._inserts[key] = _prepare(self._tables[name], columns)
        return self._inserts[key]

    def _update(self, name: str, columns: tuple[str, ...]) -> _Insert:
        key = (name, columns)
        if key not in self._updates:
            self._updates[key] = _prepare_update(self._tables[name], columns)
        return self._updates[key]


class _Literals:
    """Values as the driver writes them into SQL; those of plain types once, for the same ones come in row after row."""

    def __init__(self, connection: Connection) -> None:
        self._driver = driver_of(connection)
        self._known: dict[tuple[type, str], str] = {}

    def written(self, value: Any) -> str:
        if value is None:
            return NULL
        kind = type(value)
        if kind not in PLAIN:
            return self._write(value)
        same = kind, repr(value)  # of equal numbers and moments, each in its own scale and zone
        if same not in self._known:
            if len(self._known) >= MOST_LITERALS:
                self._known.clear()
            self._known[same] = self._write(value)
        return self._known[same]

    def _write(self, value: Any) -> str:
        return sql.Literal(value).as_string(self._driver)


def _verbatim(names: str) -> str:
    """Quoted names for a statement without parameters: SQLAlchemy doubles a percent sign for one with them."""
    return names.replace("%%", "%")


def _without(rows: Sequence[Row], later: Sequence[str]) -> Sequence[Row]:
    """The rows with NULL in the columns that are set once all rows are in."""
    return [{**row, **dict.fromkeys(later)} for row in rows] if later else rows


def read_rows(
    connection: Connection, tables: Collection[Table], columns: Mapping[str, Sequence[str]]
) -> dict[str, tuple[Row, ...]]:
    """The rows of the tables that ``columns`` name, with these columns as far as there are such, by primary key."""
    found: dict[str, tuple[Row, ...]] = {}
    by_name = {table.fullname: table for table in tables}
    for name in columns.keys() & by_name.keys():
        table = by_name[name]
        wanted = [table.columns[each] for each in columns[name] if each in table.columns]
        rows = connection.execute(select(*wanted).order_by(*table.primary_key)).mappings()
        found[name] = tuple({str(key): value for key, value in row.items()} for row in rows)
    return {name: found[name] for name in columns if name in found}


def _prepare(table: Table, columns: tuple[str, ...]) -> _Insert:
    """``columns`` are names; the table's own INSERT would add its defaults and RETURNING."""
    clause, binds = _lightweight(table, columns)
    compiled = insert(clause).values(binds).compile(dialect=DIALECT)
    head, values, row = str(compiled).partition(" VALUES ")
    assert values
    always = any(each.identity is not None and each.identity.always for each in table.columns)
    overriding = " OVERRIDING SYSTEM VALUE" if always else ""
    text, order, processors = _driven(table, columns, row)
    return _Insert(f"{head}{overriding} VALUES ", text, order, bool(_PLAIN_ROW.fullmatch(text)), processors)


def _prepare_update(table: Table, columns: tuple[str, ...]) -> _Insert:
    """Sets ``columns`` of the row with a primary key."""
    keys = tuple(each.name for each in table.primary_key)
    clause, binds = _lightweight(table, (*columns, *keys))
    statement = update(clause).values({name: binds[name] for name in columns})
    for name in keys:
        statement = statement.where(clause.c[name] == binds[name])
    text, order, processors = _driven(table, (*columns, *keys), str(statement.compile(dialect=DIALECT)))
    return _Insert(text, "", order, copies=False, processors=processors)


def _lightweight(table: Table, columns: tuple[str, ...]) -> tuple[TableClause, dict[str, Any]]:
    """The table with nothing but ``columns``, and a parameter for each."""
    types = {each.name: each.type for each in table.columns}
    clause = table_clause(table.name, *(column(name, types[name]) for name in columns), schema=table.schema)
    return clause, {name: bindparam(f"{_BIND}{i}", type_=types[name]) for i, name in enumerate(columns)}


def _driven(
    table: Table, columns: tuple[str, ...], text: str
) -> tuple[str, tuple[str, ...], tuple[Callable[[Any], Any] | None, ...]]:
    """``text`` with the driver's placeholders, and the columns that they take, for the type may bind one value several times."""
    order = tuple(columns[int(number)] for number in _PLACEHOLDER.findall(text))
    processors = {each.name: _processor(each.type) for each in table.columns}
    text = _PLACEHOLDER.sub("(%s)", text)  # -32768::smallint is -(32768::smallint), out of range
    return text, order, tuple(map(processors.get, order))


def _processor(type_: TypeEngine[Any]) -> Callable[[Any], Any] | None:
    """What makes a value the driver's; None becomes NULL, for JSON too, unless a decorator binds it to something."""
    impl = type_.dialect_impl(DIALECT)
    process = impl.bind_processor(DIALECT)
    if process is None:
        return None
    null = _null(impl, process)
    return lambda value: null if value is None else process(value)


def _null(impl: TypeEngine[Any], process: Callable[[Any], Any]) -> Any:
    if not isinstance(impl, TypeDecorator):
        return None
    try:
        return process(None) if impl.process_bind_param(None, DIALECT) is not None else None
    except Exception:  # noqa: BLE001 - the user's code; a column that can be NULL is NULL where that code was not asked
        return None
