"""Sentences that several formats share."""

import shlex
from collections.abc import Iterator

from harness.core.address import address_of
from harness.core.finding import Counterexample, Finding
from harness.core.hybrid import Hybrid
from harness.core.report import HybridReport, RunReport, Verdict


def summary(report: RunReport) -> str:
    """The whole run on a line."""
    counts, number = report.counts, len(report.hybrids)
    return (
        f"{number} hybrid{'' if number == 1 else 's'}: {counts[Verdict.OK]} ok, {counts[Verdict.FINDINGS]} with findings, "
        f"{counts[Verdict.UNTESTED]} untested; PostgreSQL {report.server_version} ({report.provider}), "
        f"seed {report.seed}, {report.seconds:.1f} s"
    )


def verdict_in_words(each: HybridReport) -> str:
    """The verdict, or how many findings there are of the worst severity."""
    if each.verdict is not Verdict.FINDINGS:
        return each.verdict.value
    worst = max(each.findings, key=lambda finding: finding.severity.rank).severity
    number = sum(finding.severity is worst for finding in each.findings)
    return f"{number} {worst.value}{'s' if number > 1 else ''}"


def reproduce(finding: Finding, hybrid: Hybrid, seed: int) -> str:
    """The command that shows the finding again."""
    words = ["hybrid-harness", "replay", str(address_of(finding, hybrid))]
    return shlex.join([*words, "--seed", str(seed)] if seed else words)


def values(example: Counterexample | None) -> Iterator[str]:
    """Both sides' values, a line each, where there are rows that show them."""
    if example is not None:
        yield f"Python: {example.python}"
        yield f"SQL: {example.sql}"
