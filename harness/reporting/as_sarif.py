"""The report as a SARIF 2.1.0 log (OASIS Standard, errata 01), which code scanning services read."""

import hashlib
import json
from importlib.metadata import version
from pathlib import Path
from typing import Any
from urllib.parse import quote

from harness.core.finding import Finding, Severity
from harness.core.hybrid import Hybrid
from harness.core.report import HybridReport, RunReport
from harness.reporting.wording import reproduce, values
from harness.rules import RULES, Rule

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
FINGERPRINT = "hybridHarness/v1"
"""The name of our partial fingerprint; the number goes up if what it is made of changes."""
ROOT = "%SRCROOT%"
RULE_INDEX = {rule.code: number for number, rule in enumerate(RULES)}


def render_sarif(report: RunReport) -> str:
    """One run with every rule, a result for each finding, and a notification for each untested hybrid and each notice."""
    return json.dumps(_log(report), indent=2, ensure_ascii=False) + "\n"


def _log(report: RunReport) -> dict[str, Any]:
    driver = {
        "name": "hybrid-harness",
        "version": version("hybrid-harness"),
        "rules": [_rule(rule) for rule in RULES],
    }
    run = {
        "tool": {"driver": driver},
        "originalUriBaseIds": {
            ROOT: {"description": {"text": "The folder in which hybrid-harness was started."}}
        },
        "columnKind": "unicodeCodePoints",
        "invocations": [_invocation(report)],
        "results": [_result(finding, each, report) for each in report.hybrids for finding in each.findings],
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(rule: Rule[Any]) -> dict[str, Any]:
    page = rule.documentation
    sections = {
        "Why it is bad": page.why,
        "Known limits": page.limits,
        "Example": page.example,
        "Use instead": page.instead,
    }
    return {
        "id": rule.code,
        "name": "".join(word.capitalize() for word in rule.name.split("-")),
        "shortDescription": {"text": page.what},
        "fullDescription": {"text": f"{page.what} {page.why}"},
        "help": {
            "text": "\n\n".join([page.what, *(f"{title}: {text}" for title, text in sections.items())]),
            "markdown": "\n\n".join(
                [page.what, *(f"**{title}**: {text}" for title, text in sections.items())]
            ),
        },
        "defaultConfiguration": {"level": LEVELS[rule.severity]},
        "properties": {"tags": [rule.family.value]},
    }


def _result(finding: Finding, each: HybridReport, report: RunReport) -> dict[str, Any]:
    hybrid = each.hybrid
    example = finding.counterexample
    again = reproduce(finding, each.hybrid, report.seed)
    return {
        "ruleId": finding.rule,
        "ruleIndex": RULE_INDEX[finding.rule],
        "level": LEVELS[finding.severity],
        "message": {
            "text": "\n".join([finding.message, *values(example), f"Hint: {finding.hint}", f"Again: {again}"])
        },
        "locations": [_location(hybrid)],
        "partialFingerprints": {FINGERPRINT: _fingerprint(finding, hybrid)},
        "properties": {"position": finding.position, "family": finding.family.value},
    }


def _fingerprint(finding: Finding, hybrid: Hybrid) -> str:
    """The finding's identity: rule, Class.hybrid and position, whatever line it moves to."""
    identity = json.dumps([finding.rule, hybrid.name, finding.position])
    return hashlib.sha256(identity.encode()).hexdigest()


def _location(hybrid: Hybrid) -> dict[str, Any]:
    return {
        "physicalLocation": {
            "artifactLocation": _artifact(Path(hybrid.file)),
            "region": {"startLine": hybrid.line},
        },
        "logicalLocations": [
            {"name": hybrid.name, "fullyQualifiedName": f"{hybrid.module}.{hybrid.name}", "kind": "member"}
        ],
    }


def _artifact(path: Path) -> dict[str, str]:
    """A file below the working folder by its relative path, so that it means the same on another machine."""
    if path.is_absolute():
        return {"uri": path.as_uri()}
    return {"uri": quote(path.as_posix()), "uriBaseId": ROOT}


def _invocation(report: RunReport) -> dict[str, Any]:
    untested = [
        {
            "level": "warning",
            "message": {"text": f"{each.hybrid.name} was not tested: {each.reason}"},
            "locations": [_location(each.hybrid)],
        }
        for each in report.hybrids
        if each.reason is not None
    ]
    notices = [{"level": "note", "message": {"text": notice}} for notice in report.notices]
    problems = [{"level": "error", "message": {"text": problem}} for problem in report.problems]
    return {
        "executionSuccessful": True,
        "toolExecutionNotifications": [*untested, *notices],
        "toolConfigurationNotifications": problems,
    }
