"""The rows of one table, decoded from numbers."""

import itertools
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from harness.generation.keys import Exclusion, Key, Unique
from harness.generation.plan import DrawnColumn, Reference, TablePlan

HEADER = 2
DENSITIES = (128, 64, 192, 32)
"""A slot has a row where its first byte reaches the table's density: half of the slots, three quarters, a quarter, most."""
FEWEST = 2
"""Slots of a table in a large schema before another table has more; all of so few have a row, but for 0."""
NULL_BELOW = 48
"""A nullable reference is NULL for numbers below this: about a fifth of the rows."""
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
        self, plan: TablePlan, part: Sequence[int], palettes: Sequence[Sequence[Any]], placed: Placed
    ) -> None:
        self.plan = plan
        self.density = DENSITIES[part[0] % len(DENSITIES)]
        self.shape = part[1] % SHAPES
        self.slots = [part[start : start + plan.draws] for start in range(HEADER, len(part), plan.draws)]
        if len(self.slots) <= FEWEST:
            self.density = 1
        self.palettes = palettes
        self.placed = placed
        self.by_slot: list[Row | None] = []
        self.earlier: list[Row] = []
        self.taken: dict[Unique, set[Key]] = {unique: set() for unique in plan.uniques}
        self.slots_of: dict[tuple[str, tuple[str, ...]], Mapping[Key, Sequence[int]]] = {}
        self.places = {} if plan.arrow is None else _places(plan.arrow[0], placed)

    def rows(self) -> list[Row | None]:
        """One entry for each slot."""
        for slot, choices in enumerate(self.slots):
            row = self._row(slot, choices) if self._present(slot, choices[0]) else None
            self.by_slot.append(row)
            if row is not None:
                self.earlier.append(row)
        return self.by_slot

    def _present(self, slot: int, choice: int) -> bool:
        presence = self.plan.presence
        if presence is None:
            return choice >= self.density
        base = self._in_slot(presence.base, slot)
        return base is not None and base[presence.column] in presence.identities

    def _row(self, slot: int, choices: Sequence[int]) -> Row | None:
        """The row of a slot; None where it can't refer to what it must, or no choice of values is allowed."""
        row: Row = {}
        if self.plan.numbered is not None:
            row[self.plan.numbered] = self.plan.first + len(self.earlier)
        remaining = iter(choices[1:])
        for reference in self.plan.references:
            if not self._refer(row, reference, slot, next(remaining)):
                return None
        if self.plan.choices < len(self.plan.drawn):
            remaining = self._over_again(list(remaining))
        for column in self.plan.drawn:
            row.setdefault(column.name, self._value(column, next(remaining)))
        for name, value in self.plan.fillers:
            row.setdefault(name, value)
        for reference in self.plan.references:
            if reference.columns[0] not in row:  # the first of its kind, which has only itself to refer to
                row.update(reference.pointing_to(row))
        return row if self._passes(row) and self._points_down(row) and self._apart(row, slot) else None

    def _in_slot(self, table: str, slot: int) -> Row | None:
        rows = self.placed[table]
        return rows[slot] if slot < len(rows) else None

    @staticmethod
    def _over_again(numbers: Sequence[int]) -> Iterator[int]:
        """The same numbers for further columns, each time one higher."""
        return (number + further for further in itertools.count() for number in numbers)

    def _refer(self, row: Row, reference: Reference, slot: int, choice: int) -> bool:
        """Set what refers to another row, as far as there is one; whether that is far enough."""
        target = None if reference.late else self._target(row, reference, slot, choice)
        if target is not None:
            row.update(reference.pointing_to(target))
            return True
        for name in reference.columns if reference.late else reference.optional:
            row.setdefault(name, None)
        return reference.late or reference.to_itself or any(row[name] is None for name in reference.optional)

    def _value(self, column: DrawnColumn, choice: int) -> Any:
        palette = self.palettes[column.palette]
        index = choice % (len(palette) + column.nullable)
        return palette[index] if index < len(palette) else None

    def _target(self, row: Row, reference: Reference, slot: int, choice: int) -> Row | None:
        if reference.shared_key:
            return self._in_slot(reference.target, slot)
        fixed = [
            (target_name, row[name])
            for name, target_name in zip(reference.columns, reference.target_columns, strict=True)
            if row.get(name) is not None
        ]
        if reference.to_itself:
            return self._ancestor(choice, fixed)
        if reference.nullable and choice < NULL_BELOW:
            return None
        rows = self.placed[reference.target]
        start = choice % len(rows)
        if fixed:
            return self._first_with(dict(fixed), reference.target, start)
        return self._first(rows, itertools.chain(range(start, len(rows)), range(start)), fixed)

    def _first_with(self, values: Row, target: str, start: int) -> Row | None:
        """The first row of ``target`` with ``values``, from ``start`` on and around; looked up, for rows may be thousands."""
        names = tuple(values)
        if (target, names) not in self.slots_of:
            self.slots_of[target, names] = _slots_by_values(self.placed[target], names)
        slots = self.slots_of[target, names].get(tuple(values.values()))
        if not slots:
            return None
        return self.placed[target][slots[bisect_left(slots, start) % len(slots)]]

    @staticmethod
    def _first(
        rows: Sequence[Row | None], places: Iterable[int], fixed: Sequence[tuple[str, Any]]
    ) -> Row | None:
        """The first of the rows in ``places`` that is there and has the values ``fixed``."""
        return next((row for n in places if (row := rows[n]) is not None and _fits(row, fixed)), None)

    def _ancestor(self, choice: int, fixed: Sequence[tuple[str, Any]]) -> Row | None:
        """An earlier row of the same table, so that rows form a forest."""
        earlier = [row for row in self.earlier if _fits(row, fixed)] if fixed else self.earlier
        if not earlier:
            return None
        if self.shape == CHAIN_SHAPE:
            return earlier[-1]
        if self.shape == STAR_SHAPE:
            return earlier[0]
        # By slot, so that a row that goes while shrinking moves no other row's parent.
        before = range(choice % (len(self.by_slot) + 1) - 1, -1, -1)
        return self._first(self.by_slot, before, fixed)

    def _points_down(self, row: Row) -> bool:
        """Whether an arrow goes from one row to another, turned around if need be: always down, so never in a circle."""
        if self.plan.arrow is None:
            return True
        start, end = self.plan.arrow
        tail = tuple([row[name] for name in start.columns])
        head = tuple([row[name] for name in end.columns])
        if None in tail or None in head:
            return True
        if self.places[tail] > self.places[head]:
            row.update(zip((*start.columns, *end.columns), (*head, *tail), strict=True))
        return tail != head

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
                yield dict.fromkeys(reference.optional)
                target = None if reference.late else self._any_target(reference)
                if target is not None:
                    yield reference.pointing_to(target)
        for value in self.plan.alternatives.get(name, ()):
            yield {name: value}
        if any(column.name == name and column.nullable for column in self.plan.drawn):
            yield {name: None}

    def _any_target(self, reference: Reference) -> Row | None:
        rows = self.earlier if reference.to_itself else self.placed[reference.target]
        return next((row for row in rows if row is not None), None)

    def _apart(self, row: Row, slot: int) -> bool:
        """Whether the row shares nothing that it must not, if need be with other values in columns that refer to nothing."""
        barriers: tuple[Unique | Exclusion, ...] = (*self.plan.uniques, *self.plan.exclusions)
        for barrier in barriers:
            if self._clashes(row, barrier) and not self._moved(row, barrier, slot):
                return False
        for unique, taken in self.taken.items():
            key = unique.key(row)
            if key is not None:
                taken.add(key)
        return True

    def _clashes(self, row: Row, barrier: Unique | Exclusion) -> bool:
        if isinstance(barrier, Unique):
            return barrier.key(row) in self.taken[barrier]
        return any(barrier.clashes(row, other) for other in self.earlier)

    def _moved(self, row: Row, barrier: Unique | Exclusion, slot: int) -> bool:
        """Whether another value takes the row away from the others."""
        for move in self._moves(barrier, slot):
            moved = {**row, **move}
            if not self._clashes(moved, barrier) and all(check.passes(moved) for check in self.plan.checks):
                row.update(move)
                return True
        return False

    def _moves(self, barrier: Unique | Exclusion, slot: int) -> Iterator[Row]:
        """Values of their own for what must differ, then such as take the row out of the barrier's condition."""
        for name in barrier.columns:
            if name in self.plan.distinct:
                yield from ({name: value} for value in self._others(name, slot))
        for name in barrier.condition.columns if barrier.condition is not None else ():
            yield from itertools.islice(self._options(name), 1, None)

    def _others(self, name: str, slot: int) -> Iterator[Any]:
        """Values from that of ``slot`` on, until they begin anew."""
        value = self.plan.distinct[name]
        yield value(slot)
        others = (value(number) for number in range(slot + 1, slot + len(self.earlier) + 2))
        yield from itertools.takewhile(lambda other: other != value(slot), others)


def _fits(row: Row, fixed: Sequence[tuple[str, Any]]) -> bool:
    return all(row[name] == value for name, value in fixed)


def _slots_by_values(rows: Sequence[Row | None], names: Sequence[str]) -> Mapping[Key, Sequence[int]]:
    """In ascending order the slots of the rows that have the same values in ``names``."""
    slots: dict[Key, list[int]] = {}
    for slot, row in enumerate(rows):
        if row is not None:
            slots.setdefault(tuple([row[name] for name in names]), []).append(slot)
    return slots


def _places(reference: Reference, placed: Placed) -> dict[Key, int]:
    """The slot of each row that ``reference`` can lead to."""
    return {
        tuple([row[name] for name in reference.target_columns]): slot
        for slot, row in enumerate(placed[reference.target])
        if row is not None
    }
