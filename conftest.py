"""Fixtures for all tests."""

import signal
from collections.abc import Iterator

import pytest
from sqlalchemy import URL

from harness.database import Server, start_server

pytest_plugins = ["pytester"]

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # So it is in the background of a script, and the processes that tests interrupt would inherit it and never end.
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """A PostgreSQL of the tests' own."""
    with start_server("auto") as running:
        yield running


@pytest.fixture(scope="session")
def database_url(server: Server) -> URL:
    """An empty database, shared by the tests of a session."""
    return server.create_database()
