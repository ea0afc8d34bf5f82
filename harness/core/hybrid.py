"""A hybrid as people name it, free of SQLAlchemy's objects, so that observations and findings can carry it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum, StrEnum
from typing import Any

from harness.core.expression import OwnTable, PythonCode, Wiring


class Kind(StrEnum):
    """Which SQLAlchemy construct has the two sides."""

    HYBRID_PROPERTY = "hybrid_property"
    HYBRID_METHOD = "hybrid_method"
    COLUMN_PROPERTY = "column_property"


@dataclass(frozen=True, slots=True)
class RelationshipRead:
    """A relationship whose name the Python side mentions.

    ``direction`` is SQLAlchemy's name (``MANYTOONE``, ``ONETOMANY``, ``MANYTOMANY``); ``remote_side`` lists the columns on
    the far side as ``table.column``, ``local_side`` those on the near one in the same order. ``conditions`` are the other
    columns that its join compares, which decide over the rows that it has, and ``order`` those that they are ordered by.
    """

    owner: str
    name: str
    target: str
    direction: str
    uselist: bool
    remote_side: tuple[str, ...]
    local_side: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()
    order: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SelfReference:
    """A table whose rows refer to rows of the same table, ``columns`` to ``refers_to``: its rows are a forest."""

    table: str
    columns: tuple[str, ...]
    refers_to: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Source:
    """One side of a hybrid as its file has it, from ``line`` on, without the indentation."""

    file: str
    line: int
    text: str


@dataclass(frozen=True, slots=True)
class Hybrid:
    """One hybrid: where it is defined, which classes show it, and what its Python side reads.

    ``setter_under`` is the name of a copy of this hybrid that has the setter which this one lacks, ``expression_under`` of one
    that has the expression.

    ``file`` is relative to the working folder where it lies below it. ``shown_by`` names every mapped class that has it,
    the first being the one it is evaluated on. ``primary_key`` are attributes, ``key_columns`` the columns of ``table``
    behind them. ``self_references`` are those of all tables beside that one. ``python_source`` is None where there is no
    function, ``sql_source`` also where one function is both sides.
    """

    target: str
    module: str
    class_name: str
    attribute: str
    kind: Kind
    file: str
    line: int
    shown_by: tuple[str, ...]
    primary_key: tuple[str, ...]
    relationships_read: tuple[RelationshipRead, ...] = ()
    setter_under: str | None = None
    expression_under: str | None = None
    table: str = ""
    key_columns: tuple[str, ...] = ()
    self_references: tuple[SelfReference, ...] = ()
    python_source: Source | None = None
    sql_source: Source | None = None
    tables: tuple[OwnTable, ...] = ()
    python: PythonCode = field(default_factory=PythonCode)
    wiring: Wiring = field(default_factory=Wiring)

    @property
    def name(self) -> str:
        """``Class.hybrid``, as selections, reports and snapshots name it."""
        return f"{self.class_name}.{self.attribute}"

    def called_with(self, arguments: Sequence[Any]) -> str:
        """``Class.hybrid``, for a method with its ``arguments``."""
        written = (str(each) if isinstance(each, Enum) else repr(each) for each in arguments)
        return f"{self.name}({', '.join(written)})" if arguments else self.name
