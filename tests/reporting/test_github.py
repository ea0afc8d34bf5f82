"""Annotations: workflow commands, read back as the runner reads them."""

import re
from dataclasses import replace

import pytest

from harness.core.finding import Severity
from harness.reporting.as_github import render_github

COMMAND = re.compile(r"::(\w+) ([^\n]*?)::([^\n]*)")


def unescaped(text):
    for sign, letter in (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")):
        text = text.replace(sign, letter)
    return text


def read(text):
    """(command, properties, message) of each line that is a command, and the other lines."""
    commands, others = [], []
    for line in text.splitlines():
        if found := COMMAND.fullmatch(line):
            name, properties, message = found.groups()
            pairs = (pair.split("=", 1) for pair in properties.split(","))
            commands.append((name, {key: unescaped(value) for key, value in pairs}, unescaped(message)))
        else:
            others.append(line)
    return commands, others


@pytest.fixture(autouse=True)
def _no_workspace(monkeypatch):
    monkeypatch.delenv("GITHUB_WORKSPACE", raising=False)


def test_a_finding_is_an_annotation_on_the_hybrids_line(make):
    commands, others = read(render_github(make.run(make.of(make.finding()))))
    assert commands == [
        (
            "error",
            {"file": "app/shop.py", "line": "7", "title": "HH208 values-differ: Node.total [select]"},
            "Python gives 1, SQL gives None.\nPython: 1\nSQL: NULL\nHint: Say the same in `_total`.\n"
            "Again: hybrid-harness replay shop:Base::Node.total::HH208::select --seed 7",
        )
    ]
    assert others == [
        "1 hybrid: 0 ok, 1 with errors or warnings, 0 untested; PostgreSQL 18.6 (embedded), seed 7, 2.5 s"
    ]


def test_the_worst_come_first_and_nothing_is_silent(make):
    finding = make.finding()
    info, warning = (replace(finding, severity=each) for each in (Severity.INFO, Severity.WARNING))
    untested = make.of(reason="no values for Odd()", attribute="odd")
    report = make.run(
        make.of(warning, info),
        make.of(finding),
        untested,
        notices=("an index is left out",),
        problems=("expired",),
    )
    commands, _ = read(render_github(report))
    assert [name for name, _, _ in commands] == ["error", "warning", "notice", "warning", "error", "notice"]
    assert [message for _, _, message in commands[3:]] == [
        "no values for Odd()",
        "expired",
        "an index is left out",
    ]


def test_what_would_end_a_command_is_escaped(make):
    nasty = "100%: a,b\r\n::error::not a command%0A"
    finding = make.finding(message=nasty, hint=nasty, position=nasty, counterexample=None)
    text = render_github(make.run(make.of(finding, file="a,b:c%.py", attribute=nasty)))
    assert len(text.splitlines()) == 2
    ((name, properties, message),), _ = read(text)
    assert name == "error"
    assert properties["file"] == "a,b:c%.py"
    assert properties["title"] == f"HH208 values-differ: Node.{nasty} [{nasty}]"
    assert message.startswith(f"{nasty}\nHint: {nasty}\n")


def test_files_are_named_from_the_root_of_the_repository(make, monkeypatch, tmp_path):
    (tmp_path / "backend").mkdir()
    monkeypatch.chdir(tmp_path / "backend")
    monkeypatch.setenv("GITHUB_WORKSPACE", str(tmp_path))
    for file, shown in (("app/shop.py", "backend/app/shop.py"), ("/elsewhere/shop.py", "/elsewhere/shop.py")):
        ((_, properties, _),), _ = read(render_github(make.run(make.of(make.finding(), file=file))))
        assert properties["file"] == shown
