"""One hybrid under examination: both of its sides, ready to be evaluated on a loaded dataset."""

import datetime as dt
import re
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from sqlalchemy import ClauseElement, Column, Connection, Table
from sqlalchemy.orm import RelationshipProperty, Session

from harness.core.dataset import Dataset
from harness.core.expression import Operation
from harness.core.finding import Finding, Severity
from harness.core.hybrid import Hybrid
from harness.core.observation import (
    Answer,
    ClassLevel,
    Compiled,
    Cost,
    Example,
    Growth,
    Key,
    LeftBehind,
    PlanShape,
    ProcessEnd,
    QueryPlan,
    ServerLoss,
    Structure,
    Survey,
    Translation,
)
from harness.core.outcome import Outcome, Returned, stopped
from harness.core.policy import EXACT, Policy
from harness.core.report import HybridReport, Stats
from harness.core.watch import watch
from harness.discovery import Discovered
from harness.discovery.reads import PLAIN
from harness.engine.calls import arguments, uncallable
from harness.engine.forms import Form, forms_of
from harness.engine.known_failures import Identity, KnownFailures
from harness.engine.shown_sql import ShownSql
from harness.engine.tally import Tally
from harness.evaluation.comparison_side import ComparisonSide
from harness.evaluation.containment import contained
from harness.evaluation.custody import Custody
from harness.evaluation.evaluator_side import EvaluatorSide
from harness.evaluation.loader import Rejected
from harness.evaluation.positions import SELECT
from harness.evaluation.python_side import PythonSide, Unloadable
from harness.evaluation.sql_side import SqlSide
from harness.evaluation.structure import columns_in, structure_of, tables_in
from harness.evaluation.subject import Subject
from harness.evaluation.transaction import back_to_loaded
from harness.evaluation.translation import bound, translate
from harness.generation import closure, matching
from harness.rules import judge
from harness.rules.cause import differences
from harness.rules.causes import CAUSE_CODES
from harness.rules.query_cost import FASTER_THAN_ROWS

MATCHES_TEXT = re.compile(
    r"\b(I?LIKE|position|strpos|regexp_\w+|split_part|string_to_array|[blr]?trim|replace|translate)\b|~|\bSIMILAR TO\b"
)
"""SQL that looks for text within text, or takes it apart there."""
PATTERNED = re.compile(r"~|\bregexp_\w+|\bSIMILAR TO\b")
MATCHING = 4
"""Texts that are tried for each of them."""
PATTERN_FUNCTIONS = frozenset({"match", "search", "fullmatch", "findall", "finditer", "sub", "subn"})
MEANT_OTHERWISE = str.maketrans({"_": "x", "%": "xx"})
"""What a wildcard stands for that was not meant as one."""


@dataclass(frozen=True, slots=True)
class Reach:
    """What a hybrid can get to: tables to fill, and the columns in them that either side reads."""

    tables: frozenset[Table]
    columns: frozenset[Column[object]]


@dataclass(frozen=True, slots=True)
class Sides:
    """The two implementations, ready to be evaluated, and who is asked where they are apart."""

    python: PythonSide
    sql: SqlSide
    evaluator: EvaluatorSide


class Examinee:
    """A hybrid with what was seen of it so far. ``seconds`` bounds each single evaluation."""

    def __init__(self, discovered: Discovered, *, seconds: float, policy: Policy = EXACT) -> None:
        self.discovered = discovered
        self.hybrid: Hybrid = discovered.hybrid
        self.arguments = arguments(discovered)
        plainest = None if self.arguments is None else tuple(values[0] for values in self.arguments if values)
        self.subject = Subject(discovered.mapper, self.hybrid.attribute, discovered.mapper.class_, plainest)
        self._sides: dict[str, Sides] = {}
        self.tally = Tally()
        self.found: dict[Identity, Finding] = {}
        self.shrunk: dict[Identity, Finding] = {}
        identity = f"{self.hybrid.module}:{self.hybrid.name}"
        self.known = KnownFailures(identity)
        self.seconds = seconds
        self._policy = policy
        self.reason = discovered.obstacle or uncallable(discovered, self.arguments)
        self.loss: ServerLoss | None = None
        self.bereft = False
        self.endless = False
        """Whether the plain select had to be stopped on a handful of rows: it is asked for nothing that it would have to answer."""
        self.growth: Growth | None = None
        self.plan_shape: PlanShape | None = None
        self._spent = 0.0
        self._custody = Custody(self.hybrid.name, identity)
        how = watch.get().ended.get(identity)
        self.end = None if how is None else ProcessEnd(self.hybrid, how)
        self.unloadable: list[Rejected] = []

    @cached_property
    def translation(self) -> Translation:
        """The SQL side before any data; unknown where neither may be run, or nothing is known to call a method with."""
        barred = self.discovered.obstacle is not None or self.end is not None
        if barred or (self.arguments and not all(self.arguments)):
            return Translation(self.hybrid, Returned(ClassLevel("unknown", "", "")))
        with self._custody.turn():
            return translate(self.hybrid, self.subject, seconds=self.seconds)

    def sides(self, arguments: tuple[Any, ...] = ()) -> Sides:
        """Both sides, called with ``arguments`` if the hybrid is a method; statements are built once for the same ones."""
        key = repr(arguments)
        if key not in self._sides:
            subject = self.subject.called_with(arguments) if arguments else self.subject
            self._sides[key] = Sides(
                PythonSide(
                    subject,
                    self.discovered.reads.relationships,
                    seconds=self.seconds,
                    temporal=self.translation.structure.temporal,
                ),
                SqlSide(subject, self.translation.structure, seconds=self.seconds),
                EvaluatorSide(subject, seconds=self.seconds),
            )
        return self._sides[key]

    @property
    def testable(self) -> bool:
        """Whether there is SQL to run, and a value for every argument."""
        return self.reason is None and self.translation.runs

    @cached_property
    def constants(self) -> tuple[Any, ...]:
        """Plain values in the code of the getter and in the SQL, and as tuples the paths that the SQL takes into documents."""
        bound = tuple(self.compiled_select.parameters.values()) if self.translation.runs else ()
        plain = (each for each in bound if isinstance(each, PLAIN) and not isinstance(each, bool))
        found = [*self.discovered.reads.constants, *plain]
        texts = [each for each in found if isinstance(each, str)]
        if self.translation.runs and MATCHES_TEXT.search(self.compiled_select.sql):
            found += [variant for each in texts for variant in _around(each)]
        if self._uses_patterns:
            patterns = (each for each in texts if re.escape(each) != each)
            matches = [text for each in patterns for text in matching(each)[:MATCHING]]
            found += [*matches, *(variant for text in matches for variant in (f"x{text}", f"{text}x"))]
        beside = [near for each in found for near in _beside(each)]
        paths = [tuple(each) for each in bound if isinstance(each, list)]  # into JSON documents
        paths += _paths(self.translation.structure.operations)
        parts = (part for each in found if isinstance(each, str) for part in _parts(each))
        return (*found, *beside, *parts, *paths)

    @property
    def _uses_patterns(self) -> bool:
        """Whether a side looks for regular expressions."""
        in_sql = self.translation.runs and PATTERNED.search(self.compiled_select.sql) is not None
        return in_sql or not self.hybrid.python.names.isdisjoint(PATTERN_FUNCTIONS)

    @cached_property
    def reach(self) -> Reach:
        """Tables and columns of both sides."""
        reads = self.discovered.reads
        tables = {table for mapper in reads.mappers for table in mapper.tables if isinstance(table, Table)}
        columns: set[Column[object]] = set(reads.columns)
        for element in (each for relationship in reads.relationships for each in _loading(relationship)):
            tables |= tables_in(element)
            columns |= columns_in(element)
        if self.translation.runs:
            with self._custody.turn():  # the expression is built anew
                statement = self.subject.select()
            tables |= tables_in(statement)
            columns |= columns_in(statement)
        return Reach(frozenset(tables), frozenset(columns))

    def example(
        self, session: Session, dataset: Dataset, *, positions: frozenset[str] | None = None
    ) -> Example:
        """Evaluate both sides on the rows that ``session`` sees; of the further ``positions`` all, or those named."""
        with self.clock():
            connection = session.connection()
            seen = self._seen(session, connection, dataset, positions)
            back_to_loaded(connection)  # either side may have written, or set something
            return seen

    def _seen(
        self, session: Session, connection: Connection, dataset: Dataset, positions: frozenset[str] | None
    ) -> Example:
        sides = self.sides(dataset.arguments)
        if self.translation.compares:
            return self._compared(session, dataset, sides)
        select = sides.sql.select(connection)
        answers: tuple[Answer, ...] = ()
        if isinstance(select, Returned) and positions != frozenset():
            answers = tuple(sides.sql.answers(connection, select.value, only=positions))
        python = self._python(session, sides, select)
        structure = self.translation.structure
        seen = Example(self.hybrid, structure, dataset, python, select, answers, policy=self._policy)
        apart = [each.key for each in differences(seen)]
        if not apart:
            return seen
        return replace(
            seen,
            structure=self._structure(dataset.arguments),
            evaluated=sides.evaluator.evaluate(session, apart),
        )

    def _structure(self, arguments: tuple[Any, ...]) -> Structure:
        """That of the SQL for ``arguments``, whose values stand in it."""
        if not arguments:
            return self.translation.structure
        called = self.subject.called_with(arguments)
        read = contained(lambda: structure_of(called, called.element, ()), seconds=self.seconds)
        return read.value if isinstance(read, Returned) else self.translation.structure

    def _python(self, session: Session, sides: Sides, select: Outcome) -> Mapping[Key, Outcome]:
        """The getter's side; none where what fails the select of the hybrid fails that of its class too."""
        try:
            return sides.python.evaluate(session)
        except Unloadable:
            if isinstance(select, Returned):
                raise
            return {}

    def _compared(self, session: Session, dataset: Dataset, sides: Sides) -> Example:
        """The example of a hybrid that has no value to select."""
        python = sides.python.evaluate(session)
        comparison = ComparisonSide(self.subject, seconds=self.seconds)
        matches = tuple(comparison.matches(session.connection(), python))
        wrong = {key: outcome for key, outcome in python.items() if not isinstance(outcome, Returned)}
        return Example(self.hybrid, self.translation.structure, dataset, wrong, Returned(()), matches=matches)

    def record(self, seen: Example, *, datasets: int = 1) -> None:
        """Count the example of so many datasets, and keep the first finding of each defect."""
        self.bereft = False
        self.endless = self.endless or stopped(seen.select)
        self.tally.count(seen, datasets=datasets)
        self.keep(judge(seen))

    def shows_new(self, seen: Example) -> bool:
        """Whether the rules say more of the example than is known."""
        return any(self._known(finding) is None for finding in judge(seen))

    def _known(self, finding: Finding) -> Finding | None:
        """What was found earlier of the same defect."""
        return next((each for each in self.found.values() if _one_defect(finding, each)), None)

    def keep(self, findings: Iterable[Finding]) -> None:
        """Keep those of defects that are not known yet."""
        for finding in findings:
            known = self._known(finding)
            if known is None:
                self.found[finding.identity] = finding
            elif finding.rule in CAUSE_CODES:
                self.found[known.identity] = known.with_positions_of(finding)

    @property
    def nothing_seen(self) -> bool:
        """Whether there was one value only, and nothing wrong with it."""
        serious = any(finding.severity is not Severity.INFO for finding in self.found.values())
        return self.tally.distinct_values <= 1 and not serious

    def judge_rejections(self, rejections: Sequence[Rejected]) -> None:
        """Call the hybrid untested where the server accepted less than half of the datasets."""
        self.tally.rejected = len(rejections)
        if len(rejections) > self.tally.examples and self.loss is None:
            reason = str(rejections[-1]).splitlines()[0]
            drawn = self.tally.examples + len(rejections)
            if isinstance(rejections[-1], Unloadable):
                self.reason = (
                    f"{self.tally.examples} of {drawn} datasets could be loaded by the class: {reason}"
                )
            else:
                self.reason = f"the server accepted {self.tally.examples} of {drawn} datasets: {reason}"

    def lose(self, message: str) -> None:
        """Note that the server went away under this hybrid; the second time in a row it is the hybrid's doing."""
        if self.bereft:
            self.loss = ServerLoss(self.hybrid, message)
        self.bereft = True

    def findings(self) -> list[Finding]:
        """All that the rules say of what was seen with data, the smallest counterexample for each."""
        found = {**self.found, **{key: self._with_positions(each) for key, each in self.shrunk.items()}}
        left_behind = LeftBehind(self.hybrid, self._custody.left_behind)
        others = [
            self.loss,
            self.end,
            left_behind,
            self.growth,
            *self.query_plans,
            self._survey,
        ]
        told = {each.identity: each for seen in reversed(others) for each in judge(seen)}
        return [*_one_of_each(found.values()), *told.values()]

    @property
    def _survey(self) -> Survey:
        return self.tally.survey(self.hybrid, self.translation.structure)

    def _with_positions(self, shrunk: Finding) -> Finding:
        """Shrinking looked at one position only; the others were seen before."""
        seen = self.found.get(shrunk.identity)
        return shrunk if seen is None else replace(shrunk, also=seen.also)

    def report(self, findings: Sequence[Finding]) -> HybridReport:
        """The report with those of the findings that are wanted."""
        stats = Stats(
            self.tally.examples,
            self.tally.comparisons,
            self.tally.distinct_values,
            self.tally.nulls,
            self.growth,
            self._spent,
            self.tally.rejected,
            self._cost,
        )
        worst_first = sorted(
            map(_told, findings), key=lambda finding: (-finding.severity.rank, finding.rule, finding.position)
        )
        select = self.translation.statements.get("select")
        sql = self.shown.compiled.sql if isinstance(select, Returned) else None
        return HybridReport(self.hybrid, tuple(worst_first), self.reason, stats, sql)

    @cached_property
    def shown(self) -> ShownSql:
        """The select as people read it; only for a hybrid that runs."""
        return ShownSql(self.subject, self.compiled_select, seconds=self.seconds)

    @property
    def facts(self) -> dict[str, str | tuple[str, ...]]:
        """What a snapshot says below the SQL."""
        return self.shown.facts(
            self.translation.structure,
            self.growth,
            self.plan_shape,
            own_row_only=self.reads_own_row_only,
            faster_than_rows=self._faster_than_rows,
        )

    @property
    def reads_own_row_only(self) -> bool:
        """Whether the SQL is an expression over the row's columns, which costs the same for each row whatever others there are."""
        structures = [form.structure for form in self.forms] or [self.translation.structure]
        return all(
            not (each.subqueries or each.literal) and set(each.tables) <= {self.table} for each in structures
        )

    @property
    def _faster_than_rows(self) -> bool | None:
        """Whether the select's cost grows faster than the rows; None where that is not known."""
        if self.reads_own_row_only:
            return False
        return None if self._cost is None else self._cost.exponent >= FASTER_THAN_ROWS

    @property
    def _cost(self) -> Cost | None:
        """What the costliest form costs."""
        costs = (each.cost for each in self.query_plans)
        return next((cost for cost in costs if cost is not None), None)

    @property
    def query_plans(self) -> list[QueryPlan]:
        """Those of all forms that the server was asked about, the fastest growing first."""
        plans = [form.plan for form in self.forms if form.plan is not None] if self.testable else []
        return sorted(plans, key=lambda plan: -1.0 if plan.cost is None else plan.cost.exponent, reverse=True)

    @property
    def compiled_select(self) -> Compiled:
        """The select as the compiler renders it; only for a hybrid that runs."""
        select = self.translation.statements["select"]
        assert isinstance(select, Returned)
        assert isinstance(select.value, Compiled)
        return select.value

    @cached_property
    def bound_select(self) -> Compiled:
        """The same with its parameters as their types bind them; raises what a type raises."""
        return bound(self.subject.select())

    @cached_property
    def forms(self) -> tuple[Form, ...]:
        """What the select looks like; only for a hybrid that runs."""
        with self._custody.turn():
            return forms_of(
                self.subject, self.arguments or (), self.translation.structure, seconds=self.seconds
            )

    @property
    def table(self) -> str:
        """The full name of the hybrid's own table; empty where the class is mapped to a select or a union."""
        table = self.discovered.mapper.local_table
        return table.fullname if isinstance(table, Table) else ""

    @cached_property
    def tables(self) -> frozenset[Table]:
        """Every table that needs rows, those that foreign keys ask for included."""
        return closure(self.reach.tables, self.reach.columns)

    @contextmanager
    def clock(self) -> Iterator[None]:
        """This hybrid's turn: its time is counted, and what it does to the process is undone."""
        start = time.monotonic()
        try:
            with self._custody.turn():
                yield
        finally:
            self._spent += time.monotonic() - start


def _one_defect(finding: Finding, known: Finding) -> bool:
    """Whether both tell of one defect: they share a position, or one cause shows now here, now there, beside the plain select."""
    same_cause = finding.rule == known.rule and finding.rule in CAUSE_CODES
    return finding.overlaps(known) or (same_cause and SELECT not in (finding.position, known.position))


def _one_of_each(findings: Iterable[Finding]) -> list[Finding]:
    """The first of each defect: an earlier run may have kept it from a position where this one did not see it first."""
    first: list[Finding] = []
    for finding in findings:
        if not any(_one_defect(finding, each) for each in first):
            first.append(finding)
    return first


def _told(finding: Finding) -> Finding:
    """The finding with its other positions in the message."""
    if not finding.also:
        return finding
    others = ", ".join(map(repr, finding.also))
    return replace(finding, message=f"{finding.message} The same in {others}.", also=())


def _loading(relationship: RelationshipProperty[Any]) -> Iterator[ClauseElement]:
    """What decides which rows a relationship has, and in what order."""
    joins = (relationship.primaryjoin, relationship.secondaryjoin)
    yield from (join for join in joins if join is not None)
    yield from relationship.order_by or ()


def _paths(operations: Sequence[Operation]) -> Iterator[tuple[str, ...]]:
    """The keys of ``column[key][key]``, which are one path into a document."""
    steps = [each for each in operations if each.name in ("->", "->>") and len(each.operands) == len("->")]
    taken = {each.shown: each for each in steps}
    for step in steps:
        keys = [step.operands[1].value]
        while (inner := taken.get(step.operands[0].shown)) is not None and inner is not step:
            step = inner  # noqa: PLW2901 - goes down
            keys.insert(0, step.operands[1].value)
        if len(keys) > 1 and all(isinstance(each, str) for each in keys):
            yield tuple(keys)


def _parts(text: str) -> list[str]:
    """The words of ``text``, where it has several: a getter may put them together from columns."""
    words = re.split(r"[^\w]+", text)
    return [word for word in words if word] if len(words) > 1 else []


def _around(text: str) -> tuple[str, ...]:
    """Texts that hold ``text`` in another place or another case, twice, before a number, or what it means as a pattern."""
    within = (f"x{text}", f"{text}x", f"x{text}x", f"x{text}x{text}x", f"x{text}1")
    return (
        *within,
        text.upper(),
        text.lower(),
        text.translate(MEANT_OTHERWISE),
    )


def _beside(constant: object) -> Iterator[object]:
    """The neighbours of a whole number, and what comes right after a moment: the clock may have moved on since."""
    if type(constant) is int:
        yield from (constant - 1, constant + 1)
    elif isinstance(constant, dt.datetime):
        yield constant + dt.timedelta(microseconds=1)
