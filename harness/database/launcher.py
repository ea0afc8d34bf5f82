import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import platformdirs
import psycopg
import sqlalchemy

from harness.core.errors import EnvironmentProblem
from harness.database import settings
from harness.database.connection import DRIVER, complaint
from harness.database.own import Databases
from harness.database.server import RunningServer, Server

SUPERVISOR = Path(__file__).with_name("supervisor.py")
FILE_COPY_SINCE = 15
LAST_WORDS = 2.0
"""Seconds that a supervisor has to notice the end of its server, once that can't be reached."""
OTHERWISE = "give --database URL for a server of your own, or --database docker"


@dataclass(frozen=True)
class Binaries:
    """The folder of PostgreSQL's programs.

    ``movable`` are the folders under ``movable_root`` that work from anywhere if copied together; none where the
    programs must stay where they are.
    """

    folder: Path
    movable_root: Path | None = None
    movable: tuple[Path, ...] = ()


def launch(binaries: Binaries, *, provider: str, reason: str) -> Server:
    """Start a server of our own from these programs, reachable by its owner through a socket only.

    It ends with this process, however that ends. Raises EnvironmentProblem where it can't be started.
    """
    if sys.platform == "win32":
        raise EnvironmentProblem(
            "the harness can't start a PostgreSQL of its own on Windows yet", hint=OTHERWISE
        )
    supervised = Supervised(binaries)
    options = "STRATEGY file_copy" if int(supervised.version.partition(".")[0]) >= FILE_COPY_SINCE else ""
    return RunningServer(
        provider=provider,
        reason=reason,
        version=supervised.version,
        owned=Databases(supervised.url, options=options, explain=supervised.explain, started=True),
        end=supervised.end,
    )


class Lifeline:
    """A pipe whose end of file tells the supervisor that this process has gone, or wants its server gone.

    The kernel closes the write end when this process dies. Forked children must not keep it open.
    """

    def __init__(self) -> None:
        self.reader, self._writer = os.pipe()
        os.register_at_fork(after_in_child=self.cut)

    def cut(self) -> None:
        """Close the write end."""
        writer, self._writer = self._writer, -1
        if writer >= 0:
            os.close(writer)


class Supervised:
    """A server under its supervisor, as this process sees them."""

    def __init__(self, binaries: Binaries) -> None:
        self._programs = binaries.folder
        self._lifeline = Lifeline()
        try:
            self._process = _start_supervisor(_job(binaries), self._lifeline.reader)
        except BaseException:
            self._lifeline.cut()
            raise
        finally:
            os.close(self._lifeline.reader)
        try:
            ready = self._await_ready()
        except BaseException:
            self.end()
            raise
        self.version: str = ready["ready"]
        self.url = sqlalchemy.URL.create(
            DRIVER,
            username="postgres",
            database="postgres",
            query={"host": ready["folder"], "port": settings.OWNED_SOCKET["port"]},
        )

    def explain(self, error: psycopg.Error) -> EnvironmentProblem:
        """Say why the server can't do what it was asked for, with its last words if it has ended."""
        try:
            self._process.wait(LAST_WORDS if isinstance(error, psycopg.OperationalError) else 0)
        except subprocess.TimeoutExpired:
            return EnvironmentProblem(
                f"PostgreSQL refuses: {complaint(error)}", where=str(self._programs), hint=OTHERWISE
            )
        message = self._read()
        return EnvironmentProblem(
            f"the PostgreSQL that the harness started has ended: {message.get('ended', 'it was killed')}{_quoted(message)}",
            where=str(self._programs),
            hint=f"run again; if it ends again, {OTHERWISE}",
        )

    def end(self) -> None:
        """End the server and its supervisor, and wait until nothing of them is left."""
        self._lifeline.cut()
        self._process.wait()
        self._output.close()
        if self._process.returncode < 0:
            _sweep()

    @property
    def _output(self) -> Any:
        assert self._process.stdout is not None
        return self._process.stdout

    def _await_ready(self) -> dict[str, Any]:
        message = self._read()
        if "ready" not in message:
            raise EnvironmentProblem(
                f"no PostgreSQL could be started: {message.get('failed', 'its supervisor was killed')}{_quoted(message)}",
                where=str(self._programs),
                hint=f"put right what it says, or {OTHERWISE}",
            )
        return message

    def _read(self) -> dict[str, Any]:
        """Return the supervisor's next report; empty where it was killed. A crash of it is a bug of ours: RuntimeError."""
        said = []
        for line in self._output:
            try:
                report = json.loads(line)
            except ValueError:
                said.append(line)
                continue
            assert isinstance(report, dict)
            return report
        if self._process.wait() > 0:
            raise RuntimeError("the supervisor of PostgreSQL crashed:\n" + "".join(said))
        return {}


def _job(binaries: Binaries) -> str:
    return json.dumps(
        {
            "bin": str(binaries.folder),
            "movable_root": str(binaries.movable_root),
            "movable": [str(part) for part in binaries.movable],
            "cache": _cache(),
            "settings": list(settings.arguments(settings.THROWAWAY, settings.OWNED_SOCKET)),
        }
    )


def _cache() -> str | None:
    """Return the folder for templates; None for a user without HOME and passwd entry."""
    try:
        folder = platformdirs.user_cache_path("hybrid-harness", appauthor=False)
    except RuntimeError:
        return None
    # Older releases of platformdirs leave "~" as it is.
    return str(folder) if folder.is_absolute() else None


def _start_supervisor(job: str, lifeline: int) -> "subprocess.Popen[str]":
    return subprocess.Popen(  # noqa: S603 - this Python, running a file of this package
        [*_supervisor_command(), job],
        stdin=lifeline,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        cwd="/",
        start_new_session=True,  # Ctrl-C is for the harness, which then cuts the lifeline
    )


def _supervisor_command() -> list[str]:
    # -I ignores PYTHONUTF8, but both sides must decode the names of files alike.
    return [sys.executable, "-I", f"-Xutf8={sys.flags.utf8_mode}", str(SUPERVISOR)]


def _sweep() -> None:
    """Remove what a supervisor that was killed has left."""
    subprocess.run(  # noqa: S603 - this Python, running a file of this package
        [*_supervisor_command(), "sweep"], stdin=subprocess.DEVNULL, cwd="/", check=True
    )


def _quoted(report: dict[str, Any]) -> str:
    """Return the last lines of the server's log as a paragraph of a message."""
    return "".join(f"\n    | {line}" for line in report.get("log", []))
