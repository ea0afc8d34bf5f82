"""References in circles of tables: chosen once every table has its rows."""

import itertools
from collections.abc import Iterable, Mapping, Sequence

from harness.generation.keys import Key, Unique
from harness.generation.plan import Plan, Reference, TablePlan
from harness.generation.rows import HEADER, NULL_BELOW, Row

Slots = Mapping[str, list[Row | None]]
Taken = Mapping[Unique, set[Key | None]]
"""What rows have for themselves; None is what they can share."""


def refer_late(table: TablePlan, part: Sequence[int], placed: Slots) -> None:
    """Choose the rows of references that had to wait, where CHECKs and UNIQUE let them be."""
    for number, reference in enumerate(table.references):
        if not reference.late:
            continue
        targets = [row for row in placed[reference.target] if row is not None]
        taken: Taken = {unique: set() for unique in table.uniques}
        for slot, row in enumerate(placed[table.name]):
            choice = part[HEADER + slot * table.draws + 1 + number]
            if row is None or (reference.nullable and choice < NULL_BELOW):
                continue
            start = choice % len(targets) if targets else 0
            around = itertools.chain(range(start, len(targets)), range(start))
            _point(row, reference, table, taken, (targets[n] for n in around))
            for unique, keys in taken.items():
                keys.add(unique.key(row))


def _point(row: Row, reference: Reference, table: TablePlan, taken: Taken, targets: Iterable[Row]) -> None:
    """Refer to the first of ``targets`` that is allowed; to none where none is."""
    before = dict(row)
    for target in targets:
        row.update(reference.pointing_to(target))
        if _allowed(row, table, taken):
            return
        row.update(before)


def _allowed(row: Row, table: TablePlan, taken: Taken) -> bool:
    if not all(check.passes(row) for check in table.checks):
        return False
    return all((key := unique.key(row)) is None or key not in keys for unique, keys in taken.items())


def remove_dangling(plan: Plan, placed: Slots) -> None:
    """Take away the rows that must refer to something and can't, and those that refer to them, until all do."""
    found = True
    while found:
        found = False
        for table in plan.tables:
            for reference in table.references:
                keys = {
                    _key(row, reference.target_columns) for row in placed[reference.target] if row is not None
                }
                for slot, row in enumerate(placed[table.name]):
                    if row is None or _key(row, reference.columns) in keys:
                        continue
                    if not reference.nullable:
                        placed[table.name][slot] = None
                        found = True
                    else:
                        row.update(dict.fromkeys(reference.optional))


def _key(row: Row, columns: Sequence[str]) -> Key:
    return tuple([row[name] for name in columns])
