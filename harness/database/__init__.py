"""PostgreSQL servers to work on: found, started, and gone again with the run."""

from harness.database.choice import start_server
from harness.database.server import Server
from harness.database.url import announced

__all__ = ["Server", "announced", "start_server"]
