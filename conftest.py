"""Fixtures for all tests."""

import signal
from collections.abc import Iterator

import pytest
from sqlalchemy import URL

from harness.database import Server, start_server

pytest_plugins = ["pytester"]

# In the background of a script some are ignored, and the processes that tests interrupt would inherit that and never end.
for name, handler in (
    ("SIGINT", signal.default_int_handler),
    ("SIGQUIT", signal.SIG_DFL),
    ("SIGHUP", signal.SIG_DFL),  # under nohup
):
    number = getattr(signal, name, None)
    if number is not None and signal.getsignal(number) is signal.SIG_IGN:
        signal.signal(number, handler)


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """A PostgreSQL of the tests' own."""
    with start_server("auto") as running:
        yield running


@pytest.fixture(scope="session")
def database_url(server: Server) -> URL:
    """An empty database, shared by the tests of a session."""
    return server.create_database()
