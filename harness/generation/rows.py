"""The rows of one table, decoded from bytes."""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from harness.generation.plan import DrawnColumn, Reference, TablePlan, Unique

HEADER = 2
DENSITIES = (128, 64, 192, 32)
"""A slot has a row where its first byte reaches the table's density: half of the slots, three quarters, a quarter, most."""
NULL_BELOW = 48
"""A nullable reference is NULL for bytes below this: about a fifth of the rows."""
RANDOM_SHAPE, CHAIN_SHAPE, STAR_SHAPE = 0, 2, 3
SHAPES = 4
"""Shapes of a self-referential table's forest; 0 and 1 are random."""
MOST_REPAIRS = 300
"""Combinations tried for a row that fails a CHECK."""

Row = dict[str, Any]
Placed = Mapping[str, Sequence[Row | None]]
"""The rows of the tables before this one, by slot."""


def block_length(table: TablePlan, slots: int) -> int:
    """Bytes that decide over ``slots`` slots of a table."""
    return HEADER + slots * table.draws


class RowDecoder:
    """Rows of one table by slot, None where a slot is empty. ``part`` is the table's part of the block."""

    def __init__(
        self, plan: TablePlan, part: bytes, palettes: Sequence[Sequence[Any]], placed: Placed
    ) -> None:
        self.plan = plan
        self.density = DENSITIES[part[0] % len(DENSITIES)]
        self.shape = part[1] % SHAPES
        self.slots = [part[start : start + plan.draws] for start in range(HEADER, len(part), plan.draws)]
        self.palettes = palettes
        self.placed = placed
        self.earlier: list[Row] = []
        self.taken: dict[Unique, set[tuple[Any, ...]]] = {unique: set() for unique in plan.uniques}

    def rows(self) -> list[Row | None]:
        """One entry for each slot."""
        rows = []
        for slot, choices in enumerate(self.slots):
            row = self._row(slot, choices) if self._present(slot, choices[0]) else None
            rows.append(row)
            if row is not None:
                self.earlier.append(row)
        return rows

    def _present(self, slot: int, choice: int) -> bool:
        presence = self.plan.presence
        if presence is None:
            return choice >= self.density
        base = self.placed[presence.base][slot]
        return base is not None and base[presence.column] in presence.identities

    def _row(self, slot: int, choices: bytes) -> Row | None:
        """The row of a slot; None where it can't refer to what it must, or no choice of values is allowed."""
        row: Row = {}
        if self.plan.numbered is not None:
            row[self.plan.numbered] = len(self.earlier) + 1
        remaining = iter(choices[1:])
        for reference in self.plan.references:
            if not self._refer(row, reference, slot, next(remaining)):
                return None
        for column in self.plan.drawn:
            row[column.name] = self._value(column, next(remaining))
        row.update(self.plan.fillers)
        return row if self._passes(row) and self._make_unique(row, slot) else None

    def _refer(self, row: Row, reference: Reference, slot: int, choice: int) -> bool:
        target = None if reference.late else self._target(reference, slot, choice)
        if target is None and not reference.nullable:
            if not reference.to_itself:
                return False
            target = row
        for name, target_name in zip(reference.columns, reference.target_columns, strict=True):
            value = None if target is None else target[target_name]
            if name not in row or row[name] is None:
                row[name] = value
            elif value is not None and row[name] != value:  # two foreign keys share the column
                return False
        return True

    def _value(self, column: DrawnColumn, choice: int) -> Any:
        palette = self.palettes[column.palette]
        index = choice % (len(palette) + column.nullable)
        return palette[index] if index < len(palette) else None

    def _target(self, reference: Reference, slot: int, choice: int) -> Row | None:
        if reference.to_itself:
            return self._ancestor(choice)
        rows = self.placed[reference.target]
        if reference.shared_key:
            return rows[slot]
        if reference.nullable and choice < NULL_BELOW:
            return None
        start = choice % len(rows)
        return next((row for row in (*rows[start:], *rows[:start]) if row is not None), None)

    def _ancestor(self, choice: int) -> Row | None:
        """An earlier row of the same table, so that rows form a forest."""
        if not self.earlier:
            return None
        if self.shape == CHAIN_SHAPE:
            return self.earlier[-1]
        if self.shape == STAR_SHAPE:
            return self.earlier[0]
        index = choice % (len(self.earlier) + 1)
        return self.earlier[index - 1] if index else None

    def _passes(self, row: Row) -> bool:
        """Whether the row passes the CHECKs over several columns, if need be with other values in them."""
        failing = [check for check in self.plan.checks if not check.passes(row)]
        if not failing:
            return True
        columns = sorted({name for check in failing for name in check.columns})
        for changed in itertools.islice(self._repairs(row, columns), MOST_REPAIRS):
            if all(check.passes(changed) for check in self.plan.checks):
                row.update(changed)
                return True
        return False

    def _repairs(self, row: Row, columns: Sequence[str]) -> Iterator[Row]:
        """The row with every combination of other values in ``columns``: fewest changes from the end first."""
        options = [list(self._options(name)) for name in columns]
        for combination in itertools.product(*options):
            changed = dict(row)
            for change in combination:
                changed.update(change)
            yield changed

    def _options(self, name: str) -> Iterator[Row]:
        yield {}
        for reference in self.plan.references:
            if name in reference.columns and reference.nullable:
                yield dict.fromkeys(reference.columns)
                target = None if reference.late else self._any_target(reference)
                if target is not None:
                    pairs = zip(reference.columns, reference.target_columns, strict=True)
                    yield {column: target[target_column] for column, target_column in pairs}
        for value in self.plan.alternatives.get(name, ()):
            yield {name: value}
        if any(column.name == name and column.nullable for column in self.plan.drawn):
            yield {name: None}

    def _any_target(self, reference: Reference) -> Row | None:
        rows = self.earlier if reference.to_itself else self.placed[reference.target]
        return next((row for row in rows if row is not None), None)

    def _make_unique(self, row: Row, slot: int) -> bool:
        """Whether the row's keys are its own, if need be with other values in columns that refer to nothing."""
        for unique, taken in self.taken.items():
            if not self._free(row, unique, taken) and not self._freed(row, unique, taken, slot):
                return False
        for unique, taken in self.taken.items():
            taken.add(self._key(row, unique))
        return True

    def _freed(self, row: Row, unique: Unique, taken: set[tuple[Any, ...]], slot: int) -> bool:
        name = next((each for each in unique.columns if each in self.plan.distinct), None)
        if name is None:
            return False
        for number in range(slot, slot + len(taken) + 2):
            row[name] = self.plan.distinct[name](number)
            if self._free(row, unique, taken):
                return all(check.passes(row) for check in self.plan.checks)
        return False

    def _free(self, row: Row, unique: Unique, taken: set[tuple[Any, ...]]) -> bool:
        key = self._key(row, unique)
        return (None in key and not unique.nulls_equal) or key not in taken

    def _key(self, row: Row, unique: Unique) -> tuple[Any, ...]:
        return tuple(_hashable(row.get(name)) for name in unique.columns)


def _hashable(value: Any) -> Any:
    return repr(value) if isinstance(value, list | dict | set) else value
