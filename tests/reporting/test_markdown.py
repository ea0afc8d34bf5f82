"""The job summary, rendered as GitHub renders it but for its emoji."""

from dataclasses import replace
from html.parser import HTMLParser

import pytest
from markdown_it import MarkdownIt

from harness.core.finding import Severity
from harness.reporting.as_markdown import LIMIT, render_markdown

NASTY = "a|b `c` *d* _e_ [f](g) <img src=x> @me ``` ~~h~~ # &amp; \\"


class Read(HTMLParser):
    """Tags in their order, and the text that comes directly after each."""

    def __init__(self, markdown):
        super().__init__()
        self.tags, self._texts = [], []
        self.feed(MarkdownIt("gfm-like", {"linkify": False}).render(markdown))

    def handle_starttag(self, tag, _attributes):
        self.tags.append(tag)
        self._texts.append("")

    def handle_endtag(self, _tag):
        self.tags.append("")
        self._texts.append("")

    def handle_data(self, data):
        if self.tags:
            self._texts[-1] += data

    def of(self, tag):
        return [text.strip() for name, text in zip(self.tags, self._texts, strict=True) if name == tag]


@pytest.fixture
def shop(make):
    finding = make.finding()
    return make.run(
        make.of(attribute="clean"),
        make.of(replace(finding, severity=Severity.WARNING, rule="HH209"), attribute="warned"),
        make.of(finding, finding),
        make.of(reason="no values", attribute="odd"),
        notices=("an index is left out",),
        problems=("it has expired",),
    )


def test_the_table_and_the_findings_have_the_worst_first(shop):
    text = render_markdown(shop)
    page = Read(text)
    cells = page.of("td")
    assert [cells[row : row + 4] for row in range(0, len(cells), 6)] == [
        ["❌", "Node.total", "2 errors", "HH208"],
        ["⚠️", "Node.warned", "1 warning", "HH209"],
        ["❔", "Node.odd", "untested", ""],
        ["✅", "Node.clean", "ok", ""],
    ]
    assert page.of("b") == ["HH208", "HH208", "HH209"]
    assert text.count("<details open>") == 2
    assert "**Node.odd was not tested:** no values" in text
    assert "**Notice:** an index is left out" in text
    assert "**Problem:** it has expired" in text
    assert "Left out" not in text


def test_a_finding_is_the_story_of_the_terminal(shop):
    story = Read(render_markdown(shop)).of("code")[0].splitlines()
    assert story[:2] == ["HH208 error  Node.total  [select]  values-differ", "  app/shop.py:7"]
    assert story[-1] == "  again: hybrid-harness replay shop:Base::Node.total::HH208::select --seed 7"


def test_markdown_in_any_text_stays_text(make):
    finding = make.finding(
        name=NASTY,
        position=NASTY,
        message=NASTY,
        hint=NASTY,
        counterexample=make.example(python=NASTY, sql=NASTY),
    )
    report = make.run(make.of(finding, reason=NASTY, attribute=NASTY), notices=(NASTY,))
    page = Read(render_markdown(replace(report, targets=(NASTY,))))
    assert not {"img", "a", "em", "s", "h1"} & set(page.tags)
    assert page.of("td")[1] == f"Node.{NASTY}"
    assert page.of("h2") == [f"Hybrids of {NASTY}"]
    assert page.tags.count("td") == 6
    assert page.tags.count("pre") == 1
    assert page.of("code")[-1].splitlines()[-1].startswith("  again: ")


def test_what_github_would_not_take_is_left_out_and_said(make):
    finding = make.finding(message="é" * 5000)
    text = render_markdown(make.run(*(make.of(finding, attribute=f"h{number}") for number in range(300))))
    kept = text.count("<details")
    assert LIMIT * 0.95 < len(text.encode()) <= LIMIT
    assert 0 < kept < 300
    assert text.endswith(
        f"**Left out: {300 - kept} findings**, for GitHub takes 1,048,576 bytes. "
        "`--format html` and `--format json` have everything.\n"
    )


def test_a_table_too_long_is_cut_too(make):
    report = make.run(*(make.of(make.finding(), attribute=f"h{number}") for number in range(300)))
    text = render_markdown(report, limit=4000)
    rows = text.count("\n| ")
    assert len(text.encode()) <= 4000
    assert f"**Left out: {300 - rows + 1} rows, " in text
