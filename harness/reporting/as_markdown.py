"""The report for a job summary or a comment: GitHub's markdown, within the size that GitHub takes."""

import html
import re
from collections.abc import Iterator

from harness.core.finding import Severity
from harness.core.report import HybridReport, RunReport, Verdict
from harness.reporting.as_text import finding_text
from harness.reporting.wording import Told, also, reproduce, summary, told_once, verdict_in_words, worst_first

LIMIT = 1024 * 1024
"""Bytes of a step's summary; GitHub refuses a larger one whole."""
RESERVE = 1000
"""Bytes kept for the sentence that says what was left out."""
SIGNS = {
    Severity.ERROR: "\N{CROSS MARK}",
    Severity.WARNING: "\N{WARNING SIGN}\N{VARIATION SELECTOR-16}",
    Severity.INFO: "\N{INFORMATION SOURCE}\N{VARIATION SELECTOR-16}",
}
VERDICTS = {Verdict.OK: "\N{WHITE HEAVY CHECK MARK}", Verdict.UNTESTED: "\N{WHITE QUESTION MARK ORNAMENT}"}


def render_markdown(report: RunReport, *, limit: int = LIMIT) -> str:
    """Summary and table, then the findings, the worst first, as many as ``limit`` bytes hold."""
    blocks = _Blocks(limit - RESERVE)
    blocks.add(f"## Hybrids of {_plain(', '.join(report.targets))}\n\n{_plain(summary(report))}\n")
    rows = [_row(each) for each in worst_first(report)]
    head = "| | hybrid | verdict | rules | datasets | compared |\n|---|---|---|---|--:|--:|"
    hybrids_left_out = len(rows) - blocks.add_lines(head, rows)
    findings_left_out = 0
    for told in sorted(told_once(report), key=lambda told: -told.finding.severity.rank):
        findings_left_out += not blocks.add(_finding(told, report))
    notes_left_out = sum(not blocks.add(note) for note in _notes(report))
    left_out = [
        f"{number} {name}{'s' if number > 1 else ''}"
        for number, name in (
            (hybrids_left_out, "row"),
            (findings_left_out, "finding"),
            (notes_left_out, "note"),
        )
        if number
    ]
    if left_out:
        blocks.text.append(
            f"\n**Left out: {', '.join(left_out)}**, for GitHub takes {limit:,} bytes. "
            "`--format html` and `--format json` have everything.\n"
        )
    return "".join(blocks.text)


class _Blocks:
    """Text that grows up to a number of bytes."""

    def __init__(self, room: int) -> None:
        self.text: list[str] = []
        self._room = room

    def add(self, block: str) -> bool:
        """Whether there was room for it."""
        size = len(block.encode())
        fits = size <= self._room
        if fits:
            self.text.append(block)
            self._room -= size
        return fits

    def add_lines(self, head: str, lines: list[str]) -> int:
        """Add ``head`` and then lines while there is room; how many there was room for."""
        fitted = 0
        if self.add(f"\n{head}\n"):
            while fitted < len(lines) and self.add(f"{lines[fitted]}\n"):
                fitted += 1
        return fitted


def _row(each: HybridReport) -> str:
    sign = VERDICTS.get(each.verdict) or SIGNS[each.findings[0].severity]
    codes = ", ".join(dict.fromkeys(finding.rule for finding in each.findings))
    cells = (
        sign,
        _plain(each.hybrid.name),
        verdict_in_words(each),
        codes,
        each.stats.examples,
        each.stats.comparisons,
    )
    return f"| {' | '.join(map(str, cells))} |"


def _finding(told: Told, report: RunReport) -> str:
    """A line to unfold, and under it the story as the terminal has it."""
    finding, each = told.finding, told.each
    title = f"{SIGNS[finding.severity]} <b>{finding.rule}</b> {_entities(each.hybrid.name)} [{_entities(finding.position)}]"
    others = f"\n  {also(told)}" if told.also_of else ""
    again = reproduce(finding, each.hybrid, report.seed)
    story = f"{finding_text(finding, each.hybrid)}{others}\n  again: {again}"
    is_open = " open" if finding.severity is Severity.ERROR else ""
    return f"\n<details{is_open}><summary>{title}</summary>\n\n{_fenced(story)}\n\n</details>\n"


def _notes(report: RunReport) -> Iterator[str]:
    for each in report.hybrids:
        if each.reason is not None:
            yield f"\n**{_plain(each.hybrid.name)} was not tested:** {_plain(each.reason)}\n"
    for problem in report.problems:
        yield f"\n**Problem:** {_plain(problem)}\n"
    for notice in report.notices:
        yield f"\n**Notice:** {_plain(notice)}\n"


def _plain(text: str) -> str:
    """Text that markdown, HTML and mentions leave alone, on one line."""
    return _entities(re.sub(r"([\\`*\[\]#|~]|(?<!\w)_|_(?!\w))", r"\\\1", " ".join(text.split())))


def _entities(text: str) -> str:
    """Text inside of HTML, where a backslash would escape nothing."""
    return html.escape(text).replace("@", "&#64;")


def _fenced(text: str) -> str:
    """A code block whose fence the text can't close."""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}text\n{text}\n{fence}"
