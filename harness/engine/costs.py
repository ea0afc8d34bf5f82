"""What the plain select costs on two populations of one shape, and whether an index would make it cheaper."""

import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TypeVar

from sqlalchemy import Column, Connection, Index, MetaData, Table, text
from sqlalchemy.schema import CreateIndex

from harness.core.dataset import Dataset
from harness.core.expression import Operation
from harness.core.observation import (
    Compiled,
    Cost,
    Execution,
    IndexedExpression,
    IndexLookup,
    PlanShape,
    RepeatedScan,
    TriedIndex,
)
from harness.core.outcome import Outcome, Returned, TimedOut
from harness.engine.bench import Bench
from harness.engine.examinee import Examinee
from harness.engine.forms import Form
from harness.evaluation.containment import ServerLost, contained
from harness.evaluation.loader import Rejected
from harness.evaluation.plan_shape import table_reads
from harness.evaluation.query_plan import execution
from harness.evaluation.transaction import back_to_loaded
from harness.generation import Plan, PopulationShape, counting_tables, population
from harness.rules.query_cost import FASTER_THAN_ROWS

PLANNED = PopulationShape(500, fan_out=1)
"""What the plan's shape is told for: so many rows in each table that is read, whichever hybrids are measured, and on whatever
populations."""
GROWTH = 4
"""The second population has so many times the rows of the first."""
PATIENCE = 3
"""Times the limit for one evaluation: the first populations are a hundred times those of a dataset."""
Measured = TypeVar("Measured")
COMPARISONS = frozenset(
    {
        *(
            "eq",
            "ne",
            "lt",
            "le",
            "gt",
            "ge",
            "between",
            "in",
            "not_in",
            "is_distinct_from",
            "is_not_distinct_from",
        ),
        *("like", "ilike", "contains", "startswith", "endswith", "regexp_match"),
    }
)
WORTH_IT = 0.5
"""An index must spare at least this share of the rows that the plan handles, or of the pages that it reads of another index."""
DEEPEST = 4
"""Pages from the root of an index to a leaf, at most, with a hundred million rows: what reads no more reads no part of it."""
MOST_TRIED = 6
"""Indexes that are tried for one select, which is run again with each."""
NO_NAME = re.compile(r"\W+")
MOST_NAME = 63
"""Bytes of a name in PostgreSQL, which cuts off the rest itself."""
LONGER = math.sqrt(GROWTH)
"""A lookup that reads so many times the pages of its index on the larger population is one that reads a part of it, not a way
down its tree: halfway from a depth that hardly changes to the whole."""


def measure_costs(examinees: Sequence[Examinee], plan: Plan, bench: Bench, shape: PopulationShape) -> None:
    """Set the cost of each form of the hybrids' selects, all on the same rows; where one takes too long, on fewer rows.

    A form that can't be measured, for its SQL fails or the server refuses the rows, keeps none; so does a hybrid that reads
    nothing but the row itself. Each hybrid gets the shape of its plan too.
    """
    able = [each for each in examinees if each.testable and not each.reads_own_row_only]
    waiting = {form: each for each in able for form in each.forms if form.plan is not None}
    counting = _counting(waiting, plan)
    if waiting:
        planned = population(plan, PLANNED, counting=counting)
        _on_population(waiting, planned, bench, _plan_shape, statistics=False)
    populated = partial(population, plan, counting=counting, identifying=_identifying(waiting))
    while waiting and shape.rows > 0:
        larger = replace(shape, rows=shape.rows * GROWTH)
        few = _on_population(waiting, populated(shape), bench, _execution)
        answered = {form: seen for form, seen in few.items() if isinstance(seen, Execution)}
        many = {}
        if answered:
            left = {form: waiting[form] for form in answered}
            many = _on_population(left, populated(larger), bench, partial(_with_index, answered))
        for form, (executed, index) in many.items():
            if isinstance(executed, Execution) and form.plan is not None:
                form.plan = replace(form.plan, cost=Cost(answered[form], executed, index))
        slow = [form for form, seen in few.items() if isinstance(seen, TimedOut)]
        slow += [form for form, (seen, _) in many.items() if isinstance(seen, TimedOut)]
        waiting = {form: waiting[form] for form in slow if waiting[form].loss is None}
        shape = replace(shape, rows=shape.rows // GROWTH)


def _counting(forms: Mapping[Form, Examinee], plan: Plan) -> frozenset[str] | None:
    """The tables whose number of rows the selects depend on; None where that is any, for SQL as text says nothing of what it reads."""
    structures = [form.structure for form in forms]
    tables = {name for each in structures for name in each.tables}
    tables |= {table.name for each in forms.values() for table in each.hybrid.tables}
    if any(each.literal for each in structures) or not tables <= {table.name for table in plan.tables}:
        return None
    return counting_tables(plan, tables, {name for each in structures for name in each.columns})


def _identifying(forms: Iterable[Form]) -> frozenset[str]:
    """The columns that the selects compare with other columns and never with a value: rows are found by them."""
    operations = (operation for form in forms for operation in form.structure.operations)
    comparisons = [each for each in operations if each.name in COMPARISONS]
    with_columns = {name for each in comparisons if _compares_columns(each) for name in each.columns}
    with_values = {name for each in comparisons if not _compares_columns(each) for name in each.columns}
    return frozenset(with_columns - with_values)


def _compares_columns(comparison: Operation) -> bool:
    return all(operand.columns for operand in comparison.operands)


def _on_population(
    forms: Mapping[Form, Examinee],
    dataset: Dataset,
    bench: Bench,
    measure: Callable[[Form, Examinee, Connection], Measured | None],
    *,
    statistics: bool = True,
) -> dict[Form, Measured]:
    """What ``measure`` gives for each form; None, and a connection that breaks, end that form or this population."""
    measured: dict[Form, Measured] = {}
    running: Examinee | None = None
    try:
        with bench.populated(dataset, statistics=statistics) as connection:
            for form, examinee in forms.items():
                running = examinee
                with examinee.clock():
                    seen = measure(form, examinee, connection)
                if seen is not None:
                    measured[form] = seen
    except Rejected:
        return {}
    except ServerLost as loss:
        if running is not None:
            running.lose(str(loss))
        bench.recover()
    return measured


def _plan_shape(form: Form, examinee: Examinee, connection: Connection) -> None:
    """That of the first form."""
    if form is not examinee.forms[0]:
        return
    outcome = contained(
        lambda: table_reads(connection, form.select, form.structure.tables), seconds=examinee.seconds
    )
    if isinstance(outcome, Returned):
        examinee.plan_shape = PlanShape(PLANNED.rows, outcome.value)
    else:
        back_to_loaded(connection)


def _execution(form: Form, examinee: Examinee, connection: Connection) -> Execution | TimedOut | None:
    """None where the server refuses the select, or had no answer on a handful of rows."""
    if examinee.endless:
        return None
    outcome = _executed(form.select, connection, seconds=examinee.seconds * PATIENCE)
    if isinstance(outcome, Returned):
        assert isinstance(outcome.value, Execution)
        return outcome.value
    return outcome if isinstance(outcome, TimedOut) else None


def _with_index(
    few: Mapping[Form, Execution], form: Form, examinee: Examinee, connection: Connection
) -> tuple[Execution | TimedOut, TriedIndex | None] | None:
    executed = _execution(form, examinee, connection)
    if isinstance(executed, Execution):
        tried = partial(_tried, form.select, connection, seconds=examinee.seconds * PATIENCE)
        return executed, _worthwhile_index(tried, few[form], executed)
    return None if executed is None else (executed, None)


def _executed(select: Compiled, connection: Connection, *, seconds: float) -> Outcome:
    connection.exec_driver_sql(f"SET LOCAL statement_timeout = {int(seconds * 1000)}")
    outcome = contained(lambda: execution(connection, select), seconds=seconds)
    if not isinstance(outcome, Returned):
        back_to_loaded(connection)
    return outcome


def _worthwhile_index(
    tried: Callable[..., TriedIndex | None], few: Execution, many: Execution
) -> TriedIndex | None:
    """The first index with which the plan handles far fewer rows, or else reads far fewer pages of an index that it replaces."""
    scans: list[tuple[RepeatedScan | IndexLookup, tuple[str, ...]]] = [*_candidates(many.repeated)]
    if many.handled >= few.handled * GROWTH**FASTER_THAN_ROWS:  # what an index finds may be most of the table
        scans += [(each, each.columns) for each in many.lookups if each.columns]
    for scan, columns in scans[:MOST_TRIED]:
        index = tried(scan.table, columns, scan.schema)
        if index is not None and index.handled <= many.handled * (1 - WORTH_IT):
            return index
    longer = _ever_longer(few.lookups, many.lookups)
    for lookup, columns in ((each, columns) for each in longer for columns in _in_order(each)):
        index = tried(lookup.table, columns, lookup.schema)
        if index is not None and many.pages - index.pages >= WORTH_IT * lookup.pages * lookup.loops:
            return replace(index, instead_of=lookup.index)
    return None


def _candidates(repeated: Sequence[RepeatedScan]) -> Iterator[tuple[RepeatedScan, tuple[str, ...]]]:
    """The repeated scans of which an index could do a part, the costliest first, each with what the index would hold.

    One on expressions comes after one on columns, which the server can use for more.
    """
    costliest_first = sorted(repeated, key=lambda scan: -scan.loops * scan.rows)
    choices = ((scan, columns) for scan in costliest_first for columns in (scan.columns, scan.expressions))
    yield from dict.fromkeys((scan, columns) for scan, columns in choices if columns)


def _ever_longer(few: Sequence[IndexLookup], many: Sequence[IndexLookup]) -> Iterator[IndexLookup]:
    """The lookups that read the more of their index the more there is of it, as those by another column than its first."""
    before = {(each.table, each.index, each.columns): each.pages for each in few}
    for lookup in many:
        pages = before.get((lookup.table, lookup.index, lookup.columns), 0)
        if lookup.columns and pages and lookup.pages >= max(pages * LONGER, DEEPEST):
            yield lookup


def _in_order(lookup: IndexLookup) -> list[tuple[str, ...]]:
    """What an index for the lookup begins with, and all that it could hold."""
    both = (lookup.columns, (*lookup.columns, *lookup.bounded))
    return list(dict.fromkeys(both))


def _tried(
    select: Compiled,
    connection: Connection,
    table: str,
    columns: tuple[str, ...],
    schema: str | None,
    *,
    seconds: float,
) -> TriedIndex | None:
    """Create the index, run the select again, and undo both."""
    words = "_".join((table, *(NO_NAME.sub("_", each).strip("_") for each in columns)))
    name = f"ix_{words}".lower()[:MOST_NAME]
    plain = [each for each in columns if not isinstance(each, IndexedExpression)]
    index = Index(name, *(text(each) if isinstance(each, IndexedExpression) else each for each in columns))
    Table(table, MetaData(), *map(Column, plain), index, schema=schema)
    create = " ".join(str(CreateIndex(index).compile(dialect=connection.dialect)).split())
    created = contained(lambda: connection.exec_driver_sql(create), seconds=seconds)
    outcome = _executed(select, connection, seconds=seconds) if isinstance(created, Returned) else created
    back_to_loaded(connection)
    if not isinstance(outcome, Returned):
        return None
    done: Execution = outcome.value
    return TriedIndex(name, table, columns, create, done.handled, done.pages, schema)
