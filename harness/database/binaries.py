import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from harness.core.errors import EnvironmentProblem
from harness.database.launcher import Binaries, launch
from harness.database.server import Server

OLDEST = 14
PLACES = (
    "/usr/lib/postgresql/*/bin",  # Debian, Ubuntu
    "/usr/pgsql-*/bin",  # PGDG on Red Hat, Fedora, SUSE
    "/usr/lib/postgresql*/bin",  # SUSE
    "/usr/libexec/postgresql*",  # Alpine
    "/usr/local/pgsql/bin",  # built from source
    "/opt/homebrew/opt/postgresql@*/bin",  # Homebrew, Apple silicon
    "/usr/local/opt/postgresql@*/bin",  # Homebrew, Intel
    "/Applications/Postgres.app/Contents/Versions/*/bin",
)


def start(why: str) -> Server:
    """Start the PostgreSQL installed on this machine; ``why`` it was chosen begins the server's reason.

    Raises EnvironmentProblem where none from version 14 is found, or the one found doesn't start.
    """
    folder = find()
    return launch(Binaries(folder), provider="binaries", reason=f"{why}: PostgreSQL found in {folder}")


def find() -> Path:
    """Return the folder of ``postgres`` and ``initdb``: the one on PATH, else the newest in the usual places.

    Raises EnvironmentProblem that says where none was found, or that all are older than 14.
    """
    outdated = []
    for folder in _candidates():
        version = _version(folder)
        if version >= (OLDEST,):
            return folder
        outdated.append(str(folder))
    if outdated:
        raise EnvironmentProblem(
            f"the PostgreSQL found is older than {OLDEST}, or doesn't run: {', '.join(outdated)}",
            hint=f"install PostgreSQL {OLDEST} or later, or give --database URL",
        )
    raise EnvironmentProblem(
        f"no postgres and initdb on PATH or in {', '.join(PLACES)}",
        hint="install PostgreSQL 14 or later, put its programs on PATH, or give --database URL",
    )


def _candidates() -> Iterator[Path]:
    on_path = shutil.which("postgres")
    if on_path and (Path(on_path).resolve().parent / "initdb").exists():
        yield Path(on_path).resolve().parent
    installed = {
        folder
        for place in PLACES
        for folder in Path("/").glob(place.removeprefix("/"))
        if all(os.access(folder / program, os.X_OK) for program in ("postgres", "initdb"))
    }
    yield from sorted(installed, key=_version, reverse=True)


def _version(folder: Path) -> tuple[int, ...]:
    """Return the version as numbers, such as (15, 14); empty where the program doesn't run or doesn't say."""
    try:
        said = subprocess.run(  # noqa: S603 - a program named postgres, found on PATH or where packages put it
            [folder / "postgres", "--version"], capture_output=True, text=True, check=False, timeout=30
        ).stdout
    except (OSError, subprocess.TimeoutExpired):
        return ()
    number = re.search(r"\) (\d+)(?:\.(\d+))?", said)
    return tuple(int(part) for part in number.groups(default="0")) if number else ()
