"""What changed for each hybrid between two sets of snapshots."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePosixPath
from typing import Final

from harness.core.snapshot_file import (
    COLUMNS,
    GROWTH,
    PLAN,
    RESULT_TYPE,
    STATEMENTS,
    TABLES,
    SnapshotFile,
    name_of_file,
    read_snapshot,
)
from harness.review.aliases import with_names_of
from harness.review.changes import NO_MEANING, Change, Kind
from harness.review.labels import with_labels_of, without_idle_labels
from harness.review.plan_changes import plan_changes
from harness.review.revisions import Side
from harness.review.statement import Query, Unreadable, columns_read, key, listed, parse, quoted
from harness.review.statement_changes import statement_changes

_CONFLICT: Final = re.compile(r"^(?:[<>|]{7}(?: |$)|={7}$)", re.MULTILINE)
_NO_UTF8: Final = re.compile(r"[\ud800-\udfff]")
_ACCEPT: Final = "run `pytest --snapshot-update` and compare again"


class Status(StrEnum):
    """What became of a hybrid, in the order in which hybrids are told."""

    UNREADABLE = "unreadable"
    CHANGED = "changed"
    ADDED = "added"
    REMOVED = "removed"
    SAME_MEANING = "same-meaning"


@dataclass(frozen=True, slots=True)
class ChangedHybrid:
    """A hybrid whose snapshot is not the same on both sides. ``file`` is relative to the folder of snapshots."""

    file: str
    name: str
    changes: tuple[Change, ...]

    @property
    def module(self) -> str:
        """The module of the hybrid's class."""
        return name_of_file(PurePosixPath(self.file).parent.name)

    @property
    def status(self) -> Status:
        """The gravest that can be said of it."""
        kinds = {change.kind for change in self.changes}
        single = {
            Kind.UNREADABLE: Status.UNREADABLE,
            Kind.HYBRID_ADDED: Status.ADDED,
            Kind.HYBRID_REMOVED: Status.REMOVED,
        }
        for kind, status in single.items():
            if kind in kinds:
                return status
        return Status.SAME_MEANING if kinds <= NO_MEANING else Status.CHANGED


def changed_hybrids(base: Side, head: Side) -> list[ChangedHybrid]:
    """Compare snapshots by file, and return the hybrids whose snapshots differ: those that can't be read first, then by name."""
    found = []
    names = (base.name, head.name)
    for file in sorted(base.snapshots.keys() | head.snapshots.keys()):
        before, after = base.snapshots.get(file), head.snapshots.get(file)
        changes = list(_changes(before, after, names))
        if changes:
            name = hybrid_name(file, after or before or "")
            found.append(ChangedHybrid(file, name, tuple(sorted(changes, key=lambda change: change.rank))))
    order = list(Status)
    return sorted(found, key=lambda hybrid: order.index(hybrid.status))


def hybrid_name(file: str, text: str) -> str:
    """Return ``Class.hybrid`` of a snapshot, as the file's name has it where its text doesn't."""
    return read_snapshot(text).name or name_of_file(PurePosixPath(file).stem)


def spoilt(text: str) -> str | None:
    """Why ``text`` must not be read as a snapshot, and what to do; None where it may."""
    if _CONFLICT.search(text.replace("\r\n", "\n")):
        return f"it has merge-conflict marks: take either side, {_ACCEPT}"
    if _NO_UTF8.search(text):
        return f"it is no UTF-8 text: {_ACCEPT}"
    repeated = read_snapshot(text).repeated
    return f"{quoted(repeated[0])} has several lines: {_ACCEPT}" if repeated else None


def reads_of(snapshot: SnapshotFile) -> tuple[set[str], set[str]] | None:
    """Return tables and columns that the SQL reads, by the file's facts or else by its SQL; None where neither tells."""
    tables, columns = snapshot.listed(TABLES), snapshot.listed(COLUMNS)
    if tables is not None and columns is not None:
        return set(tables), set(columns)
    try:
        return columns_read(parse(snapshot.sql, snapshot.parameters))
    except (Unreadable, RecursionError):
        return None


def _changes(before: str | None, after: str | None, names: tuple[str, str]) -> Iterator[Change]:
    if after is None:
        yield Change(Kind.HYBRID_REMOVED, "Hybrid removed, or its snapshot.")
        return
    if before is not None and before.replace("\r\n", "\n") == after.replace("\r\n", "\n"):
        return
    why: dict[str, list[str]] = {}
    for name, text in zip(names, (before, after), strict=True):
        if text is not None and (reason := spoilt(text)) is not None:
            why.setdefault(reason, []).append(name)
    if why:
        told = "; ".join(f"in {' and '.join(sides)} {reason}" for reason, sides in why.items())
        yield Change(Kind.UNREADABLE, f"The text {'is new' if before is None else 'changed'}, and {told}.")
    elif before is None:
        yield Change(Kind.HYBRID_ADDED, f"Hybrid added{_reading(after)}.")
    else:
        yield from _told(read_snapshot(before), read_snapshot(after), names)


def _told(before: SnapshotFile, after: SnapshotFile, names: tuple[str, str]) -> list[Change]:
    try:
        return list(_file_changes(before, after, names))
    except RecursionError:
        return [Change(Kind.UNREADABLE, "The text changed, and is nested too deeply to compare: read it.")]


def _reading(text: str) -> str:
    reads = reads_of(read_snapshot(text))
    return f"; it reads {listed(sorted(reads[0]))}" if reads and reads[0] else ""


def _file_changes(before: SnapshotFile, after: SnapshotFile, names: tuple[str, str]) -> Iterator[Change]:
    found = [*_sql_changes(before, after, names), *_fact_changes(before, after)]
    if all(change.kind in NO_MEANING for change in found) and before.facts.keys() != after.facts.keys():
        found.append(Change(Kind.FACTS, _other_facts(before, after)))
    yield from found or [Change(Kind.FORMATTING, "Only formatting changed.")]


def _other_facts(before: SnapshotFile, after: SnapshotFile) -> str:
    new = [fact for fact in after.facts if fact not in before.facts]
    gone = [fact for fact in before.facts if fact not in after.facts]
    told = [f"{', '.join(facts)} {verb}" for facts, verb in ((new, "added"), (gone, "removed")) if facts]
    return f"Only facts below the SQL came or went: {'; '.join(told)}."


def _sql_changes(before: SnapshotFile, after: SnapshotFile, names: tuple[str, str]) -> Iterator[Change]:
    if (before.sql, before.parameters) == (after.sql, after.parameters):
        return
    old, new = _parsed(before), _parsed(after)
    if old is None or new is None:
        unread = [name for name, tree in zip(names, (old, new), strict=True) if tree is None]
        yield Change(
            Kind.UNREADABLE,
            f"The text changed, and in {' and '.join(unread)} it can't be parsed: what it means is for you to read.",
        )
        return
    if key(old) == key(new):
        if before.sql.split() != after.sql.split():
            yield Change(Kind.FORMATTING, "The SQL is written differently and means the same.")
        return
    renamed, aliases = with_names_of(old, new)
    relabelled, labels = with_labels_of(renamed, new)
    if key(relabelled) == key(new):
        told = (f"{quoted(was)} is called {quoted(now)}" for was, now in (aliases | labels).items())
        yield Change(Kind.NAMES, f"Only aliases have other names: {', '.join(told)}.")
        return
    yield from statement_changes(relabelled, new) or [_nameless()]


def _parsed(snapshot: SnapshotFile) -> Query | None:
    try:
        return without_idle_labels(parse(snapshot.sql, snapshot.parameters))
    except Unreadable:
        return None


def _nameless() -> Change:
    return Change(Kind.CLAUSE, "The SQL changed in a way that there are no words for here: read the text.")


def _fact_changes(before: SnapshotFile, after: SnapshotFile) -> Iterator[Change]:
    yield from _read_changes(before, after)
    both = before.facts.keys() & after.facts.keys()
    if PLAN in both:
        yield from plan_changes(before.facts[PLAN], after.facts[PLAN])
    for fact, kind, words in (
        (RESULT_TYPE, Kind.RESULT_TYPE, "Result type changed"),
        (GROWTH, Kind.GROWTH, "SQL cost changed"),
        (STATEMENTS, Kind.STATEMENTS, "Statements of the Python side changed"),
    ):
        if fact in both and before.facts[fact] != after.facts[fact]:
            yield Change(kind, f"{words}: {quoted(before.facts[fact])} became {quoted(after.facts[fact])}.")


def _read_changes(before: SnapshotFile, after: SnapshotFile) -> Iterator[Change]:
    if (
        TABLES not in before.facts or TABLES not in after.facts
    ):  # the same source for both, or all would differ
        before, after = (SnapshotFile(side.name, side.sql, side.parameters) for side in (before, after))
    old, new = reads_of(before), reads_of(after)
    if old is None or new is None:
        return
    for table in sorted(new[0] - old[0]):
        yield Change(Kind.TABLE_READ, f"Table newly read: {quoted(table)}{_columns_of(table, new[1])}.")
    for table in sorted(old[0] - new[0]):
        yield Change(Kind.TABLE_NOT_READ, f"Table no longer read: {quoted(table)}.")
    kept = old[0] & new[0]
    for column in sorted(new[1] - old[1]):
        if column.rpartition(".")[0] in kept:
            yield Change(Kind.COLUMN_READ, f"Column newly read: {quoted(column)}.")
    for column in sorted(old[1] - new[1]):
        if column.rpartition(".")[0] in kept:
            yield Change(Kind.COLUMN_NOT_READ, f"Column no longer read: {quoted(column)}.")


def _columns_of(table: str, columns: set[str]) -> str:
    own = sorted(column for column in columns if column.rpartition(".")[0] == table)
    return f" (its columns {listed(column.rpartition('.')[2] for column in own)})" if own else ""
