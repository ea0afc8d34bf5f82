"""What models may create on a server: where it is somebody's, nothing beyond the databases or schemas of a run."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, event

SERVER_WIDE = r"ROLE|USER|GROUP|DATABASE|TABLESPACE|SYSTEM|SUBSCRIPTION"
DATABASE_WIDE = (
    r"EXTENSION|SCHEMA|PUBLICATION|EVENT\s+TRIGGER|(?:(?:TRUSTED|PROCEDURAL|OR\s+REPLACE)\s+)*LANGUAGE|SERVER|FOREIGN|CAST|"
    r"ACCESS\s+METHOD|DEFAULT\s+PRIVILEGES|TRANSFORM"
)


class NotPermitted(Exception):
    """A statement reaches beyond what the harness created."""


@dataclass(frozen=True, slots=True)
class Permission:
    """``somebodys``: the server was not started for the run. ``confined``: to a schema in a database that others use too.

    ``extensions``: whether these may be created there, for the whole database.
    """

    somebodys: bool = False
    confined: bool = False
    extensions: bool = True

    @property
    def creates_extensions(self) -> bool:
        """Whether an extension may be created where the run works."""
        return self.extensions or not self.confined

    def refused(self, statement: str) -> str | None:
        """What ``statement`` would create, alter or drop and may not; None for all others."""
        kinds = [SERVER_WIDE] if self.somebodys else []
        kinds += [DATABASE_WIDE] if self.confined else []
        found = re.search(
            rf"(?:^|;)\s*(?:CREATE|ALTER|DROP)\s+({'|'.join(kinds)})\b", statement, re.IGNORECASE
        )
        if not kinds or found is None:
            return None
        kind = " ".join(found[1].upper().split())
        return None if kind == "EXTENSION" and self.extensions else kind


@contextmanager
def guarded(connection: Connection, permission: Permission) -> Iterator[None]:
    """Statements on ``connection``, those of the models' listeners too, raise NotPermitted before they are sent."""

    def refuse(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        kind = permission.refused(statement)
        if kind is not None:
            raise NotPermitted(
                f"{kind.lower()}s are not created, altered or dropped on a server that is somebody's"
            )

    event.listen(connection, "before_cursor_execute", refuse)
    try:
        yield
    finally:
        event.remove(connection, "before_cursor_execute", refuse)
