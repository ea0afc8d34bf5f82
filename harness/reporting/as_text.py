"""The report for a terminal: a table of the hybrids, then each finding."""

import io
from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from harness.core.finding import Counterexample, Finding, Severity
from harness.core.hybrid import Hybrid
from harness.core.report import HybridReport, RunReport, Verdict
from harness.reporting.as_json import reproduce
from harness.rules.base import shown

COLOURS = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.INFO: "cyan"}
VERDICTS = {Verdict.OK: "green", Verdict.FINDINGS: "red", Verdict.UNTESTED: "yellow"}
MOST_ROWS = 8
WIDTH = 100
"""Columns where the output is no terminal."""


def render_text(report: RunReport) -> str:
    """The report without colour."""
    buffer = io.StringIO()
    print_text(
        report, Console(file=buffer, width=WIDTH, no_color=True, highlight=False, force_terminal=False)
    )
    return buffer.getvalue()


def print_text(report: RunReport, console: Console) -> None:
    """Table, findings, summary."""
    console.print(_table(report))
    for each in report.hybrids:
        for finding in each.findings:
            _print_finding(finding, each, report, console)
        if each.reason is not None:
            console.print()
            said = Text.assemble((each.hybrid.name, "bold"), f" was not tested: {each.reason}")
            _print_indented(said, 0, console)
    for notice in report.notices:
        console.print(Text.assemble(("\nnotice: ", "bold"), notice), soft_wrap=True)
    for problem in report.problems:
        console.print(Text.assemble(("\nproblem: ", "bold red"), problem), soft_wrap=True)
    console.print()
    console.print(Text(_summary(report)), soft_wrap=True)


def _table(report: RunReport) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("hybrid", overflow="fold")
    table.add_column("verdict", no_wrap=True)
    for name in ("datasets", "compared", "s"):
        table.add_column(name, justify="right")
    for each in report.hybrids:
        table.add_row(
            Text(each.hybrid.name),
            Text(_verdict(each), style=VERDICTS[each.verdict]),
            str(each.stats.examples),
            str(each.stats.comparisons),
            f"{each.stats.seconds:.1f}",
        )
    return table


def _verdict(each: HybridReport) -> str:
    """The verdict, or how many findings there are of the worst severity."""
    if each.verdict is not Verdict.FINDINGS:
        return each.verdict.value
    worst = max(each.findings, key=lambda finding: finding.severity.rank).severity
    number = sum(finding.severity is worst for finding in each.findings)
    return f"{number} {worst.value}{'s' if number > 1 else ''}"


def finding_text(finding: Finding, hybrid: Hybrid) -> str:
    """One finding without colour, for places that show no report around it."""
    buffer = io.StringIO()
    console = Console(file=buffer, width=WIDTH, no_color=True, highlight=False, force_terminal=False)
    _print_story(finding, hybrid, console)
    return "\n".join(line.rstrip() for line in buffer.getvalue().strip().splitlines())


def _print_finding(finding: Finding, each: HybridReport, report: RunReport, console: Console) -> None:
    _print_story(finding, each.hybrid, console)
    if finding.severity is not Severity.INFO:
        again = Text.assemble(("  again: ", "bold"), reproduce(finding, each.hybrid, report.seed))
        console.print(again, soft_wrap=True)  # a command that is broken over lines can't be copied


def _print_story(finding: Finding, hybrid: Hybrid, console: Console) -> None:
    colour = COLOURS[finding.severity]
    title = Text.assemble(
        "\n",
        (f"{finding.rule} {finding.severity.value}", f"bold {colour}"),
        (f"  {hybrid.name}", "bold"),
        f"  [{finding.position}]  {finding.name}",
    )
    console.print(title)
    console.print(Text(f"  {hybrid.file}:{hybrid.line}", style="dim"), soft_wrap=True)
    _print_indented(Text(finding.message), 2, console)
    if finding.counterexample is not None:
        _print_indented(_counterexample(finding.counterexample), 4, console)
    _print_indented(Text.assemble(("hint: ", "bold"), finding.hint), 2, console)


def _print_indented(text: Text, indent: int, console: Console) -> None:
    """Wrap to the width that is left; rich's Padding would fill every line with blanks."""
    for line in text.wrap(console, max(console.width - indent, 20)):
        line.rstrip()
        console.print(Text(" " * indent).append_text(line), soft_wrap=True)


def _counterexample(example: Counterexample) -> Text:
    lines = []
    for table, rows in example.dataset.tables.items():
        lines += [f"{table}: {_row(row)}" for row in rows[:MOST_ROWS]]
        if len(rows) > MOST_ROWS:
            lines.append(f"{table}: and {len(rows) - MOST_ROWS} more rows")
    if example.dataset.arguments:
        lines.append(f"called with {', '.join(map(shown, example.dataset.arguments))}")
    if not example.dataset.size:
        lines.append("(no rows at all)")
    if example.instance is not None:
        lines.append(f"on {_row(example.instance)}:")
    lines += [f"Python  {example.python}", f"SQL     {example.sql}"]
    return Text("\n".join(lines))


def _row(row: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}={_cell(value)}" for name, value in row.items())


def _cell(value: Any) -> str:
    return "NULL" if value is None else _plain(value)


def _plain(value: Any) -> str:
    return shown(value) if isinstance(value, str | bytes) else str(value)


def _summary(report: RunReport) -> str:
    counts = {verdict: sum(each.verdict is verdict for each in report.hybrids) for verdict in Verdict}
    return (
        f"{len(report.hybrids)} hybrids: {counts[Verdict.OK]} ok, {counts[Verdict.FINDINGS]} with findings, "
        f"{counts[Verdict.UNTESTED]} untested; PostgreSQL {report.server_version} ({report.provider}), "
        f"seed {report.seed}, {report.seconds:.1f} s"
    )
