"""Fixtures for all tests."""

from collections.abc import Iterator

import pytest
from sqlalchemy import URL

from harness.database import Server, start_server

pytest_plugins = ["pytester"]


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """A PostgreSQL of the tests' own."""
    with start_server("auto") as running:
        yield running


@pytest.fixture(scope="session")
def database_url(server: Server) -> URL:
    """An empty database, shared by the tests of a session."""
    return server.create_database()
