import secrets
from collections.abc import Callable
from typing import LiteralString

import psycopg
import sqlalchemy
from psycopg import sql

from harness.core.errors import EnvironmentProblem
from harness.database.connection import connect

PREFIX = "hybrid_harness_"


class Databases:
    """The databases that one run creates on one server; it drops these and no others.

    ``url`` is the database to connect to for that, ``options`` follow CREATE DATABASE ... TEMPLATE template0, and
    ``explain`` turns what psycopg raises into a message for people.
    """

    def __init__(
        self,
        url: sqlalchemy.URL,
        *,
        options: LiteralString,
        explain: Callable[[psycopg.Error], EnvironmentProblem],
    ) -> None:
        self._url = url
        self._options = sql.SQL(options)
        self._explain = explain
        self._created: set[str] = set()

    def create(self) -> sqlalchemy.URL:
        """Create a database with a random name and return its URL."""
        name = PREFIX + secrets.token_hex(8)
        # Noted first: interrupted after the server has done it, it is dropped all the same.
        self._created.add(name)
        self._execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE template0 {}").format(sql.Identifier(name), self._options)
        )
        return self._url.set(database=name)

    def drop(self, url: sqlalchemy.URL) -> None:
        """Drop one of the databases created here; ValueError for any other."""
        name = url.database
        if name not in self._created:
            raise ValueError(f"not a database of this run: {name}")
        self._drop(name)

    def drop_all(self) -> None:
        """Drop every database created here; EnvironmentProblem names those that can't be dropped."""
        for name in sorted(self._created):
            try:
                self._drop(name)
            except EnvironmentProblem as problem:
                left = ", ".join(sorted(self._created))
                raise EnvironmentProblem(
                    f"databases of this run may be left on the server: {left} ({problem.what})",
                    where=problem.where,
                    hint="DROP DATABASE each of them WITH (FORCE), once the server can be reached",
                ) from None

    def _drop(self, name: str) -> None:
        self._execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
        self._created.discard(name)

    def _execute(self, statement: sql.Composed) -> None:
        try:
            with connect(self._url) as connection:
                connection.execute(statement)
        except psycopg.Error as error:
            # From None: psycopg's frames hold the password.
            raise self._explain(error) from None
