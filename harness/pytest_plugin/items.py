"""One pytest item for each hybrid and each question that is asked of it."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from harness.core.errors import HarnessError
from harness.core.finding import Family, Finding, Severity
from harness.core.report import HybridReport
from harness.engine import Examination, Examinee
from harness.engine.kept_findings import FOLDER, keep
from harness.pytest_plugin.wanted import Spread
from harness.reporting import finding_text
from harness.snapshot import SnapshotMismatchError, assert_reviewed, expect_snapshot, snapshot_text

FACETS: dict[str, frozenset[Family]] = {
    "translates": frozenset({Family.TRANSLATION, Family.HYGIENE}),
    "agrees": frozenset({Family.AGREEMENT, Family.CONTAINMENT, Family.VACUITY}),
    "composes": frozenset({Family.COMPOSITION}),
    "scales": frozenset({Family.SCALE}),
    "snapshot": frozenset(),
}
TOLD = "hybrid-harness: finding below fail-on"
"""Property of an item, which pytest-xdist's workers send and JUnit's XML shows."""


class FindingsFailure(Exception):
    """What fails an item; shown as it is, without a traceback."""


class HybridNode(pytest.Collector):
    """One hybrid; ``selects`` says of a node id whether the run wants it."""

    def __init__(
        self, *, examination: Examination, examinee: Examinee, selects: Callable[[str], bool], **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.examination = examination
        self.examinee = examinee
        self._selects = selects
        self.report: HybridReport | None = None

    def collect(self) -> Iterator["FacetItem"]:
        """One item for each question."""
        for facet in FACETS:
            if self._selects(f"{self.nodeid}::{facet}"):
                item: FacetItem = FacetItem.from_parent(self, name=facet)
                if facet == "snapshot":
                    expect_snapshot(item, self.examinee.hybrid.module, self.examinee.hybrid.name)
                yield item


class FacetItem(pytest.Item):
    """``hybrids::Class.hybrid::agrees`` and its like."""

    parent: HybridNode

    def runtest(self) -> None:
        """Examine as far as this item needs, and fail on the findings it is about."""
        examination, examinee = self.parent.examination, self.parent.examinee
        if self.name == "translates":
            self._judge(examination.translation_findings(examinee))
            return
        report = self._report()
        self._judge(report.findings)
        if report.reason is not None:
            self._leave_untested(report.reason)
        if not examinee.translation.runs:
            self._skip("there is no SQL to compare: see ::translates")
        if self.name == "snapshot":
            shown = examinee.shown.compiled
            text = snapshot_text(
                examinee.hybrid.name,
                shown.parameters,
                shown.sql,
                facts=examinee.facts,
                note=examinee.shown.unreadable,
                varying=examinee.shown.varying,
            )
            assert_reviewed(self, examinee.hybrid.module, examinee.hybrid.name, text)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Findings and errors are messages for people, at the hybrid's own line; a bug of ours keeps its traceback."""
        if not isinstance(excinfo.value, FindingsFailure | HarnessError | SnapshotMismatchError):
            return super().repr_failure(excinfo, style)
        shown = excinfo.getrepr(style="value", chain=False)
        crash = shown.reprcrash
        assert crash is not None
        crash.path, crash.lineno = str(self.path), self.parent.examinee.hybrid.line
        crash.message = str(excinfo.value)
        return shown

    def reportinfo(self) -> tuple[Path, int, str]:
        """The hybrid's own line."""
        hybrid = self.parent.examinee.hybrid
        return self.path, hybrid.line - 1, f"{hybrid.name} {self.name}"

    def _report(self) -> HybridReport:
        """This hybrid's report; hybrids that can share its datasets and are for this process too are examined with it."""
        if self.parent.report is None:
            group = self._companions()
            report = self.parent.examination.reports(group)[group.index(self.parent.examinee)]
            keep([report], self.parent.examination.options.looks_for, self.config.rootpath / FOLDER)
            self.parent.report = report
        return self.parent.report

    def _companions(self) -> list[Examinee]:
        items = [item for item in self.session.items if isinstance(item, FacetItem)]
        if (worker := getattr(self.config, "workerinput", None)) is not None:
            spread = Spread.of((item.nodeid for item in items), worker["workercount"])
            own = spread.together(self.nodeid)
            items = [item for item in items if spread.together(item.nodeid) == own]
        here = {item.parent.examinee for item in items}
        groups = self.parent.examination.groups()
        group = next(group for group in groups if self.parent.examinee in group)
        return [examinee for examinee in group if examinee in here]

    def _judge(self, findings: Sequence[Finding]) -> None:
        """Warnings are shown, errors fail; under fail-on warning both do."""
        own = [finding for finding in findings if finding.family in FACETS[self.name]]
        hybrid = self.parent.examinee.hybrid
        failing = []
        for finding in own:
            if finding.severity.rank >= self._threshold.rank:
                failing.append(finding_text(finding, hybrid))
            elif finding.severity is not Severity.INFO:
                self.user_properties.append((TOLD, finding_text(finding, hybrid)))
        if failing:
            raise FindingsFailure("\n\n".join(failing))

    def _leave_untested(self, reason: str) -> None:
        if self._threshold is Severity.WARNING:
            raise FindingsFailure(f"{self.parent.examinee.hybrid.name} was not tested: {reason}")
        self._skip(f"untested: {reason}")

    def _skip(self, reason: str) -> None:
        # pytest's own way to report a skip at the item's line rather than at this one.
        raise pytest.skip.Exception(reason, _use_item_location=True)

    @property
    def _threshold(self) -> Severity:
        return self.parent.examination.options.fail_on
