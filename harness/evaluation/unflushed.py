"""The getter on instances that the database hasn't seen yet: before the first flush, and with values it will round."""

import dataclasses
import decimal
import dis
import types
from collections.abc import Iterator
from functools import cached_property
from typing import Any

from sqlalchemy import Column, Connection, Numeric
from sqlalchemy.orm import Session

from harness.core.observation import Key, Rounded, Unflushed
from harness.core.outcome import Returned
from harness.evaluation.containment import contained
from harness.evaluation.subject import Subject
from harness.evaluation.transaction import back_to_loaded
from harness.evaluation.write_side import UNDONE


class UnflushedSide:
    """Evaluates one hybrid before the database had its say; ``read`` are the columns that the getter reads."""

    def __init__(self, subject: Subject, read: frozenset[Column[Any]], *, seconds: float) -> None:
        self._subject = subject
        self._seconds = seconds
        own = subject.mapper.columns
        self._read = sorted((column for column in own if column in read), key=str)

    @property
    def defaulted(self) -> list[Column[Any]]:
        """Columns read that are never NULL in a row, and None on an instance until they are flushed."""
        return [
            column
            for column in self._read
            if not column.nullable
            and not column.primary_key
            and not column.foreign_keys
            and (column.default is not None or column.server_default is not None)
            and self._subject.mapper.get_property_by_column(column).key not in self._constructed
        ]

    @cached_property
    def _constructed(self) -> set[str]:
        """Attributes that the constructor sets: a dataclass's, SQLModel's, one that people wrote, a listener's."""
        class_ = self._subject.mapper.class_
        fields = dataclasses.fields(class_) if dataclasses.is_dataclass(class_) else ()
        names = {field.name for field in fields if field.init}
        made = contained(class_, seconds=self._seconds)
        if isinstance(made, Returned):
            return names | {name for name, value in vars(made.value).items() if value is not None}
        return names | set(_assigned(class_))

    @property
    def scaled(self) -> list[Column[Any]]:
        """Columns read that round to a number of decimals as they are stored."""
        return [
            column
            for column in self._read
            if isinstance(column.type, Numeric) and column.type.asdecimal and column.type.scale is not None
        ]

    def before_flush(self, instance: Any) -> Unflushed:
        """The getter on a new instance that has ``instance``'s values but for the defaults."""
        mapper = self._subject.mapper
        new = mapper.class_manager.new_instance()
        left_out = {mapper.get_property_by_column(column).key for column in self.defaulted}
        for prop in mapper.column_attrs:
            if prop.key not in left_out and isinstance(prop.columns[0], Column):
                setattr(new, prop.key, getattr(instance, prop.key))
        outcome = contained(lambda: self._subject.of(new), seconds=self._seconds)
        return Unflushed(tuple(sorted(left_out)), outcome)

    def rounded(self, connection: Connection, key: Key) -> Rounded:
        """The getter on an instance whose numbers have a decimal too many, before it is stored and after."""
        with Session(bind=connection, join_transaction_mode=UNDONE, autoflush=False) as session:
            instance = session.get_one(self._subject.mapper.class_, key)
            assigned = {}
            for column in self.scaled:
                name = self._subject.mapper.get_property_by_column(column).key
                assigned[name] = _off_scale(column)
                setattr(instance, name, assigned[name])
            before = contained(lambda: self._subject.of(instance), seconds=self._seconds)
            contained(session.flush, seconds=self._seconds)
            contained(lambda: session.refresh(instance), seconds=self._seconds)
            after = contained(lambda: self._subject.of(instance), seconds=self._seconds)
        back_to_loaded(connection)
        return Rounded(key, assigned, before, after)


def _assigned(class_: type) -> Iterator[str]:
    """Names of the attributes that constructors assign; of those that take arguments nobody knows."""
    for each in class_.__mro__:
        function = vars(each).get("__init__")
        function = getattr(function, "_sa_original_init", function)  # SQLAlchemy wraps that of a mapped class
        if isinstance(function, types.FunctionType):
            instructions = dis.get_instructions(function)
            yield from (one.argval for one in instructions if one.opname == "STORE_ATTR")


def _off_scale(column: Column[Any]) -> decimal.Decimal:
    """1 and a half of the last decimal that the column keeps."""
    assert isinstance(column.type, Numeric)
    return 1 + decimal.Decimal(5).scaleb(-(column.type.scale or 0) - 1)
