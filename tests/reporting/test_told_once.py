"""What is true of many correct hybrids is told once, in the formats that people read."""

import json
from dataclasses import replace

import pytest

from harness.core.finding import Severity
from harness.reporting.formats import RENDERERS


@pytest.fixture
def report(make):
    info = make.finding(
        rule="HH305", severity=Severity.INFO, position="alone", message="Once.", counterexample=None
    )
    shown = make.finding(rule="HH213", severity=Severity.INFO, message="With its rows.")
    return make.run(
        make.of(make.finding(), info),
        make.of(replace(info, message="Twice."), shown, attribute="depth"),
        make.of(replace(info, message="Thrice."), shown, attribute="width"),
    )


@pytest.mark.parametrize("form", ["text", "markdown", "github"])
def test_an_info_without_rows_is_told_once_and_names_the_other_hybrids(report, form):
    text = RENDERERS[form](report)
    assert "The same rule: Node.depth [alone], Node.width [alone]." in text
    assert (text.count("Once."), text.count("Twice."), text.count("Thrice.")) == (1, 0, 0)
    assert text.count("With its rows.") == 2
    assert text.count("Python gives 1, SQL gives None.") == 1


def test_machines_get_each(report):
    hybrids = json.loads(RENDERERS["json"](report))["hybrids"]
    assert [finding["message"] for each in hybrids for finding in each["findings"]].count("Twice.") == 1
