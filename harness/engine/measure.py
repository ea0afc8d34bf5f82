"""What a hybrid costs at two sizes, and its SQL in the form that people read."""

from collections.abc import Mapping

from sqlalchemy import Connection

from harness.core.observation import Compiled, Growth, QueryPlan
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
            expected = _rows(connection, compiled, seconds=examinee.seconds)
            if not isinstance(expected, Returned):
                return
            text = Compiled(readable.text, readable.parameters)
            same = expected == _rows(connection, text, seconds=examinee.seconds)
    except Rejected:
        return
    examinee.readable_select = readable if same else None


def _rows(connection: Connection, compiled: Compiled, *, seconds: float) -> Outcome:
    """The statement's rows as the driver gives them, as text and sorted."""

    def run() -> list[str]:
        rows = connection.exec_driver_sql(compiled.sql, dict(compiled.parameters)).all()
        return sorted(repr(tuple(row)) for row in rows)

    return contained(run, seconds=seconds)
