"""What a hybrid costs at two sizes, and its SQL in the form that people read."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from sqlalchemy import Connection, func, select

from harness.core.hybrid import Hybrid
from harness.core.observation import Compiled, Growth, QueryPlan
from harness.core.outcome import Raised, Returned, TimedOut
from harness.engine.bench import Bench
from harness.engine.examinee import Examinee
from harness.engine.forms import Form
from harness.evaluation.canonical import canonical_sql
from harness.evaluation.containment import contained
from harness.evaluation.loader import Rejected
from harness.evaluation.query_plan import tables_scanned_per_row, volatile_functions
from harness.evaluation.transaction import back_to_loaded
from harness.generation import Plan, PopulationShape, population, spread

SIZES = (25, 100)
"""Rows in each table for the two counts of statements."""
ALIKE = (0, 1, 2, 3)
"""Numbers of values that as many rows as the smaller count has take, all the same, to see whether the statements depend on them."""


def measure_growth(examinee: Examinee, plan: Plan, bench: Bench) -> None:
    """Count the statements that the getter sends; of a method, with the arguments with which they grow fastest."""
    calls = [form.arguments for form in examinee.forms] or [()]
    seen = (_growth(examinee, arguments, plan, bench) for arguments in calls)
    counted = [growth for growth in seen if growth is not None]
    examinee.growth = max(counted, key=lambda growth: growth.per_row, default=None)


def _growth(examinee: Examinee, arguments: tuple[Any, ...], plan: Plan, bench: Bench) -> Growth | None:
    """Counted on populations of two sizes, and on others that show what the statements depend on."""
    few, many = SIZES
    others = (spread(plan, few, value=value) for value in ALIKE)
    populations = (spread(plan, few), spread(plan, many), spread(plan, 1), *others)
    counts = []
    try:
        for dataset in populations:
            with bench.loaded(dataset) as connection:
                counted = examinee.sides(arguments).python.count_statements(connection)
            if counted is None:
                return None
            counts.append(counted)
    except Rejected:
        if len(counts) < len(SIZES):
            return None
    (rows, queries, less), (more_rows, more_queries, loads) = counts[: len(SIZES)]
    growing = [name for name in loads if loads[name] > less.get(name, 0)]
    causes = tuple(sorted(growing, key=lambda name: (-loads[name], name)))
    return Growth(
        examinee.hybrid,
        (rows, more_rows),
        (queries, more_queries),
        causes,
        for_one=_for_one(counts),
        arguments=arguments,
    )


def _for_one(counts: Sequence[tuple[int, int, object]]) -> int | None:
    """The statements for one instance, where neither the rows' values nor which rows are instances make a difference."""
    if len(counts) < len(SIZES) + 1 + len(ALIKE):
        return None
    rows, queries = [count[0] for count in counts], [count[1] for count in counts]
    few, many = SIZES
    asked = [few, many, 1, *(few for _ in ALIKE)]
    if len(set(queries)) > 1 and (rows != asked or {queries[0]} != set(queries[-len(ALIKE) :])):
        return None
    return queries[2]


def read_query_plans(examinee: Examinee, plan: Plan, bench: Bench) -> None:
    """Ask the server how it would answer each form of the plain select."""
    try:
        with bench.loaded(population(plan, PopulationShape(SIZES[0], fan_out=1))) as connection:
            for form in examinee.forms:
                read = contained(
                    partial(_query_plan, examinee.hybrid, form, connection), seconds=examinee.seconds
                )
                if isinstance(read, Returned):
                    form.plan = read.value
                else:
                    back_to_loaded(connection)
    except Rejected:
        return


def _query_plan(hybrid: Hybrid, form: Form, connection: Connection) -> QueryPlan:
    scanned = tables_scanned_per_row(connection, form.select)
    names = frozenset(each.name for each in form.structure.operations)
    volatile = volatile_functions(connection, names)
    return QueryPlan(hybrid, scanned, volatile=volatile, arguments=form.arguments)


def prove_readable(examinee: Examinee, plan: Plan, bench: Bench) -> None:
    """Note whether the server gives other rows for the readable form of the select, and what type the value has there."""
    built = contained(lambda: examinee.bound_select, seconds=examinee.seconds)
    if not isinstance(built, Returned):
        return
    compiled: Compiled = built.value
    readable = canonical_sql(compiled.sql, compiled.sent)
    try:
        with bench.loaded(population(plan, PopulationShape(SIZES[0], fan_out=1))) as connection:
            if not examinee.translation.compares:
                examinee.shown.result_type = _type_of_value(connection, compiled, seconds=examinee.seconds)
            if not examinee.endless:
                shown = Compiled(readable.text, readable.parameters)
                examinee.shown.differs = _differs(connection, compiled, shown, seconds=examinee.seconds)
    except Rejected:
        return


def _differs(connection: Connection, compiled: Compiled, readable: Compiled, *, seconds: float) -> bool:
    """Whether the server answers the two differently; not what it answers differently each time, and not what never ends."""
    first = _answer(connection, compiled, seconds=seconds)
    if isinstance(first, TimedOut) or first == _answer(connection, readable, seconds=seconds):
        return False
    return first == _answer(connection, compiled, seconds=seconds)


def _answer(connection: Connection, compiled: Compiled, *, seconds: float) -> object:
    """The statement's rows as the driver gives them, as text and sorted; or the server's code for why there are none."""

    def run() -> list[str]:
        rows = connection.exec_driver_sql(compiled.sql, compiled.sent).all()
        return sorted(repr(tuple(row)) for row in rows)

    outcome = contained(run, seconds=seconds)
    if not isinstance(outcome, Returned):
        back_to_loaded(connection)
    return outcome.sqlstate if isinstance(outcome, Raised) else outcome


def _type_of_value(connection: Connection, compiled: Compiled, *, seconds: float) -> str | None:
    """The server's name for the type of the select's last column; no row is computed for it."""

    def ask() -> object:
        no_rows = f"SELECT * FROM ({compiled.sql}) AS answer WHERE false"  # noqa: S608 - the select itself
        result = connection.exec_driver_sql(no_rows, compiled.sent)
        assert result.cursor is not None
        type_code = result.cursor.description[-1][1]
        return connection.scalar(select(func.format_type(type_code, None)))

    outcome = contained(ask, seconds=seconds)
    if isinstance(outcome, Returned):
        return str(outcome.value)
    back_to_loaded(connection)
    return None
