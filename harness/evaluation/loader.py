"""Rows into the database: one message with a multi-row INSERT for each table, through the types' own bind processing."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
from sqlalchemy import Connection, Table, insert
from sqlalchemy.sql.compiler import SQLCompiler

from harness.core.dataset import Dataset, Row
from harness.evaluation.containment import ServerLost
from harness.evaluation.translation import DIALECT

LOADED = "loaded"
"""The savepoint after the rows are in; a failed statement rolls back to it."""
MOST_ROWS = 1000
"""Rows in one INSERT."""


class Rejected(Exception):
    """The server did not accept the rows; ``sqlstate`` and the message say why."""

    def __init__(self, message: str, sqlstate: str | None) -> None:
        super().__init__(message)
        self.sqlstate = sqlstate


@dataclass(frozen=True, slots=True)
class _Insert:
    """``head`` up to VALUES, ``row`` the placeholders of one row, and what turns a Python value into the driver's."""

    head: str
    row: str
    columns: tuple[str, ...]
    processors: tuple[Callable[[Any], Any] | None, ...]

    def parameters(self, row: Row) -> list[Any]:
        pairs = zip(self.columns, self.processors, strict=True)
        return [row[name] if process is None else process(row[name]) for name, process in pairs]


class Loader:
    """Inserts datasets over one connection; prepares each table's statement once."""

    def __init__(self, connection: Connection, tables: Iterable[Table]) -> None:
        self._connection = connection
        self._tables = {table.fullname: table for table in tables}
        self._inserts: dict[tuple[str, tuple[str, ...]], _Insert] = {}

    def load(self, dataset: Dataset) -> None:
        """Insert all rows into the open transaction and set the savepoint ``loaded``.

        Raises Rejected where the server refuses them (the transaction must be rolled back then), ServerLost where it is gone.
        """
        statements: list[str] = []
        parameters: list[Any] = []
        for name, rows in dataset.tables.items():
            for start in range(0, len(rows), MOST_ROWS):
                part = rows[start : start + MOST_ROWS]
                prepared = self._insert(name, tuple(part[0]))
                statements.append(prepared.head + ", ".join([prepared.row] * len(part)))
                parameters.extend(value for row in part for value in prepared.parameters(row))
        statements += ["SET CONSTRAINTS ALL IMMEDIATE", f"SAVEPOINT {LOADED}"]
        self._send("; ".join(statements), parameters)

    def _send(self, statements: str, parameters: Sequence[Any]) -> None:
        driver = self._connection.connection.driver_connection
        assert isinstance(driver, psycopg.Connection)
        try:
            with psycopg.ClientCursor(driver) as cursor:
                cursor.execute(statements.encode(), parameters)
        except psycopg.Error as error:
            if driver.closed:
                raise ServerLost(str(error)) from error
            raise Rejected(str(error), error.sqlstate) from error

    def _insert(self, name: str, columns: tuple[str, ...]) -> _Insert:
        key = (name, columns)
        if key not in self._inserts:
            self._inserts[key] = _prepare(self._tables[name], columns)
        return self._inserts[key]


def _prepare(table: Table, columns: tuple[str, ...]) -> _Insert:
    named: Mapping[str, None] = dict.fromkeys(columns)
    compiled = insert(table).values(named).compile(dialect=DIALECT, compile_kwargs={"literal_binds": False})
    assert isinstance(compiled, SQLCompiler)
    head, values, row = str(compiled).partition(" VALUES ")
    positions = [name for name in table.columns.keys() if name in named]  # noqa: SIM118 - a ColumnCollection
    assert values
    placeholders = {name: f"%({name})s" for name in positions}
    ordered = sorted(positions, key=lambda name: row.index(placeholders[name]))
    for name in ordered:
        row = row.replace(placeholders[name], "%s")
    processors = tuple(table.c[name].type.dialect_impl(DIALECT).bind_processor(DIALECT) for name in ordered)
    return _Insert(head + values, row, tuple(table.c[name].name for name in ordered), processors)
