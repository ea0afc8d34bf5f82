"""Datasets drawn by Hypothesis.

One block of bytes holds the structure: for each table a header and a fixed number of *slots*, each slot saying whether it
has a row, which rows it refers to and which value of a column's *palette* it takes. So a dataset costs one draw for all rows
and two for each palette; every byte shrinks on its own towards 0, the plainest choice; and a row that goes leaves the
references of the others as they were. A block for each table would shrink faster, but Hypothesis then leaves a third of the
datasets empty: it zeroes and copies draws of their own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from hypothesis import strategies as st

from harness.core.dataset import Dataset
from harness.generation.late import refer_late, remove_dangling
from harness.generation.plan import Plan, TablePlan
from harness.generation.rows import Row, RowDecoder, block_length

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


def decode(
    plan: Plan, block: Sequence[int], palettes: Sequence[Sequence[Any]], slots: Mapping[str, int]
) -> Dataset:
    """The dataset that ``block`` stands for, with so many slots in each table; every block of the right length is one.

    Drawn ones are bytes; a made one holds larger numbers where a table has more rows than a byte can choose from.
    """
    placed: dict[str, list[Row | None]] = {}
    parts: dict[str, Sequence[int]] = {}
    position = 0
    for table in plan.tables:
        length = block_length(table, slots[table.name])
        parts[table.name] = block[position : position + length]
        position += length
        placed[table.name] = RowDecoder(table, parts[table.name], palettes, placed).rows()
    late = [table for table in plan.tables if any(reference.late for reference in table.references)]
    for table in late:
        refer_late(table, parts[table.name], placed)
    if any(not reference.nullable for table in late for reference in table.references if reference.late):
        remove_dangling(plan, placed)
    return Dataset(
        {name: tuple(row for row in rows if row is not None) for name, rows in placed.items()},
        late={table.name: columns for table in late if (columns := _set_late(table))},
    )


def _set_late(table: TablePlan) -> tuple[str, ...]:
    """Columns that are NULL at first; constraints that are NOT NULL and deferred don't ask for that."""
    return tuple(name for each in table.references if each.late and each.nullable for name in each.columns)
