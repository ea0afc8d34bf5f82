"""The stages of a check for the hybrids of one target: translation, datasets, made shapes, growth."""

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
from harness.engine.measure import measure_growth, prove_readable, read_query_plan
from harness.engine.schema import missing_extension
from harness.engine.search import replay_known, smallest, survey
from harness.engine.storing import try_storing
from harness.evaluation.containment import ServerLost
from harness.evaluation.loader import Rejected, read_rows
from harness.evaluation.python_side import loaded_session
from harness.generation import Plan, PopulationShape, Ungeneratable, closure, insertion_order, plan_dataset
from harness.rules import judge

MOST_ROWS_KEPT = 100
"""Rows of a counterexample that are kept for a replay; a long chain is made anew faster than it is read."""


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
        """Hybrids that need the same tables and so can share datasets; those without SQL are groups of their own."""
        groups: dict[object, list[Examinee]] = {}
        for examinee in self.examinees:
            with no_warnings():
                alone = not examinee.testable or examinee.arguments
                key = examinee if alone else examinee.tables
            groups.setdefault(key, []).append(examinee)
        return list(groups.values())

    def translation_findings(self, examinee: Examinee) -> list[Finding]:
        """What the rules say before any data; needs no server."""
        with no_warnings(), examinee.clock():
            return self._reported(examinee, judge(examinee.translation))

    def reports(self, group: Sequence[Examinee]) -> list[HybridReport]:
        """Everything about each hybrid of ``group``, examined together as far as they haven't been yet."""
        pending = [examinee for examinee in group if examinee not in self._done]
        with no_warnings():
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
                return findings
            bench = self._able_bench(examinee)
            sides = examinee.sides()
            with (
                bench.loaded_by(script) as connection,
                loaded_session(connection, [sides.python], seconds=self.options.timeout) as session,
            ):
                dataset = Dataset(read_rows(connection, examinee.tables, columns), shape)
                seen = examinee.example(session, dataset, positions=frozenset({position}))
            return [*findings, *judge(seen)]

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
            for examinee in group:
                examinee.reason = f"{problem.what} {problem.hint}"
            return
        able = [examinee for examinee in group if _has_functions(examinee, bench)]
        for examinee in able:
            self._guarded(
                examinee, bench, partial(replay_known, examinee, plan, bench, number=self.options.seed)
            )
        survey(able, plan, bench, examples=self.options.examples, number=self.options.seed)
        for examinee in able:
            self._guarded(examinee, bench, partial(self._follow_up, examinee, plan, bench))
        measure_costs(able, plan, bench, PopulationShape(self.options.scale))

    def _bench(self, group: Sequence[Examinee]) -> Bench:
        """A database for each metadata: two may have tables of one name."""
        metadatas = frozenset(table.metadata for examinee in group for table in examinee.tables)
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

    def _follow_up(self, examinee: Examinee, plan: Plan, bench: Bench) -> None:
        with examinee.clock():
            for identity in list(examinee.found):
                if identity in examinee.shrunk:
                    continue
                found = smallest(
                    examinee,
                    plan,
                    bench,
                    identity,
                    examples=self.options.examples,
                    number=self.options.seed,
                )
                examinee.shrunk[identity] = found or examinee.found[identity]
                examinee.known.remember(identity)
            try_made_shapes(examinee, plan, bench)
            try_storing(examinee, plan, bench)
            measure_growth(examinee, plan, bench)
            if not examinee.translation.compares:
                read_query_plan(examinee, plan, bench)
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


def _wanted(name: str, options: Options) -> bool:
    only = not options.only or any(fnmatchcase(name, glob) for glob in options.only)
    return only and not any(fnmatchcase(name, glob) for glob in options.skip)


@contextmanager
def no_warnings() -> Iterator[None]:
    """Warnings of the user's models are theirs to hear in their own tests; as errors they would change what is seen."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
