"""What models may create on a server: where it is somebody's, nothing beyond the databases or schemas of a run."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, event, text

from harness.evaluation.transaction import driver_of

SERVER_WIDE = r"ROLE|USER|GROUP|DATABASE|TABLESPACE|SYSTEM|SUBSCRIPTION"
DATABASE_WIDE = (
    r"EXTENSION|SCHEMA|PUBLICATION|EVENT\s+TRIGGER|(?:(?:TRUSTED|PROCEDURAL|OR\s+REPLACE)\s+)*LANGUAGE|SERVER|FOREIGN|CAST|"
    r"ACCESS\s+METHOD|DEFAULT\s+PRIVILEGES|TRANSFORM"
)


TOUCHED = """
    WITH others AS (SELECT oid FROM pg_catalog.pg_namespace WHERE nspname <> :own AND nspname !~ '^pg_' AND :confined),
    ours AS (SELECT pg_catalog.pg_current_xact_id()::text::bigint AS xid, pg_catalog.pg_current_snapshot() AS seen)
    SELECT relation::regclass::text
    FROM pg_catalog.pg_locks l JOIN pg_catalog.pg_class c ON c.oid = l.relation
    WHERE l.pid = pg_catalog.pg_backend_pid() AND l.mode NOT IN ('AccessShareLock', 'RowShareLock') AND c.relkind <> 'i'
        AND CASE WHEN c.relisshared THEN c.relname !~ '^pg_shdepend' ELSE c.relnamespace IN (SELECT oid FROM others) END
    UNION
    SELECT identity
    FROM ours, (
        SELECT relnamespace, oid::regclass::text, age(xmin), xmin FROM pg_catalog.pg_class
        UNION ALL SELECT pronamespace, oid::regprocedure::text, age(xmin), xmin FROM pg_catalog.pg_proc
        UNION ALL SELECT typnamespace, oid::regtype::text, age(xmin), xmin FROM pg_catalog.pg_type WHERE typcategory <> 'A'
        UNION ALL SELECT oid, oid::regnamespace::text, age(xmin), xmin FROM pg_catalog.pg_namespace
    ) AS object (namespace, identity, age, xmin)
    WHERE namespace IN (SELECT oid FROM others) AND age <= 0
        AND NOT pg_catalog.pg_visible_in_snapshot((xid - age)::text::xid8, seen)
    ORDER BY 1
"""
"""What this transaction has locked against others or changed: of the whole server's, and of schemas that are not ``own``.

Locks last to its end. A row of a catalogue that is seen, though the snapshot does not see who wrote it, is this transaction's.
"""
OWNED = """
    SELECT identity
    FROM pg_catalog.pg_shdepend d, pg_catalog.pg_identify_object(d.classid, d.objid, d.objsubid) AS object
    WHERE :confined AND d.deptype = 'o' AND d.refobjid = session_user::regrole
        AND d.dbid = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())
        AND coalesce(object.schema, object.name) <> :own AND coalesce(object.schema, '') !~ '^pg_'
"""
"""The role's own in other schemas."""
DRAWS_BY_DEFAULT = """
    SELECT s.oid::regclass::text
    FROM pg_catalog.pg_depend d
    JOIN pg_catalog.pg_attrdef a ON a.oid = d.objid
    JOIN pg_catalog.pg_class c ON c.oid = a.adrelid
    JOIN pg_catalog.pg_class s ON s.oid = d.refobjid
    WHERE :confined AND d.classid = 'pg_catalog.pg_attrdef'::regclass AND d.refclassid = 'pg_catalog.pg_class'::regclass
        AND c.relnamespace::regnamespace::text = :own AND s.relkind = 'S' AND s.relnamespace <> c.relnamespace
"""
"""Sequences of other schemas that rows of ``own`` would take numbers from."""
DRAWS = re.compile(r"\b(?:nextval|setval)\b", re.IGNORECASE)
TEXT = re.compile(r"'((?:[^']|'')*)'")
THEIR_SEQUENCES = """
    SELECT c.oid::regclass::text
    FROM unnest(%s::text[]) AS given (name) JOIN pg_catalog.pg_class c ON c.oid = pg_catalog.to_regclass(name)
    WHERE c.relkind = 'S' AND c.relnamespace::regnamespace::text <> pg_catalog.current_schema()
    ORDER BY 1
"""
NOTHING_OF_OTHERS = "nothing is changed or locked that is not the run's own"


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


class Others:
    """What is not the run's: nothing of it may change in the transaction of ``connection``, whatever that is sent."""

    def __init__(self, connection: Connection, permission: Permission) -> None:
        self._connection = connection
        self._watched = permission.somebodys
        self._values: dict[str, Any] = {"confined": permission.confined, "own": ""}
        if self._watched:
            self._values["own"] = connection.scalar(text("SELECT current_schema()"))
        self.accept_changes()

    def accept_changes(self) -> None:
        """What has changed so far was asked for."""
        self._before = self._seen()

    def refuse_changes(self) -> None:
        """Raises NotPermitted, naming what was changed, or locked so that others have to wait."""
        changed = sorted({name for _, name in self._seen() ^ self._before})
        if changed:
            raise NotPermitted(f"{', '.join(changed)}: {NOTHING_OF_OTHERS}")

    def _seen(self) -> set[tuple[str, str]]:
        if not self._watched:
            return set()
        return {
            (question, name)
            for question in (TOUCHED, OWNED, DRAWS_BY_DEFAULT)
            for name in self._connection.scalars(text(question), self._values)
        }


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
    keep_sequences(connection, permission)
    try:
        yield
    finally:
        event.remove(connection, "before_cursor_execute", refuse)


def keep_sequences(connection: Connection, permission: Permission) -> None:
    """From now on, statements on ``connection`` that name a sequence of others to draw from raise NotPermitted before they are sent.

    All else that a transaction does to others is undone by its end; a number that was drawn is gone.
    """
    if permission.confined and not event.contains(connection, "before_cursor_execute", _refuse_to_draw):
        event.listen(connection, "before_cursor_execute", _refuse_to_draw)


def _refuse_to_draw(connection: Connection, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
    if not DRAWS.search(statement):
        return
    given = parameters.values() if isinstance(parameters, dict) else parameters or ()
    names = [*TEXT.findall(statement), *(each for each in given if isinstance(each, str))]
    theirs = [name for (name,) in driver_of(connection).execute(THEIR_SEQUENCES, [names])]
    if theirs:
        raise NotPermitted(f"{', '.join(theirs)}: {NOTHING_OF_OTHERS}")
