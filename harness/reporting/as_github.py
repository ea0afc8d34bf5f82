"""The report as workflow commands, which GitHub Actions turns into annotations on the hybrids' own lines.

Format and escaping as its toolkit has them: https://github.com/actions/toolkit/blob/main/packages/core/src/command.ts
"""

import os
from collections.abc import Iterator
from pathlib import Path

from harness.core.finding import Severity
from harness.core.hybrid import Hybrid
from harness.core.report import RunReport
from harness.reporting.wording import also, reproduce, summary, told_once, values

COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}


def render_github(report: RunReport) -> str:
    """A command for each finding and each untested hybrid, the worst first, for GitHub shows the first ten of a kind only.

    The last line is the summary, for those who read the log.
    """
    return "\n".join([*_commands(report), summary(report)]) + "\n"


def _commands(report: RunReport) -> Iterator[str]:
    for told in sorted(told_once(report), key=lambda told: -told.finding.severity.rank):
        finding, each = told.finding, told.each
        title = f"{finding.rule} {finding.name}: {each.hybrid.name} [{finding.position}]"
        lines = [
            finding.message,
            *values(finding.counterexample),
            f"Hint: {finding.hint}",
            *filter(None, [also(told)]),
            f"Again: {reproduce(finding, each.hybrid, report.seed)}",
        ]
        yield _command(COMMANDS[finding.severity], each.hybrid, title, "\n".join(lines))
    for each in report.hybrids:
        if each.reason is not None:
            yield _command("warning", each.hybrid, f"{each.hybrid.name} was not tested", each.reason)
    for problem in report.problems:
        yield f"::error title=hybrid-harness::{_data(problem)}"
    for notice in report.notices:
        yield f"::notice title=hybrid-harness::{_data(notice)}"


def _command(name: str, hybrid: Hybrid, title: str, message: str) -> str:
    place = f"file={_property(_in_repository(hybrid.file))},line={hybrid.line}"
    return f"::{name} {place},title={_property(title)}::{_data(message)}"


def _in_repository(file: str) -> str:
    """``file`` from the repository's root, wherever in it the command runs."""
    root = os.environ.get("GITHUB_WORKSPACE")
    path = Path(file).absolute()
    return path.relative_to(root).as_posix() if root and path.is_relative_to(root) else Path(file).as_posix()


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
