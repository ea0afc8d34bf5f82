"""Sentences that several formats share."""

import shlex
from collections.abc import Iterator
from dataclasses import dataclass, replace

from harness.core.address import address_of
from harness.core.finding import Counterexample, Finding, Severity
from harness.core.hybrid import Hybrid
from harness.core.report import HybridReport, RunReport, Verdict


def summary(report: RunReport) -> str:
    """The whole run on a line."""
    counts, number = report.counts, len(report.hybrids)
    return (
        f"{number} hybrid{'' if number == 1 else 's'}: {counts[Verdict.OK]} ok, {counts[Verdict.FINDINGS]} with errors or warnings, "
        f"{counts[Verdict.UNTESTED]} untested; PostgreSQL {report.server_version} ({report.provider}), "
        f"seed {report.seed}, {report.seconds:.1f} s"
    )


def worst_first(report: RunReport) -> list[HybridReport]:
    """The hybrids by their worst finding; an untested one counts as a warning."""

    def rank(each: HybridReport) -> int:
        if each.verdict is Verdict.UNTESTED:
            return Severity.WARNING.rank
        return max((finding.severity.rank for finding in each.findings), default=-1)

    return sorted(report.hybrids, key=lambda each: -rank(each))


def verdict_in_words(each: HybridReport) -> str:
    """The verdict, or how many findings there are of the worst severity."""
    if each.verdict is not Verdict.FINDINGS:
        return each.verdict.value
    worst = max(each.findings, key=lambda finding: finding.severity.rank).severity
    number = sum(finding.severity is worst for finding in each.findings)
    return f"{number} {worst.value}{'s' if number > 1 else ''}"


@dataclass(frozen=True, slots=True)
class Told:
    """A finding as a report for reading tells it; ``also_of`` are further hybrids that the same info is true of."""

    finding: Finding
    each: HybridReport
    also_of: tuple[str, ...] = ()


def told_once(report: RunReport) -> list[Told]:
    """Every finding, but an info that needs no rows to be shown only for the first hybrid that it is true of."""
    told: list[Told] = []
    first: dict[str, int] = {}
    for each in report.hybrids:
        for finding in each.findings:
            if finding.severity is Severity.INFO and finding.counterexample is None:
                place = first.setdefault(finding.rule, len(told))
                if place < len(told):
                    told[place] = replace(
                        told[place], also_of=(*told[place].also_of, _named(finding, each.hybrid))
                    )
                    continue
            told.append(Told(finding, each))
    return told


def also(told: Told) -> str:
    """The other hybrids, for the end of a message; empty where there are none."""
    return f"The same rule: {', '.join(told.also_of)}." if told.also_of else ""


def _named(finding: Finding, hybrid: Hybrid) -> str:
    return f"{hybrid.name} [{finding.position}]"


def reproduce(finding: Finding, hybrid: Hybrid, seed: int) -> str:
    """The command that shows the finding again."""
    words = ["hybrid-harness", "replay", str(address_of(finding, hybrid))]
    return shlex.join([*words, "--seed", str(seed)] if seed else words)


def sql_value(example: Counterexample) -> str | None:
    """The SQL side's value in SQL's words."""
    return "NULL" if example.sql == "None" else example.sql


def values(example: Counterexample | None) -> Iterator[str]:
    """Both sides' values, a line each, where there are rows that show them."""
    if example is not None:
        yield f"Python: {example.python}"
        yield f"SQL: {sql_value(example)}"
