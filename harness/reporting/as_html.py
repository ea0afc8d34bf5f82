"""The report as one HTML file that needs nothing else: no network, no other file."""

import base64
import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import groupby

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape
from pygments.lexer import Lexer
from pygments.lexers.python import PythonLexer
from pygments.lexers.sql import PostgresLexer
from pygments.token import Comment, Keyword, Name, Number, Operator, String, _TokenType

from harness.core.finding import Counterexample, Finding, Severity
from harness.core.hybrid import Hybrid, Kind, Source
from harness.core.report import HybridReport, RunReport, Verdict
from harness.reporting.drawing import Chart, Drawing, draw_forest, draw_growth
from harness.reporting.evidence import ShownTable, cell, shown_tables
from harness.reporting.wording import reproduce, sql_value, verdict_in_words, worst_first
from harness.rules import RULES
from harness.rules.base import shown

MOST_ROWS = 40
"""Rows of one table that are drawn."""
MOST_OPEN = 20
"""Hybrids with findings that are open from the start: more are quicker found in the table."""
COLOURS = {
    Keyword: "keyword",
    Operator.Word: "keyword",
    String: "string",
    Number: "number",
    Comment: "comment",
    Name.Decorator: "name",
    Name.Function: "name",
}


@dataclass(frozen=True, slots=True)
class ExamplePage:
    """A counterexample: its tables, a drawing for each that is a forest, what it was called with and on."""

    tables: tuple[tuple[ShownTable, Drawing | None], ...]
    arguments: str
    instance: str
    python: str | None
    sql: str | None


@dataclass(frozen=True, slots=True)
class FindingPage:
    """A finding with what is drawn for it, and the command that shows it again."""

    finding: Finding
    example: ExamplePage | None
    again: str


@dataclass(frozen=True, slots=True)
class SidePage:
    """A side's source; ``code`` is highlighted, None where ``said`` stands in its place."""

    title: str
    place: str
    code: Markup | None
    said: str


@dataclass(frozen=True, slots=True)
class HybridPage:
    """All that stands under one hybrid's heading, and in its row of the table."""

    anchor: str
    report: HybridReport
    verdict: str
    open: bool
    findings: tuple[FindingPage, ...]
    sides: tuple[SidePage, SidePage]
    sql: Markup | None
    chart: Chart | None

    @property
    def codes(self) -> dict[str, Severity]:
        """Rules that report something, and how bad, once each, the worst first."""
        worst: dict[str, Severity] = {}
        for finding in self.report.findings:
            worst.setdefault(finding.rule, finding.severity)
        return worst

    @property
    def tone(self) -> str:
        """The colour of the verdict: of the worst severity, or the verdict's own."""
        return (
            self.report.findings[0].severity
            if self.report.verdict is Verdict.FINDINGS
            else self.report.verdict
        )

    @property
    def rank(self) -> int:
        """Sorts by the verdict: by the worst severity and then the number of findings; an untested one as a warning."""
        findings = self.report.findings
        untested = Severity.WARNING.rank * 1000 if self.report.verdict is Verdict.UNTESTED else 0
        return max(untested, findings[0].severity.rank * 1000 + len(findings) if findings else 0)

    @property
    def sought(self) -> str:
        """What the filter looks in."""
        hybrid = self.report.hybrid
        rules = (f"{each.rule} {each.name} {each.severity}" for each in self.report.findings)
        return " ".join((hybrid.name, hybrid.target, hybrid.file, self.verdict, *rules)).lower()


def render_html(report: RunReport) -> str:
    """The whole document."""
    script, style = _asset("report.js"), _asset("report.css")
    return (
        _environment()
        .get_template("report.html.j2")
        .render(
            report=report,
            counts={verdict.value: count for verdict, count in report.counts.items()},
            pages=_pages(report),
            rules={rule.code: rule.documentation for rule in RULES},
            script=Markup(script),  # noqa: S704 - our own file
            style=Markup(style),  # noqa: S704 - our own file
            script_hash=_hash(script),
            style_hash=_hash(style),
        )
    )


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("harness.reporting"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"prose": _prose, "breakable": _breakable}
    return environment


@cache
def _asset(name: str) -> str:
    return files("harness.reporting").joinpath("templates", name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    """As a content security policy names an inline script or style: nothing else in the file may run or style."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _prose(text: str) -> Markup:
    """Text with what stands between backticks as code."""
    parts = text.split("`")
    if len(parts) % 2 == 0:  # one without its partner
        return escape(text)
    code = Markup("<code>{}</code>")
    return Markup("").join(code.format(part) if number % 2 else part for number, part in enumerate(parts))


def _breakable(name: str) -> Markup:
    """A name that may go on in the next line after a dot or an underscore."""
    return escape(name).replace(".", Markup(".<wbr>")).replace("_", Markup("_<wbr>"))


def _pages(report: RunReport) -> list[HybridPage]:
    few = report.counts[Verdict.FINDINGS] <= MOST_OPEN
    return [
        HybridPage(
            anchor=f"hybrid-{number}",
            report=each,
            verdict=verdict_in_words(each),
            open=few and each.verdict is not Verdict.OK,
            findings=tuple(_finding(finding, each.hybrid, report.seed) for finding in each.findings),
            sides=_sides(each.hybrid),
            sql=None if each.select_sql is None else _highlighted(each.select_sql, PostgresLexer()),
            chart=None if each.stats.growth is None else draw_growth(each.stats.growth),
        )
        for number, each in enumerate(worst_first(report), start=1)
    ]


def _finding(finding: Finding, hybrid: Hybrid, seed: int) -> FindingPage:
    example = finding.counterexample
    return FindingPage(
        finding, None if example is None else _example(example, hybrid), reproduce(finding, hybrid, seed)
    )


def _example(example: Counterexample, hybrid: Hybrid) -> ExamplePage:
    tables = shown_tables(hybrid, example, most=MOST_ROWS)
    instance = {} if example.instance is None else example.instance
    return ExamplePage(
        tables=tuple((table, draw_forest(table) if table.forest else None) for table in tables),
        arguments=", ".join(map(shown, example.dataset.arguments)),
        instance=", ".join(f"{name} = {cell(value)}" for name, value in instance.items()),
        python=example.python,
        sql=sql_value(example),
    )


def _sides(hybrid: Hybrid) -> tuple[SidePage, SidePage]:
    column = hybrid.kind is Kind.COLUMN_PROPERTY
    no_python = (
        "A column_property has no Python side: the value is loaded."
        if column
        else "Its source can't be read."
    )
    no_sql = (
        "Its source can't be read."
        if column or hybrid.python_source is None
        else "The same function, on the class."
    )
    return (
        _side("Python side", hybrid.python_source, no_python),
        _side("SQL side", hybrid.sql_source, no_sql),
    )


def _side(title: str, source: Source | None, otherwise: str) -> SidePage:
    if source is None:
        return SidePage(title, "", None, otherwise)
    return SidePage(title, f"{source.file}:{source.line}", _highlighted(source.text, PythonLexer()), "")


def _highlighted(text: str, lexer: Lexer) -> Markup:
    """``text`` with spans around what gets a colour; every further element makes a long report slower to open."""
    parts = []
    for colour, tokens in groupby(_coloured(lexer.get_tokens(text)), key=lambda token: token[0]):
        part = escape("".join(value for _, value in tokens))
        parts.append(Markup('<span class="{}">{}</span>').format(colour, part) if colour else part)
    return Markup("").join(parts).rstrip("\n")


def _coloured(tokens: Iterable[tuple[_TokenType, str]]) -> Iterator[tuple[str, str]]:
    """Each token with its colour; in SQL, Pygments takes a dot for a number and the column after it for a keyword."""
    previous = ""
    for kind, value in tokens:
        colour = next((colour for token, colour in COLOURS.items() if kind[: len(token)] == token), "")
        misread = value == "." or (colour == "keyword" and previous == ".")
        yield "" if misread else colour, value
        previous = value
