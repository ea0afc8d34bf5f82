import os
from collections.abc import Callable
from types import TracebackType
from typing import Any, Protocol, Self

import sqlalchemy

from harness.core.errors import HarnessError
from harness.database.connection import without_settings_for_libpq
from harness.database.own import Owned


class Server(Protocol):
    """A PostgreSQL server that the harness may create databases on. A context manager: leaving it stops it."""

    provider: str
    """Where it comes from: ``embedded``, ``binaries``, ``docker`` or ``url``."""
    reason: str
    """Why this provider was chosen, one clause for people."""
    version: str
    """The server's version without the distribution's suffix, such as ``18.6``."""

    confined: bool
    """Whether what is created are schemas in a database that is somebody's, for want of the right to create databases."""

    def create_database(self) -> sqlalchemy.URL:
        """Create a fresh, empty database and return its URL (driver ``postgresql+psycopg``).

        Where the server is confined, the URL leads to an empty schema, the only one that its connections see by itself.
        Raises EnvironmentProblem where the server has gone or refuses.
        """
        ...

    def engine(self, url: sqlalchemy.URL) -> sqlalchemy.Engine:
        """An engine for a database that this server object created; it keeps no connection that isn't in use."""
        ...

    def drop_database(self, url: sqlalchemy.URL) -> None:
        """Drop a database that this server object created, whoever is still connected to it.

        Raises ValueError for any other database, EnvironmentProblem where the server has gone or refuses.
        """
        ...

    def stop(self) -> None:
        """Drop what was created and end what was started; does nothing the second time, and in forked children.

        Raises EnvironmentProblem that names the databases left on somebody's server which can't be reached any more.
        """
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class RunningServer:
    """The one implementation of Server; providers differ in where the databases are and in how the server ends."""

    def __init__(
        self, *, provider: str, reason: str, version: str, owned: Owned, end: Callable[[], None]
    ) -> None:
        self.provider = provider
        self.reason = reason
        self.version = version
        self.confined = owned.confined
        self._started = owned.started
        self._owned = owned
        self._end = end
        self._owner = os.getpid()
        self._stopped = False

    def create_database(self) -> sqlalchemy.URL:
        """Create a fresh, empty database; see Server."""
        return self._owned.create()

    def engine(self, url: sqlalchemy.URL) -> sqlalchemy.Engine:
        """An engine for a database of this object's own; see Server."""
        engine = sqlalchemy.create_engine(url, poolclass=sqlalchemy.NullPool, enable_from_linting=False)
        if self._started:
            sqlalchemy.event.listen(engine, "do_connect", _connect_alone)
        return engine

    def drop_database(self, url: sqlalchemy.URL) -> None:
        """Drop a database of this object's own; see Server."""
        self._owned.drop(url)

    def stop(self) -> None:
        """Leave nothing behind; see Server."""
        if self._stopped or os.getpid() != self._owner:
            return
        self._stopped = True
        self._end()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self.stop()
        except HarnessError as problem:
            if error is None:
                raise
            error.add_note(str(problem))


def _connect_alone(dialect: sqlalchemy.Dialect, _record: Any, arguments: Any, options: Any) -> Any:
    with without_settings_for_libpq():
        return dialect.connect(*arguments, **options)
