"""The report for a terminal: a table of the hybrids, then each finding."""

import io
from collections.abc import Iterable, Iterator, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from harness.core.finding import Counterexample, Finding, Severity
from harness.core.hybrid import Hybrid
from harness.core.report import RunReport, Verdict
from harness.reporting.evidence import Node, ShownTable, cell, listed, shown_tables
from harness.reporting.wording import Told, also, reproduce, sql_value, summary, told_once, verdict_in_words
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
    for told in sorted(told_once(report), key=lambda told: told.finding.severity is Severity.INFO):
        _print_finding(told, report, console)
    for each in report.hybrids:
        if each.reason is not None:
            console.print()
            said = Text.assemble((each.hybrid.name, "bold"), f" was not tested: {each.reason}")
            _print_indented(said, 0, console)
    for notice in report.notices:
        console.print(Text.assemble(("\nnotice: ", "bold"), notice), soft_wrap=True)
    for problem in report.problems:
        console.print(Text.assemble(("\nproblem: ", "bold red"), problem), soft_wrap=True)
    console.print()
    console.print(Text(summary(report)), soft_wrap=True)


def _table(report: RunReport) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("hybrid", overflow="fold")
    table.add_column("verdict", no_wrap=True)
    for name in ("datasets", "values", "seconds"):
        table.add_column(name, justify="right")
    for each in report.hybrids:
        table.add_row(
            Text(each.hybrid.name),
            Text(verdict_in_words(each), style=VERDICTS[each.verdict]),
            str(each.stats.examples),
            str(each.stats.comparisons),
            f"{each.stats.seconds:.1f}",
        )
    return table


def finding_text(finding: Finding, hybrid: Hybrid) -> str:
    """One finding without colour, for places that show no report around it."""
    buffer = io.StringIO()
    console = Console(file=buffer, width=WIDTH, no_color=True, highlight=False, force_terminal=False)
    _print_story(finding, hybrid, console)
    return "\n".join(line.rstrip() for line in buffer.getvalue().strip().splitlines())


def _print_finding(told: Told, report: RunReport, console: Console) -> None:
    hybrid = told.each.hybrid
    _print_story(told.finding, hybrid, console)
    if told.also_of:
        _print_indented(Text(also(told)), 2, console)
    again = Text.assemble(("  again: ", "bold"), reproduce(told.finding, hybrid, report.seed))
    console.print(again, soft_wrap=True)  # a command that is broken over lines can't be copied


def _print_story(finding: Finding, hybrid: Hybrid, console: Console) -> None:
    console.print()
    _print_title(finding, hybrid, console)
    console.print(Text(f"  {hybrid.file}:{hybrid.line}", style="dim"), soft_wrap=True)
    _print_indented(Text(finding.message), 2, console)
    if finding.counterexample is not None:
        _print_counterexample(finding.counterexample, hybrid, console)
    _print_indented(Text.assemble(("hint: ", "bold"), finding.hint), 2, console)


def _print_title(finding: Finding, hybrid: Hybrid, console: Console) -> None:
    """On one line; where that is too narrow, the rule's name and the position stand on the next."""
    colour = COLOURS[finding.severity]
    what = Text.assemble(
        (f"{finding.rule} {finding.severity.value}", f"bold {colour}"), (f"  {hybrid.name}", "bold")
    )
    which = Text(f"  [{finding.position}]  {finding.name}")
    if what.cell_len + which.cell_len <= console.width:
        console.print(what.append_text(which))
    else:
        console.print(what, soft_wrap=True)
        console.print(which, soft_wrap=True)


def _print_counterexample(example: Counterexample, hybrid: Hybrid, console: Console) -> None:
    for table in shown_tables(hybrid, example, most=MOST_ROWS):
        if any(root.children for root in table.forest):
            _print_forest(table, console)
        else:
            _print_lines((f"{table.name}: {listed(row.cells)}" for row in table.rows), console)
        if table.left_out:
            _print_lines(
                [f"{table.name}: and {table.left_out} more row{'' if table.left_out == 1 else 's'}"], console
            )
    _print_lines(_values(example), console)


def _print_forest(table: ShownTable, console: Console) -> None:
    """Trees under the table's name; console encodings that lack the lines get ASCII ones."""
    assert table.reference is not None
    _print_lines([f"{table.name}, by {', '.join(table.reference.columns)}:"], console)
    tree = Tree("", hide_root=True, guide_style="dim")
    _grow(tree, table.forest, table.reference.columns)
    indent = 6
    options = console.options.update(width=max(console.width - indent, 20))
    for segments in console.render_lines(tree, options, pad=False):
        line = Text.assemble(*((segment.text, segment.style or "") for segment in segments))
        line.rstrip()
        console.print(Text(" " * indent).append_text(line), soft_wrap=True)


def _grow(tree: Tree, nodes: Iterable[Node], reference: Sequence[str]) -> None:
    for node in nodes:
        cells = {
            name: value for name, value in node.row.cells.items() if node.refers_to or name not in reference
        }
        here = ("  <- here", "bold red") if node.row.failing else ""
        _grow(tree.add(Text.assemble(listed(cells), here)), node.children, reference)


def _values(example: Counterexample) -> Iterator[str]:
    """What was called on which row, and what both sides gave."""
    if example.dataset.arguments:
        yield f"called with {', '.join(map(shown, example.dataset.arguments))}"
    if not example.dataset.size:
        yield "(no rows at all)"
    if example.instance is not None:
        yield f"on {listed({name: cell(value) for name, value in example.instance.items()})}:"
    yield f"Python  {example.python}"
    yield f"SQL     {sql_value(example)}"


def _print_lines(lines: Iterable[str], console: Console) -> None:
    for line in lines:
        _print_indented(Text(line), 4, console)


def _print_indented(text: Text, indent: int, console: Console) -> None:
    """Wrap to the width that is left; rich's Padding would fill every line with blanks."""
    for line in text.wrap(console, max(console.width - indent, 20)):
        line.rstrip()
        console.print(Text(" " * indent).append_text(line), soft_wrap=True)
