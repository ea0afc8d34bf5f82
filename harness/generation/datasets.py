"""Datasets drawn by Hypothesis.

One block of bytes holds the structure: for each table a header and a fixed number of *slots*, each slot saying whether it
has a row, which rows it refers to and which value of a column's *palette* it takes. So a dataset costs one draw for all rows
and one for each palette value; every byte shrinks on its own towards 0, the plainest choice; and a row that goes leaves the
references of the others as they were.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from hypothesis import strategies as st

from harness.core.dataset import Dataset
from harness.generation.plan import Plan, TablePlan
from harness.generation.rows import HEADER, NULL_BELOW, Row, RowDecoder, block_length

SLOTS = 8


@st.composite
def datasets(draw: st.DrawFn, plan: Plan, *, slots: int = SLOTS) -> Dataset:
    """Datasets for ``plan`` with up to ``slots`` rows in each table; the plainest has no rows."""
    size = sum(block_length(table, slots) for table in plan.tables)
    block = draw(st.binary(min_size=size, max_size=size))
    palettes = [draw(palette) for palette in plan.palettes]
    arguments = tuple(draw(strategy) for strategy in plan.arguments)
    sizes = dict.fromkeys((table.name for table in plan.tables), slots)
    return replace(decode(plan, block, palettes, sizes), arguments=arguments)


def decode(plan: Plan, block: bytes, palettes: Sequence[Sequence[Any]], slots: Mapping[str, int]) -> Dataset:
    """The dataset that ``block`` stands for, with so many slots in each table; every block of the right length is one."""
    placed: dict[str, list[Row | None]] = {}
    parts: dict[str, bytes] = {}
    position = 0
    for table in plan.tables:
        length = block_length(table, slots[table.name])
        parts[table.name] = block[position : position + length]
        position += length
        placed[table.name] = RowDecoder(table, parts[table.name], palettes, placed).rows()
    for table in plan.tables:
        _refer_late(table, parts[table.name], placed)
    late = {t.name: tuple(c for r in t.references if r.late for c in r.columns) for t in plan.tables}
    return Dataset(
        {name: tuple(row for row in rows if row is not None) for name, rows in placed.items()},
        late={name: columns for name, columns in late.items() if columns},
    )


def _refer_late(table: TablePlan, part: bytes, placed: Mapping[str, Sequence[Row | None]]) -> None:
    """Choose the rows of references that had to wait until all tables have theirs."""
    for number, reference in enumerate(table.references):
        targets = [row for row in placed[reference.target] if row is not None]
        if not reference.late or not targets:
            continue
        for slot, row in enumerate(placed[table.name]):
            choice = part[HEADER + slot * table.draws + 1 + number]
            if row is not None and choice >= NULL_BELOW:
                target = targets[choice % len(targets)]
                for name, target_name in zip(reference.columns, reference.target_columns, strict=True):
                    row[name] = target[target_name]
