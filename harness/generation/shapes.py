"""Datasets that are made, not drawn: cycles and long chains that the schema allows and people forget, rows side by side."""

import functools
import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from harness.core.dataset import Dataset
from harness.generation.datasets import decode
from harness.generation.plan import Plan, Reference, TablePlan
from harness.generation.rows import CHAIN_SHAPE, DENSITIES, NULL_BELOW, RANDOM_SHAPE
from harness.generation.types import Strategy

PRESENT = 255
PALETTES = 4
"""Palettes that make up the values of a column in a made dataset."""


def cycles(plan: Plan, table: str) -> Iterator[Dataset]:
    """Rows of a self-referential table that are their own ancestors: alone, in a pair, in a ring of three."""
    for length in (1, 2, 3):
        dataset = made_dataset(plan, _sizes(plan, length), choose=_plainest)
        rows = [dict(row) for row in dataset.tables[table]]
        for reference in _self_references(plan, table):
            for row, parent in zip(rows, (*rows[1:], rows[0]), strict=True):
                row.update(reference.pointing_to(parent))
        yield replace(dataset, tables={**dataset.tables, table: tuple(rows)}, shape="cycle")


@functools.lru_cache(maxsize=8)
def chain(plan: Plan, table: str, length: int) -> Dataset:
    """``length`` rows of a self-referential table, each the only child of the one before, and one row elsewhere."""
    sizes = {**_sizes(plan, 1), table: length}
    return replace(made_dataset(plan, sizes, choose=_plainest, shape=CHAIN_SHAPE), shape="chain")


def spread(plan: Plan, rows: int, *, value: int | None = None) -> Dataset:
    """``rows`` rows in every table, each referring to the row of another table that has its own number.

    What refers to what is the same whatever else ``plan`` draws. The values are those of each column in turn, or in all rows
    the same, that of the number ``value``.
    """

    def choose(table: TablePlan, slot: int, index: int) -> int:
        if index >= len(table.references):
            return slot % 256 if value is None else value
        # Not so low as to mean NULL, where a table has as many rows as that leaves room for.
        return next((n for n in range(slot % 256, 256, rows) if n >= NULL_BELOW), slot % 256)

    return replace(made_dataset(plan, _sizes(plan, rows), choose=choose), shape="population")


def has_self_reference(plan: Plan, table: str) -> bool:
    """Whether rows of ``table`` can be each other's ancestors."""
    return any(_self_references(plan, table))


def _self_references(plan: Plan, table: str) -> list[Reference]:
    return [r for each in plan.tables if each.name == table for r in each.references if r.to_itself]


def _sizes(plan: Plan, rows: int) -> dict[str, int]:
    return dict.fromkeys((table.name for table in plan.tables), rows)


def made_dataset(
    plan: Plan,
    sizes: Mapping[str, int],
    *,
    choose: Callable[[TablePlan, int, int], int],
    shape: int = RANDOM_SHAPE,
    palettes: Sequence[Sequence[Any]] | None = None,
) -> Dataset:
    """All slots filled; ``choose`` gives the number behind each reference and value, for a table's slot and its n-th choice.

    ``palettes`` are the plan's own where none are given.
    """
    block: list[int] = []
    for table in plan.tables:
        block += (DENSITIES.index(min(DENSITIES)), shape)
        for slot in range(sizes[table.name]):
            block.append(PRESENT)
            block += [choose(table, slot, index) for index in range(table.draws - 1)]
    arguments = tuple(drawn[0] for drawn in draw_values(plan.arguments, 1))
    palettes = made_palettes(plan) if palettes is None else palettes
    return replace(decode(plan, block, palettes, sizes), arguments=arguments)


def made_palettes(plan: Plan) -> list[list[Any]]:
    """The values of columns, by the number of their palette; the same at every call."""
    return [list(itertools.chain.from_iterable(drawn)) for drawn in draw_values(plan.palettes, PALETTES)]


def _plainest(*_: object) -> int:
    return 0


@functools.lru_cache(maxsize=100)
def draw_values(strategies: tuple[Strategy, ...], size: int) -> list[list[Any]]:
    """``size`` values of each strategy, the same at every call: one plan makes many datasets."""
    drawn: list[list[Any]] = []

    @settings(max_examples=2, phases=[Phase.generate], database=None, derandomize=True, deadline=None)
    @given(st.tuples(*(st.lists(strategy, min_size=size, max_size=size) for strategy in strategies)))
    def collect(values: tuple[list[Any], ...]) -> None:
        drawn[:] = [list(each) for each in values]

    collect()
    return drawn
