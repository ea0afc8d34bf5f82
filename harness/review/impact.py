"""Which hybrids' SQL reads a column."""

import difflib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

from harness.core.errors import UsageProblem
from harness.core.snapshot_file import read_snapshot
from harness.review.hybrids import hybrid_name, reads_of, spoilt

_ALIKE: Final = 0.8
"""From which likeness on a table's name is taken for another one mistyped."""


@dataclass(frozen=True, slots=True)
class Impact:
    """The hybrids (file, name) whose SQL reads ``column``, those of which can't be told, and what is read of its table."""

    column: str
    readers: tuple[tuple[str, str], ...]
    unknown: tuple[tuple[str, str], ...]
    of_table: tuple[str, ...]


def impact_of(column: str, snapshots: Mapping[str, str]) -> Impact:
    """Return the hybrids whose snapshot reads ``column``, given as TABLE.COLUMN, with or without the schema.

    Raises UsageProblem for a name without a dot, and for a table that no snapshot has but one of nearly its name.
    """
    table, _, name = column.rpartition(".")
    if not (table and name):
        raise UsageProblem(
            f"{column!r} is no column.",
            where="--impact",
            hint="Give TABLE.COLUMN, for instance tenants.parent_id.",
        )
    readers, unknown = [], []
    tables: set[str] = set()
    columns: set[str] = set()
    for file, text in sorted(snapshots.items()):
        hybrid = (file, hybrid_name(file, text))
        reads = None if spoilt(text) else reads_of(read_snapshot(text))
        if reads is None:
            unknown.append(hybrid)
            continue
        tables |= reads[0]
        columns |= reads[1]
        if any(_is(each, column) for each in reads[1]):
            readers.append(hybrid)
    if not unknown and not any(_is(each, table) for each in tables):
        _refuse_mistyped(table, tables)
    beside = {each.rpartition(".")[2] for each in columns if _is(each.rpartition(".")[0], table)}
    return Impact(column, tuple(readers), tuple(unknown), tuple(sorted(beside)))


def _is(full_name: str, name: str) -> bool:
    return full_name == name or full_name.endswith(f".{name}")


def _refuse_mistyped(table: str, tables: Collection[str]) -> None:
    near = difflib.get_close_matches(table, sorted(tables), n=1, cutoff=_ALIKE)
    if near:
        raise UsageProblem(
            f"No hybrid's SQL reads a table {table!r}.",
            where="--impact",
            hint=f"Did you mean {near[0]}? Known here are the tables that some hybrid's SQL reads.",
        )
