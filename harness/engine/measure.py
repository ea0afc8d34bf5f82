"""What a hybrid costs at two sizes, and its SQL in the form that people read."""

from collections.abc import Mapping
from typing import Any

from harness.core.observation import Growth, QueryPlan
from harness.core.outcome import Outcome, Returned
from harness.engine.bench import Bench
from harness.engine.examinee import Examinee
from harness.evaluation.canonical import canonical_sql
from harness.evaluation.containment import contained
from harness.evaluation.loader import Rejected
from harness.evaluation.query_plan import tables_scanned_per_row
from harness.generation import Plan, population

SIZES = (25, 100)
"""Rows in each table for the two counts of statements."""


def measure_growth(examinee: Examinee, plan: Plan, bench: Bench) -> None:
    """Count the statements that the getter sends on populations of two sizes."""
    rows: list[int] = []
    queries: list[int] = []
    loads: Mapping[str, int] = {}
    for size in SIZES:
        try:
            with bench.loaded(population(plan, size)) as connection:
                counted = examinee.sides().python.count_statements(connection)
        except Rejected:
            return
        if counted is None:
            return
        instances, statements, loads = counted
        rows.append(instances)
        queries.append(statements)
    causes = tuple(sorted(loads, key=lambda name: (-loads[name], name)))
    examinee.growth = Growth(examinee.hybrid, (rows[0], rows[1]), (queries[0], queries[1]), causes)


def read_query_plan(examinee: Examinee, plan: Plan, bench: Bench) -> None:
    """Ask the server how it would answer the plain select."""
    try:
        with bench.loaded(population(plan, SIZES[0])) as connection:
            scanned = contained(
                lambda: tables_scanned_per_row(connection, examinee.compiled_select), seconds=examinee.seconds
            )
    except Rejected:
        return
    if isinstance(scanned, Returned):
        examinee.query_plan = QueryPlan(examinee.hybrid, scanned.value)


def prove_readable(examinee: Examinee, plan: Plan, bench: Bench) -> None:
    """Take the readable form of the select where the server gives the same rows for it, else the compiler's own text."""
    compiled = examinee.compiled_select
    readable = canonical_sql(compiled.sql, compiled.parameters)
    try:
        with bench.loaded(population(plan, SIZES[0])) as connection:

            def rows(sql: str, parameters: Mapping[str, Any]) -> Outcome:
                answer = lambda: connection.exec_driver_sql(sql, dict(parameters)).all()  # noqa: E731
                return contained(lambda: sorted(map(repr, answer())), seconds=examinee.seconds)

            expected = rows(compiled.sql, compiled.parameters)
            same = isinstance(expected, Returned) and expected == rows(readable.text, readable.parameters)
    except Rejected:
        return
    examinee.readable_select = readable if same else None
