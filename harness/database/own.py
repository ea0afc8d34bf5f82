"""What one run creates on a server and drops again: databases, or schemas in somebody's database."""

import secrets
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import suppress
from typing import Any, LiteralString

import psycopg
import sqlalchemy
from psycopg import sql

from harness.core.errors import EnvironmentProblem
from harness.core.watch import watch
from harness.database.connection import ENCODING, connect

PREFIX = "hybrid_harness_"
OURS = rf"^{PREFIX}\d{{14}}_[0-9a-f]{{8}}$"
"""Names that nobody else gives: the moment of creation by the server's clock, in UTC, and eight random digits."""
LEFT_AFTER = "1 hour"
"""What a run that ended by itself has dropped within this time; a run that still goes on is connected to it."""
LOCK_TIMEOUT = "10s"
AGAIN = 3
"""Times that a statement is sent again on another connection."""
MOMENT: LiteralString = "to_char(({}) AT TIME ZONE 'UTC', 'YYYYMMDDHH24MISS')"


class Owned(ABC):
    """Databases or schemas of one run on one server; it drops these and no others.

    ``url`` is the database to connect to for that; ``explain`` turns what psycopg raises into a message for people;
    ``started`` says that the server was started for the run.
    """

    kind: str
    """What is created, in words."""
    confined: bool
    """Whether all of it is in a database that others use too."""

    def __init__(
        self,
        url: sqlalchemy.URL,
        *,
        explain: Callable[[psycopg.Error], EnvironmentProblem],
        started: bool = False,
    ) -> None:
        self._url = url
        self.started = started
        self._explain = explain
        self._created = set(watch.get().left)

    def create(self) -> sqlalchemy.URL:
        """Create one with a name of our own and return the URL that leads to it."""
        [moment] = self._ask(sql.SQL("SELECT {}").format(sql.SQL(MOMENT).format(sql.SQL("now()"))))
        name = f"{PREFIX}{moment}_{secrets.token_hex(4)}"
        # Noted first: interrupted after the server has done it, it is dropped all the same.
        self._created.add(name)
        watch.get().owns(self._created)
        self._ask(self._creation(sql.Identifier(name)))
        return self._leading_to(name).update_query_dict({"client_encoding": ENCODING})

    def drop(self, url: sqlalchemy.URL) -> None:
        """Drop one of those created here; ValueError for any other."""
        name = self._name(url)
        if name not in self._created:
            raise ValueError(f"not a {self.kind} of this run: {name}")
        self._drop(name)

    def drop_all(self) -> None:
        """Drop everything created here; EnvironmentProblem names what can't be dropped."""
        for name in sorted(self._created):
            try:
                self._drop(name)
            except EnvironmentProblem as problem:
                left = ", ".join(sorted(self._created))
                raise EnvironmentProblem(
                    f"{self.kind}s of this run may be left on the server: {left} ({problem.what})",
                    where=problem.where,
                    hint=f"The next run there drops them once they are {LEFT_AFTER} old, if nobody uses them.",
                ) from None

    def drop_what_killed_runs_left(self) -> int:
        """Drop what runs of this role left that can't have ended by themselves; how many there were.

        They bear a name of ours, are older than LEFT_AFTER and nobody is connected to them.
        """
        moment = sql.SQL(MOMENT).format(sql.SQL("now() - {}::interval").format(LEFT_AFTER))
        left = self._ask(self._left(sql.Literal(OURS), moment))
        return sum(self._drops_left(name) for name in left)

    def _drops_left(self, name: str) -> bool:
        """Whether that succeeds: another run may be at it as well, or somebody has connected."""
        try:
            self._drop(name)
        except EnvironmentProblem:
            return False
        return True

    def _drop(self, name: str) -> None:
        mine = name in self._created
        for statement in self._removal(name, force=mine):
            self._ask(statement)
        self._created.discard(name)
        watch.get().owns(self._created)

    def _ask(self, statement: sql.Composed, url: sqlalchemy.URL | None = None) -> list[Any]:
        """The first value of each row of the answer."""
        try:
            return self._answer(statement, url or self._url)
        except psycopg.Error as error:
            # From None: psycopg's frames hold the password.
            raise self._explain(error) from None

    def _answer(self, statement: sql.Composed, url: sqlalchemy.URL) -> list[Any]:
        """Asked again where somebody had the server end the connection, which is no word on the statement."""
        for _ in range(AGAIN):
            with suppress(psycopg.errors.AdminShutdown):
                return self._answer_once(statement, url)
        return self._answer_once(statement, url)

    def _answer_once(self, statement: sql.Composed, url: sqlalchemy.URL) -> list[Any]:
        with connect(url, started=self.started) as connection:
            cursor = connection.execute(statement)
            return [row[0] for row in cursor] if cursor.description else []

    @abstractmethod
    def _creation(self, name: sql.Identifier) -> sql.Composed: ...

    @abstractmethod
    def _removal(self, name: str, *, force: bool) -> list[sql.Composed]: ...

    @abstractmethod
    def _left(self, ours: sql.Literal, before: sql.Composed) -> sql.Composed:
        """Asks for the names that match ``ours``, are this role's, older than ``before`` and not in use."""

    @abstractmethod
    def _leading_to(self, name: str) -> sqlalchemy.URL: ...

    @abstractmethod
    def _name(self, url: sqlalchemy.URL) -> str | None: ...


class Databases(Owned):
    """``options`` follow CREATE DATABASE ... TEMPLATE template0."""

    kind = "database"
    confined = False

    def __init__(
        self,
        url: sqlalchemy.URL,
        *,
        options: LiteralString,
        explain: Callable[[psycopg.Error], EnvironmentProblem],
        started: bool = False,
    ) -> None:
        super().__init__(url, explain=explain, started=started)
        self._options = sql.SQL(options)

    def _creation(self, name: sql.Identifier) -> sql.Composed:
        return sql.SQL("CREATE DATABASE {} TEMPLATE template0 {}").format(name, self._options)

    def _removal(self, name: str, *, force: bool) -> list[sql.Composed]:
        with_force = sql.SQL("WITH (FORCE)" if force else "")
        return [sql.SQL("DROP DATABASE IF EXISTS {} {}").format(sql.Identifier(name), with_force)]

    def _left(self, ours: sql.Literal, before: sql.Composed) -> sql.Composed:
        return sql.SQL(
            "SELECT datname FROM pg_catalog.pg_database d WHERE datname ~ {} AND split_part(datname, '_', 3) < {}"
            " AND pg_get_userbyid(datdba) = current_user"
            " AND NOT EXISTS (SELECT FROM pg_catalog.pg_stat_activity a WHERE a.datid = d.oid)"
        ).format(ours, before)

    def _leading_to(self, name: str) -> sqlalchemy.URL:
        return self._url.set(database=name)

    def _name(self, url: sqlalchemy.URL) -> str | None:
        return url.database


class Schemas(Owned):
    """For a role that may not create databases. Connections bear the schema's name and see nothing else by itself."""

    kind = "schema"
    confined = True

    def create(self) -> sqlalchemy.URL:
        """As Owned; a pool may refuse what leads into the schema, though it let the rest through."""
        url = super().create()
        self._ask(sql.SQL("SELECT 1").format(), url)
        return url

    def _creation(self, name: sql.Identifier) -> sql.Composed:
        return sql.SQL("CREATE SCHEMA {}").format(name)

    def _removal(self, name: str, *, force: bool) -> list[sql.Composed]:
        end = sql.SQL(
            "SELECT pg_terminate_backend(pid) FROM pg_catalog.pg_stat_activity"
            " WHERE application_name = {} AND usename = current_user"
        ).format(name)
        # Waits for those connections only: nobody else has business there.
        wait = sql.SQL("SET lock_timeout = {}").format(LOCK_TIMEOUT)
        drop = sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(sql.Identifier(name))
        return [*([end] if force else []), sql.Composed([wait, sql.SQL("; "), drop])]

    def _left(self, ours: sql.Literal, before: sql.Composed) -> sql.Composed:
        return sql.SQL(
            "SELECT nspname FROM pg_catalog.pg_namespace n WHERE nspname ~ {} AND split_part(nspname, '_', 3) < {}"
            " AND pg_get_userbyid(nspowner) = current_user"
            " AND NOT EXISTS (SELECT FROM pg_catalog.pg_stat_activity a WHERE a.application_name = nspname)"
        ).format(ours, before)

    def _leading_to(self, name: str) -> sqlalchemy.URL:
        given = self._url.query.get("options", "")
        options = f"{given if isinstance(given, str) else ' '.join(given)} -c search_path={name}".strip()
        return self._url.update_query_dict({"options": options, "application_name": name})

    def _name(self, url: sqlalchemy.URL) -> str | None:
        name = url.query.get("application_name")
        return name if isinstance(name, str) else None
