"""A comparison of snapshots, and an impact, as text, markdown and JSON."""

import json
import re
import textwrap
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from harness.core.snapshot_file import FOLDER
from harness.review.hybrids import ChangedHybrid, Status
from harness.review.impact import Impact
from harness.review.revisions import WORKING_TREE
from harness.review.statement import listed, quoted

FORMATS: Final = ("text", "markdown", "json")
_LONGEST_MARKDOWN: Final = 60_000
"""Characters; GitHub takes 65,536 in a comment."""
_COMMIT: Final = re.compile(r"[0-9a-f]{40}")
_COUNTED: Final = {
    Status.UNREADABLE: "unreadable",
    Status.CHANGED: "changed",
    Status.ADDED: "added",
    Status.REMOVED: "removed",
    Status.SAME_MEANING: "written otherwise",
}


@dataclass(frozen=True, slots=True)
class Comparison:
    """What changed between two sides, ``base`` and ``head`` their names; ``unchanged`` counts the hybrids that did not."""

    base: str
    head: str
    hybrids: Sequence[ChangedHybrid]
    unchanged: int

    @property
    def summary(self) -> str:
        """How many hybrids of each status."""
        counts = Counter(hybrid.status for hybrid in self.hybrids)
        parts = [f"{counts[status]} {words}" for status, words in _COUNTED.items() if counts[status]]
        return ", ".join([*parts, f"{self.unchanged} unchanged"])


def render_comparison(comparison: Comparison, form: str, *, width: int) -> str:
    """Return the comparison in one of FORMATS; text is ``width`` columns wide."""
    if form == "json":
        return _json(_comparison_object(comparison))
    if form == "markdown":
        return _comparison_markdown(comparison)
    return _comparison_text(comparison, width)


def render_impact(impact: Impact, form: str) -> str:
    """Return the impact in one of FORMATS."""
    if form == "json":
        return _json(
            {
                "version": 1,
                "column": impact.column,
                "hybrids": [_named(*each) for each in impact.readers],
                "unknown": [_named(*each) for each in impact.unknown],
            }
        )
    marks = "- " if form == "markdown" else "  "
    lines = [_impact_headline(impact), ""] if impact.readers or impact.unknown else [_impact_headline(impact)]
    lines += [f"{marks}{_code(name, form)}  {FOLDER}/{file}" for file, name in impact.readers]
    lines += [
        f"{marks}{_code(name, form)}  {FOLDER}/{file}: can't be told, its SQL can't be parsed"
        for file, name in impact.unknown
    ]
    return "\n".join(lines) + "\n"


def _comparison_text(comparison: Comparison, width: int) -> str:
    lines = [f"Snapshots of SQL, {comparison.base} to {comparison.head}: {comparison.summary}."]
    for hybrid in comparison.hybrids:
        lines += ["", f"{hybrid.name}  {FOLDER}/{hybrid.file}"]
        for change in hybrid.changes:
            lines += textwrap.wrap(
                change.sentence,
                max(width, 40),
                initial_indent="  - ",
                subsequent_indent="    ",
                break_long_words=False,
                break_on_hyphens=False,
            )
    return "\n".join(lines) + "\n"


def _comparison_markdown(comparison: Comparison) -> str:
    head = [
        f"### SQL of hybrids: {comparison.summary}",
        "",
        f"From {_side(comparison.base)} to {_side(comparison.head)}, by their snapshots.",
    ]
    text = "\n".join(head) + "\n"
    for done, hybrid in enumerate(comparison.hybrids):
        sentences = "\n".join(f"- {change.sentence}" for change in hybrid.changes)
        part = f"\n**{quoted(hybrid.name)}** ({quoted(f'{FOLDER}/{hybrid.file}')})\n\n{sentences}\n"
        if len(text) + len(part) > _LONGEST_MARKDOWN:
            return (
                f"{text}\n... and {len(comparison.hybrids) - done} more hybrids: run `hybrid-harness diff`.\n"
            )
        text += part
    return text


def _side(name: str) -> str:
    """A revision's name; a commit's is long enough with its beginning."""
    if name == WORKING_TREE:
        return name
    return quoted(name[:7] if _COMMIT.fullmatch(name) else name)


def _comparison_object(comparison: Comparison) -> dict[str, Any]:
    counts = Counter(hybrid.status for hybrid in comparison.hybrids)
    return {
        "version": 1,
        "base": comparison.base,
        "head": comparison.head,
        "hybrids": [
            {
                "module": hybrid.module,
                **_named(hybrid.file, hybrid.name),
                "status": hybrid.status.value,
                "changes": [
                    {"kind": change.kind.value, "sentence": change.sentence} for change in hybrid.changes
                ],
            }
            for hybrid in comparison.hybrids
        ],
        "summary": {
            **{status.value: counts[status] for status in Status},
            "unchanged": comparison.unchanged,
        },
    }


def _named(file: str, name: str) -> dict[str, str]:
    return {"name": name, "file": f"{FOLDER}/{file}"}


def _impact_headline(impact: Impact) -> str:
    many = len(impact.readers)
    column = quoted(impact.column)
    if not many:
        table = quoted(impact.column.rpartition(".")[0])
        if impact.of_table:
            return f"No hybrid's SQL reads {column}; of {table} it reads {listed(impact.of_table)}."
        return f"No hybrid's SQL reads {column}, nor any other column of a table {table}."
    return f"{many} hybrid{'' if many == 1 else 's'} with SQL that reads {column}:"


def _code(name: str, form: str) -> str:
    return quoted(name) if form == "markdown" else name


def _json(value: dict[str, Any]) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"
