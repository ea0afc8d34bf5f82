"""Through the front door: a project whose conftest has items that use `harness.snapshot`, run by pytest."""

import json
import os
import subprocess
import sys
import time
from contextlib import nullcontext
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from syrupy.data import Snapshot, SnapshotCollection

from harness.core.snapshot_file import Parameter, file_name, name_of_file, read_snapshot
from harness.snapshot import refuse_update_in_ci, snapshot_text
from harness.snapshot.extension import SqlSnapshotExtension, snapshot_path

pytest_plugins = ["pytester"]

ROOT = Path(__file__).parents[2]

CONFTEST = """
import json
import pytest
from harness.snapshot import assert_reviewed, expect_snapshot, install

def pytest_addoption(parser):
    parser.addoption("--some-targets", action="store_true")

def pytest_configure(config):
    install(config, every_target=not config.getoption("--some-targets"))

def pytest_collect_file(file_path, parent):
    if file_path.name == "hybrids.json":
        return Hybrids.from_parent(parent, path=file_path)

class Hybrids(pytest.File):
    def collect(self):
        for name, sql in json.loads(self.path.read_text("utf-8")).items():
            hybrid = Hybrid.from_parent(self, name=name)
            hybrid.sql = sql
            yield hybrid

class Hybrid(pytest.Collector):
    def collect(self):
        item = SnapshotItem.from_parent(self, name="snapshot")
        expect_snapshot(item, "shop.models", self.name)
        yield item

class SnapshotItem(pytest.Item):
    def runtest(self):
        assert_reviewed(self, "shop.models", self.parent.name, self.parent.sql)

    def repr_failure(self, excinfo):
        return str(excinfo.value)
"""


class Project:
    """A folder with hybrids, and what its snapshots hold."""

    def __init__(self, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
        self.pytester = pytester
        self.folder = pytester.path / "snapshots" / "shop.models"
        # syrupy takes a process with these for a worker, whatever started it.
        for variable in ("CI", "PYTEST_XDIST_WORKER", "PYTEST_XDIST_WORKER_COUNT", "PYTEST_XDIST_TESTRUNUID"):
            monkeypatch.delenv(variable, raising=False)
        monkeypatch.setenv("PYTHONPATH", str(ROOT), prepend=os.pathsep)
        pytester.makeconftest(CONFTEST)

    def hybrids(self, **sql):
        named = {f"Order.{name}": text for name, text in sql.items()}
        (self.pytester.path / "hybrids.json").write_text(json.dumps(named), "utf-8")

    def pytest(self, *options):
        return self.pytester.runpytest_subprocess("-p", "no:cacheprovider", *options)

    def snapshots(self):
        return {path.name: path.read_text("utf-8") for path in sorted(self.folder.glob("*"))}


@pytest.fixture
def project(pytester, monkeypatch):
    return Project(pytester, monkeypatch)


@pytest.fixture
def reviewed(project):
    """Two hybrids that have been reviewed."""
    sql = {"total": "SELECT 1\n", "count": "SELECT 2\n"}
    project.hybrids(**sql)
    project.folder.mkdir(parents=True)
    for name, text in sql.items():
        (project.folder / f"Order.{name}.sql").write_bytes(text.encode())
    return project


def test_a_missing_snapshot_is_written_and_the_summary_names_it(project):
    project.hybrids(total="SELECT 'é'\nFROM orders\n")
    result = project.pytest()
    assert result.ret == 0
    result.stdout.fnmatch_lines(
        [
            "*snapshots written, to be read and committed*",
            "snapshots/shop.models/Order.total.sql",
            "1 snapshot generated.",
        ]
    )
    path = project.folder / "Order.total.sql"
    assert path.read_bytes() == "SELECT 'é'\nFROM orders\n".encode()


def test_a_reviewed_snapshot_passes(reviewed):
    result = reviewed.pytest("-v")
    assert result.ret == 0
    result.stdout.fnmatch_lines(["*Order.total::snapshot PASSED*", "2 snapshots passed."])
    result.stdout.no_fnmatch_line("*snapshots written*")


def test_a_difference_fails_with_a_diff_and_what_to_do(reviewed):
    reviewed.hybrids(total="SELECT 1\nFROM orders\n", count="SELECT 2\n")
    result = reviewed.pytest()
    assert result.ret == 1
    result.stdout.fnmatch_lines(
        [
            "The SQL is not the reviewed SQL:",
            "--- snapshots/shop.models/Order.total.sql (reviewed)",
            "+++ the SQL now",
            " SELECT 1",
            "+FROM orders",
            "If it is what you mean, `pytest --snapshot-update` accepts it.",
            "1 snapshot failed. 1 snapshot passed.",
        ],
    )
    assert reviewed.snapshots()["Order.total.sql"] == "SELECT 1\n"


def test_update_accepts_a_difference(reviewed):
    reviewed.hybrids(total="SELECT 3\n", count="SELECT 2\n")
    result = reviewed.pytest("--snapshot-update")
    assert result.ret == 0
    result.stdout.fnmatch_lines(["1 snapshot passed. 1 snapshot updated."])
    assert reviewed.snapshots() == {"Order.count.sql": "SELECT 2\n", "Order.total.sql": "SELECT 3\n"}


def test_update_repairs_a_file_that_is_not_text(reviewed):
    (reviewed.folder / "Order.total.sql").write_bytes(b"\xff")
    assert reviewed.pytest().ret == 1
    assert reviewed.pytest("--snapshot-update").ret == 0
    assert reviewed.snapshots()["Order.total.sql"] == "SELECT 1\n"


def test_lines_that_a_checkout_ended_with_crlf_are_the_same(reviewed):
    (reviewed.folder / "Order.total.sql").write_bytes(b"SELECT 1\r\n")
    assert reviewed.pytest().ret == 0


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "xdist"])
class TestUnused:
    def test_reported_and_the_run_fails(self, reviewed, workers):
        reviewed.hybrids(total="SELECT 1\n")
        result = reviewed.pytest("--snapshot-details", *workers)
        assert result.ret == 1
        result.stdout.fnmatch_lines(
            [
                "1 snapshot passed. 1 snapshot unused.",
                "*Unused Order.count (snapshots/shop.models/Order.count.sql)",
            ]
        )
        assert set(reviewed.snapshots()) == {"Order.count.sql", "Order.total.sql"}

    def test_removed_on_update(self, reviewed, workers):
        reviewed.hybrids(total="SELECT 1\n")
        result = reviewed.pytest("--snapshot-update", *workers)
        assert result.ret == 0
        result.stdout.fnmatch_lines(["1 snapshot passed. 1 unused snapshot deleted."])
        assert set(reviewed.snapshots()) == {"Order.total.sql"}


@pytest.mark.parametrize(
    "part",
    [
        ("-k", "total"),
        ("-k", "Order and not total"),
        ("-k", "total", "-n", "2"),
        ("--deselect", "hybrids.json::Order.count::snapshot"),
        ("hybrids.json::Order.total::snapshot",),
        ("--some-targets",),
    ],
    ids=" ".join,
)
def test_where_a_part_of_the_items_runs_all_snapshots_stay(reviewed, part):
    (reviewed.folder / "Order.gone.sql").write_text("SELECT 0\n", "utf-8")
    result = reviewed.pytest("--snapshot-update", *part)
    assert result.ret == 0
    result.stdout.no_fnmatch_line("*unused*")
    assert len(reviewed.snapshots()) == 3


def test_the_last_hybrid_takes_the_folder_with_it(reviewed):
    reviewed.hybrids()
    reviewed.pytester.makepyfile(test_other="def test_other(): pass")
    result = reviewed.pytest("--snapshot-update")
    result.stdout.fnmatch_lines(["2 unused snapshots deleted."])
    assert not reviewed.folder.exists()


def test_items_that_did_not_come_to_run_keep_their_snapshots(reviewed):
    reviewed.hybrids(first="SELECT 0\n", total="SELECT 1\n", count="SELECT 2\n")
    (reviewed.folder / "Order.first.sql").mkdir()
    result = reviewed.pytest("-x", "--snapshot-update")
    assert result.ret == 1
    result.stdout.fnmatch_lines(["*Is a directory*", "*stopping after 1 failures*"])
    assert len(list(reviewed.folder.iterdir())) == 3


def test_hybrids_that_could_not_be_collected_keep_their_snapshots(reviewed):
    reviewed.pytester.makepyfile(test_broken="raise RuntimeError")
    reviewed.hybrids()
    result = reviewed.pytest("--continue-on-collection-errors", "--snapshot-update")
    assert result.ret == 1
    assert len(reviewed.snapshots()) == 2


def test_snapshots_of_other_tests_are_left_to_them(reviewed):
    reviewed.pytester.makepyfile(test_other="def test_other(snapshot): assert 'text' == snapshot")
    assert reviewed.pytest("--snapshot-update").ret == 0
    result = reviewed.pytest()
    assert result.ret == 0
    result.stdout.fnmatch_lines(["3 snapshots passed."])


def test_parallel_update_leaves_whole_files_and_nothing_else(project):
    sql = {f"h{number}": f"SELECT {number}\n" * 2000 for number in range(12)}
    project.hybrids(**sql)
    result = project.pytest("-n", "2", "--snapshot-update")
    assert result.ret == 0
    result.stdout.fnmatch_lines(["snapshots/shop.models/Order.h0.sql", "12 snapshots generated."])
    assert project.snapshots() == {f"Order.{name}.sql": text for name, text in sql.items()}


def test_ci_fails_on_a_missing_snapshot_and_writes_none(project, monkeypatch):
    monkeypatch.setenv("CI", "true")
    project.hybrids(total="SELECT 1\n")
    result = project.pytest()
    assert result.ret == 1
    result.stdout.fnmatch_lines(
        [
            "There is no reviewed snapshot snapshots/shop.models/Order.total.sql, and CI writes none.",
            "Run `pytest` on your machine, read the file that it writes and commit it.",
            "1 snapshot failed.",
        ]
    )
    assert not project.folder.exists()


@pytest.mark.parametrize(
    ("value", "refused"),
    [("true", True), ("1", True), ("woodpecker", True), ("", False), ("False", False), ("0", False)],
)
def test_what_counts_as_ci(pytester, monkeypatch, value, refused):
    config = pytester.parseconfig("--snapshot-update")
    monkeypatch.setenv("CI", value)
    with pytest.raises(pytest.UsageError) if refused else nullcontext():
        refuse_update_in_ci(config)


def test_ci_refuses_to_update(reviewed, monkeypatch):
    monkeypatch.setenv("CI", "true")
    reviewed.hybrids(total="SELECT 3\n")
    result = reviewed.pytest("--snapshot-update")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert result.stderr.str().strip() == (
        "ERROR: --snapshot-update is refused where CI is set: a snapshot is accepted by the person who reviews its SQL. "
        "Run `pytest --snapshot-update` on your machine, read the diff and commit it (or unset CI)."
    )
    assert reviewed.snapshots()["Order.total.sql"] == "SELECT 1\n"


def test_without_syrupy_the_message_says_what_to_do(reviewed):
    result = reviewed.pytest("-p", "no:syrupy")
    assert result.ret == 1
    result.stdout.fnmatch_lines(["*pytest's plugin syrupy, which is switched off.", "*hint:*no:syrupy*"])


def test_a_write_that_fails_leaves_the_old_file_and_no_draft(tmp_path, monkeypatch):
    path = tmp_path / "Order.total.sql"
    path.write_text("SELECT 1\n", "utf-8")

    def fail(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(KeyboardInterrupt):
        write(path, "SELECT 2\n")
    assert [(file.name, file.read_text("utf-8")) for file in tmp_path.iterdir()] == [
        (path.name, "SELECT 1\n")
    ]


def write(path: Path, text: str) -> None:
    collection = SnapshotCollection(location=str(path))
    collection.add(Snapshot(name=path.stem, data=text))
    SqlSnapshotExtension.write_snapshot_collection(snapshot_collection=collection)


WRITER = """
import itertools, sys
from pathlib import Path
from test_snapshot import write
for letter in itertools.cycle("ab"):
    write(Path(sys.argv[1]), letter * 3_000_000)
"""


def test_a_killed_update_leaves_no_half_file(tmp_path, monkeypatch):
    monkeypatch.setenv(
        "PYTHONPATH", f"{ROOT}{':' if sys.platform != 'win32' else ';'}{Path(__file__).parent}"
    )
    path = tmp_path / "Order.total.sql"
    for _ in range(3):
        with subprocess.Popen([sys.executable, "-c", WRITER, str(path)]) as writer:
            deadline = time.monotonic() + 30
            while not path.exists() and time.monotonic() < deadline:
                time.sleep(0.01)
            time.sleep(0.05)
            writer.kill()
        text = path.read_text("utf-8")
        assert text in {"a" * 3_000_000, "b" * 3_000_000}
        path.unlink()


def test_the_path_has_the_module_and_the_hybrid():
    root = Path("root")
    assert snapshot_path(root, "shop.models", "Order.total") == Path(
        "root/snapshots/shop.models/Order.total.sql"
    )
    odd = snapshot_path(root, "a/../b", "make.<locals>.Größe.h%")
    assert odd == Path("root/snapshots/a%2f..%2fb/make.%3clocals%3e.Größe.h%25.sql")


class Thing:
    pass


def test_the_text_has_the_parameters_above_the_sql():
    parameters = {
        "coalesce_1": 0,
        "rate": Decimal("1.50"),
        "name": "two\nlines",
        "kinds": {"b", "a", "c"},
        "odd\nname": None,
    }
    assert snapshot_text("Order.total", parameters, "SELECT 1") == (
        "-- Order.total\n"
        "-- :coalesce_1 int = 0\n"
        "-- :rate Decimal = Decimal('1.50')\n"
        "-- :name str = 'two\\nlines'\n"
        "-- :kinds set = {'a', 'b', 'c'}\n"
        "-- :odd\\nname NoneType = None\n"
        "\n"
        "SELECT 1\n"
    )


def test_the_text_has_no_addresses():
    first, second = (snapshot_text("Order.total", {"p": Thing()}, "SELECT 1") for _ in range(2))
    assert first == second
    assert "Thing object>" in first


def test_the_text_has_the_facts_below_the_sql():
    facts = {"Python side": "1 statement, however many rows", "tables": ("b", "a"), "columns": ()}
    assert snapshot_text("Order.total", {}, "SELECT 1\n", facts=facts) == (
        "-- Order.total\n"
        "\n"
        "SELECT 1\n"
        "\n"
        "-- tables: b, a\n"
        "-- columns: none\n"
        "-- Python side: 1 statement, however many rows\n"
    )


@pytest.mark.parametrize("newline", ["\n", "\r\n"], ids=["LF", "CRLF"])
def test_what_is_written_can_be_read(newline):
    sql = "SELECT 1 -- why\n\n-- not: a fact\nFROM a"
    facts = {"tables": ("a", "b"), "columns": (), "result type": "integer"}
    parameters = {"coalesce_1": 0, "odd name": "x = 1", "when": date(2024, 1, 1)}
    text = snapshot_text("Order.total", parameters, sql, facts=facts, note="as compiled: it has comments")
    read = read_snapshot(text.replace("\n", newline))
    assert (read.name, read.sql) == ("Order.total", sql)
    assert read.parameters == {
        "coalesce_1": Parameter("int", "0"),
        "odd name": Parameter("str", "'x = 1'"),
        "when": Parameter("date", "datetime.date(2024, 1, 1)"),
    }
    assert (read.listed("tables"), read.listed("columns")) == (("a", "b"), ())
    assert read.facts["result type"] == "integer"


def test_a_text_of_another_origin_can_be_read():
    read = read_snapshot("SELECT 1\n")
    assert (read.name, read.sql, read.listed("tables")) == ("", "SELECT 1", None)


@pytest.mark.parametrize("name", ["Order.total", "make.<locals>.Größe.h%", "a/../b"])
def test_a_file_name_gives_the_name_back(name):
    assert name_of_file(file_name(name)) == name


def test_a_note_stands_above_the_parameters():
    text = snapshot_text("Order.total", {"p": 1}, "SELECT 1\n", note="as compiled: it has comments")
    assert text == "-- Order.total\n-- note: as compiled: it has comments\n-- :p int = 1\n\nSELECT 1\n"
