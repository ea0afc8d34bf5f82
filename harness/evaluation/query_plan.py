"""The server's plan for the plain select, read for what runs again for each row."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection

from harness.core.observation import Compiled


def tables_scanned_per_row(connection: Connection, compiled: Compiled) -> tuple[str, ...]:
    """Tables that a correlated subquery reads from end to end for each row, as no index helps it.

    Sequential scans are priced out for the plan, so that the rows at hand don't matter: what is left has no other way. A
    hashed or uncorrelated subquery runs once and does not count.
    """
    connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
    plan = connection.exec_driver_sql(
        f"EXPLAIN (FORMAT JSON, VERBOSE) {compiled.sql}", dict(compiled.parameters)
    )
    try:
        (document,) = plan.scalar_one()
    finally:
        connection.exec_driver_sql("SET LOCAL enable_seqscan TO DEFAULT")
    return tuple(sorted(set(_scans(document["Plan"], hashed=_hashed(str(document)), per_row=False))))


def _scans(node: dict[str, Any], *, hashed: frozenset[str], per_row: bool) -> Iterator[str]:
    if node.get("Parent Relationship") == "SubPlan" and node.get("Subplan Name") not in hashed:
        per_row = True
    if per_row and node["Node Type"] == "Seq Scan" and "Filter" in node:
        yield node["Relation Name"]
    for child in node.get("Plans", ()):
        yield from _scans(child, hashed=hashed, per_row=per_row)


def _hashed(document: str) -> frozenset[str]:
    """Names of subplans that the expressions call hashed."""
    return frozenset(part.split(")")[0] for part in document.split("(hashed ")[1:])
