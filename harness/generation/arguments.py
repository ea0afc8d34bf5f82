"""Arguments of hybrid methods: by annotation, a registered strategy, by default, or from the columns that the method reads."""

import datetime as dt
import decimal
import enum
import uuid
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Column
from sqlalchemy import types as sqltypes
from sqlalchemy.types import TypeEngine

from harness.generation.types import NoStrategy, registered_values, values_for

TYPES: dict[type, TypeEngine[Any]] = {
    bool: sqltypes.Boolean(),
    int: sqltypes.Integer(),
    float: sqltypes.Double(),
    str: sqltypes.String(),
    bytes: sqltypes.LargeBinary(),
    decimal.Decimal: sqltypes.Numeric(),
    dt.date: sqltypes.Date(),
    dt.datetime: sqltypes.DateTime(timezone=True),
    dt.time: sqltypes.Time(),
    dt.timedelta: sqltypes.Interval(),
    uuid.UUID: sqltypes.Uuid(),
}


def argument_values(
    annotation: type | None,
    *,
    optional: bool,
    default: Sequence[Any],
    read: Iterable[Column[Any]],
    constants: Iterable[Any],
) -> tuple[Any, ...]:
    """Values for one parameter, ``default`` first; none where nothing says what it takes.

    Without an annotation it takes the values of the columns that the method ``read``s: what it is compared with.
    """
    if annotation is not None:
        pool = _by_class(annotation, constants)
    elif default:
        pool = ()
    else:
        pool = tuple(value for column in sorted(read, key=str) for value in _pool(column, constants))
    return (*default, *pool, *((None,) if optional else ()))


def _by_class(annotation: type, constants: Iterable[Any]) -> tuple[Any, ...]:
    if values := registered_values(annotation):
        return values
    if issubclass(annotation, enum.Enum):
        return tuple(annotation)
    type_ = next((TYPES[each] for each in annotation.__mro__ if each in TYPES), None)
    return () if type_ is None else _pool(Column("argument", type_), constants)


def _pool(column: Column[Any], constants: Iterable[Any]) -> tuple[Any, ...]:
    if column.primary_key or column.foreign_keys:
        return ()
    try:
        return values_for(column, constants).pool or ()
    except NoStrategy:
        return ()
