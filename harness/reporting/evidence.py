"""A counterexample as reports show it: rows as text, those of a self-referential table as a forest."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from harness.core.dataset import Row
from harness.core.finding import Counterexample
from harness.core.hybrid import Hybrid, SelfReference
from harness.rules.base import shown


@dataclass(frozen=True, slots=True)
class ShownRow:
    """Cells by column, as text; ``failing`` marks the instance on which the sides disagree."""

    cells: Mapping[str, str]
    failing: bool = False


@dataclass(frozen=True, slots=True)
class Node:
    """A row of a forest. Of a row that stands at the root though it refers to another, ``refers_to`` are that one's keys.

    ``closes_circle`` says that the row it refers to is among its own descendants, or is the row itself.
    """

    row: ShownRow
    children: tuple["Node", ...] = ()
    refers_to: tuple[str, ...] = ()
    closes_circle: bool = False

    def with_descendants(self) -> Iterator["Node"]:
        """This node and all below it, each before its children."""
        yield self
        for child in self.children:
            yield from child.with_descendants()


@dataclass(frozen=True, slots=True)
class ShownTable:
    """The rows of one table; ``left_out`` counts those that would be too many to look at.

    ``forest`` are the same rows as trees by ``reference``; both are empty for a table that doesn't refer to itself.
    """

    name: str
    rows: tuple[ShownRow, ...]
    left_out: int
    reference: SelfReference | None
    forest: tuple[Node, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column that a row has, in their order."""
        return tuple(dict.fromkeys(name for row in self.rows for name in row.cells))


def shown_tables(hybrid: Hybrid, example: Counterexample, *, most: int) -> list[ShownTable]:
    """The counterexample's tables, of each up to ``most`` rows and the failing one."""
    references = {each.table: each for each in reversed(hybrid.self_references)}
    tables = []
    for name, rows in example.dataset.tables.items():
        failing = [_is_failing(hybrid, example, name, row) for row in rows]
        kept = [
            ShownRow({column: cell(value) for column, value in row.items()}, fails)
            for number, (row, fails) in enumerate(zip(rows, failing, strict=True))
            if number < most or fails
        ]
        reference = references.get(name)
        forest = grown(kept, reference) if reference is not None else ()
        tables.append(ShownTable(name, tuple(kept), len(rows) - len(kept), reference, forest))
    return tables


def listed(cells: Mapping[str, str]) -> str:
    """``id=1, name='x'``."""
    return ", ".join(f"{name}={value}" for name, value in cells.items())


def cell(value: object) -> str:
    """A value as people write it in SQL: NULL, text in quotes, numbers and dates plain."""
    if value is None:
        return "NULL"
    return shown(value) if isinstance(value, str | bytes) else _plain(value)


def _plain(value: object) -> str:
    try:
        return str(value)
    except Exception:  # noqa: BLE001 - __str__ is the user's code
        return shown(value)


def grown(rows: Sequence[ShownRow], reference: SelfReference) -> tuple[Node, ...]:
    """``rows`` as trees, roots in their order; of a circle the first row is taken for the root."""
    keys = [tuple(row.cells.get(column, "NULL") for column in reference.refers_to) for row in rows]
    wanted = [tuple(row.cells.get(column, "NULL") for column in reference.columns) for row in rows]
    number_of = {key: number for number, key in reversed(list(enumerate(keys)))}
    parents = [number_of.get(each) for each in wanted]
    children = [
        [child for child, parent in enumerate(parents) if parent == number] for number in range(len(rows))
    ]
    pending = set(range(len(rows)))

    def node(number: int) -> Node:
        pending.discard(number)
        below = tuple(node(child) for child in children[number] if child in pending)
        is_root = "NULL" not in wanted[number] and (parents[number] is None or number in circular)
        return Node(rows[number], below, wanted[number] if is_root else (), number in circular)

    circular: set[int] = set()
    trees = {number: node(number) for number, parent in enumerate(parents) if parent is None}
    while pending:  # what no root leads to hangs on a circle
        first = min(_circle_above(min(pending), parents))
        circular.add(first)
        trees[first] = node(first)
    return tuple(trees[number] for number in sorted(trees))


def _circle_above(number: int, parents: Sequence[int | None]) -> list[int]:
    """The rows of the circle that the parents of a row end in."""
    passed: list[int] = []
    current: int | None = number
    while current is not None and current not in passed:
        passed.append(current)
        current = parents[current]
    return passed[passed.index(current) :] if current is not None else passed


def _is_failing(hybrid: Hybrid, example: Counterexample, table: str, row: Row) -> bool:
    if example.instance is None or table != hybrid.table:
        return False
    wanted = [cell(example.instance.get(name)) for name in hybrid.primary_key]
    return wanted == [cell(row.get(column)) for column in hybrid.key_columns]
