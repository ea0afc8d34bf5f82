from typing import Any

import psycopg
import sqlalchemy

DRIVER = "postgresql+psycopg"
CONNECT_TIMEOUT = 10
"""Seconds for one attempt to connect, unless the URL says otherwise."""


def connect(url: sqlalchemy.URL) -> psycopg.Connection[tuple[Any, ...]]:
    """Connect as SQLAlchemy would, in autocommit mode, without an engine. Raises psycopg.Error."""
    arguments, options = url.get_dialect()().create_connect_args(url)
    options.setdefault("connect_timeout", CONNECT_TIMEOUT)
    return psycopg.connect(*arguments, autocommit=True, **options)


def complaint(error: psycopg.Error) -> str:
    """Return the first line of what PostgreSQL or libpq says, without the address that the caller shows anyway."""
    text = error.diag.message_primary or str(error)
    first = text.strip().partition("\n")[0]
    return first.removeprefix("connection failed: ").removeprefix("connection is bad: ")
