"""What tests of servers look at: what a database answers, what processes there are (from /proc), what is on disk."""

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import sqlalchemy

DEADLINE = 60.0


def until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < deadline, f"not within {DEADLINE:.0f} s"
        time.sleep(0.005)


def working_in(folder: Path) -> list[int]:
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if (process / "cwd").readlink().is_relative_to(folder):
                found.append(int(process.name))
        except OSError:
            continue
    return found


def children(parent: int, program: str) -> dict[int, list[str]]:
    """The child processes of one process whose command line contains a word: their ids and command lines."""
    found = {}
    for process in Path("/proc").glob("[0-9]*"):
        try:
            status = (process / "stat").read_text().rpartition(")")[2].split()
            command = (process / "cmdline").read_bytes().decode()
        except OSError:
            continue
        if int(status[1]) == parent and program in command:
            found[int(process.name)] = command.split("\0")
    return found


def alive(process: int) -> bool:
    try:
        os.kill(process, 0)
        return (Path("/proc") / str(process) / "stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def ask(url: sqlalchemy.URL, statement: str) -> Any:
    engine = sqlalchemy.create_engine(url, isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            result = connection.execute(sqlalchemy.text(statement))
            return result.scalar() if result.returns_rows else None
    finally:
        engine.dispose()


def folder_of(url: sqlalchemy.URL) -> Path:
    return Path(str(url.query["host"]))
