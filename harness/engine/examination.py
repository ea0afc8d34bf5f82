"""The stages of a check for the hybrids of one target: translation, datasets, made shapes, growth."""

import gc
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from fnmatch import fnmatchcase
from functools import partial

from sqlalchemy import MetaData, Table

from harness.config import Options
from harness.core.dataset import Dataset
from harness.core.errors import EnvironmentProblem, HarnessError
from harness.core.finding import Finding
from harness.core.report import HybridReport
from harness.discovery import Discovered
from harness.engine.acceptance import Acceptances, policy_of
from harness.engine.bench import Bench, SchemaProblem, Servers
from harness.engine.costs import measure_costs
from harness.engine.examinee import Examinee
from harness.engine.extensions import FUNCTIONS
from harness.engine.made_shapes import try_made_shapes
from harness.engine.measure import measure_growth, prove_readable, read_query_plans
from harness.engine.schema import missing_extension
from harness.engine.shrinking import replay_known, smallest
from harness.engine.storing import try_storing
from harness.engine.survey import survey
from harness.engine.tally import Tally
from harness.evaluation.containment import ServerLost
from harness.evaluation.loader import Rejected, read_rows
from harness.evaluation.python_side import loaded_session
from harness.generation import Plan, PopulationShape, Ungeneratable, closure, insertion_order, plan_dataset
from harness.rules import judge

MOST_ROWS_KEPT = 100
"""Rows of a counterexample that are kept for a replay; a long chain is made anew faster than it is read."""
MOST_TABLES = 2
"""Datasets serve a hybrid too that have so many times the tables that it needs."""
MOST_REJECTED = 0.5
"""Of the datasets of hybrids with different tables; beyond that, each has datasets of its own tables."""
YOUNG = 10_000
"""New objects between two looks of the garbage collector, where Python has it look after 700 or 2,000."""


class Untestable(EnvironmentProblem):
    """A hybrid that can't be run at all, for the reason given."""


class Examination:
    """Runs every stage of a hybrid once, when its report is first asked for."""

    def __init__(self, discovered: Iterable[Discovered], servers: Servers, options: Options) -> None:
        self.options = options
        self._servers = servers
        self._benches: dict[frozenset[MetaData], Bench] = {}
        self.examinees = [
            Examinee(each, seconds=options.timeout, policy=policy_of(each.hybrid.name, options.hybrid))
            for each in discovered
            if _wanted(each.hybrid.name, options)
        ]
        self._done: set[Examinee] = set()
        self.acceptances = Acceptances(options)

    def close(self) -> None:
        """Leave nothing on the server."""
        for bench in self._benches.values():
            bench.close()

    @property
    def notices(self) -> list[str]:
        """What the server would not take and no hybrid needs, and what can't be kept."""
        said = [notice for bench in self._benches.values() for notice in bench.schema.notices]
        said += [examinee.known.notice for examinee in self.examinees if examinee.known.notice]
        return list(dict.fromkeys(said))

    def groups(self) -> list[list[Examinee]]:
        """Hybrids that can share datasets, as their tables are the same or nearly so; those without SQL are groups of their own."""
        with no_warnings():
            sharing = {each: each.tables for each in self.examinees if each.testable and not each.arguments}
        hosts = _hosts(dict.fromkeys(sharing.values()))
        groups: dict[object, list[Examinee]] = {}
        for examinee in self.examinees:
            key = hosts[sharing[examinee]] if examinee in sharing else examinee
            groups.setdefault(key, []).append(examinee)
        return list(groups.values())

    def translation_findings(self, examinee: Examinee) -> list[Finding]:
        """What the rules say before any data; needs no server."""
        with no_warnings(), examinee.clock():
            return self._reported(examinee, judge(examinee.translation))

    def reports(self, group: Sequence[Examinee]) -> list[HybridReport]:
        """Everything about each hybrid of ``group``, examined together as far as they haven't been yet."""
        pending = [examinee for examinee in group if examinee not in self._done]
        with no_warnings(), young_garbage():
            self._examine([examinee for examinee in pending if examinee.testable])
        self._done.update(pending)
        return [self._report(examinee) for examinee in group]

    def ready(self, group: Sequence[Examinee]) -> tuple[Bench, Plan]:
        """Where the hybrids of ``group`` can be run, and how their datasets are drawn.

        Raises SchemaProblem or Ungeneratable where there is no place for their rows.
        """
        bench = self._bench(group)
        return bench, self._plan(group, bench)

    def on_rows(
        self, script: Sequence[str], columns: Mapping[str, Sequence[str]], shape: str, position: str
    ) -> list[Finding]:
        """What the rules say of the only hybrid, in ``position``, on the rows that ``script`` inserts.

        ``columns`` are those of the rows that are worth showing, by table. Raises Rejected where the server does not take the
        rows, SchemaProblem or Ungeneratable where there is no place for them, Untestable where the hybrid can't be run at
        all, ServerLost where the server went away.
        """
        (examinee,) = self.examinees
        with no_warnings():
            findings = [*judge(examinee.translation), *judge(examinee.end)]
            if examinee.reason is None and not examinee.testable:
                return self._reported(examinee, findings)
            bench = self._able_bench(examinee)
            sides = examinee.sides()
            with (
                bench.loaded_by(script) as connection,
                loaded_session(connection, [sides.python], seconds=self.options.timeout) as session,
            ):
                dataset = Dataset(read_rows(connection, examinee.tables, columns), shape)
                seen = examinee.example(session, dataset, positions=frozenset({position}))
            return self._reported(examinee, [*findings, *judge(seen)])

    def _able_bench(self, examinee: Examinee) -> Bench:
        if examinee.testable:
            bench, _ = self.ready([examinee])
            if _has_functions(examinee, bench):
                return bench
        assert examinee.reason is not None
        raise Untestable(f"{examinee.hybrid.name} was not tested: {examinee.reason}", hint="")

    def _examine(self, group: Sequence[Examinee]) -> None:
        """All stages that need a server; what stands in the way makes the hybrids untested, with the reason."""
        if not group:
            return
        try:
            bench, plan = self.ready(group)
        except (Ungeneratable, SchemaProblem) as problem:
            if not self._parted(group):
                for examinee in group:
                    examinee.reason = f"{problem.what} {problem.hint}"
            return
        able = [examinee for examinee in group if _has_functions(examinee, bench)]
        own = {examinee: self._plan([examinee], bench) if len(group) > 1 else plan for examinee in able}
        plans = {examinee: _plans_for(plan, own[examinee]) for examinee in able}
        for examinee in able:
            replay = partial(replay_known, examinee, plans[examinee], bench, number=self.options.seed)
            self._guarded(examinee, bench, replay)
        rejections = self._survey(able, plan, bench)
        if len(rejections) > self.options.examples * MOST_REJECTED and self._parted(able):
            return
        for examinee in able:
            # By its own plan a hybrid's columns take the values that its own code names, and no others' names.
            again = len(able) > 1 and examinee.nothing_seen
            more = self._survey([examinee], own[examinee], bench) if again else []
            examinee.judge_rejections([*rejections, *more, *examinee.unloadable])
        for examinee in able:
            follow_up = partial(self._follow_up, examinee, plans[examinee], own[examinee], bench)
            self._guarded(examinee, bench, follow_up)
        measure_costs(able, plan, bench, _shape(self.options))

    def _survey(self, examinees: Sequence[Examinee], plan: Plan, bench: Bench) -> list[Rejected]:
        return survey(examinees, plan, bench, examples=self.options.examples, number=self.options.seed)

    def _parted(self, group: Sequence[Examinee]) -> bool:
        """Examine those apart that have the same tables, for what is wrong with one table is no matter of hybrids that do without."""
        parts: dict[frozenset[Table], list[Examinee]] = {}
        for examinee in group:
            parts.setdefault(examinee.tables, []).append(examinee)
        if len(parts) == 1:
            return False
        for part in parts.values():
            for examinee in part:
                examinee.tally = Tally()
            self._examine(part)
        return True

    def _bench(self, group: Sequence[Examinee]) -> Bench:
        """A database for each metadata: two may have tables of one name."""
        metadatas = _metadatas(table for examinee in group for table in examinee.tables)
        if metadatas not in self._benches:
            self._benches[metadatas] = Bench(self._servers, metadatas, seconds=self.options.timeout)
        return self._benches[metadatas]

    def _plan(self, group: Sequence[Examinee], bench: Bench) -> Plan:
        tables: frozenset[Table] = frozenset().union(*(examinee.tables for examinee in group))
        columns = frozenset().union(*(examinee.reach.columns for examinee in group))
        constants = dict.fromkeys(value for examinee in group for value in examinee.constants)
        mappers = [mapper for examinee in group for mapper in examinee.discovered.reads.mappers]
        arguments = (group[0].arguments or ()) if len(group) == 1 else ()
        behind_views = bench.behind_views(tables)
        tables = tables - bench.schema.views.keys() | behind_views
        columns |= {column for table in behind_views for column in table.columns}
        bench.prepare(insertion_order(closure(tables, columns)))
        return plan_dataset(
            tables, columns, constants=constants, mappers=mappers, arguments=arguments, ask=bench.passing
        )

    def _follow_up(self, examinee: Examinee, plans: Sequence[Plan], own: Plan, bench: Bench) -> None:
        """``own`` is the hybrid's plan whatever others are examined with it, so that what a snapshot says is always the same."""
        plan = plans[0]
        with examinee.clock():
            for identity, first in list(examinee.found.items()):
                if identity in examinee.shrunk or first.counterexample is None:
                    continue
                found = smallest(
                    examinee,
                    plans,
                    bench,
                    identity,
                    examples=self.options.examples,
                    number=self.options.seed,
                )
                examinee.shrunk[identity] = found or examinee.found[identity]
                examinee.known.remember(identity)
            try_made_shapes(examinee, plan, bench)
            try_storing(examinee, plan, bench)
            measure_growth(examinee, own, bench)
            if not examinee.translation.compares:
                read_query_plans(examinee, plan, bench)
            prove_readable(examinee, plan, bench)

    def _guarded(self, examinee: Examinee, bench: Bench, stage: Callable[[], None]) -> None:
        """Run the stage, a second time where the server went away under it for the first."""
        for _ in range(2):
            try:
                stage()
            except ServerLost as loss:
                examinee.lose(str(loss))
                bench.recover()
            else:
                examinee.bereft = False
                return

    def _report(self, examinee: Examinee) -> HybridReport:
        findings = [*judge(examinee.translation), *examinee.findings()]
        return examinee.report(
            [self._with_statements(examinee, each) for each in self._reported(examinee, findings)]
        )

    def _with_statements(self, examinee: Examinee, finding: Finding) -> Finding:
        """The finding with the SQL that inserts its rows, where they are few and no argument belongs to them."""
        example = finding.counterexample
        if example is None or not 0 < example.dataset.size <= MOST_ROWS_KEPT or example.dataset.arguments:
            return finding
        try:
            statements = self._bench([examinee]).script(example.dataset)
        except (Rejected, HarnessError):
            return finding
        return replace(finding, counterexample=replace(example, statements=statements))

    def _reported(self, examinee: Examinee, findings: Iterable[Finding]) -> list[Finding]:
        """Those of the rules that are wanted; what the project accepts as info."""
        return [
            self.acceptances.told(examinee.hybrid.name, finding)
            for finding in findings
            if self.options.looks_for(finding.rule)
        ]


def _has_functions(examinee: Examinee, bench: Bench) -> bool:
    """Whether the server has the functions of extensions that the SQL calls; a hybrid without them is untested."""
    missing = bench.missing_functions(examinee.compiled_select.sql)
    if missing:
        reasons = (
            f"the server has no function {name}(). {missing_extension(FUNCTIONS[name], bench.permission)}"
            for name in missing
        )
        examinee.reason = " ".join(reasons)
    return not missing


def _plans_for(shared: Plan, own: Plan) -> list[Plan]:
    """The plan of nothing but a hybrid's ``own`` tables, for the smallest data, and the ``shared`` one, by which things are found."""
    return [own, shared] if len(own.tables) < len(shared.tables) else [shared]


def _hosts(sets: Iterable[frozenset[Table]]) -> dict[frozenset[Table], frozenset[Table]]:
    """For each set of tables the one whose datasets serve it too: the smallest that has all its tables and not many more."""
    hosts: dict[frozenset[Table], frozenset[Table]] = {}
    for tables in sorted(sets, key=len, reverse=True):
        serving = (
            host
            for host in hosts.values()
            if tables <= host
            and len(host) <= len(tables) * MOST_TABLES
            and _metadatas(tables) == _metadatas(host)
        )
        hosts[tables] = min(serving, key=len, default=tables)
    return hosts


def _metadatas(tables: Iterable[Table]) -> frozenset[MetaData]:
    return frozenset(table.metadata for table in tables)


def _shape(options: Options) -> PopulationShape:
    """That of the smaller population."""
    return PopulationShape(options.scale, options.fan_out, options.depth, options.childless, options.skew)


def _wanted(name: str, options: Options) -> bool:
    only = not options.only or any(fnmatchcase(name, glob) for glob in options.only)
    return only and not any(fnmatchcase(name, glob) for glob in options.skip)


@contextmanager
def no_warnings() -> Iterator[None]:
    """Warnings of the user's models are theirs to hear in their own tests; as errors they would change what is seen."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@contextmanager
def young_garbage() -> Iterator[None]:
    """The garbage collector looks at nothing that was there before, and at what is new less often.

    Modules and models are most of what there is, and stay; rows come by the thousand, and go without it.
    """
    thresholds = first, *others = gc.get_threshold()
    if gc.get_freeze_count() or not first:  # somebody has decided already
        yield
        return
    gc.freeze()
    gc.set_threshold(max(first, YOUNG), *others)
    try:
        yield
    finally:
        gc.set_threshold(*thresholds)
        gc.unfreeze()
