"""The server's plan for the plain select: what runs again for each row, and what it cost."""

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import sqlglot
from sqlalchemy import Connection, text
from sqlglot import exp
from sqlglot.errors import SqlglotError

from harness.core.observation import Compiled, Execution, IndexedExpression, IndexLookup, RepeatedScan

Node = dict[str, Any]
COSTS = {
    "seq_page_cost": "10",
    "random_page_cost": "4",
    "cpu_tuple_cost": "0.01",
    "cpu_index_tuple_cost": "0.005",
    "cpu_operator_cost": "0.0025",
    "effective_cache_size": "4GB",
    "max_parallel_workers_per_gather": "0",
}
"""What the planner goes by: PostgreSQL's defaults, whatever the server has, but a page read in sequence is said to cost ten
times what it does. Tables of a few pages are joined whole else, whatever indexes they have, and growth that ends where the
planner turns to the index is none."""
WITHOUT_SCANS = {"enable_seqscan": "off"}
WITHOUT_ORDER = {"enable_indexscan": "off", "enable_indexonlyscan": "off"}
"""Leaves an index to be looked up in, by a bitmap."""
CONDITIONS = ("Filter", "Join Filter", "Hash Cond", "Merge Cond")
INITPLAN = re.compile(r"\(InitPlan \d+\)\.col\d+|\$\d+")
"""What another part of the plan gives: before PostgreSQL 17 only a number."""
REMOVED = ("Rows Removed by Filter", "Rows Removed by Join Filter", "Rows Removed by Index Recheck")


def tables_scanned_per_row(connection: Connection, compiled: Compiled) -> tuple[str, ...]:
    """Tables that a correlated subquery reads from end to end for each row, as no index helps it.

    Sequential scans are priced out for the plan, so that the rows at hand don't matter, and of what is left those in the
    order of an index, which a small table is read in to spare a sort: what reads it whole in both has no other way. A
    hashed or uncorrelated subquery runs once and does not count.
    """
    tables = _scanned_per_row(connection, compiled, WITHOUT_SCANS)
    if tables:
        tables &= _scanned_per_row(connection, compiled, WITHOUT_SCANS | WITHOUT_ORDER)
    return tuple(sorted(tables))


def _scanned_per_row(connection: Connection, compiled: Compiled, settings: Mapping[str, str]) -> set[str]:
    with planned_by(connection, settings):
        document = explained(connection, compiled, "VERBOSE")
    hashed = hashed_subplans(document)
    repeated = (node for node, _ in _repeated(document["Plan"], hashed, None))
    return {node["Relation Name"] for node in repeated if "Filter" in node}


def execution(connection: Connection, compiled: Compiled) -> Execution:
    """Run the select, planned by COSTS, and say what the plan's nodes handled."""
    jit_functions = _jit_functions(connection, compiled)
    with planned_by(connection, COSTS):
        document = explained(connection, compiled, "ANALYZE, BUFFERS, VERBOSE, TIMING OFF")
    plan = document["Plan"]
    nodes = list(_nodes(plan))
    return Execution(
        rows=_total(plan),
        handled=sum(_handled(node) for node in nodes),
        pages=_pages(plan),
        seconds=document["Execution Time"] / 1000,
        repeated=tuple(_repeated_scans(plan, hashed_subplans(document))),
        spilled=tuple(node["Node Type"] for node in nodes if _spills(node)),
        jit_functions=jit_functions,
        lookups=tuple(_lookups(plan)),
    )


def volatile_functions(connection: Connection, names: frozenset[str]) -> tuple[str, ...]:
    """Those of the functions that the server calls anew wherever they stand, whatever their arguments."""
    found = connection.execute(
        text(
            "SELECT proname FROM pg_catalog.pg_proc WHERE proname = ANY(:names) AND prokind = 'f' "
            "GROUP BY proname HAVING bool_and(provolatile = 'v') ORDER BY proname"
        ),
        {"names": sorted(names)},
    )
    return tuple(found.scalars())


def _jit_functions(connection: Connection, compiled: Compiled) -> int:
    """Functions that the server would compile with JIT on, as it is by default."""
    connection.exec_driver_sql("SET LOCAL jit = on")
    document = explained(connection, compiled, "COSTS")
    connection.exec_driver_sql("SET LOCAL jit TO DEFAULT")
    return int(document.get("JIT", {}).get("Functions", 0))


@contextmanager
def planned_by(connection: Connection, settings: Mapping[str, str]) -> Iterator[None]:
    """Inside, the server's planner goes by those of the ``settings`` that its version has."""
    names = "SELECT name, current_setting(name, true) FROM unnest(%(names)s::text[]) AS name"
    found = connection.exec_driver_sql(names, {"names": list(settings)})
    before = {name: setting for name, setting in found if setting is not None}
    _set_local(connection, {name: settings[name] for name in before})
    yield
    _set_local(connection, before)


def _set_local(connection: Connection, settings: Mapping[str, str]) -> None:
    connection.exec_driver_sql(
        "SELECT set_config(name, setting, true) FROM unnest(%(names)s::text[], %(settings)s::text[]) AS given (name, setting)",
        {"names": list(settings), "settings": list(settings.values())},
    )


def explained(connection: Connection, compiled: Compiled, options: str) -> Node:
    """The server's plan for a statement, with EXPLAIN's ``options``."""
    plan = connection.exec_driver_sql(f"EXPLAIN ({options}, FORMAT JSON) {compiled.sql}", compiled.sent)
    (document,) = plan.scalar_one()
    assert isinstance(document, dict)
    return document


def _nodes(node: Node) -> Iterator[Node]:
    yield node
    for child in node.get("Plans", ()):
        yield from _nodes(child)


def _total(node: Node) -> int:
    """Rows over all loops; the plan shows the mean of one."""
    total: float = node["Actual Rows"] * node["Actual Loops"]
    return round(total)


def _pages(node: Node) -> int:
    pages: int = node["Shared Hit Blocks"] + node["Shared Read Blocks"]
    return pages


def _handled(node: Node) -> int:
    """The rows that a node gave or left out; where it ran again and again, one at least for each time.

    Before PostgreSQL 18 the rows of a time are rounded: 0.4 of them were none, and 0.6 one.
    """
    found = _total(node) + sum(_removed(node))
    loops = int(node["Actual Loops"])
    return max(found, loops) if loops > 1 else found


def _removed(node: Node) -> Iterator[int]:
    for name in REMOVED:
        yield round(node.get(name, 0) * node["Actual Loops"])


def _spills(node: Node) -> bool:
    return (
        node.get("Sort Space Type") == "Disk"
        or node.get("Hash Batches", 1) > 1
        or node.get("HashAgg Batches", 0) > 1
    )


def reads_whole(node: Node, above: Node | None) -> bool:
    """Whether a node reads a table from end to end; in the order of an index too, unless a LIMIT ends that."""
    if node["Node Type"] in {"Index Scan", "Index Only Scan"}:
        return "Index Cond" not in node and not _ends_early(above)
    return bool(node["Node Type"] == "Seq Scan")


def _ends_early(node: Node | None) -> bool:
    return node is not None and node["Node Type"] == "Limit"


def hashed_subplans(document: Node) -> frozenset[str]:
    """Names of subplans that the plan's expressions call hashed: they run once."""
    return frozenset(part.split(")")[0] for part in str(document).split("(hashed ")[1:])


def _repeated(
    node: Node,
    hashed: frozenset[str],
    subplan: Node | None,
    *,
    above: Node | None = None,
    recursive: bool = False,
) -> Iterator[tuple[Node, tuple[Node, bool]]]:
    """Nodes that read a whole table for each row, each with the subquery that it is in and whether a recursive step runs it."""
    if node.get("Parent Relationship") == "SubPlan" and node.get("Subplan Name") not in hashed:
        subplan = node
    if subplan is not None and reads_whole(node, above):
        yield node, (subplan, recursive)
    steps = node["Node Type"] == "Recursive Union"
    for child in node.get("Plans", ()):
        step = recursive or (steps and child.get("Parent Relationship") == "Inner")
        yield from _repeated(child, hashed, subplan, above=node, recursive=step)


def _repeated_scans(plan: Node, hashed: frozenset[str]) -> Iterator[RepeatedScan]:
    for node, (subplan, recursive) in _repeated(plan, hashed, None):
        if node["Actual Loops"] > 1:
            sought = _looked_for(node["Alias"], _conditions(subplan))
            yield RepeatedScan(
                node["Relation Name"],
                int(node["Actual Loops"]),
                round(node["Actual Rows"] + node.get("Rows Removed by Filter", 0)),
                tuple(each for each in sought if not isinstance(each, IndexedExpression)),
                recursive,
                _schema(node),
                tuple(each for each in sought if isinstance(each, IndexedExpression)),
                node.get("Filter", ""),
            )


def _schema(node: Node) -> str | None:
    return None if node["Schema"] == "public" else node["Schema"]


def _lookups(plan: Node) -> Iterator[IndexLookup]:
    """What the plan looks up in indexes more than once; a table's own pages are one for each row at most."""
    for node in _nodes(plan):
        if node["Actual Loops"] <= 1:
            continue
        if node["Node Type"] in {"Index Scan", "Index Only Scan"} and "Index Cond" in node:
            yield _lookup(node, node, _pages(node) - _total(node) - sum(_removed(node)))
        elif node["Node Type"] == "Bitmap Heap Scan":
            bitmaps = (each for each in _nodes(node) if each["Node Type"] == "Bitmap Index Scan")
            yield from (_lookup(node, each, _pages(each)) for each in bitmaps)


def _lookup(table: Node, index: Node, pages: int) -> IndexLookup:
    conditions = [node[name] for node, name in ((index, "Index Cond"), (table, "Filter")) if name in node]
    sought = _looked_for(table["Alias"], conditions)
    columns = tuple(each for each in sought if not isinstance(each, IndexedExpression))
    return IndexLookup(
        table["Relation Name"],
        index["Index Name"],
        int(index["Actual Loops"]),
        max(pages, 0) / index["Actual Loops"],
        columns,
        _schema(table),
        tuple(each for each in _columns_of(table["Alias"], conditions) if each not in columns),
    )


def _conditions(plan: Node) -> Iterator[str]:
    return (node[name] for node in _nodes(plan) for name in CONDITIONS if name in node)


def _looked_for(alias: str, conditions: Iterable[str]) -> list[str]:
    """What of ``alias`` must equal something, columns and expressions, that with what comes from elsewhere first."""
    correlated: dict[str, None] = {}
    constant: dict[str, None] = {}
    for condition in conditions:
        for sought, other in _equalities(condition, alias):
            (correlated if list(other.find_all(exp.Column)) else constant)[sought] = None
    return list(dict.fromkeys((*correlated, *constant)))


def _columns_of(alias: str, conditions: Iterable[str]) -> list[str]:
    """Columns of ``alias`` that the conditions mention."""
    trees = (tree for tree in map(_parsed, conditions) if tree is not None)
    found = (column for tree in trees for column in tree.find_all(exp.Column))
    return list(dict.fromkeys(column.name for column in found if column.table == alias))


def _parsed(condition: str) -> exp.Expr | None:
    """None for a plan's words for what SQL can't say."""
    try:
        return sqlglot.parse_one(INITPLAN.sub("elsewhere", condition), dialect="postgres")
    except SqlglotError:
        return None


def _equalities(condition: str, alias: str) -> Iterator[tuple[str, exp.Expr]]:
    """(what of ``alias`` is compared, what it is compared with) for what must hold together."""
    tree = _parsed(condition)
    for part in () if tree is None else _conjuncts(tree):
        if isinstance(part, exp.EQ):
            sides = (part.left.unnest(), part.right.unnest())
            for side, other in (sides, sides[::-1]):
                column = _uncast(side)
                if isinstance(column, exp.Column) and column.table == alias:
                    yield column.name, other
                if (
                    not isinstance(side, exp.Column)
                    and _of_table(side, alias)
                    and not _of_table(other, alias)
                ):
                    yield _expression(side), other


def _of_table(side: exp.Expr, alias: str) -> bool:
    """Whether all columns in ``side`` are those of ``alias``, and there are some."""
    return {column.table for column in side.find_all(exp.Column)} == {alias}


def _expression(side: exp.Expr) -> IndexedExpression:
    """The side as one writes it: without the table, and without the casts to text within it that plans write out."""
    own = side.copy()
    for column in own.find_all(exp.Column):
        column.set("table", None)
    for cast in list(own.find_all(exp.Cast)):
        if (
            cast is not own
            and cast.to.is_type("text")
            and isinstance(cast.this.unnest(), exp.Column | exp.Literal)
        ):
            cast.replace(cast.this.unnest())
    return IndexedExpression(f"({own.sql(dialect='postgres')})")


def _uncast(side: exp.Expr) -> exp.Expr:
    """A column without the cast that text gets in a plan."""
    side = side.unnest()
    return _uncast(side.this) if isinstance(side, exp.Cast) else side


def _conjuncts(tree: exp.Expr) -> Iterator[exp.Expr]:
    tree = tree.unnest()
    if isinstance(tree, exp.And):
        yield from _conjuncts(tree.left)
        yield from _conjuncts(tree.right)
    else:
        yield tree
