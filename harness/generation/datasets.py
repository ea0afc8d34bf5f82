"""Datasets drawn by Hypothesis.

One block of bytes holds the structure: for each table a header and a fixed number of *slots*, each slot saying whether it
has a row, which rows it refers to and which value of a column's *palette* it takes. So a dataset costs one draw for all rows
and one for each palette value; every byte shrinks on its own towards 0, the plainest choice; and a row that goes leaves the
references of the others as they were.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from hypothesis import strategies as st

from harness.core.dataset import Dataset
from harness.generation.plan import DrawnColumn, Plan, Reference, TablePlan

SLOTS = 8
PALETTE = 3
HEADER = 2
DENSITIES = (128, 64, 192, 32)
"""A slot has a row where its first byte reaches the table's density: half of the slots, three quarters, a quarter, most."""
NULL_BELOW = 48
"""A nullable reference is NULL for bytes below this: about a fifth of the rows."""


@st.composite
def datasets(draw: st.DrawFn, plan: Plan, *, slots: int = SLOTS) -> Dataset:
    """Datasets for ``plan`` with up to ``slots`` rows in each table; the plainest has no rows."""
    size = sum(block_length(table, slots) for table in plan.tables)
    block = draw(st.binary(min_size=size, max_size=size))
    palettes = [[draw(strategy) for _ in range(PALETTE)] for strategy in plan.palettes]
    return decode(plan, block, palettes, dict.fromkeys((table.name for table in plan.tables), slots))


def block_length(table: TablePlan, slots: int) -> int:
    """Bytes that decide over ``slots`` slots of a table."""
    return HEADER + slots * table.draws


def decode(plan: Plan, block: bytes, palettes: Sequence[Sequence[Any]], slots: Mapping[str, int]) -> Dataset:
    """The dataset that ``block`` stands for, with so many slots in each table; every block of the right length is one."""
    placed: dict[str, list[dict[str, Any] | None]] = {}
    position = 0
    for table in plan.tables:
        length = block_length(table, slots[table.name])
        part = block[position : position + length]
        position += length
        placed[table.name] = _TableDecoder(table, part, palettes, placed).rows()
    return Dataset({name: tuple(row for row in rows if row is not None) for name, rows in placed.items()})


class _TableDecoder:
    """Rows of one table by slot, None where a slot is empty."""

    def __init__(
        self,
        plan: TablePlan,
        part: bytes,
        palettes: Sequence[Sequence[Any]],
        placed: dict[str, list[dict[str, Any] | None]],
    ) -> None:
        self.plan = plan
        self.density = DENSITIES[part[0] % len(DENSITIES)]
        self.shape = part[1] % 4
        self.slots = [part[start : start + plan.draws] for start in range(HEADER, len(part), plan.draws)]
        self.palettes = palettes
        self.placed = placed
        self.earlier: list[dict[str, Any]] = []

    def rows(self) -> list[dict[str, Any] | None]:
        rows = []
        for slot, choices in enumerate(self.slots):
            row = self._row(slot, choices) if choices[0] >= self.density else None
            rows.append(row)
            if row is not None:
                self.earlier.append(row)
        return rows

    def _row(self, slot: int, choices: bytes) -> dict[str, Any] | None:
        row: dict[str, Any] = {}
        if self.plan.numbered is not None:
            row[self.plan.numbered] = len(self.earlier) + 1
        remaining = iter(choices[1:])
        for reference in self.plan.references:
            target = self._target(reference, slot, next(remaining)) if reference.drawn else None
            if target is None and not reference.nullable and not reference.to_itself:
                return None
            target = row if reference.to_itself and target is None and not reference.nullable else target
            for name, target_name in zip(reference.columns, reference.target_columns, strict=True):
                row[name] = None if target is None else target[target_name]
        for column in self.plan.drawn:
            row[column.name] = self._value(column, next(remaining))
        for name, filler in self.plan.fillers:
            row[name] = filler(slot)
        return row

    def _value(self, column: DrawnColumn, choice: int) -> Any:
        palette = self.palettes[column.palette]
        index = choice % (len(palette) + column.nullable)
        return palette[index] if index < len(palette) else None

    def _target(self, reference: Reference, slot: int, choice: int) -> dict[str, Any] | None:
        if reference.to_itself:
            return self._ancestor(choice)
        rows = self.placed[reference.target]
        if reference.shared_key:
            return rows[slot]
        if reference.nullable and choice < NULL_BELOW:
            return None
        start = choice % len(rows)
        return next((row for row in (*rows[start:], *rows[:start]) if row is not None), None)

    def _ancestor(self, choice: int) -> dict[str, Any] | None:
        """An earlier row of the same table, so that rows form a forest: random (shapes 0 and 1), a chain (2) or a star (3)."""
        earlier = self.earlier
        if not earlier:
            return None
        if self.shape == 2:  # noqa: PLR2004 - the shapes are named in the docstring
            return earlier[-1]
        if self.shape == 3:  # noqa: PLR2004
            return earlier[0]
        index = choice % (len(earlier) + 1)
        return earlier[index - 1] if index else None
