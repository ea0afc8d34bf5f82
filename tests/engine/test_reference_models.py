"""The command on this repository's own models."""

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HYBRIDS = ["feature_adoption_rate", "total_inference_cost", "permission_inheritance_depth"]

# Hybrid, rule, severity, most rows of the counterexample (None: no data needed), the whole message.
PITFALLS = [
    (
        "Organisation.number_of_children", "HH203", "error", 1,
        "The direction of Organisation.children is reversed: remote_side is organisations.id, which makes it many-to-one, "
        "one Organisation or None. Organisation.number_of_children uses it as a collection, and Python raises "
        "TypeError: 'NoneType' object is not iterable.",
    ),
    (
        "Tenant.total_cost", "HH101", "error", None,
        "Building the SQL of Tenant.total_cost recurses without end: its expression uses Tenant.total_cost itself, so each "
        "access builds the next one, and Python stops with RecursionError: maximum recursion depth exceeded.",
    ),
    (
        "Tenant.cost_with_children", "HH201", "error", 3,
        "The subquery of Tenant.cost_with_children correlates to itself: in `tenants.parent_id = tenants.id` both columns "
        "are the outer row's, because the subquery's own table is not aliased and SQLAlchemy takes it out of its FROM. "
        "PostgreSQL compares each row with itself and answers Decimal('0').",
    ),
    (
        "Tenant.depth", "HH103", "error", None,
        "Tenant.depth has no SQL at all: its class-level value is None; `where(Tenant.depth == 5)` silently becomes "
        "`WHERE false`.",
    ),
    (
        "Tenant.depth_by_text", "HH105", "error", None,
        "Tenant.depth_by_text is text() on the class, so it can't compose: no comparison, no alias, no ORDER BY by value. "
        "Its parameter :tenant_id is unbound: it can only ever answer for the one row whose value the caller passes, not "
        "for each row of a query.",
    ),
    (
        "Tenant.depth_by_union_all", "HH501", "error", 1,
        "The SQL of Tenant.depth_by_union_all never ends on a row that is its own ancestor: stopped after 1 s. Its "
        "recursive CTE up uses UNION ALL without a guard.",
    ),
    (
        "Tenant.adoption_rate", "HH209", "warning", 1,
        "Tenant.adoption_rate is a Decimal from SQL (Decimal('0E-20')) and a float from Python (0.0).",
    ),
    (
        "Tenant.own_cost", "HH204", "error", 2,
        "Tenant.own_cost raises TypeError: unsupported operand type(s) for +: 'decimal.Decimal' and 'NoneType' in Python "
        "(ai_feature_usage.inference_cost is NULL), where SQL skips NULL and answers Decimal('0').",
    ),
    (
        "Tenant.number_of_usages", "HH301", "error", 3,
        "Under aliased(Tenant), Tenant.number_of_usages still reads tenants.id of the un-aliased class, so a row gets "
        "another row's answer (expected (2, 0), got (2, 1)); SQLAlchemy gives no warning.",
    ),
]  # fmt: skip


def run_command(target, folder, url, *options):
    """Exit status and report; the working folder has the models and no failures of earlier runs."""
    (folder / "models").symlink_to(ROOT / "models")
    done = subprocess.run(
        [sys.executable, "-m", "harness", "check", target, "--format", "json", "--database", url, *options],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)


def by_name(report):
    return {each["name"]: each for each in report["hybrids"]}


@pytest.fixture(scope="module")
def tenancy(shared_url, tmp_path_factory):
    return run_command("models.tenancy", tmp_path_factory.mktemp("tenancy"), shared_url)


@pytest.fixture(scope="module")
def pitfalls(shared_url, tmp_path_factory):
    folder = tmp_path_factory.mktemp("pitfalls")
    return run_command("models.pitfalls", folder, shared_url, "--timeout", "1")


def test_tenancy_is_clean(tenancy):
    status, report = tenancy
    assert status == 0
    assert {key: report["summary"][key] for key in ("hybrids", "ok", "findings", "untested")} == {
        "hybrids": 3,
        "ok": 3,
        "findings": 0,
        "untested": 0,
    }


@pytest.mark.parametrize("hybrid", HYBRIDS)
def test_each_hybrid_of_tenancy_is_put_to_the_test(tenancy, hybrid):
    found = by_name(tenancy[1])[f"Tenant.{hybrid}"]
    assert (found["verdict"], found["reason"]) == ("ok", None)
    assert found["stats"]["examples"] >= 100
    assert found["stats"]["comparisons"] > 5 * found["stats"]["examples"]
    assert found["stats"]["distinct_values"] >= 3
    assert {finding["severity"] for finding in found["findings"]} <= {"info"}
    assert found["sql"]["select"].startswith("SELECT")


def test_pitfalls_fail_the_run_and_none_is_missing(pitfalls):
    status, report = pitfalls
    assert status == 1
    assert sorted(by_name(report)) == sorted(name for name, *_ in PITFALLS)
    assert {each["verdict"] for each in report["hybrids"]} == {"findings"}


@pytest.mark.parametrize(
    ("hybrid", "rule", "severity", "most_rows", "message"), PITFALLS, ids=[name for name, *_ in PITFALLS]
)
def test_each_pitfall_is_named(pitfalls, hybrid, rule, severity, most_rows, message):  # noqa: PLR0917
    findings = {each["rule"]: each for each in by_name(pitfalls[1])[hybrid]["findings"]}
    assert rule in findings, sorted(findings)
    found = findings[rule]
    # Python says more or less about where the recursion ended, by version.
    assert re.sub(r"(maximum recursion depth exceeded)[^.]*", r"\1", found["message"]) == message
    assert found["severity"] == severity
    assert found["hint"]
    if most_rows is None:
        assert found["counterexample"] is None
    else:
        rows = found["counterexample"]["rows"]
        assert 1 <= sum(map(len, rows.values())) <= most_rows, rows


def test_nothing_else_is_said_of_the_pitfalls(pitfalls):
    expected = {(name, rule) for name, rule, *_ in PITFALLS}
    # The un-aliased subquery also leaves the class behind under an alias: a second defect of the same line.
    expected.add(("Tenant.cost_with_children", "HH301"))
    found = {
        (name, finding["rule"])
        for name, each in by_name(pitfalls[1]).items()
        for finding in each["findings"]
        if finding["severity"] != "info" and not finding["position"].startswith("joined to")
    }
    # Both also lose their subquery's FROM where the query joins what it reads: their alias is not correlated explicitly.
    assert found == expected


def test_each_finding_says_where_and_how_to_see_it_again(pitfalls):
    for name, each in by_name(pitfalls[1]).items():
        for finding in each["findings"]:
            assert finding["file"].endswith("models/pitfalls.py")
            line = (ROOT / "models/pitfalls.py").read_text().splitlines()[finding["line"] - 1]
            assert line.strip().startswith(f"def {name.partition('.')[2]}(")
            address = f"models.pitfalls::{name}::{finding['rule']}::{finding['position']}"
            assert finding["reproduce"] == shlex.join(["hybrid-harness", "replay", address])
