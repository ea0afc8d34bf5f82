"""The command as people start it."""

import os
import subprocess
import sys
from dataclasses import dataclass

import pytest

SETTINGS = ("COLUMNS", "FORCE_COLOR", "NO_COLOR", "PYTHONIOENCODING")


@dataclass(frozen=True)
class Ran:
    status: int
    out: str
    err: str


def environment(**changes):
    """This process's, without what would change a report."""
    return {name: value for name, value in os.environ.items() if name not in SETTINGS} | changes


def run(cwd, *arguments, **changes):
    done = subprocess.run(
        [sys.executable, "-m", "harness", *arguments],
        cwd=cwd,
        env=environment(**changes),
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    return Ran(done.returncode, done.stdout, done.stderr)


@pytest.fixture(scope="session")
def command():
    """command(folder, "check", "shop", NO_COLOR="1") runs it there and returns status, out and err."""
    return run
