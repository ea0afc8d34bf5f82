"""Several datasets as one: the rows of all, which share nothing but the tables."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import chain

from harness.core.dataset import Dataset
from harness.generation.datasets import SLOTS, Drawn
from harness.generation.keys import Unique
from harness.generation.plan import Plan, TablePlan


def together(drawn: Sequence[Drawn]) -> Dataset:
    """The rows of all that was ``drawn`` by one plan that keeps_apart(), with keys that count on from each to the next."""
    parts = [
        replace(each, plan=_counting_from(each.plan, place * SLOTS)).dataset
        for place, each in enumerate(drawn)
    ]
    tables = {
        name: tuple(chain.from_iterable(part.tables[name] for part in parts)) for name in parts[0].tables
    }
    return Dataset(tables, late=parts[0].late)


@lru_cache(maxsize=256)
def _counting_from(plan: Plan, start: int) -> Plan:
    tables = (replace(table, first=table.first + start) for table in plan.tables)
    return replace(plan, tables=tuple(tables))


def keeps_apart(plan: Plan) -> bool:
    """Whether rows of two datasets are together in a table once their keys differ: nothing else has to, and none is called with arguments."""
    apart: dict[str, set[str]] = {}
    for table in plan.tables:
        apart[table.name] = set(_apart(table, apart))
    return not plan.arguments and not any(
        table.exclusions or any(not _differs(unique, table, apart[table.name]) for unique in table.uniques)
        for table in plan.tables
    )


def _apart(table: TablePlan, apart: dict[str, set[str]]) -> Iterator[str]:
    """Columns that no two datasets have the same values in but NULL: the key that counts, and what refers to such."""
    if table.numbered is not None:
        yield table.numbered
    for reference in table.references:
        known = apart.get(reference.target, {table.numbered} if reference.to_itself else ())
        pairs = zip(reference.columns, reference.target_columns, strict=True)
        yield from (name for name, target in pairs if target in known)


def _differs(unique: Unique, table: TablePlan, apart: set[str]) -> bool:
    optional = {name for reference in table.references for name in reference.optional}
    return not apart.isdisjoint(set(unique.columns) - (optional if unique.nulls_equal else set()))
