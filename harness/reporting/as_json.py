"""The report as one JSON object, version 1."""

import json
from typing import Any

from harness.core.finding import Counterexample, Finding
from harness.core.observation import Cost
from harness.core.report import HybridReport, RunReport, Verdict
from harness.reporting.wording import reproduce


def render_json(report: RunReport) -> str:
    """The whole report, indented, ending with a newline."""
    return json.dumps(as_object(report), indent=2, ensure_ascii=False, default=str) + "\n"


def as_object(report: RunReport) -> dict[str, Any]:
    """The report as plain lists and dicts."""
    counts = report.counts
    return {
        "version": 1,
        "target": list(report.targets),
        "seed": report.seed,
        "database": {"provider": report.provider, "server_version": report.server_version},
        "hybrids": [_hybrid(each, report) for each in report.hybrids],
        "summary": {
            "hybrids": len(report.hybrids),
            "ok": counts[Verdict.OK],
            "findings": counts[Verdict.FINDINGS],
            "untested": counts[Verdict.UNTESTED],
            "seconds": round(report.seconds, 3),
        },
    }


def _hybrid(each: HybridReport, report: RunReport) -> dict[str, Any]:
    hybrid, stats = each.hybrid, each.stats
    growth = stats.growth
    return {
        "target": hybrid.target,
        "name": hybrid.name,
        "kind": hybrid.kind.value,
        "file": hybrid.file,
        "line": hybrid.line,
        "verdict": each.verdict.value,
        "reason": each.reason,
        "stats": {
            "examples": stats.examples,
            "comparisons": stats.comparisons,
            "distinct_values": stats.distinct_values,
            "nulls": stats.nulls,
            "python_queries": None
            if growth is None
            else {
                "rows": list(growth.rows),
                "queries": list(growth.queries),
                "per_row": round(growth.per_row, 3),
            },
            "sql_cost": None if stats.cost is None else _cost(stats.cost),
            "seconds": round(stats.seconds, 3),
        },
        "sql": {"select": each.select_sql},
        "findings": [_finding(finding, each, report) for finding in each.findings],
    }


def _cost(cost: Cost) -> dict[str, Any]:
    """At two sizes: rows selected, rows and pages that the plan handled, seconds; and the power the rows handled grow with."""
    both = (cost.few, cost.many)
    return {
        "rows": [each.rows for each in both],
        "handled": [each.handled for each in both],
        "pages": [each.pages for each in both],
        "seconds": [round(each.seconds, 4) for each in both],
        "exponent": round(cost.exponent, 2),
    }


def _finding(finding: Finding, each: HybridReport, report: RunReport) -> dict[str, Any]:
    return {
        "rule": finding.rule,
        "name": finding.name,
        "family": finding.family.value,
        "severity": finding.severity.value,
        "position": finding.position,
        "message": finding.message,
        "hint": finding.hint,
        "file": each.hybrid.file,
        "line": each.hybrid.line,
        "counterexample": None if finding.counterexample is None else _counterexample(finding.counterexample),
        "reproduce": reproduce(finding, each.hybrid, report.seed),
    }


def _counterexample(example: Counterexample) -> dict[str, Any]:
    return {
        "rows": {table: [_row(row) for row in rows] for table, rows in example.dataset.tables.items()},
        "instance": None if example.instance is None else _row(example.instance),
        "python": example.python,
        "sql": example.sql,
    }


def _row(row: Any) -> dict[str, Any]:
    return {
        name: value if isinstance(value, int | float | str | None) else str(value)
        for name, value in row.items()
    }
