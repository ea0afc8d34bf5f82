"""What changed in how the server reads tables, by a snapshot's line about the plan."""

import re
from collections.abc import Iterator
from typing import Final

from harness.review.changes import Change, Kind
from harness.review.statement import quoted

_READ: Final = re.compile(r"(.+?) ((?:whole|by index \(.*\)|in the order of an index), [a-z ]+)")


def plan_changes(before: str, after: str) -> Iterator[Change]:
    """Tell what is read otherwise of the tables that both plans read, or else both plans."""
    if before == after:
        return
    told = list(_told(before, after))
    yield from told or [Change(Kind.PLAN, f"Plan changed: {quoted(before)} became {quoted(after)}.")]


def _told(before: str, after: str) -> Iterator[Change]:
    (size, olds), (new_size, news) = _plan(before), _plan(after)
    if size and new_size and size != new_size:
        yield Change(Kind.PLAN, f"The plan is for another size: {size} became {new_size}.")
    for table in [table for table in olds if table in news]:
        gone = [read for read in olds[table] if read not in news[table]]
        new = [read for read in news[table] if read not in olds[table]]
        if gone or new:
            yield Change(Kind.PLAN, f"Plan changed: {quoted(table)} is {_became(gone, new)}.")


def _plan(shown: str) -> tuple[str, dict[str, list[str]]]:
    """The size that a plan is for, empty where it is for any, and how each table is read."""
    size, _, listed = shown.partition(": ")
    reads: dict[str, list[str]] = {}
    for match in filter(None, map(_READ.fullmatch, listed.split("; "))):
        reads.setdefault(match[1], []).append(match[2])
    return size if listed else "", reads


def _became(gone: list[str], new: list[str]) -> str:
    was, now = (" and ".join(map(quoted, reads)) for reads in (gone, new))
    if not gone:
        return f"read {now}, too"
    return f"read {now}, where it was read {was}" if new else f"no longer read {was}"
