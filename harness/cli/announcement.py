"""Where a run works, said before it does."""

import sys

from harness.database import announced


def say_where(database: str) -> None:
    """Name the server that is somebody's. Raises UsageProblem for a URL that can't be understood."""
    words = announced(database)
    if words is not None:
        sys.stderr.write(f"hybrid-harness: {words}.\n")
