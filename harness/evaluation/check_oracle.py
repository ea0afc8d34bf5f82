"""The server's own word on which values pass a CHECK that nobody here can read."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Column, Connection, Select, bindparam, cast, literal_column, select
from sqlalchemy.exc import DBAPIError, StatementError


def passing(connection: Connection, column: Column[Any], sql: str, values: Sequence[Any]) -> list[bool]:
    """For each of ``values`` whether the CHECK ``sql``, which reads ``column`` alone, lets it in; nothing is left behind."""
    row = select(cast(bindparam("value", type_=column.type), column.type).label(column.name)).subquery(
        column.table.name
    )
    statement: Select[Any] = select(literal_column(f"({sql}) IS NOT FALSE")).select_from(row)
    return [_passes(connection, statement, value) for value in values]


def _passes(connection: Connection, statement: Any, value: Any) -> bool:
    try:
        with connection.begin_nested():
            return bool(connection.execute(statement, {"value": value}).scalar_one())
    except (DBAPIError, StatementError):  # not even a value of the type: the INSERT would fail as well
        return False
