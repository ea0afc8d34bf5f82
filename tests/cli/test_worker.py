"""Hybrids that end the process, or that nothing within it can stop: said of them, and the others are checked without them."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DEADLINE = 60.0
HEADER = """
import ctypes
import itertools
import os
import signal
import time
from os import _exit
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, object_session


class Base(DeclarativeBase):
    pass


class Item(Base):
    __tablename__ = "items"
    id: Mapped[int] = mapped_column(primary_key=True)
    amount: Mapped[int | None]

    @hybrid_property
    def good(self):
        return self.amount

    @hybrid_property
    def wrong(self):
        return self.amount

    @wrong.inplace.expression
    @classmethod
    def _wrong(cls):
        return cls.amount + 1
"""
BAD = """
    @hybrid_property
    def bad(self):
        {getter}
        return self.amount

    @bad.inplace.expression
    @classmethod
    def _bad(cls):
        {expression}
        return cls.amount
"""
LATER = """
    @hybrid_property
    def later(self):
        return -self.amount
"""
QUICK = ("--examples", "10", "--scale", "20", "--timeout", "1")


def bad(getter="pass", expression="pass"):
    return HEADER + BAD.format(getter=getter, expression=expression) + LATER


def checked(command, folder, source, *options):
    """What is said of each hybrid but for the time it took, and on standard error."""
    (folder / "shop.py").write_text(source)
    ran = command(folder, "check", "shop", "--format", "json", *QUICK, *options)
    assert ran.status == 1, ran.err
    hybrids = json.loads(ran.out)["hybrids"]
    for each in hybrids:
        del each["stats"]["seconds"]
        for placed in (each, *each["findings"]):
            del placed["line"]
    return {each.pop("name"): each for each in hybrids}, ran.err


BLOCKED = "signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals()); time.sleep(3600)"
FATAL = {
    "a getter exits, by a name from before": ({"getter": "_exit(0)"}, "exit status 0"),
    "a getter crashes in C": ({"getter": "ctypes.string_at(0)"}, "SIGSEGV"),
    "a getter kills the process, by the C library": ({"getter": "ctypes.CDLL(None)['raise'](signal.SIGKILL)"}, "SIGKILL"),
    "an expression exits, by a name from before": ({"expression": "_exit(3)"}, "exit status 3"),
}  # fmt: skip
KILLED = "killed, for it went on when its 1 s were over"
ENDLESS = {
    "a getter loops in C": {"getter": "sum(itertools.count())"},
    "a getter blocks signals": {"getter": BLOCKED},
    "an expression loops in C": {"expression": "sum(itertools.count())"},
}


@pytest.fixture(scope="module")
def undisturbed(command, tmp_path_factory):
    return checked(command, tmp_path_factory.mktemp("undisturbed"), HEADER + LATER)[0]


@pytest.mark.parametrize(("body", "how"), FATAL.values(), ids=FATAL)
def test_a_hybrid_that_ends_the_process_is_left_out_and_told(command, tmp_path, undisturbed, body, how):
    is_left_out_and_told(command, tmp_path, undisturbed, body, how)


def test_a_hybrid_that_has_to_be_killed_is_left_out_and_told(command, tmp_path_factory, undisturbed):
    """All at once: what takes the time is to wait for them."""

    def each(body):
        is_left_out_and_told(command, tmp_path_factory.mktemp("killed"), undisturbed, body, KILLED)

    with ThreadPoolExecutor() as threads:
        list(threads.map(each, ENDLESS.values()))


def is_left_out_and_told(command, folder, undisturbed, body, how):
    reports, err = checked(command, folder, bad(**body))
    ended = reports.pop("Item.bad")
    assert [(each["rule"], each["message"]) for each in ended["findings"]] == [
        ("HH507", f"The process ended while Item.bad was evaluated: {how}.")
    ]
    assert err == (
        f"hybrid-harness: the process ended while Item.bad was evaluated: {how}. All others are checked in another one.\n"
    )
    assert reports == undisturbed


def test_two_of_them(command, tmp_path, undisturbed):
    source = bad("_exit(3)") + BAD.replace("bad", "worse").format(
        getter="ctypes.string_at(0)", expression="pass"
    )
    reports, err = checked(command, tmp_path, source)
    ended = {
        name: [each["message"] for each in reports.pop(name)["findings"]]
        for name in ("Item.bad", "Item.worse")
    }
    assert ended == {
        "Item.bad": ["The process ended while Item.bad was evaluated: exit status 3."],
        "Item.worse": ["The process ended while Item.worse was evaluated: SIGSEGV."],
    }
    assert err.count("\n") == 2
    assert reports == undisturbed


def test_a_replay_fails_still_and_its_sql_is_not_edited(command, tmp_path):
    (tmp_path / "shop.py").write_text(bad("_exit(0)"))
    ran = command(tmp_path, "replay", "shop::Item.bad::HH507::select")
    assert (ran.status, ran.out.splitlines()[0]) == (1, "FAILS STILL  shop::Item.bad::HH507::select")
    (tmp_path / "shop.py").write_text(bad(expression="_exit(0)"))
    ran = command(tmp_path, "mutate", "shop", "--only", "*.bad", "--examples", "5")
    assert (ran.status, ran.out.splitlines()[0]) == (
        0,
        "Item.bad: not edited, evaluating it ends the process: exit status 0",
    )


@pytest.mark.parametrize(
    ("line", "how"),
    [("_exit(0)", "exit status 0"), ("_exit(3)", "exit status 3"), ("ctypes.string_at(0)", "SIGSEGV")],
)
@pytest.mark.parametrize("subcommand", ["check", "list"])
def test_models_that_end_the_process_when_they_are_imported(command, tmp_path, subcommand, line, how):
    (tmp_path / "shop.py").write_text(f"{HEADER}\n{line}\n")
    ran = command(tmp_path, subcommand, "shop")
    assert (ran.status, ran.out) == (3, "")
    assert ran.err == (
        f"hybrid-harness: The process ended while no hybrid was evaluated: {how}.\n"
        "  hint:  See whether the models end it when they are imported: `hybrid-harness list TARGET`.\n"
    )


def test_models_that_keep_the_process_from_ending(command, tmp_path):
    (tmp_path / "a_thread.py").write_text(
        f"import threading; threading.Thread(target=threading.Event().wait).start()\n{HEADER}"
    )
    (tmp_path / "an_exit_function.py").write_text(
        f"import atexit, time; atexit.register(time.sleep, 3600)\n{HEADER}"
    )

    def run(module):
        return command(tmp_path, "check", module, "--only", "*.good", "--format", "json", *QUICK)

    with ThreadPoolExecutor() as threads:
        for ran in threads.map(run, ("a_thread", "an_exit_function")):
            assert (ran.status, ran.err) == (0, "")
            assert json.loads(ran.out)["summary"]["ok"] == 1


WAITS = """Path("worker.part").write_text(f"{os.getpid()} {object_session(self).execute(text('SHOW data_directory')).scalar()}")
        os.rename("worker.part", "worker")
        while True:
            try:
                time.sleep(3600)
            except KeyboardInterrupt:
                Path("interrupted").touch()
                raise"""


def until(condition, run):
    deadline = time.monotonic() + DEADLINE
    while not condition():
        assert run.poll() is None, run.communicate()
        assert time.monotonic() < deadline, f"not within {DEADLINE:.0f} s"
        time.sleep(0.01)


@pytest.fixture
def waiting(tmp_path):
    """A run within a getter: the process, its worker's number, and the folder of its server."""
    (tmp_path / "shop.py").write_text(bad(WAITS))
    words = ["check", "shop", "--database", "embedded", "--timeout", "600"]
    with subprocess.Popen(
        [sys.executable, "-m", "harness", *words],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as run:
        until((tmp_path / "worker").exists, run)
        worker, _, folder = (tmp_path / "worker").read_text().partition(" ")
        yield run, int(worker), Path(folder)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(run.pid, signal.SIGKILL)


def interrupt_process(run):
    run.send_signal(signal.SIGINT)


def interrupt_terminal(run):
    os.killpg(run.pid, signal.SIGINT)


@pytest.mark.parametrize("interrupt", [interrupt_process, interrupt_terminal])
def test_an_interrupt_reaches_the_worker_once(waiting, tmp_path, interrupt):
    run, _, folder = waiting
    interrupt(run)
    out, err = run.communicate(timeout=DEADLINE)
    assert (run.returncode, out) == (130, "")
    assert err == "hybrid-harness: interrupted; nothing that it started is left.\n"
    assert (tmp_path / "interrupted").exists()
    assert not folder.exists()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("whom", [os.kill, os.killpg], ids=["the parent", "the group"])
def test_what_ends_the_parent_ends_the_worker_and_the_server(waiting, whom, number):
    run, worker, folder = waiting
    whom(run.pid, number)
    run.communicate(timeout=DEADLINE)
    assert run.returncode == -number
    deadline = time.monotonic() + DEADLINE
    while folder.exists() or Path(f"/proc/{worker}").exists():
        assert time.monotonic() < deadline, "the worker or its server goes on"
        time.sleep(0.01)
