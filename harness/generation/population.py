"""Thousands of rows whose references have a shape: a few parents with many children, trees of a bounded depth.

The shape is the same for any number of rows, so what grows between two sizes grows with their number and with nothing else.
"""

import itertools
import math
import random
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from harness.core.dataset import Dataset
from harness.generation.plan import DrawnColumn, Plan, Reference, TablePlan
from harness.generation.rows import NULL_BELOW
from harness.generation.shapes import made_dataset, made_palettes

MOST_WEIGHT = 20.0
"""A parent has at most about so many times the children of the least: the largest family stays one of many."""
MOST_UNEVEN = 3
"""A row of a tree has at most so many times ``fan_out`` children."""
LARGEST = 1_000
FEW = 50
NO_REFERENCE = 0.1
"""Share of the rows that refer to nothing where they may, and of the values that are NULL in a column with many."""
CHOICE_BITS = 31
"""Of a number that any of a population's values can be chosen by."""


@dataclass(frozen=True, slots=True)
class PopulationShape:
    """What refers to what in a population.

    ``rows``: those of each table that refers to no other. ``fan_out``: rows of a table that refers to others, for each of those;
    in a table that refers to itself, the children of a row that has any. ``depth``: most rows from a root to a leaf, both
    included. ``childless``: share of rows that nothing refers to, from 0 to 1; in a tree, of those above the depth. ``skew``: from
    0, where all parents have about equally many children, to 1, where the largest families have many times those of the least.
    """

    rows: int
    fan_out: int = 3
    depth: int = 6
    childless: float = 0.2
    skew: float = 1.0


def population(
    plan: Plan,
    shape: PopulationShape,
    *,
    seed: int = 0,
    counting: Collection[str] | None = None,
    identifying: Collection[str] = (),
) -> Dataset:
    """Rows for every table of ``plan``, random within ``shape``; the same for the same seed.

    Of tables that are not ``counting``, where that is given, there are FEW rows at most: they are there to be referred to.
    Columns (``table.column``) that are ``identifying``, by which rows find others without a foreign key, have as many values
    as there are rows without references, as far as type and CHECKs allow; the others have few, as a status or an amount has.
    Of these, numbers are small, where columns and CHECKs allow: with some thousand rows a sum or a product of large ones
    overflows.
    """
    generator = random.Random(seed)  # noqa: S311 - test data, no secret
    sizes = _sizes(plan, shape)
    if counting is not None:
        sizes = {name: rows if name in counting else min(rows, FEW) for name, rows in sizes.items()}
    targets = {
        table.name: [_choices(reference, sizes, table, shape, generator) for reference in table.references]
        for table in plan.tables
    }
    palettes = [list(filter(_small, palette)) or palette for palette in made_palettes(plan)]
    tables = []
    in_turn = set()
    for table in plan.tables:
        found = [each for each in table.drawn if f"{table.name}.{each.name}" in identifying]
        many = {each.name: _values(table, each, shape, sizes[table.name]) for each in found}
        tables.append(_with_palettes(table, many, len(palettes)))
        in_turn |= {(table.name, _choice(table, each)) for each in found if _unique_alone(table, each)}
        palettes += many.values()
    plan = replace(plan, tables=tuple(tables))

    def choose(table: TablePlan, slot: int, index: int) -> int:
        chosen = targets[table.name]
        if index < len(chosen):
            return chosen[index][slot]
        return slot if (table.name, index) in in_turn else generator.getrandbits(CHOICE_BITS)

    return replace(made_dataset(plan, sizes, choose=choose, palettes=palettes), shape="population")


def _values(table: TablePlan, column: DrawnColumn, shape: PopulationShape, rows: int) -> list[Any]:
    """The values of an identifying column: in a table of references, each comes up in about ``fan_out`` rows, if it may."""
    distinct = table.distinct[column.name]
    if _unique_alone(table, column):
        return [distinct(number) for number in range(rows)]
    values = [distinct(number) for number in range(shape.rows)]
    return values + [None] * round(len(values) * NO_REFERENCE * column.nullable)


def _with_palettes(table: TablePlan, many: Mapping[str, Sequence[Any]], first: int) -> TablePlan:
    """The table with a palette of its own, from the number ``first`` on, for each column of ``many``."""
    numbers = {name: first + place for place, name in enumerate(many)}
    drawn = tuple(
        replace(each, nullable=False, palette=numbers[each.name]) if each.name in many else each
        for each in table.drawn
    )
    return replace(table, drawn=drawn)


def _unique_alone(table: TablePlan, column: DrawnColumn) -> bool:
    """Whether no two rows share a value of the column, whatever else they hold."""
    return any(each.columns == (column.name,) for each in table.uniques)


def _choice(table: TablePlan, column: DrawnColumn) -> int:
    """The place of the column among a row's choices."""
    return len(table.references) + table.drawn.index(column)


def counting_tables(plan: Plan, tables: Collection[str], columns: Collection[str]) -> frozenset[str]:
    """``tables``, which are read, and those whose number of rows shows in them: by references read, or one to one."""
    found = set(tables)
    size = 0
    while size != len(found):
        size = len(found)
        for table in plan.tables:
            if table.name in found:
                found |= {each.target for each in table.references if _counts(table, each, columns)}
                found |= set() if table.presence is None else {table.presence.base}
    return frozenset(found)


def _counts(table: TablePlan, reference: Reference, columns: Collection[str]) -> bool:
    """Whether fewer rows of the target would change how many rows of ``table`` belong together, or can be there."""
    read = any(f"{table.name}.{name}" in columns for name in reference.columns)
    unique = any(set(reference.columns) & set(each.columns) for each in table.uniques)
    return read or unique or reference.shared_key


def _small(value: Any) -> bool:
    if isinstance(value, Decimal):
        return value.is_finite() and abs(value) <= LARGEST
    return not isinstance(value, int | float) or abs(value) <= LARGEST


def _sizes(plan: Plan, shape: PopulationShape) -> dict[str, int]:
    """Rows by table; a table that shares the key of another has its rows in the same places."""
    sizes: dict[str, int] = {}
    for table in plan.tables:
        shared = next((each.target for each in table.references if each.shared_key), None)
        if table.presence is not None:
            shared = table.presence.base
        refers = any(not each.to_itself for each in table.references)
        sizes[table.name] = (
            sizes[shared] if shared in sizes else shape.rows * (shape.fan_out if refers else 1)
        )
    return sizes


def _choices(
    reference: Reference,
    sizes: dict[str, int],
    table: TablePlan,
    shape: PopulationShape,
    generator: random.Random,
) -> Sequence[int]:
    """For each slot the number that makes the decoder refer to the row chosen for it."""
    rows = sizes[table.name]
    if reference.to_itself:
        return _forest(rows, shape, generator)
    parents = sizes[reference.target]
    if not parents:
        return [0] * rows
    if table.arrow is not None and reference in table.arrow:
        return _within_clusters(rows, parents, shape, generator)
    weights = [_weight(shape, generator) for _ in range(parents)]
    if not any(weights):
        weights[0] = 1.0
    chosen = _children(weights, rows, generator)
    beyond_null = parents * NULL_BELOW
    return [
        0 if reference.nullable and generator.random() < NO_REFERENCE else place + beyond_null
        for place in chosen
    ]


def _children(weights: Sequence[float], rows: int, generator: random.Random) -> list[int]:
    """The parent of each row: one row for each parent that has a weight, as far as they go, the others by weight."""
    chosen = [place for place, weight in enumerate(weights) if weight]
    if len(chosen) < rows:
        totals = list(itertools.accumulate(weights))
        chosen += generator.choices(range(len(weights)), cum_weights=totals, k=rows - len(chosen))
    generator.shuffle(chosen)
    return chosen[:rows]


def _within_clusters(rows: int, nodes: int, shape: PopulationShape, generator: random.Random) -> list[int]:
    """Both ends of an arrow lie in one cluster of a size that the shape gives, so that no path is longer than that."""
    size = min(nodes, shape.fan_out * shape.depth)
    clusters = max(nodes // size, 1)
    beyond_null = nodes * NULL_BELOW
    return [(row % clusters) * size + generator.randrange(size) + beyond_null for row in range(rows)]


def _weight(shape: PopulationShape, generator: random.Random) -> float:
    if generator.random() < shape.childless:
        return 0.0
    return min(math.pow(1.0 - generator.random(), -shape.skew), MOST_WEIGHT)


def _forest(rows: int, shape: PopulationShape, generator: random.Random) -> list[int]:
    """The parent's slot and 1 for each row, 0 for a root: trees filled depth first, a new one where the last is full."""
    parents: list[int] = []
    open_places: list[tuple[int, int]] = []
    for slot in range(rows):
        place, level = open_places.pop() if open_places else (0, 0)
        parents.append(place)
        if level + 1 < shape.depth and generator.random() >= shape.childless:
            uneven = 1 - shape.skew + shape.skew * generator.expovariate(1.0)
            children = math.ceil(shape.fan_out * min(max(uneven, 0), MOST_UNEVEN))
            open_places.extend([(slot + 1, level + 1)] * max(children, 1))
    return parents
