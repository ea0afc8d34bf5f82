import os
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import psycopg
import sqlalchemy

DRIVER = "postgresql+psycopg"
ENCODING = "utf8"
"""Of what is sent and received, whatever the database and the environment have: else text comes as bytes from SQL_ASCII."""
CONNECT_TIMEOUT = 10
"""Seconds for one attempt to connect, unless the URL says otherwise."""


def connect(url: sqlalchemy.URL, *, started: bool = False) -> psycopg.Connection[tuple[Any, ...]]:
    """Connect as SQLAlchemy would, in autocommit mode, without an engine. Raises psycopg.Error.

    ``started``: to a server that was started for the run, to which nothing applies that the environment has for libpq.
    """
    arguments, options = url.get_dialect()().create_connect_args(url)
    options.setdefault("connect_timeout", CONNECT_TIMEOUT)
    options.setdefault("client_encoding", ENCODING)
    with without_settings_for_libpq() if started else nullcontext():
        return psycopg.connect(*arguments, autocommit=True, **options)


@contextmanager
def without_settings_for_libpq() -> Iterator[None]:
    """PGSERVICE, PGOPTIONS, PGTZ and their like, which are meant for somebody's server, are not seen inside."""
    hidden = {name: os.environ.pop(name) for name in [*os.environ] if name.startswith("PG")}
    try:
        yield
    finally:
        os.environ.update(hidden)


def complaint(error: psycopg.Error) -> str:
    """Return the first line of what PostgreSQL or libpq says, without the address that the caller shows anyway."""
    text = error.diag.message_primary or str(error)
    first = text.strip().partition("\n")[0]
    return first.removeprefix("connection failed: ").removeprefix("connection is bad: ")
