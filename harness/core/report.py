"""The result of a run, as every output format reads it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from harness.core.finding import Finding, Severity
from harness.core.hybrid import Hybrid
from harness.core.observation import Cost, Growth


class Verdict(StrEnum):
    """What is said of one hybrid."""

    OK = "ok"
    FINDINGS = "findings"
    UNTESTED = "untested"


@dataclass(frozen=True, slots=True)
class Stats:
    """What was done for one hybrid. ``seconds`` is wall time; ``growth`` is None where no growth was measured.

    ``rejected`` counts datasets that the server did not accept, beside the ``examples`` that it did.
    """

    examples: int = 0
    comparisons: int = 0
    distinct_values: int = 0
    nulls: int = 0
    growth: Growth | None = None
    seconds: float = 0.0
    rejected: int = 0
    cost: Cost | None = None


@dataclass(frozen=True, slots=True)
class HybridReport:
    """Everything said of one hybrid. ``reason`` is set for an untested one, and only then."""

    hybrid: Hybrid
    findings: tuple[Finding, ...] = ()
    reason: str | None = None
    stats: Stats = field(default_factory=Stats)
    select_sql: str | None = None

    @property
    def verdict(self) -> Verdict:
        """``findings`` from a warning up; an info alone leaves a hybrid ``ok``."""
        if any(finding.severity is not Severity.INFO for finding in self.findings):
            return Verdict.FINDINGS
        return Verdict.UNTESTED if self.reason is not None else Verdict.OK


@dataclass(frozen=True, slots=True)
class RunReport:
    """A whole run. ``seed`` is the one that reproduces it; ``notices`` say what of the schema the server would not take.

    ``problems`` are sentences about the run's settings that make it fail, whatever was found.
    """

    targets: tuple[str, ...]
    seed: int
    provider: str
    server_version: str
    hybrids: Sequence[HybridReport]
    seconds: float
    notices: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()

    @property
    def counts(self) -> dict[Verdict, int]:
        """How many hybrids there are of each verdict."""
        return {verdict: sum(each.verdict is verdict for each in self.hybrids) for verdict in Verdict}

    def fails(self, threshold: Severity) -> bool:
        """Whether a finding reaches ``threshold``; under ``warning`` an untested hybrid does too. Problems always do."""
        worst = max(
            (finding.severity.rank for report in self.hybrids for finding in report.findings), default=-1
        )
        untested = any(report.verdict is Verdict.UNTESTED for report in self.hybrids)
        return worst >= threshold.rank or (untested and threshold is Severity.WARNING) or bool(self.problems)
