"""A whole run: targets in, a report out."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from harness.config import Options
from harness.core.errors import UsageProblem
from harness.core.report import HybridReport, RunReport
from harness.database import start_server
from harness.discovery import discover, load_target, prepared
from harness.engine.acceptance import PYPROJECT, Acceptances, described, refuse_idle_policies
from harness.engine.bench import Servers
from harness.engine.examination import Examination
from harness.engine.merging import by_function
from harness.rules import RULES

Progress = Callable[[str, int, int], None]
"""Called with a hybrid's name, the number of hybrids done and their total."""


@contextmanager
def running_servers(options: Options) -> Iterator[Servers]:
    """Servers of a run's choice, stopped at its end."""
    servers = Servers(lambda: start_server(options.database), create_extensions=options.create_extensions)
    try:
        yield servers
    finally:
        servers.stop()


def check(targets: Sequence[str], options: Options, *, progress: Progress | None = None) -> RunReport:
    """Examine every hybrid of ``targets``.

    Raises UsageProblem for a target that can't be meant or where nothing is selected, EnvironmentProblem where the setup
    fails, the models don't import or no PostgreSQL can be had.
    """
    start = time.monotonic()
    _refuse_unknown_rules(options)
    with prepared(options.setup) as folder, running_servers(options) as servers:
        examinations = examinations_of(targets, options, servers, folder)
        total = sum(len(each.examinees) for each in examinations)
        reports: list[HybridReport] = []
        notices: list[str] = []
        for examination in examinations:
            try:
                for group in examination.groups():
                    if progress is not None:
                        progress(", ".join(each.hybrid.name for each in group), len(reports), total)
                    reports += examination.reports(group)
                notices += examination.notices
            finally:
                examination.close()
        server = servers.current
        return RunReport(
            tuple(targets),
            options.seed,
            server.provider,
            server.version,
            by_function(reports),
            time.monotonic() - start,
            *_told(notices, [each.acceptances for each in examinations], reports, options),
        )


def examinations_of(
    targets: Sequence[str], options: Options, servers: Servers, folder: Path
) -> list[Examination]:
    """One for each target. Raises UsageProblem where nothing is selected, or a policy is for no hybrid."""
    found = [discover(load_target(spec, folder)) for spec in targets]
    refuse_idle_policies(options.hybrid, [each.hybrid.name for hybrids in found for each in hybrids])
    examinations = [Examination(hybrids, servers, options) for hybrids in found]
    if not any(each.examinees for each in examinations):
        raise _nothing_selected(targets, options, sum(map(len, found)))
    return examinations


def _told(
    notices: Sequence[str],
    acceptances: Sequence[Acceptances],
    reports: Sequence[HybridReport],
    options: Options,
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(notices, problems): what is accepted and no longer occurs fails the run if a policy says it, or under ``strict``."""
    if options.select or options.ignore:  # what is not looked for does not occur
        return tuple(notices), ()
    examined = [report.hybrid.name for report in reports]
    idle = set.intersection(*(each.idle(examined) for each in acceptances))
    sentences = {described(each): options.strict or each.source == PYPROJECT for each in idle}
    told = sorted(sentence for sentence, fails in sentences.items() if not fails)
    return (*notices, *told), tuple(sorted(sentence for sentence, fails in sentences.items() if fails))


def _refuse_unknown_rules(options: Options) -> None:
    """A misspelt code would select nothing, and pass, or ignore nothing."""
    for flag, beginnings in (("--select", options.select), ("--ignore", options.ignore)):
        for beginning in beginnings:
            if not beginning or not any(rule.code.startswith(beginning) for rule in RULES):
                raise UsageProblem(
                    f"No rule's code begins with {beginning!r}.",
                    where=flag,
                    hint="`hybrid-harness explain` lists all rules; codes are written as in HH207.",
                )


def _nothing_selected(targets: Sequence[str], options: Options, hybrids: int) -> UsageProblem:
    named = ", ".join(targets)
    if hybrids:
        globs = ", ".join((*options.only, *options.skip))
        return UsageProblem(
            f"None of the {hybrids} hybrids of {named} is selected.",
            where=f"--only / --skip {globs}",
            hint="The globs match on Class.hybrid; `hybrid-harness list` prints the names.",
        )
    return UsageProblem(
        f"{named} has no hybrid.",
        where="TARGET",
        hint="Name a module or base whose classes have hybrid_property.",
    )
