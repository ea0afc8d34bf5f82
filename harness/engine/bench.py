"""Where examples run: a database of the target's own on a server, the schema in it, and one connection."""

import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, TypeVar

import psycopg
from sqlalchemy import Column, Connection, Engine, MetaData, Table
from sqlalchemy.exc import DBAPIError, PendingRollbackError, SQLAlchemyError
from sqlalchemy.orm import Session

from harness.core.dataset import Dataset
from harness.core.errors import EnvironmentProblem
from harness.database import Server
from harness.engine.extensions import functions_called
from harness.engine.permission import Permission, keep_sequences
from harness.engine.schema import Schema, create_schema, provide_function
from harness.evaluation.check_oracle import passing
from harness.evaluation.containment import ServerLost
from harness.evaluation.loader import Loader
from harness.evaluation.python_side import PythonSide, loaded_session
from harness.evaluation.transaction import alive, roll_back

Result = TypeVar("Result")
RESTART_SECONDS = 10.0
"""What a server that is somebody's may take to start again."""
MOST_BREAKS = 5
"""Times that a connection may break in the same work: somebody's server may start again for a while."""
VACUUM_EVERY = 200
"""Examples between two VACUUMs: rolled-back rows stay as dead tuples and slow every scan."""


class SchemaProblem(EnvironmentProblem):
    """The server can't create the tables that a hybrid needs."""


class Servers:
    """The server of a run; started when first asked for, and again where it was lost."""

    def __init__(self, start: Callable[[], Server], *, create_extensions: bool = False) -> None:
        self._start = start
        self._create_extensions = create_extensions
        self._server: Server | None = None

    @property
    def current(self) -> Server:
        """The running server. Raises EnvironmentProblem where none can be had."""
        if self._server is None:
            self._server = self._start()
        return self._server

    @property
    def permission(self) -> Permission:
        """What models may create there. Raises EnvironmentProblem where no server can be had."""
        server = self.current
        return Permission(server.provider == "url", server.confined, self._create_extensions)

    def replace(self) -> None:
        """Give the lost server up; the next one starts when it is asked for."""
        self.stop()

    def stop(self) -> None:
        """Stop the server, if there is one."""
        server, self._server = self._server, None
        if server is not None:
            server.stop()


class Bench:
    """Loads datasets into the tables of ``metadatas``, which it creates; everything but the schema is rolled back."""

    def __init__(self, servers: Servers, metadatas: Collection[MetaData], *, seconds: float) -> None:
        self._servers = servers
        self._metadatas = metadatas
        self._seconds = seconds
        self._engine: Engine | None = None
        self._connection: Connection | None = None
        self._janitor: Connection | None = None
        self._schema: Schema | None = None
        self._functions: set[str] = set()
        self._tables: list[Table] = []
        self._loader: Loader | None = None
        self._since_vacuum = 0

    @property
    def permission(self) -> Permission:
        """What models may create on the server."""
        return self._servers.permission

    @property
    def schema(self) -> Schema:
        """What the server made of the metadata; created when first asked for."""
        if self._schema is None:
            self._schema = self._aside(
                lambda connection: create_schema(connection, self._metadatas, self.permission)
            )
        return self._schema

    def prepare(self, tables: Sequence[Table]) -> None:
        """Make ``tables``, given in the order of insertion, ready for rows.

        Raises SchemaProblem with the server's words where one of them could not be created.
        """
        for table in tables:
            if table in self.schema.problems:
                what, hint = self.schema.problems[table]
                raise SchemaProblem(what, hint=hint)
        missing = [table for table in tables if table not in self._tables]
        if missing:
            self._tables += missing
            self._loader = None

    def behind_views(self, tables: Collection[Table]) -> frozenset[Table]:
        """The tables whose rows show in those of ``tables`` that are views.

        Raises SchemaProblem for a view over what is no table of the metadata.
        """
        views = {table: self.schema.views[table] for table in tables if table in self.schema.views}
        for view, sources in views.items():
            if not sources:
                raise SchemaProblem(
                    f"{view.fullname} is a view over tables that the metadata doesn't have.",
                    hint="Name a target whose metadata has them.",
                )
        return frozenset().union(*views.values())

    def missing_functions(self, sql: str) -> list[str]:
        """The functions that ``sql`` calls of extensions which the server lacks; those it offers are created."""
        names = [name for name in functions_called(sql) if name not in self._functions]
        if names:
            provided = self._aside(
                lambda connection: [
                    name for name in names if provide_function(connection, name, self.permission)
                ]
            )
            self._functions |= set(provided)
        return [name for name in names if name not in self._functions]

    def passing(self, column: Column[Any], check: str, values: Sequence[Any]) -> list[bool]:
        """For each of ``values`` whether the server's CHECK lets it into ``column``."""
        return self._aside(lambda connection: passing(connection, column, check, values))

    def script(self, dataset: Dataset) -> tuple[str, ...]:
        """The statements that insert ``dataset``. Raises Rejected where a type refuses a value."""
        return self._ready_loader(self._open()).script(dataset)

    @contextmanager
    def loaded(self, dataset: Dataset) -> Iterator[Connection]:
        """A connection in a transaction that holds ``dataset``; rolled back at the end.

        Raises Rejected where the server does not accept the rows, ServerLost where it went away.
        """
        with self._in_transaction(lambda loader: loader.load(dataset)) as connection:
            yield connection

    @contextmanager
    def populated(self, dataset: Dataset, *, statistics: bool = True) -> Iterator[Connection]:
        """As loaded(), for thousands of rows: by COPY, with the planner's statistics or without, and no time limit on that."""

        def load(loader: Loader) -> None:
            connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
            loader.copy(dataset, statistics=statistics)
            connection.exec_driver_sql(f"SET LOCAL statement_timeout = {self._milliseconds}")

        connection = self._open()
        with self._in_transaction(load):
            yield connection

    @contextmanager
    def loaded_by(self, script: Sequence[str]) -> Iterator[Connection]:
        """A connection in a transaction after the statements of ``script``; as loaded() otherwise."""
        with self._in_transaction(lambda loader: loader.run(script)) as connection:
            yield connection

    @contextmanager
    def _in_transaction(self, load: Callable[[Loader], None]) -> Iterator[Connection]:
        connection = self._open()
        self._vacuum_now_and_then()
        connection.begin()
        try:
            load(self._ready_loader(connection))
            yield connection
        finally:
            _roll_back(connection)

    def _ready_loader(self, connection: Connection) -> Loader:
        if self._loader is None:
            self._loader = Loader(connection, self._tables)
        return self._loader

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
        self._disconnect()
        if not self._comes_back():
            self._servers.replace()
            self._engine = self._schema = None
            self._functions = set()
            self.prepare(self._tables)

    def _comes_back(self) -> bool:
        """Whether the server can be reached; one that is somebody's may be about to start again."""
        until = time.monotonic() + (RESTART_SECONDS if self.permission.somebodys else 0)
        while True:
            try:
                self._connect().close()
            except SQLAlchemyError:
                if time.monotonic() >= until:
                    return False
                time.sleep(RESTART_SECONDS / 100)
            except EnvironmentProblem:
                return False
            else:
                return True

    def _aside(self, work: Callable[[Connection], Result]) -> Result:
        """What ``work`` gives on a connection of its own, tried again where that breaks.

        Raises EnvironmentProblem where it breaks time and again.
        """
        for _ in range(MOST_BREAKS):
            try:
                return self._committed(work)
            except ServerLost as loss:
                last = loss
                self.recover()
        raise EnvironmentProblem(
            f"The connection to PostgreSQL broke {MOST_BREAKS} times: {last}.",
            hint="Look at the server's log, and run again.",
        )

    def _committed(self, work: Callable[[Connection], Result]) -> Result:
        with _losses(), self._connect() as connection:
            result = work(connection)
            connection.commit()
            return result

    def close(self) -> None:
        """Disconnect and drop the database."""
        self._disconnect()
        if self._engine is None:
            return
        url, self._engine = self._engine.url, None
        with suppress(EnvironmentProblem):  # a server that ended has nothing left to drop
            self._servers.current.drop_database(url)

    @property
    def _milliseconds(self) -> int:
        return int(self._seconds * 1000)

    def _open(self) -> Connection:
        if self._connection is not None and not alive(self._connection):
            self._disconnect()
        if self._connection is None:
            with _losses():
                self._connection = self._connect()
                keep_sequences(self._connection, self.permission)
                self._connection.exec_driver_sql(f"SET statement_timeout = {self._milliseconds}")
                self._connection.commit()
            self._loader = None
        return self._connection

    def _connect(self) -> Connection:
        if self._engine is None:
            server = self._servers.current
            self._engine = server.engine(server.create_database())
        return self._engine.connect()

    def _vacuum_now_and_then(self) -> None:
        self._since_vacuum += 1
        if self._since_vacuum < VACUUM_EVERY:
            return
        self._since_vacuum = 0
        with _losses():
            if self._janitor is None:
                self._janitor = self._connect().execution_options(isolation_level="AUTOCOMMIT")
            preparer = self._janitor.dialect.identifier_preparer
            names = ", ".join(preparer.format_table(table) for table in self._tables)
            self._janitor.exec_driver_sql(f"VACUUM (TRUNCATE false, SKIP_LOCKED) {names}")

    def _disconnect(self) -> None:
        for connection in (self._connection, self._janitor):
            if connection is not None and alive(connection):
                connection.close()
            elif connection is not None and not connection.closed:
                connection.invalidate()
        self._connection = self._janitor = self._loader = None


def _roll_back(connection: Connection) -> None:
    """End the transaction. Raises ServerLost where that can't be said to the server any more."""
    with _losses():
        roll_back(connection)


@contextmanager
def _losses() -> Iterator[None]:
    """Raises ServerLost for what the server refuses of statements that can't be wrong, or where it can't be reached."""
    try:
        yield
    except (DBAPIError, PendingRollbackError, psycopg.Error) as error:
        raise ServerLost(str(getattr(error, "orig", error)).strip()) from error
