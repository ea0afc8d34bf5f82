"""A run leaves no server, no database and no process, however it ends."""

import os
import re
import signal
import subprocess
import sys
import time

import psycopg
import pytest

from harness.database import start_server
from harness.pytest_plugin.scheduling import HybridScheduling

from .projects import left_of, outcomes

DEADLINE = 120.0


def until(condition):
    deadline = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < deadline, f"not within {DEADLINE:.0f} s"
        time.sleep(0.005)


def databases(server_url):
    with psycopg.connect(server_url) as connection:
        return {name for (name,) in connection.execute("SELECT datname FROM pg_database")}


def workers(result):
    """The workers that ran checks of each hybrid."""
    found = {}
    for worker, hybrid in re.findall(r"^\[(gw\d+)\].* hybrids::(.+)::", result.stdout.str(), re.MULTILINE):
        found.setdefault(hybrid, set()).add(worker)
    return found


@pytest.fixture
def url(database_url):
    """The tests' own server, as a user would name it."""
    return database_url.set(drivername="postgresql").render_as_string(hide_password=False)


def test_two_workers_say_what_one_process_says_and_leave_nothing(project):
    hybrids = ("room", "wrong", "bound", "nothing", "drifting")
    project.models(*hybrids)
    project.write("test_shop.py", "def test_shop(): pass\n")
    alone = project.run()
    one = project.servers()
    together = project.run_alone("-n", "2")

    assert len(outcomes(alone)) == 26
    assert outcomes(together) == outcomes(alone)
    assert together.ret == alone.ret == pytest.ExitCode.TESTS_FAILED
    together.stdout.fnmatch_lines(
        ["*findings that fail no check*", "HH* warning  Shelf.drifting*", "4 snapshots passed."]
    )
    assert {hybrid: len(each) for hybrid, each in workers(together).items()} == {
        f"Shelf.{name}": 1 for name in hybrids
    }
    assert len(one) == 1
    assert len(project.servers()) in {2, 3}  # one for each worker that had a hybrid with SQL
    assert not [left for folder in project.servers() for left in left_of(folder)]


MANY = """
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass
"""
NUMBERED = """

class Numbered{number}(Base):
    __tablename__ = "numbered_{number}"
    id: Mapped[int] = mapped_column(primary_key=True)
    size: Mapped[int]
    large = hybrid_property(lambda self: self.size > 9)
    small = hybrid_property(lambda self: self.size < 5)
"""


def test_of_many_classes_a_worker_gets_all_hybrids_of_one(project):
    """They share its datasets, so it reads the rows once."""
    project.write("shop.py", MANY + "".join(NUMBERED.format(number=number) for number in range(9)))
    result = project.run_alone("-n", "2", "--hybrids-examples", "3")
    of_class = {}
    for hybrid, found in workers(result).items():
        of_class.setdefault(hybrid.partition(".")[0], set()).update(found)
    assert len(of_class) == 9
    assert {len(found) for found in of_class.values()} == {1}
    assert set.union(*of_class.values()) == {"gw0", "gw1"}


def test_a_way_to_spread_tests_that_the_user_chose_is_left_to_xdist(project):
    for chosen, ours in (("load", True), ("loadscope", False)):
        config = project.pytester.parseconfigure("--dist", chosen, "--tx", "2*popen")
        plugin = config.pluginmanager.get_plugin("hybrid-harness-hybrids")
        assert isinstance(plugin.pytest_xdist_make_scheduler(config, None), HybridScheduling) is ours


def test_databases_on_somebodys_server_are_dropped(project, url):
    project.models("room", "wrong")
    before = databases(url)
    result = project.run("--hybrids-database", url, "-x")
    result.stdout.fnmatch_lines(["*stopping after 1 failures*"])
    assert outcomes(result)["hybrids::Shelf.wrong::agrees"] == "FAILED"
    assert len(project.servers()) == 1
    assert databases(url) == before


def test_a_server_that_cannot_be_reached_is_one_message_for_each_check(project):
    project.models("room")
    result = project.run(
        "--hybrids-database", f"postgresql:///postgres?host={project.path}", "-k", "not translates"
    )
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert set(outcomes(result).values()) == {"FAILED"}
    assert "Traceback" not in result.stdout.str()
    result.stdout.fnmatch_lines(["*Shelf.room agrees*", "PostgreSQL: *", "  where: postgresql*", "  hint:*"])


class Stopping:
    """A server that goes away at the end of a session."""

    def __init__(self, server):
        self.server = server

    def pytest_sessionfinish(self):
        self.server.stop()


def test_a_server_that_went_away_before_the_end_is_one_message(project):
    project.models("room")
    with start_server("embedded") as server:
        database = server.create_database()
        url = database.set(drivername="postgresql").render_as_string(hide_password=False)
        result = project.pytester.runpytest_inprocess("--hybrids-database", url, plugins=[Stopping(server)])
    result.assert_outcomes(passed=5)
    result.stderr.fnmatch_lines(["hybrid-harness: *", "  where: postgresql*", "  hint:*"])
    assert "Traceback" not in result.stderr.str()


def test_nothing_is_started_to_collect_or_translate(project):
    project.models("room")
    assert project.run("--collect-only").ret == pytest.ExitCode.OK
    assert project.run("-k", "translates").ret == pytest.ExitCode.OK
    assert not project.servers()


def test_an_interrupted_run_leaves_no_server(project):
    project.models("endless")
    command = [sys.executable, "-m", "pytest", "--hybrids-timeout", "600", "-p", "no:cacheprovider"]
    with subprocess.Popen(command, cwd=project.path, stdout=subprocess.PIPE, text=True) as run:
        try:
            until(lambda: (project.path / "endless").exists() or run.poll() is not None)
            (folder,) = project.servers()
            assert left_of(folder)
            os.kill(run.pid, signal.SIGINT)
            said, _ = run.communicate(timeout=DEADLINE)
        finally:
            run.kill()
    assert run.returncode == pytest.ExitCode.INTERRUPTED
    assert "KeyboardInterrupt" in said
    assert not left_of(folder)


def test_the_header_says_where_and_nothing_says_the_password(project):
    project.models("room")
    result = project.run_alone(
        "-vv", "--showlocals", "--hybrids-database", "postgresql://me:s3cret@127.0.0.1:1/x"
    )
    result.stdout.fnmatch_lines(
        [
            "hybrids: works at postgresql+psycopg://me:[*][*][*]@127.0.0.1:1/x, in databases of its own, or in schemas*"
        ]
    )
    result.stdout.fnmatch_lines(["*PostgreSQL: connection to server at * failed*"])
    assert "s3cret" not in result.stdout.str() + result.stderr.str()
