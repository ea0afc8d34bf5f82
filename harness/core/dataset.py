"""Rows of related tables: what the generator draws, the loader inserts and a counterexample shows."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Dataset:
    """Rows by table, both in the order in which the server accepts them.

    Keys of ``tables`` are the tables' full names (``schema.table`` where there is a schema), keys of a row are column names,
    values are what the mapped attribute holds in Python. ``shape`` says in a word what the rows look like where they were
    not drawn at random (``"cycle"``, ``"chain"``). ``late`` names columns of a table that refer to rows of later tables and
    are set once all rows are in. ``arguments`` are what a hybrid method is called with.
    """

    tables: Mapping[str, tuple[Row, ...]]
    shape: str = "random"
    late: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    arguments: tuple[Any, ...] = ()
    size: int = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "size", sum(len(rows) for rows in self.tables.values()))
