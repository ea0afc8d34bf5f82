"""What each check says of hybrids with one defect each, and where it says that it is."""

from xml.etree import ElementTree as ET

import pytest

from harness.config import Options
from harness.core.finding import Family
from harness.pytest_plugin.items import FACETS

from .projects import UNFILLABLE, line_of, outcomes


def failed(result):
    return {node_id for node_id, outcome in outcomes(result).items() if outcome != "PASSED"}


def test_every_family_of_rules_has_one_check():
    assert sorted(family for families in FACETS.values() for family in families) == sorted(Family)


def test_each_defect_fails_its_own_check_with_its_story_and_place(project):
    text = project.models("room", "wrong", "bound", "nothing", more=UNFILLABLE)
    result = project.run("--junit-xml=report.xml", "-o", "junit_family=xunit1", "--tb=long")
    said = result.stdout.str()

    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert {node_id: outcome for node_id, outcome in outcomes(result).items() if outcome != "PASSED"} == {
        "hybrids::Shelf.wrong::agrees": "FAILED",
        "hybrids::Shelf.bound::composes": "FAILED",
        "hybrids::Shelf.nothing::translates": "FAILED",
        **{f"hybrids::Shelf.nothing::{facet}": "SKIPPED" for facet in list(FACETS)[1:]},
        **{f"hybrids::Crate.untestable::{facet}": "SKIPPED" for facet in list(FACETS)[1:]},
    }
    assert "Traceback" not in said
    assert "harness/pytest_plugin" not in said
    result.stdout.fnmatch_lines(
        [
            "*Shelf.wrong agrees*",
            "HH208 error  Shelf.wrong  [[]select[]]  values-differ",
            f"  shop.py:{line_of('wrong', text)}",
            "  Shelf.wrong is False in Python and True in SQL.",
            "    shelves: id=1, width=*",
            "    on id=1:",
            "    Python  False",
            "    SQL     True",
            "  hint: *",
        ],
        consecutive=True,
    )
    result.stdout.fnmatch_lines_random(
        [
            f"SKIPPED [[]4[]] shop.py:{line_of('nothing', text)}: there is no SQL to compare: see ::translates",
            f"SKIPPED [[]4[]] shop.py:{line_of('untestable', text)}: untested: *no_such_function*",
            "FAILED hybrids::Shelf.wrong::agrees - HH208 error  Shelf.wrong*",
            "FAILED hybrids::Shelf.bound::composes - HH301 error  Shelf.bound*",
            "FAILED hybrids::Shelf.nothing::translates - HH103 error  Shelf.nothing*",
        ]
    )
    cases = {
        (case.get("classname"), case.get("name")): case
        for case in ET.parse(project.path / "report.xml").iter("testcase")
    }
    case = cases["hybrids.Shelf.wrong", "agrees"]
    assert (case.get("file"), case.get("line")) == ("shop.py", str(line_of("wrong", text) - 1))
    assert case.find("failure").get("message").startswith("HH208 error  Shelf.wrong")


def test_the_location_is_the_hybrids_own_line_from_any_folder(project, monkeypatch):
    text = project.models("room", file="lib/shop.py")
    project.configure(ini='hybrids = ["lib/shop.py"]')
    project.pytester.mkdir("deeper")
    for folder, target in ((".", "lib/shop.py"), ("deeper", "../lib/shop.py")):
        monkeypatch.chdir(project.path / folder)
        items, _ = project.pytester.inline_genitems("--hybrids", target)
        assert {item.location for item in items} == {
            ("lib/shop.py", line_of("room", text) - 1, f"Shelf.room {facet}") for facet in FACETS
        }
        assert {item.path for item in items} == {project.path / "lib/shop.py"}


def test_tb_line_and_no_header_tools_get_file_and_line(project):
    text = project.models("wrong")
    result = project.run("--tb=line", "hybrids::Shelf.wrong::agrees")
    result.stdout.fnmatch_lines(
        [f"{project.path}/shop.py:{line_of('wrong', text)}: HH208 error  Shelf.wrong*"]
    )


def test_a_changed_snapshot_fails_snapshot_alone_and_an_update_accepts_it(project):
    project.models("room")
    file = project.write("snapshots/shop/Shelf.room.sql", "-- Shelf.room\n\nSELECT 1\n")
    result = project.run()
    assert failed(result) == {"hybrids::Shelf.room::snapshot"}
    result.stdout.fnmatch_lines(
        [
            "The SQL is not the reviewed SQL:",
            "-SELECT 1",
            "If it is what you mean, `pytest --snapshot-update` accepts it.",
            "1 snapshot failed.",
            "FAILED hybrids::Shelf.room::snapshot - The SQL is not the reviewed SQL:*",
        ]
    )
    other = project.write("snapshots/shop/Shelf.other.sql", "-- Shelf.other\n\nSELECT 1\n")
    assert not failed(project.run("--snapshot-update", "--hybrids", "shop", "hybrids::Shelf.room::snapshot"))
    assert "coalesce(shelves.width" in file.read_text("utf-8")
    assert other.exists()  # a run of one hybrid can't know that nobody has it any more


def test_a_bug_of_ours_keeps_its_traceback(project, monkeypatch):
    def broken(*_arguments, **_options):
        raise LookupError("a bug of ours")

    monkeypatch.setattr("harness.pytest_plugin.items.snapshot_text", broken)
    project.models("room")
    result = project.run("-k", "snapshot")
    assert failed(result) == {"hybrids::Shelf.room::snapshot"}
    result.stdout.fnmatch_lines(["*snapshot_text(*", "E *LookupError: a bug of ours"])


def test_a_folder_in_the_place_of_a_snapshot(project):
    project.models("room")
    project.pytester.mkdir("snapshots").joinpath("shop", "Shelf.room.sql").mkdir(parents=True)
    result = project.run("-k", "snapshot")
    assert failed(result) == {"hybrids::Shelf.room::snapshot"}
    result.stdout.fnmatch_lines(
        ["The snapshot can't be read or written: Is a directory.", "  where: snapshots/shop/Shelf.room.sql"]
    )


def test_warnings_are_told_and_fail_only_under_fail_on_warning(project):
    project.models("drifting", more=UNFILLABLE)
    result = project.run()
    assert result.ret == pytest.ExitCode.OK
    assert outcomes(result)["hybrids::Shelf.drifting::agrees"] == "PASSED"
    assert outcomes(result)["hybrids::Crate.untestable::agrees"] == "SKIPPED"
    result.stdout.fnmatch_lines(
        ["*findings that fail no check*", "HH2?? warning  Shelf.drifting*", "  hint:*"]
    )

    project.configure(settings='fail-on = "warning"')
    result = project.run()
    assert failed(result) == {
        "hybrids::Shelf.drifting::agrees",
        *(f"hybrids::Crate.untestable::{facet}" for facet in list(FACETS)[1:]),
    }
    result.stdout.fnmatch_lines(["Crate.untestable was not tested: *no_such_function*"])
    result.stdout.no_fnmatch_line("*findings that fail no check*")


def test_last_failed_runs_what_failed_and_failed_first_puts_it_first(project):
    project.models("room", "wrong")
    project.write("test_shop.py", "def test_shop(): pass\n")
    assert len(outcomes(project.run())) == 11
    assert outcomes(project.run("--lf")) == {"hybrids::Shelf.wrong::agrees": "FAILED"}
    ordered = list(outcomes(project.run("--ff", "-k", "agrees or test_shop")))
    assert ordered == [
        "hybrids::Shelf.wrong::agrees",
        "hybrids::Shelf.room::agrees",
        "test_shop.py::test_shop",
    ]


def test_the_flags_of_the_run_reach_it(project):
    project.models("room")
    project.configure(settings="seed = 4\ntimeout = 2")
    flags = ["--hybrids-database", "docker", "--hybrids-timeout", "0.5", "--hybrids-examples", "7"]
    items, _ = project.pytester.inline_genitems(*flags)
    assert {item.parent.examination.options for item in items} == {
        Options(database="docker", timeout=0.5, examples=7, seed=4, scale=50)
    }


def test_a_hybrid_that_ends_the_session_is_named_by_the_next_one(project):
    kept = project.path / ".hybrid-harness"
    said = (
        "hybrids: a run before this one ended while Shelf.number was evaluated; if that ends this one too, *"
    )
    fatal = project.models("number").replace("return self.id", "_exit(7)")
    project.write("shop.py", fatal.replace("import time", "from os import _exit"))
    assert project.run_alone().ret == 7
    assert len(list(kept.glob("turn-*"))) == 1
    project.run_alone("--collect-only").stdout.fnmatch_lines([said])
    assert not list(kept.glob("turn-*"))
    project.models("number")
    assert project.run_alone().ret == pytest.ExitCode.OK
    assert "a run before this one" not in project.run_alone().stdout.str()
    assert not list(kept.glob("turn-*"))


def test_a_hybrid_that_never_ends_is_stopped(project):
    project.models("endless")
    result = project.run("--hybrids-timeout", "0.1", "-k", "agrees")
    assert failed(result) == {"hybrids::Shelf.endless::agrees"}
    result.stdout.fnmatch_lines(["HH502 error  Shelf.endless*", "*stopped after 0.1 s*"])
