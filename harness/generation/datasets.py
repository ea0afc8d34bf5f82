"""Datasets drawn by Hypothesis.

One block of bytes holds the structure: for each table a header and a fixed number of *slots*, each slot saying whether it
has a row, which rows it refers to and which value of a column's *palette* it takes. So a dataset costs one draw for all rows
and two for each palette; every byte shrinks on its own towards 0, the plainest choice; and a row that goes leaves the
references of the others as they were. A block for each table would shrink faster, but Hypothesis then leaves a third of the
datasets empty: it zeroes and copies draws of their own. So what is long about shrinking a block is done here.
"""

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from hypothesis import strategies as st

from harness.core.dataset import Dataset
from harness.generation.late import refer_late, remove_dangling
from harness.generation.plan import Plan, TablePlan
from harness.generation.rows import FEWEST, Row, RowDecoder, block_length

SLOTS = 8
MOST_BYTES = 3_600
BYTES_OF_A_PALETTE = 4


@dataclass(frozen=True, repr=False)
class Drawn:
    """What was drawn for a dataset; ``slots`` are those of each table."""

    plan: Plan
    block: bytes
    palettes: Sequence[Sequence[Any]]
    arguments: tuple[Any, ...]
    slots: Mapping[str, int]

    @cached_property
    def dataset(self) -> Dataset:
        """The dataset that the draws stand for."""
        return replace(decode(self.plan, self.block, self.palettes, self.slots), arguments=self.arguments)

    def reduced(self, shows: Callable[["Drawn"], bool]) -> "Drawn":
        """These draws with as little in the block as ``shows`` goes along with: few rows, then the plainest choices in them.

        Hypothesis takes a block's bytes one by one, which with dozens of tables lasts minutes; this takes away half of what
        is left, a quarter, and so on. Rows go again after choices, for some were there to be referred to.
        """
        rows = list(self._row_places())
        few = self.without(rows, shows)
        kept = [place for place in rows if few.block[place.start]]
        choices = [range(at, at + 1) for place in kept for at in place[1:]]
        return few.without(choices, shows).without(kept, shows)

    def _row_places(self) -> Iterator[range]:
        """Where the block holds each row, those first that others can't refer to."""
        end = len(self.block)
        for table in reversed(self.plan.tables):
            start = end - block_length(table, self.slots[table.name])
            for at in range(end - table.draws, start, -table.draws):
                yield range(at, at + table.draws)
            end = start

    def without(self, places: Sequence[range], shows: Callable[["Drawn"], bool]) -> "Drawn":
        """These draws with 0 in as many of ``places`` as ``shows`` allows, tried in ever smaller groups."""
        drawn, left = self, [place for place in places if any(self.block[place.start : place.stop])]
        size = len(left)
        while size:
            kept: list[range] = []
            for group in (left[start : start + size] for start in range(0, len(left), size)):
                smaller = replace(drawn, block=_zeroed(drawn.block, group))
                if shows(smaller):
                    drawn = smaller
                else:
                    kept += group
            left, size = kept, size // 2
        return drawn


def _zeroed(block: bytes, places: Sequence[range]) -> bytes:
    zeroed = bytearray(block)
    for at in itertools.chain.from_iterable(places):
        zeroed[at] = 0
    return bytes(zeroed)


def draws(plan: Plan, *, slots: int = SLOTS) -> st.SearchStrategy[Drawn]:
    """Draws for datasets with up to ``slots`` rows in each table, fewer in schemas so large that Hypothesis would not have it."""
    plan = _narrowed(plan)
    by_table = _slots(plan, slots)
    return _draws(plan, by_table, _blocks(plan, by_table))


def datasets(plan: Plan, *, slots: int = SLOTS) -> st.SearchStrategy[Dataset]:
    """The datasets that ``draws`` stand for; the plainest has no rows."""
    plan = _narrowed(plan)
    by_table = _slots(plan, slots)
    return _datasets(plan, by_table, _blocks(plan, by_table))


def _blocks(plan: Plan, slots: Mapping[str, int]) -> st.SearchStrategy[bytes]:
    size = sum(block_length(table, slots[table.name]) for table in plan.tables)
    return st.binary(min_size=size, max_size=size)


@st.composite
def _draws(draw: st.DrawFn, plan: Plan, slots: Mapping[str, int], blocks: st.SearchStrategy[bytes]) -> Drawn:
    return _drawn(draw, plan, slots, blocks)


@st.composite
def _datasets(
    draw: st.DrawFn, plan: Plan, slots: Mapping[str, int], blocks: st.SearchStrategy[bytes]
) -> Dataset:
    # Not by map(), in whose draws Hypothesis finds more to copy: the rows would vary less.
    return _drawn(draw, plan, slots, blocks).dataset


def _drawn(draw: st.DrawFn, plan: Plan, slots: Mapping[str, int], blocks: st.SearchStrategy[bytes]) -> Drawn:
    block = draw(blocks)
    palettes = [draw(palette) for palette in plan.palettes]
    return Drawn(plan, block, palettes, tuple(draw(strategy) for strategy in plan.arguments), slots)


def _room(plan: Plan) -> int:
    """Bytes that a block can have: Hypothesis takes half of 8 KB for the plainest example, palettes and arguments included."""
    return MOST_BYTES - BYTES_OF_A_PALETTE * (len(plan.palettes) + len(plan.arguments))


def _narrowed(plan: Plan) -> Plan:
    """The plan, with fewer choices for each row of wide tables where they leave no room for rows."""
    widest = max((table.choices for table in plan.tables), default=0)
    while widest > 1 and (
        sum(block_length(table, FEWEST) for table in plan.tables) > _room(plan)
        or max(block_length(table, SLOTS) for table in plan.tables) > _room(plan)
    ):
        widest = (widest + 1) // 2
        tables = tuple(replace(table, choices=min(table.choices, widest)) for table in plan.tables)
        plan = replace(plan, tables=tables)
    return plan


def _slots(plan: Plan, most: int) -> dict[str, int]:
    """Slots by table: ``most``, as long as there is room, from the tables on that refer to others and that no other refers to."""
    slots = {table.name: 1 for table in plan.tables}
    left = _room(plan) - sum(block_length(table, 1) for table in plan.tables)
    for wanted in (FEWEST, most):
        for table in reversed(plan.tables):
            more = (wanted - slots[table.name]) * table.draws
            if 0 < more <= left:
                slots[table.name], left = wanted, left - more
    return slots


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
