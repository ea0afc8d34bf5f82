"""Nothing outlives Python, however it ends."""

import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import psycopg
import pytest

from harness.core.errors import EnvironmentProblem
from harness.database import start_server

from .observe import alive, ask, children, folder_of, until, working_in

HOLDER = """
import os, sys, time
from harness.database import start_server
server = start_server("embedded")
url = server.create_database()
{then}
print(url.query["host"], os.getpid(), *others, flush=True)
time.sleep(600)
"""
FORKS = """
others = []
for _ in range(3):
    child = os.fork()
    if not child:
        time.sleep(600)
    others.append(child)
"""


def hold(then: str = "others = []"):
    return subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", textwrap.dedent(HOLDER).format(then=then)],
        stdout=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
@pytest.mark.parametrize("then", ["others = []", FORKS], ids=["alone", "forked children live on"])
def test_a_process_that_is_killed_leaves_no_server_and_no_folder(number, then):
    with hold(then) as process:
        folder, _, *others = process.stdout.readline().split()
        assert working_in(Path(folder))
        process.send_signal(number)
        process.wait()
        until(lambda: not working_in(Path(folder)) and not Path(folder).exists())
        assert all(alive(int(other)) for other in others)
        for other in others:
            os.kill(int(other), signal.SIGKILL)


def test_leaving_without_a_stop_is_enough():
    program = "from harness.database import start_server\ns = start_server('embedded')\nprint(s.create_database().query['host'])"
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program], stdout=subprocess.PIPE, text=True, check=True
    )
    until(lambda: not Path(done.stdout.strip()).exists())


def test_a_forked_child_stops_nothing():
    with start_server("embedded") as server:
        url = server.create_database()
        child = os.fork()
        if not child:
            server.stop()
            os._exit(0)
        assert os.waitpid(child, 0)[1] == 0
        assert ask(url, "SELECT 1") == 1


@pytest.mark.parametrize("stage", ["initdb", "postgres"])
def test_a_start_that_is_interrupted_half_way_leaves_nothing(stage, tmp_path):
    """Killed as soon as the stage's first process is seen."""
    program = (
        "from harness.database import start_server\nstart_server('embedded')\nimport time; time.sleep(600)"
    )
    environment = os.environ | {"XDG_CACHE_HOME": str(tmp_path)}
    with subprocess.Popen([sys.executable, "-c", program], env=environment) as process:
        until(lambda: children(process.pid, "supervisor.py"))
        (supervisor,) = children(process.pid, "supervisor.py")
        until(lambda: children(supervisor, f"/{stage}\0-D"))
        ((_, _, data, *_),) = children(supervisor, f"/{stage}\0-D").values()
        process.kill()
    until(lambda: not alive(supervisor))
    assert not Path(data).parent.exists()
    assert not working_in(Path(data).parent)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_supervisor_that_is_told_to_end_cleans_up(number):
    with start_server("embedded") as server:
        folder = folder_of(server.create_database())
        for supervisor in _supervisor_of(folder):
            os.kill(supervisor, number)
        until(lambda: not folder.exists())
        assert not working_in(folder)


def test_what_a_killed_supervisor_leaves_is_removed_by_stop():
    server = start_server("embedded")
    folder = folder_of(server.create_database())
    for supervisor in _supervisor_of(folder):
        os.kill(supervisor, signal.SIGKILL)
    server.stop()
    assert not folder.exists()
    assert not working_in(folder)


def test_what_a_killed_supervisor_leaves_is_removed_by_the_next_server():
    with hold() as process:
        folder = Path(process.stdout.readline().split()[0])
        for supervisor in _supervisor_of(folder):
            os.kill(supervisor, signal.SIGKILL)
        process.kill()
    with start_server("embedded"):
        until(lambda: not folder.exists())
    assert not working_in(folder)


def test_a_killed_postmaster_takes_its_busy_backends_with_it():
    with start_server("embedded") as server:
        url = server.create_database()
        folder = folder_of(url)
        postmaster = int((folder / "d" / "postmaster.pid").read_text().splitlines()[0])
        with psycopg.connect(url.set(drivername="postgresql").render_as_string()) as connection:
            connection.pgconn.send_query(
                b"SELECT count(*) FROM generate_series(1, 1000000000) a, generate_series(1, 1000000000) b"
            )
            os.kill(postmaster, signal.SIGKILL)
            until(lambda: not working_in(folder) and not folder.exists())
            connection.close()
        with pytest.raises(EnvironmentProblem, match="its process ended with -9"):
            server.create_database()


def test_a_supervisor_that_crashes_is_a_bug_of_ours(monkeypatch, tmp_path):
    (tmp_path / "supervisor.py").write_text("raise SystemError('broken')")
    monkeypatch.setattr("harness.database.launcher.SUPERVISOR", tmp_path / "supervisor.py")
    with pytest.raises(
        RuntimeError, match=r"the supervisor of PostgreSQL crashed:(.|\n)*SystemError: broken"
    ):
        start_server("embedded")


def _supervisor_of(folder: Path) -> list[int]:
    """The parent of the postmaster."""
    postmaster = (folder / "d" / "postmaster.pid").read_text().splitlines()[0]
    return [int(Path(f"/proc/{postmaster}/stat").read_text().rpartition(")")[2].split()[1])]
