"""One pytest item for each hybrid and each question that is asked of it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from harness.core.errors import HarnessError
from harness.core.finding import Family, Finding, Severity
from harness.core.report import HybridReport
from harness.engine import Examination, Examinee
from harness.reporting import finding_text

FACETS: dict[str, frozenset[Family]] = {
    "translates": frozenset({Family.TRANSLATION, Family.HYGIENE}),
    "agrees": frozenset({Family.AGREEMENT, Family.CONTAINMENT, Family.VACUITY}),
    "composes": frozenset({Family.COMPOSITION}),
    "scales": frozenset({Family.SCALE}),
    "snapshot": frozenset(),
}


class FindingsFailure(Exception):
    """The findings that fail an item; shown as they are, without a traceback."""


class HybridsNode(pytest.Collector):
    """Parent of all hybrids."""

    def collect(self) -> Sequence[pytest.Item | pytest.Collector]:
        """Nothing: the items are made at once for all hybrids."""
        return []


class HybridNode(HybridsNode):
    """One hybrid; ``examination`` and ``examinee`` are set by the plugin."""

    examination: Examination
    examinee: Examinee


class FacetItem(pytest.Item):
    """``hybrids::Class.hybrid::agrees`` and its like."""

    parent: HybridNode

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if self.name == "snapshot":
            from harness.snapshot import expect_snapshot

            hybrid = self.parent.examinee.hybrid
            expect_snapshot(self, hybrid.module, hybrid.name)

    def runtest(self) -> None:
        """Examine as far as this item needs, and fail on the findings it is about."""
        examination, examinee = self.parent.examination, self.parent.examinee
        if self.name == "translates":
            self._judge(examination.translation_findings(examinee))
            return
        if examinee.reason is None and not examinee.translation.runs:
            pytest.skip("there is no SQL to compare: see ::translates")
        report = self._report()
        if report.reason is not None:
            pytest.skip(f"untested: {report.reason}")
        if self.name == "snapshot":
            self._review(examinee)
        else:
            self._judge(report.findings)

    def _report(self) -> HybridReport:
        """This hybrid's report; hybrids that can share its datasets are examined with it, unless workers share the load."""
        group = [self.parent.examinee]
        if not hasattr(self.config, "workerinput"):
            group = self._companions()
        reports = self.parent.examination.reports(group)
        return reports[group.index(self.parent.examinee)]

    def _companions(self) -> list[Examinee]:
        selected = {item.parent.examinee for item in self.session.items if isinstance(item, FacetItem)}
        groups = self.parent.examination.groups()
        own = next(group for group in groups if self.parent.examinee in group)
        return [examinee for examinee in own if examinee in selected]

    def _judge(self, findings: Sequence[Finding]) -> None:
        """Warnings are shown, errors fail; under fail-on warning both do."""
        own = [finding for finding in findings if finding.family in FACETS[self.name]]
        threshold = self.parent.examination.options.fail_on
        failing = [finding for finding in own if finding.severity.rank >= threshold.rank]
        told = [
            finding for finding in own if finding not in failing and finding.severity is not Severity.INFO
        ]
        hybrid = self.parent.examinee.hybrid
        for finding in told:
            self.add_report_section("call", "findings below the threshold", finding_text(finding, hybrid))
        if failing:
            raise FindingsFailure("\n\n".join(finding_text(finding, hybrid) for finding in failing))

    def _review(self, examinee: Examinee) -> None:
        from harness.snapshot import assert_reviewed, snapshot_text

        shown = examinee.shown_compiled
        hybrid = examinee.hybrid
        assert_reviewed(
            self, hybrid.module, hybrid.name, snapshot_text(hybrid.name, shown.parameters, shown.sql)
        )

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Findings and errors are messages for people; a bug of ours keeps its traceback."""
        if isinstance(excinfo.value, FindingsFailure | HarnessError | AssertionError):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int, str]:
        """The hybrid's own line."""
        hybrid = self.parent.examinee.hybrid
        return self.path, hybrid.line - 1, f"{hybrid.name} {self.name}"
