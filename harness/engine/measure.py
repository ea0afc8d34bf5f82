"""What a hybrid costs at two sizes, and its SQL in the form that people read."""

from collections.abc import Mapping

from harness.core.observation import Growth
from harness.core.outcome import Returned
from harness.engine.bench import Bench
from harness.engine.examinee import Examinee
from harness.evaluation.canonical import canonical_sql
from harness.evaluation.containment import contained
from harness.evaluation.loader import Rejected
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
                instances, statements, loads = examinee.sides().python.count_statements(connection)
        except Rejected:
            return
        rows.append(instances)
        queries.append(statements)
    causes = tuple(sorted(loads, key=lambda name: (-loads[name], name)))
    examinee.growth = Growth(examinee.hybrid, (rows[0], rows[1]), (queries[0], queries[1]), causes)


def prove_readable(examinee: Examinee, plan: Plan, bench: Bench) -> None:
    """Take the readable form of the select where the server gives the same rows for it, else the compiler's own text."""
    compiled = examinee.compiled_select
    readable = canonical_sql(compiled.sql, compiled.parameters)
    try:
        with bench.loaded(population(plan, SIZES[0])) as connection:
            texts = [(compiled.sql, compiled.parameters), (readable.text, readable.parameters)]
            outcomes = [
                contained(
                    lambda: sorted(map(repr, connection.exec_driver_sql(sql, dict(parameters)).all())),  # noqa: B023
                    seconds=examinee.seconds,
                )
                for sql, parameters in texts
            ]
    except Rejected:
        return
    same = isinstance(outcomes[0], Returned) and outcomes[0] == outcomes[1]
    examinee.readable_select = readable if same else None
