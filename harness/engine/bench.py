"""Where examples run: a database of the target's own on a server, the schema in it, and one connection."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from sqlalchemy import Connection, Engine, Table, create_engine
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from harness.core.dataset import Dataset
from harness.core.errors import EnvironmentProblem
from harness.database import Server
from harness.evaluation.containment import ServerLost
from harness.evaluation.loader import Loader
from harness.evaluation.python_side import PythonSide, loaded_session
from harness.evaluation.sql_side import alive

VACUUM_EVERY = 200
"""Examples between two VACUUMs: rolled-back rows stay as dead tuples and slow every scan."""


class SchemaProblem(EnvironmentProblem):
    """The server can't create the tables that a hybrid needs."""


class Servers:
    """The server of a run; started when first asked for, and again where it was lost."""

    def __init__(self, start: Callable[[], Server]) -> None:
        self._start = start
        self._server: Server | None = None

    @property
    def current(self) -> Server:
        """The running server. Raises EnvironmentProblem where none can be had."""
        if self._server is None:
            self._server = self._start()
        return self._server

    def replace(self) -> None:
        """Give the lost server up; the next one starts when it is asked for."""
        self.stop()

    def stop(self) -> None:
        """Stop the server, if there is one."""
        server, self._server = self._server, None
        if server is not None:
            server.stop()


class Bench:
    """Loads datasets into tables that it creates; everything but the schema is rolled back."""

    def __init__(self, servers: Servers, *, seconds: float) -> None:
        self._servers = servers
        self._seconds = seconds
        self._engine: Engine | None = None
        self._connection: Connection | None = None
        self._janitor: Connection | None = None
        self._tables: list[Table] = []
        self._loader: Loader | None = None
        self._since_vacuum = 0

    def prepare(self, tables: Sequence[Table]) -> None:
        """Create those of ``tables``, given in the order of insertion, that aren't there yet.

        Raises SchemaProblem with the server's words where it can't create them.
        """
        missing = [table for table in tables if table not in self._tables]
        if missing:
            self._create(missing)
            self._tables += missing
            self._loader = None

    @contextmanager
    def loaded(self, dataset: Dataset) -> Iterator[Connection]:
        """A connection in a transaction that holds ``dataset``; rolled back at the end.

        Raises Rejected where the server does not accept the rows, ServerLost where it went away.
        """
        connection = self._open()
        self._vacuum_now_and_then()
        connection.begin()
        try:
            if self._loader is None:
                self._loader = Loader(connection, self._tables)
            self._loader.load(dataset)
            yield connection
        finally:
            _roll_back(connection)

    @contextmanager
    def session(self, dataset: Dataset, sides: Sequence[PythonSide]) -> Iterator[Session]:
        """A new session on ``dataset``, with what the getters of ``sides`` may read loaded ahead; raises as loaded() does."""
        with (
            self.loaded(dataset) as connection,
            loaded_session(connection, sides, seconds=self._seconds) as session,
        ):
            yield session

    def recover(self) -> None:
        """After ServerLost: another connection, on another server where this one is gone, with the same schema."""
        tables, self._tables = self._tables, []
        self._disconnect()
        try:
            self._connect().close()
            self._tables = tables
        except (DBAPIError, SQLAlchemyError):
            self._servers.replace()
            self._engine = None
            self.prepare(tables)

    def close(self) -> None:
        """Disconnect and drop the database."""
        self._disconnect()
        if self._engine is not None:
            url, self._engine = self._engine.url, None
            self._servers.current.drop_database(url)

    def _open(self) -> Connection:
        if self._connection is not None and not alive(self._connection):
            self._disconnect()
        if self._connection is None:
            self._connection = self._connect()
            milliseconds = int(self._seconds * 1000)
            self._connection.exec_driver_sql(f"SET statement_timeout = {milliseconds}")
            self._connection.commit()
            self._loader = None
        return self._connection

    def _connect(self) -> Connection:
        if self._engine is None:
            url = self._servers.current.create_database()
            self._engine = create_engine(url, poolclass=NullPool, enable_from_linting=False)
        return self._engine.connect()

    def _create(self, tables: list[Table]) -> None:
        by_metadata = {
            table.metadata: [each for each in tables if each.metadata is table.metadata] for table in tables
        }
        with self._connect() as connection:
            for metadata, own in by_metadata.items():
                try:
                    metadata.create_all(connection, tables=own)
                except SQLAlchemyError as error:
                    reason = str(getattr(error, "orig", error)).splitlines()[0]
                    raise SchemaProblem(
                        f"The server can't create the tables {', '.join(t.fullname for t in own)}: {reason}",
                        hint="Try metadata.create_all() on an empty database of this server: it fails alike.",
                    ) from error
            connection.commit()

    def _vacuum_now_and_then(self) -> None:
        self._since_vacuum += 1
        if self._since_vacuum < VACUUM_EVERY:
            return
        self._since_vacuum = 0
        if self._janitor is None:
            self._janitor = self._connect().execution_options(isolation_level="AUTOCOMMIT")
        preparer = self._janitor.dialect.identifier_preparer
        names = ", ".join(preparer.format_table(table) for table in self._tables)
        self._janitor.exec_driver_sql(f"VACUUM (TRUNCATE false, SKIP_LOCKED) {names}")

    def _disconnect(self) -> None:
        for connection in (self._connection, self._janitor):
            if connection is not None and alive(connection):
                connection.close()
            elif connection is not None:
                connection.invalidate()
        self._connection = self._janitor = self._loader = None


def _roll_back(connection: Connection) -> None:
    """End the transaction. Raises ServerLost where that can't be said to the server any more."""
    try:
        if alive(connection):
            connection.rollback()
    except DBAPIError as error:
        raise ServerLost(str(error.orig)) from error
