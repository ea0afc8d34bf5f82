"""The run's session and connection in the hands of getters, which must not end the transaction that holds the rows."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

import psycopg
from sqlalchemy.orm import Session

from harness.core.doors import Refused
from harness.evaluation.transaction import driver_of

ENDS_TRANSACTION = re.compile(
    r"\s*(commit|end|abort|prepare\s+transaction|rollback(?!\s+(work\s+|transaction\s+)?to\b))\b",
    re.IGNORECASE,
)


class LentSession(Session):
    """A session that can't be ended while it is lent()."""

    is_lent = False

    def commit(self) -> None:
        self._ending("commit")
        super().commit()

    def rollback(self) -> None:
        self._ending("rollback")
        super().rollback()

    def close(self) -> None:
        self._ending("close")
        super().close()

    def reset(self) -> None:
        self._ending("reset")
        super().reset()

    def invalidate(self) -> None:
        self._ending("invalidate")
        super().invalidate()

    def _ending(self, call: str) -> None:
        if self.is_lent:
            raise Refused(f"session.{call}() would have ended the transaction of whoever reads the attribute")


class _LentCursor(psycopg.Cursor[Any]):
    """Refuses statements that end the transaction."""

    def execute(self, query: Any, *arguments: Any, **options: Any) -> Any:
        if isinstance(query, str) and ENDS_TRANSACTION.match(query):
            _refuse(query)
        return super().execute(query, *arguments, **options)


def _refuse(call: str = "commit()") -> NoReturn:
    raise psycopg.ProgrammingError(f"{call} would have ended the transaction of whoever reads the attribute")


@contextmanager
def lent(session: Session) -> Iterator[None]:
    """While inside, code that isn't ours has ``session`` and its connection."""
    driver = driver_of(session.connection())
    factory, driver.cursor_factory = driver.cursor_factory, _LentCursor
    driver.commit = _refuse  # type: ignore[method-assign]
    if isinstance(session, LentSession):
        session.is_lent = True
    try:
        yield
    finally:
        if isinstance(session, LentSession):
            session.is_lent = False
        del driver.commit
        driver.cursor_factory = factory
