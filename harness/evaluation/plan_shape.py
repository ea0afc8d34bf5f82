"""The shape of the server's plan in words that are the same for all its versions: how each table is read, and how often."""

import re
from collections.abc import Collection, Iterator
from dataclasses import replace
from typing import Final

from sqlalchemy import Connection
from sqlglot import exp
from sqlglot.optimizer.scope import Scope, traverse_scope

from harness.core.observation import Compiled, TableRead
from harness.evaluation.canonical import parsed
from harness.evaluation.query_plan import COSTS, Node, explained, hashed_subplans, planned_by, reads_whole

ONCE: Final = "once"
EACH_ROW: Final = "for each row"
EACH_STEP: Final = "at each step"
WHOLE: Final = "whole"
IN_ORDER: Final = "in the order of an index"
SETTINGS: Final = {**COSTS, "enable_self_join_elimination": "off"}
"""Without what only the newest planner does."""
KEEPS: Final = frozenset({"Hash", "Materialize"})
"""Nodes that read once what a loop around them asks for again and again."""
_NAME: Final = r'"(?:[^"]|"")+"|[\w$]+'
_NOT_NULL: Final = re.compile(r"\([^()]* IS NOT NULL\)")
"""New versions leave it out where the column says so itself."""
_COLUMN: Final = re.compile(rf"({_NAME})\.({_NAME})")


def table_reads(connection: Connection, compiled: Compiled, tables: Collection[str]) -> tuple[TableRead, ...]:
    """How the plan of a select reads each table; ``tables`` are full names, for those that are in a schema."""
    with planned_by(connection, SETTINGS):
        document = explained(connection, compiled, "VERBOSE")
    reads = set(_reads(document["Plan"], None, hashed_subplans(document), ONCE, ONCE))
    return tuple(sorted(replace(each, table=_known(each.table, tables)) for each in reads))


def depends_on_version(sql: str) -> bool:
    """Whether servers plan the select in other ways by their versions, whatever they are told.

    Since 17 PostgreSQL joins what an IN or = ANY of a condition selects also where that mentions the query around it; before, it
    was run for each row.
    """
    tree = parsed(sql)
    return tree is not None and any(map(_is_correlated_in, traverse_scope(tree)))


def _is_correlated_in(scope: Scope) -> bool:
    query = scope.expression
    above = query.parent.parent if isinstance(query.parent, exp.Subquery) else query.parent
    if not isinstance(above, exp.In | exp.Any) or scope.parent is None:
        return False
    clause = above.find_ancestor(exp.Where, exp.Join, exp.Select)
    around = scope.parent.selected_sources.keys() - scope.selected_sources.keys()
    mentioned = {column.table for column in query.find_all(exp.Column)}
    return not isinstance(clause, exp.Select) and not around.isdisjoint(mentioned)


def _reads(
    node: Node, above: Node | None, hashed: frozenset[str], often: str, kept: str
) -> Iterator[TableRead]:
    """``often`` is how often the node runs, and ``kept`` how often what is kept inside the loop around it is read."""
    if node.get("Parent Relationship") == "SubPlan" and node.get("Subplan Name") not in hashed:
        often = kept = EACH_ROW
    if node["Node Type"] in KEEPS:
        often = kept
    if "Relation Name" in node:
        yield TableRead(f"{node['Schema']}.{node['Relation Name']}", _how(node, above), often)
    for child in node.get("Plans", ()):
        yield from _reads(child, node, hashed, *_inside(node, child, often, kept))


def _inside(node: Node, child: Node, often: str, kept: str) -> tuple[str, str]:
    if child.get("Parent Relationship") != "Inner":
        return often, kept
    if node["Node Type"] == "Recursive Union":
        return EACH_STEP, often
    if node["Node Type"] == "Nested Loop" and often == ONCE:
        return EACH_ROW, kept
    return often, kept


def _how(node: Node, above: Node | None) -> str:
    if reads_whole(node, above):
        return WHOLE
    conditions = (_NOT_NULL.sub("", condition) for condition in _index_conditions(node))
    found = (match for condition in conditions for match in _COLUMN.finditer(condition))
    columns = {_unquoted(match[2]) for match in found if _unquoted(match[1]) == node["Alias"]}
    return f"by index ({', '.join(sorted(columns))})" if columns else IN_ORDER


def _index_conditions(node: Node) -> Iterator[str]:
    """What is looked up in indexes, those of bitmaps below the node included."""
    if "Index Cond" in node:
        yield node["Index Cond"]
    for child in node.get("Plans", ()):
        if child["Node Type"].startswith("Bitmap"):
            yield from _index_conditions(child)


def _unquoted(name: str) -> str:
    return name[1:-1].replace('""', '"') if name.startswith('"') else name


def _known(full_name: str, tables: Collection[str]) -> str:
    """The name as the models have it, without the schema that tables are in by default."""
    return full_name if full_name in tables else full_name.partition(".")[2]
