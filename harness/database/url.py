import re
from dataclasses import dataclass
from typing import LiteralString

import psycopg
import sqlalchemy
from psycopg import sql

from harness.core.errors import EnvironmentProblem, UsageProblem
from harness.database.connection import DRIVER, complaint, connect
from harness.database.own import PREFIX, Databases, Owned, Schemas
from harness.database.server import RunningServer, Server

SCHEMES = ("postgresql", "postgres", DRIVER)
OLDEST = 140000
HINTS = (
    (("password", "authentication"), "put the right password into the URL, PGPASSWORD or ~/.pgpass"),
    (
        ("does not exist",),
        "name a role and a database that exist; the harness creates its own databases from there",
    ),
    (
        ("too many clients", "too many connections", "connection slots are reserved"),
        "end other sessions, or raise max_connections or the role's limit; a run takes up to 3 connections at a time",
    ),
    (
        ("startup parameter",),
        "give the address of PostgreSQL itself; a pool in between refuses the options of a connection",
    ),
)
"""Words of a complaint, and what to do then."""
SECRETS = frozenset({"password", "sslpassword", "oauth_client_secret"})
"""Of the options that libpq takes in a URL's query, those that nobody else may read."""


def start(choice: str) -> Server:
    """Use a server that runs already, in databases that are created on it and dropped again.

    Where the role may not create databases, these are schemas in the database that the URL names. What killed runs of the
    role have left is dropped first.

    Raises UsageProblem where ``choice`` isn't such a URL, and EnvironmentProblem where the server can't be reached, is
    older than 14, read-only or behind a pool that shares connections, or where the role may create nothing.
    """
    url = parse(choice)
    seen = _examine(url)
    owned: Owned
    if seen.may_create_databases:
        # The locale stays the server's: it is the one that the user's queries meet.
        owned = Databases(url, options="ENCODING 'UTF8'", explain=lambda error: explain(error, url))
    else:
        owned = Schemas(url, explain=lambda error: explain(error, url))
    removed = owned.drop_what_killed_runs_left()
    left = f"; {removed} {owned.kind}{'s' if removed > 1 else ''} of killed runs dropped" if removed else ""
    return RunningServer(
        provider="url",
        reason=f"asked for: the server at {redacted(url)}, in {owned.kind}s of its own{left}",
        version=seen.version,
        owned=owned,
        end=owned.drop_all,
    )


def announced(choice: str) -> str | None:
    """Where a run will work, in words for people, before it connects; None where it starts a server of its own.

    Raises UsageProblem for a URL that can't be understood.
    """
    if "://" not in choice:
        return None
    return (
        f"works at {redacted(parse(choice))}, in databases of its own, or in schemas of its own if the role may create no "
        f"databases; they are named {PREFIX}... and dropped at the end"
    )


def parse(choice: str) -> sqlalchemy.URL:
    """Return the URL for psycopg, with a database. Raises UsageProblem, which never shows what it could not parse."""
    accepted = (
        f"{' or '.join(f'{scheme}://' for scheme in SCHEMES)}, as in postgresql://user@host:5432/database"
    )
    scheme = choice.partition("://")[0]
    if scheme not in SCHEMES:
        shown = f", not {scheme}" if re.fullmatch(r"\w[\w+.-]{0,40}", scheme) else ""
        raise UsageProblem(f"the URL must be of a PostgreSQL{shown}", where="--database", hint=accepted)
    try:
        url = sqlalchemy.make_url(choice).set(drivername=DRIVER)
        url.get_dialect()().create_connect_args(url)
    except (ValueError, sqlalchemy.exc.ArgumentError):
        raise UsageProblem("the URL can't be understood", where="--database", hint=accepted) from None
    if "@" in (url.host or ""):
        raise UsageProblem(
            "the URL holds more than one @",
            where="--database",
            hint="in a password write @ as %40, / as %2F, : as %3A",
        )
    return url if url.database or "dbname" in url.query else url.set(database="postgres")


def redacted(url: sqlalchemy.URL) -> str:
    """Return the URL as people may see it."""
    query = {name: "..." if name in SECRETS else value for name, value in url.query.items()}
    return url.set(query=query).render_as_string(hide_password=True)


def explain(error: psycopg.Error, url: sqlalchemy.URL) -> EnvironmentProblem:
    """Say what the server has against us, where, and what to do about it; never with a password."""
    what = complaint(error)
    for secret in _secrets(url):
        what = what.replace(secret, "...")
    return EnvironmentProblem(f"PostgreSQL: {what}", where=redacted(url), hint=_hint(error, what))


def _hint(error: psycopg.Error, what: str) -> str:
    if isinstance(error, psycopg.errors.InsufficientPrivilege):
        return "give the URL of a role that may create databases (ALTER ROLE ... CREATEDB)"
    said = next((hint for words, hint in HINTS if any(each in what for each in words)), None)
    if said is None and isinstance(error, psycopg.OperationalError):
        return "see that the server runs, and that host and port are its own"
    return said or "see that the role may connect and create databases there"


def _secrets(url: sqlalchemy.URL) -> list[str]:
    options = url.get_dialect()().create_connect_args(url)[1]
    return [str(options[name]) for name in SECRETS if options.get(name)]


@dataclass(frozen=True, slots=True)
class _Seen:
    """What the server says of itself and of what the role may do there."""

    version: str
    number: int
    replica: bool
    read_only: bool
    shared_connection: bool
    role: str
    database: str
    may_create_databases: bool
    may_create_schemas: bool


SEEN: LiteralString = """
    SELECT current_setting('server_version'), current_setting('server_version_num')::int, pg_is_in_recovery(),
        current_setting('transaction_read_only') = 'on', pg_backend_pid() = {other}, current_user, current_database(),
        rolcreatedb OR rolsuper, has_database_privilege(current_database(), 'CREATE')
    FROM pg_catalog.pg_roles WHERE rolname = current_user
"""


def _examine(url: sqlalchemy.URL) -> _Seen:
    """What there is to know before anything is created. Raises EnvironmentProblem where it is no server to work on."""
    seen = _seen(url)
    where = redacted(url)
    if seen.number < OLDEST:
        raise EnvironmentProblem(
            f"PostgreSQL {seen.version} is too old",
            where=where,
            hint="give the URL of PostgreSQL 14 or later",
        )
    if seen.replica or seen.read_only:
        raise EnvironmentProblem(
            f"PostgreSQL is {'a replica, and ' if seen.replica else ''}read-only there",
            where=where,
            hint="give the URL of a primary that takes writes",
        )
    if seen.shared_connection:
        raise EnvironmentProblem(
            "between here and PostgreSQL is a pool that gives one connection to several clients in turns",
            where=where,
            hint="give the address of PostgreSQL itself, or of a pool in session mode",
        )
    if not seen.may_create_databases and not seen.may_create_schemas:
        raise EnvironmentProblem(
            f"the role {seen.role} may create neither databases nor schemas",
            where=where,
            hint=f'ALTER ROLE "{seen.role}" CREATEDB, or GRANT CREATE ON DATABASE "{seen.database}" TO "{seen.role}", '
            "or give the URL of a role that may",
        )
    return seen


def _seen(url: sqlalchemy.URL) -> _Seen:
    try:
        with connect(url) as one, connect(url) as other:
            row = one.execute("SELECT pg_backend_pid()").fetchone()
            assert row is not None
            seen = other.execute(sql.SQL(SEEN).format(other=row[0])).fetchone()
    except psycopg.ProgrammingError as error:
        if error.sqlstate is not None:
            raise explain(error, url) from None
        raise UsageProblem(
            f"the URL has an option that PostgreSQL doesn't know: {complaint(error)}",
            where=redacted(url),
            hint="remove it, or correct its name",
        ) from None
    except psycopg.Error as error:
        raise explain(error, url) from None
    assert seen is not None
    version, *others = seen
    return _Seen(str(version).partition(" ")[0], *others)
