"""One report for each function: a mixin's hybrid is examined on every class that shows it and reported once."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from harness.core.finding import Finding
from harness.core.hybrid import Hybrid, Kind
from harness.core.report import HybridReport, Stats


def by_function(reports: Iterable[HybridReport]) -> list[HybridReport]:
    """``reports`` with those of one function on several classes made one, in the place of the first."""
    groups: dict[object, list[HybridReport]] = {}
    for report in reports:
        groups.setdefault(_function(report.hybrid), []).append(report)
    return [group[0] if len(group) == 1 else _merged(group) for group in groups.values()]


def _function(hybrid: Hybrid) -> object:
    if hybrid.kind is Kind.COLUMN_PROPERTY:  # has no function, and its line may be the class's
        return hybrid
    return hybrid.target, hybrid.file, hybrid.line, hybrid.attribute


def _merged(group: Sequence[HybridReport]) -> HybridReport:
    shown_by = tuple(name for report in group for name in report.hybrid.shown_by)
    return replace(
        group[0],
        hybrid=replace(group[0].hybrid, shown_by=shown_by),
        findings=tuple(_findings(group)),
        reason=_reason(group),
        stats=_stats([report.stats for report in group]),
    )


def _findings(group: Sequence[HybridReport]) -> list[Finding]:
    """Each identity once, naming the classes that show it too."""
    found: dict[object, tuple[Finding, list[str]]] = {}
    for report in group:
        for finding in report.findings:
            _, classes = found.setdefault(finding.identity, (finding, []))
            classes.append(report.hybrid.class_name)
    merged = [
        replace(finding, message=f"{finding.message} The same on {', '.join(classes[1:])}.")
        if len(classes) > 1
        else finding
        for finding, classes in found.values()
    ]
    return sorted(merged, key=lambda finding: (-finding.severity.rank, finding.rule, finding.position))


def _reason(group: Sequence[HybridReport]) -> str | None:
    reasons: dict[str, list[str]] = {}
    for report in group:
        if report.reason is not None:
            reasons.setdefault(report.reason, []).append(report.hybrid.class_name)
    return "; ".join(f"on {', '.join(classes)}: {reason}" for reason, classes in reasons.items()) or None


def _stats(all_stats: Sequence[Stats]) -> Stats:
    return Stats(
        sum(each.examples for each in all_stats),
        sum(each.comparisons for each in all_stats),
        max(each.distinct_values for each in all_stats),
        sum(each.nulls for each in all_stats),
        next((each.growth for each in all_stats if each.growth is not None), None),
        sum(each.seconds for each in all_stats),
        sum(each.rejected for each in all_stats),
        next((each.cost for each in all_stats if each.cost is not None), None),
    )
