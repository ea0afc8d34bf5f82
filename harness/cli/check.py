"""``hybrid-harness check``: run, show progress, write the report."""

import contextlib
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from harness.cli.announcement import say_where
from harness.cli.files import deliver, refuse_unwritable, replace_file
from harness.cli.streams import printing, stdout_on_stderr, tell
from harness.config import Options
from harness.config.baseline import Entry, read_baseline, rendered
from harness.core.finding import Severity
from harness.core.report import RunReport
from harness.engine import check
from harness.engine.acceptance import expired
from harness.engine.kept_findings import keep
from harness.engine.run import Progress as Told
from harness.reporting import print_text
from harness.reporting.formats import RENDERERS
from harness.reporting.wording import summary


def run_check(targets: Sequence[str], options: Options, *, write_baseline: bool) -> bool:
    """Check, print or write the report, and say whether the run fails; one that writes the baseline does not."""
    read_baseline(Path(options.baseline))  # what can't be read is said before the run, not after it
    if write_baseline:
        refuse_unwritable(Path(options.baseline), "baseline", "--baseline")
    if options.output is not None:
        refuse_unwritable(Path(options.output), "report", "--output")
    say_where(options.database)
    with _progress() as told, stdout_on_stderr():
        report = check(targets, options, progress=told)
    keep(report.hybrids, options.looks_for)
    _deliver(report, options)
    if write_baseline:
        _write_baseline(report, options)
        return False
    return report.fails(options.fail_on)


def _write_baseline(report: RunReport, options: Options) -> None:
    """Record the findings of the hybrids of ``report``; entries of what was not looked for stay, as do reasons and dates."""
    path = Path(options.baseline)
    known = {entry.identity: entry for entry in read_baseline(path) if not expired(entry.expires)}
    examined = {each.hybrid.name for each in report.hybrids}
    found = {
        (identity := (each.hybrid.name, *finding.identity)): known.get(identity, Entry(*identity))
        for each in report.hybrids
        for finding in each.findings
        if finding.severity is not Severity.INFO or (each.hybrid.name, *finding.identity) in known
    }
    others = [
        entry for entry in known.values() if entry.hybrid not in examined or not options.looks_for(entry.rule)
    ]
    replace_file(path, rendered([*found.values(), *others]), "baseline", "--baseline")
    tell(f"{len(found)} finding{'s' if len(found) != 1 else ''} recorded in {path}.")


@contextlib.contextmanager
def _progress() -> Iterator[Told]:
    """A bar on a terminal, nothing in a pipe."""
    console = Console(stderr=True)
    shown = console.is_terminal and sys.stderr.isatty()  # FORCE_COLOR makes rich call a pipe a terminal
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not shown) as bar:
        task = bar.add_task("starting")
        yield lambda name, done, total: bar.update(task, description=name, completed=done, total=total)


def _deliver(report: RunReport, options: Options) -> None:
    if options.output is None and options.format == "text":
        with printing():
            print_text(report, Console(highlight=False, soft_wrap=False))
        return
    deliver(RENDERERS[options.format](report), options.output)
    if options.output is not None:
        tell(f"{summary(report)}; written to {options.output}")
