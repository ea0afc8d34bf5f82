"""Which hybrids' SQL reads a column."""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass

from harness.core.errors import UsageProblem
from harness.core.snapshot_file import read_snapshot
from harness.review.hybrids import hybrid_name, reads_of, spoilt


@dataclass(frozen=True, slots=True)
class Impact:
    """The hybrids (file, name) whose SQL reads ``column``, those of which can't be told, and a column that may be meant."""

    column: str
    readers: tuple[tuple[str, str], ...]
    unknown: tuple[tuple[str, str], ...]
    meant: str | None = None


def impact_of(column: str, snapshots: Mapping[str, str]) -> Impact:
    """Return the hybrids whose snapshot reads ``column``, given as TABLE.COLUMN, with or without the schema.

    Raises UsageProblem for a name without a dot.
    """
    if not all(column.partition(".")[::2]):
        raise UsageProblem(
            f"{column!r} is no column.",
            where="--impact",
            hint="Give TABLE.COLUMN, for instance tenants.parent_id.",
        )
    readers, unknown, known = [], [], set()
    for file, text in sorted(snapshots.items()):
        hybrid = (file, hybrid_name(file, text))
        reads = None if spoilt(text) else reads_of(read_snapshot(text))
        if reads is None:
            unknown.append(hybrid)
            continue
        known |= reads[1]
        if any(each == column or each.endswith(f".{column}") for each in reads[1]):
            readers.append(hybrid)
    near = [] if readers else difflib.get_close_matches(column, sorted(known), n=1)
    return Impact(column, tuple(readers), tuple(unknown), near[0] if near else None)
