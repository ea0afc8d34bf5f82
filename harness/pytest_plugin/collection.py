"""Turns the hybrids of a run into pytest nodes, and keeps what they share until the end of the session."""

import difflib
import sys
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import ExitStack, nullcontext
from pathlib import Path
from typing import Any

import pytest

from harness.config import Options, checked, overridden, read_options
from harness.core.errors import EnvironmentProblem, HarnessError, UsageProblem
from harness.core.flags import PYTEST_FLAGS
from harness.database import Server, announced, start_server
from harness.discovery import discover, load_target, prepared
from harness.engine import Examination, Examinee, Servers
from harness.engine.acceptance import refuse_idle_policies
from harness.engine.kept_findings import FOLDER
from harness.pytest_plugin.items import FACETS, TOLD, HybridNode
from harness.pytest_plugin.unfinished import noted, unfinished
from harness.pytest_plugin.wanted import ROOT, Wanted
from harness.snapshot import install

UNFINISHED = (
    "a run before this one ended while {0} was evaluated; if that ends this one too, `pytest -n 1` goes on with the other tests, and "
    "`hybrid-harness check` with the other hybrids"
)


class HybridPlugin:
    """Adds the hybrids to what a session collects. Raises pytest.UsageError for options that can't be meant."""

    def __init__(self, config: pytest.Config, wanted: Wanted) -> None:
        self.wanted = wanted
        try:
            self.options = run_options(config)
        except HarnessError as error:
            raise pytest.UsageError(str(error)) from error
        self.folder = Path.cwd()
        self._stack = ExitStack()
        self._kept = config.rootpath / FOLDER
        self._alone = not hasattr(config, "workerinput")  # of a worker that ends pytest-xdist tells
        self._unfinished = unfinished(self._kept) if self._alone else []
        self.servers = Servers(
            _tried_once(lambda: start_server(self.options.database)),
            create_extensions=self.options.create_extensions,
        )
        self._stack.callback(self.servers.stop)
        install(config, every_target=wanted.complete)

    def pytest_report_header(self) -> list[str]:
        """Where on somebody's server the hybrids are checked, and how far the run before this one came."""
        words = announced(self.options.database)
        return [
            *([] if words is None else [f"hybrids: {words}"]),
            *(f"hybrids: {UNFINISHED.format(each.rpartition(':')[2])}" for each in self._unfinished),
        ]

    @pytest.hookimpl(wrapper=True)
    def pytest_runtestloop(self, session: pytest.Session) -> Generator[None, object, object]:
        """Whose turn it is, is noted for the next run."""
        examines = self._alone and not session.config.option.collectonly
        with noted(self._kept) if examines else nullcontext():
            return (yield)

    @pytest.hookimpl(wrapper=True)
    def pytest_make_collect_report(
        self, collector: pytest.Collector
    ) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
        """The hybrids come first, whatever files the session collects."""
        report = yield
        if isinstance(collector, pytest.Session):
            report.result.insert(0, HybridsNode.from_parent(collector, name=ROOT, nodeid=ROOT, plugin=self))
        return report

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_make_scheduler(self, config: pytest.Config, log: Any) -> object:
        """Of xdist's default way to spread tests, one that keeps the checks of a hybrid together."""
        if config.getoption("dist") != "load":
            return None
        from harness.pytest_plugin.scheduling import HybridScheduling

        return HybridScheduling(config, log)

    def pytest_terminal_summary(self, terminalreporter: "pytest.TerminalReporter") -> None:
        """Findings that fail nothing are told all the same."""
        reports = [
            each
            for outcome in ("passed", "failed", "skipped")
            for each in terminalreporter.getreports(outcome)
        ]
        told = [
            text
            for each in reports
            if each.when == "call"
            for key, text in each.user_properties
            if key == TOLD
        ]
        if told:
            terminalreporter.write_sep("-", "findings that fail no check")
            terminalreporter.write_line("\n\n".join(told))

    def pytest_unconfigure(self) -> None:
        """Drop the databases and stop the server."""
        try:
            self._stack.close()
        except HarnessError as problem:
            sys.stderr.write(f"hybrid-harness: {problem}\n")

    def examined(self) -> list[tuple[Examination, Examinee]]:
        """Every hybrid of the targets, once; raises HarnessError where a target can't be loaded or there is none."""
        found: dict[object, tuple[Examination, Examinee]] = {}
        self.folder = self._stack.enter_context(prepared(self.options.setup))
        targets = [discover(load_target(spec, self.folder)) for spec in self.wanted.targets]
        refuse_idle_policies(
            self.options.hybrid, [each.hybrid.name for hybrids in targets for each in hybrids]
        )
        for hybrids in targets:
            examination = Examination(hybrids, self.servers, self.options)
            self._stack.callback(examination.close)
            for examinee in examination.examinees:
                discovered = examinee.discovered
                identity = (discovered.mapper, discovered.hybrid.attribute)
                found.setdefault(identity, (examination, examinee))
        if not found:
            raise UsageProblem(
                f"{', '.join(self.wanted.targets)} has no hybrid to check.",
                where="hybrids",
                hint="Name a module or base whose classes have hybrids, and look at `only` and `skip` in pyproject.toml.",
            )
        return list(found.values())


class HybridsNode(pytest.Collector):
    """Parent of all hybrids."""

    def __init__(self, *, plugin: HybridPlugin, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._plugin = plugin

    def collect(self) -> Iterator[HybridNode]:
        """One node for each hybrid that is wanted."""
        try:
            examined = self._plugin.examined()
            names = distinct_names([examinee for _, examinee in examined])
            self._refuse_unknown(names)
        except HarnessError as error:
            raise self.CollectError(str(error)) from error
        for name, (examination, examinee) in zip(names, examined, strict=True):
            if self._plugin.wanted.selects(f"{ROOT}::{name}"):
                path = self._plugin.folder / examinee.hybrid.file
                node: HybridNode = HybridNode.from_parent(
                    self,
                    name=name,
                    path=path,
                    examination=examination,
                    examinee=examinee,
                    selects=self._plugin.wanted.selects,
                )
                yield node

    def _refuse_unknown(self, names: Sequence[str]) -> None:
        known = [ROOT]
        for node_id in (f"{ROOT}::{name}" for name in names):
            known += [node_id, *(f"{node_id}::{facet}" for facet in FACETS)]
        for node_id in self._plugin.wanted.node_ids:
            if node_id not in known:
                near = difflib.get_close_matches(node_id, known, n=1)
                raise UsageProblem(
                    f"not found: {node_id}",
                    where="the command line",
                    hint=f"{f'Did you mean {near[0]}? ' if near else ''}`pytest --collect-only -q {ROOT}` lists all.",
                )


def distinct_names(examinees: Sequence[Examinee]) -> list[str]:
    """``Class.hybrid``; with the module before it where two targets have a hybrid of that name."""
    names = [examinee.hybrid.name for examinee in examinees]
    return [
        name if names.count(name) == 1 else f"{examinee.hybrid.module}.{name}"
        for examinee, name in zip(examinees, names, strict=True)
    ]


def run_options(config: pytest.Config) -> Options:
    """pyproject.toml's settings, overridden by ``--hybrids-...`` flags. Raises UsageProblem."""
    given = {name: config.getoption(f"hybrids_{name}") for name in PYTEST_FLAGS}
    return checked(overridden(read_options(config.rootpath), given), where="the command line")


def _tried_once(start: Callable[[], Server]) -> Callable[[], Server]:
    """``start``, which after a first refusal refuses with the same words at once: every item asks for the server."""
    refusals: list[EnvironmentProblem] = []

    def started() -> Server:
        if refusals:
            raise refusals[0]
        try:
            return start()
        except EnvironmentProblem as problem:
            refusals.append(problem)
            raise

    return started
