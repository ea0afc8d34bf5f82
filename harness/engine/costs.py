"""What the plain select costs on two populations of one shape, and whether an index would make it cheaper."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TypeVar

from sqlalchemy import Column, Connection, Index, MetaData, Table
from sqlalchemy.schema import CreateIndex

from harness.core.dataset import Dataset
from harness.core.observation import Cost, Execution, PlanShape, RepeatedScan, TriedIndex
from harness.core.outcome import Outcome, Returned, TimedOut
from harness.engine.bench import Bench
from harness.engine.examinee import Examinee
from harness.evaluation.containment import ServerLost, contained
from harness.evaluation.loader import Rejected
from harness.evaluation.plan_shape import table_reads
from harness.evaluation.query_plan import execution
from harness.evaluation.sql_side import GRACE
from harness.evaluation.transaction import back_to_loaded
from harness.generation import Plan, PopulationShape, counting_tables, population

PLANNED = PopulationShape(500, fan_out=1)
"""What the plan's shape is told for: so many rows in each table that is read, whichever hybrids are measured, and on whatever
populations."""
GROWTH = 4
"""The second population has so many times the rows of the first."""
PATIENCE = 3
"""Times the limit for one evaluation: the first populations are a hundred times those of a dataset."""
Measured = TypeVar("Measured")
WORTH_IT = 0.5
"""An index must spare at least this share of the rows that the plan handles."""


def measure_costs(examinees: Sequence[Examinee], plan: Plan, bench: Bench, shape: PopulationShape) -> None:
    """Set the cost of each hybrid's select, all of them on the same rows; where it takes too long, on fewer rows.

    A hybrid that can't be measured, for its SQL fails or the server refuses the rows, keeps none; so does one that reads
    nothing but the row itself. Each gets the shape of its plan too.
    """
    waiting = [each for each in examinees if each.query_plan is not None and not each.reads_own_row_only]
    counting = _counting(waiting, plan)
    if waiting:
        planned = population(plan, PLANNED, counting=counting)
        _on_population(waiting, planned, bench, _plan_shape, statistics=False)
    while waiting and shape.rows > 0:
        larger = replace(shape, rows=shape.rows * GROWTH)
        few = _on_population(waiting, population(plan, shape, counting=counting), bench, _execution)
        answered = {each: seen for each, seen in few.items() if isinstance(seen, Execution)}
        many = {}
        if answered:
            many = _on_population(answered, population(plan, larger, counting=counting), bench, _with_index)
        for examinee, (executed, index) in many.items():
            if isinstance(executed, Execution):
                assert examinee.query_plan is not None
                cost = Cost(answered[examinee], executed, index)
                examinee.query_plan = replace(examinee.query_plan, cost=cost)
        slow = [each for each, seen in few.items() if isinstance(seen, TimedOut)]
        slow += [each for each, (seen, _) in many.items() if isinstance(seen, TimedOut)]
        waiting = [each for each in slow if each.loss is None]
        shape = replace(shape, rows=shape.rows // GROWTH)


def _counting(examinees: Sequence[Examinee], plan: Plan) -> frozenset[str] | None:
    """The tables whose number of rows the selects depend on; None where that is any, for SQL as text says nothing of what it reads."""
    structures = [each.translation.structure for each in examinees]
    tables = {name for each in structures for name in each.tables}
    tables |= {table.name for each in examinees for table in each.hybrid.tables}
    if any(each.literal for each in structures) or not tables <= {table.name for table in plan.tables}:
        return None
    return counting_tables(plan, tables, {name for each in structures for name in each.columns})


def _on_population(
    examinees: Iterable[Examinee],
    dataset: Dataset,
    bench: Bench,
    measure: Callable[[Examinee, Connection], Measured | None],
    *,
    statistics: bool = True,
) -> dict[Examinee, Measured]:
    """What ``measure`` gives for each hybrid; None, and a connection that breaks, end that hybrid or this population."""
    measured: dict[Examinee, Measured] = {}
    running: Examinee | None = None
    try:
        with bench.populated(dataset, statistics=statistics) as connection:
            for examinee in examinees:
                running = examinee
                with examinee.clock():
                    seen = measure(examinee, connection)
                if seen is not None:
                    measured[examinee] = seen
    except Rejected:
        return {}
    except ServerLost as loss:
        if running is not None:
            running.lose(str(loss))
        bench.recover()
    return measured


def _plan_shape(examinee: Examinee, connection: Connection) -> None:
    tables = examinee.translation.structure.tables
    outcome = contained(
        lambda: table_reads(connection, examinee.bound_select, tables), seconds=examinee.seconds
    )
    if isinstance(outcome, Returned):
        examinee.plan_shape = PlanShape(PLANNED.rows, outcome.value)
    else:
        back_to_loaded(connection)


def _execution(examinee: Examinee, connection: Connection) -> Execution | TimedOut | None:
    """None where the server refuses the select."""
    outcome = _executed(examinee, connection)
    if isinstance(outcome, Returned):
        assert isinstance(outcome.value, Execution)
        return outcome.value
    return outcome if isinstance(outcome, TimedOut) else None


def _with_index(
    examinee: Examinee, connection: Connection
) -> tuple[Execution | TimedOut, TriedIndex | None] | None:
    executed = _execution(examinee, connection)
    if isinstance(executed, Execution):
        return executed, _worthwhile_index(examinee, connection, executed)
    return None if executed is None else (executed, None)


def _executed(examinee: Examinee, connection: Connection) -> Outcome:
    seconds = examinee.seconds * PATIENCE
    connection.exec_driver_sql(f"SET LOCAL statement_timeout = {int(seconds * 1000)}")
    outcome = contained(lambda: execution(connection, examinee.bound_select), seconds=seconds + GRACE)
    if not isinstance(outcome, Returned):
        back_to_loaded(connection)
    return outcome


def _worthwhile_index(examinee: Examinee, connection: Connection, executed: Execution) -> TriedIndex | None:
    """The first index, of those that the repeated scans ask for, with which the plan handles far fewer rows."""
    for scan in _candidates(executed.repeated):
        with_index = _tried(examinee, connection, scan)
        if with_index is not None and with_index.handled <= executed.handled * (1 - WORTH_IT):
            return with_index
    return None


def _candidates(repeated: Sequence[RepeatedScan]) -> Iterator[RepeatedScan]:
    costliest_first = sorted(repeated, key=lambda scan: -scan.loops * scan.rows)
    yield from dict.fromkeys(scan for scan in costliest_first if scan.columns)


def _tried(examinee: Examinee, connection: Connection, scan: RepeatedScan) -> TriedIndex | None:
    """Create the index, run the select again, and undo both."""
    name = "_".join(("ix", scan.table, *scan.columns))
    table = Table(scan.table, MetaData(), *(Column(each) for each in scan.columns), schema=scan.schema)
    index = CreateIndex(Index(name, *table.columns))
    create = " ".join(str(index.compile(dialect=connection.dialect)).split())
    created = contained(lambda: connection.exec_driver_sql(create), seconds=examinee.seconds * PATIENCE)
    outcome = _executed(examinee, connection) if isinstance(created, Returned) else created
    back_to_loaded(connection)
    if not isinstance(outcome, Returned):
        return None
    return TriedIndex(name, scan.table, scan.columns, create, outcome.value.handled, scan.schema)
