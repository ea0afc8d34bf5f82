import re

import psycopg
import sqlalchemy

from harness.core.errors import EnvironmentProblem, UsageProblem
from harness.database.connection import DRIVER, complaint, connect
from harness.database.databases import Databases
from harness.database.server import RunningServer, Server

SCHEMES = ("postgresql", "postgres", DRIVER)
OLDEST = 140000
SECRETS = frozenset({"password", "sslpassword", "oauth_client_secret"})
"""Of the options that libpq takes in a URL's query, those that nobody else may read."""


def start(choice: str) -> Server:
    """Use a server that runs already, in databases that are created on it and dropped again.

    Raises UsageProblem where ``choice`` isn't such a URL, and EnvironmentProblem where the server can't be reached, is
    older than 14 or read-only, or where the role may not create databases.
    """
    url = parse(choice)
    version = _examine(url)
    # The locale stays the server's: it is the one that the user's queries meet.
    databases = Databases(url, options="ENCODING 'UTF8'", explain=lambda error: explain(error, url))
    return RunningServer(
        provider="url",
        reason=f"asked for: the server at {redacted(url)}",
        version=version,
        databases=databases,
        end=databases.drop_all,
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
    if "password" in what or "authentication" in what:
        return "put the right password into the URL, PGPASSWORD or ~/.pgpass"
    if "does not exist" in what:
        return "name a role and a database that exist; the harness creates its own databases from there"
    if isinstance(error, psycopg.OperationalError):
        return "see that the server runs, and that host and port are its own"
    return "see that the role may connect and create databases there"


def _secrets(url: sqlalchemy.URL) -> list[str]:
    options = url.get_dialect()().create_connect_args(url)[1]
    return [str(options[name]) for name in SECRETS if options.get(name)]


def _examine(url: sqlalchemy.URL) -> str:
    """Return the server's version, or raise EnvironmentProblem where it is no server to work on."""
    try:
        with connect(url) as connection:
            number = connection.info.server_version
            row = connection.execute(
                "SELECT current_setting('server_version'), current_setting('transaction_read_only') = 'on',"
                " rolcreatedb OR rolsuper, current_user FROM pg_catalog.pg_roles WHERE rolname = current_user"
            ).fetchone()
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
    assert row is not None
    server_version, read_only, may_create, role = row
    version = str(server_version).partition(" ")[0]
    where = redacted(url)
    if number < OLDEST:
        raise EnvironmentProblem(
            f"PostgreSQL {version} is too old", where=where, hint="give the URL of PostgreSQL 14 or later"
        )
    if read_only:
        raise EnvironmentProblem(
            "PostgreSQL is read-only there", where=where, hint="give the URL of a primary that takes writes"
        )
    if not may_create:
        raise EnvironmentProblem(
            f"the role {role} may not create databases",
            where=where,
            hint=f'ALTER ROLE "{role}" CREATEDB, or give the URL of a role that may',
        )
    return version
