"""References in circles of tables: chosen once every table has its rows."""

from collections.abc import Mapping, Sequence

from harness.generation.keys import Key
from harness.generation.plan import Plan, Reference, TablePlan
from harness.generation.rows import HEADER, NULL_BELOW, Row

Slots = Mapping[str, list[Row | None]]


def refer_late(table: TablePlan, part: Sequence[int], placed: Slots) -> None:
    """Choose the rows of references that had to wait, where CHECKs and UNIQUE let them be."""
    for number, reference in enumerate(table.references):
        if not reference.late:
            continue
        targets = [row for row in placed[reference.target] if row is not None]
        earlier: list[Row] = []
        for slot, row in enumerate(placed[table.name]):
            choice = part[HEADER + slot * table.draws + 1 + number]
            if row is None or (reference.nullable and choice < NULL_BELOW):
                continue
            start = choice % len(targets) if targets else 0
            _point(row, reference, table, earlier, [*targets[start:], *targets[:start]])
            earlier.append(row)


def _point(
    row: Row, reference: Reference, table: TablePlan, earlier: Sequence[Row], targets: Sequence[Row]
) -> None:
    """Refer to the first of ``targets`` that is allowed; to none where none is."""
    before = dict(row)
    for target in targets:
        row.update(reference.pointing_to(target))
        if _allowed(row, table, earlier):
            return
        row.update(before)


def _allowed(row: Row, table: TablePlan, earlier: Sequence[Row]) -> bool:
    if not all(check.passes(row) for check in table.checks):
        return False
    keys = [(unique, key) for unique in table.uniques if (key := unique.key(row)) is not None]
    return all(unique.key(other) != key for unique, key in keys for other in earlier)


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
