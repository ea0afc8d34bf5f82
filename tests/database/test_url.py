import traceback
from pathlib import Path

import pytest
import sqlalchemy

from harness.core.errors import EnvironmentProblem, UsageProblem
from harness.database import start_server

from .observe import ask
from .pool import Pool

SECRET = "s3cret-of-mine"


def text_of(url: sqlalchemy.URL) -> str:
    return url.set(drivername="postgresql").render_as_string(hide_password=False)


def names(url: sqlalchemy.URL) -> str:
    return str(ask(url, "SELECT string_agg(datname, ' ' ORDER BY datname) FROM pg_database"))


@pytest.fixture
def role(someones: sqlalchemy.URL):
    """Creates a role with the attributes given; returns the URL for it."""
    made: list[str] = []

    def make(attributes: str) -> sqlalchemy.URL:
        made.append(f"someone_{str(someones.database)[-6:]}_{len(made)}")
        ask(someones, f"CREATE ROLE {made[-1]} LOGIN PASSWORD '{SECRET}' {attributes}")
        return someones.set(username=made[-1], password=SECRET)

    yield make
    for name in made:
        ask(someones, f"DROP ROLE {name}")


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg"])
def test_it_works_in_databases_of_its_own_and_drops_them(someones, scheme):
    before = names(someones)
    url = text_of(someones).replace("postgresql://", f"{scheme}://")
    with start_server(url) as server:
        assert server.provider == "url"
        assert server.reason == f"asked for: the server at {someones}, in databases of its own"
        assert not server.confined
        assert server.version == ask(someones, "SHOW server_version")
        first, second = server.create_database(), server.create_database()
        assert str(first.database).startswith("hybrid_harness_")
        assert ask(first, "SHOW server_encoding") == "UTF8"
        server.drop_database(first)
        with pytest.raises(ValueError, match="not a database of this run"):
            server.drop_database(someones)
        assert str(second.database) in names(someones)
    assert names(someones) == before
    server.stop()


def test_without_a_database_in_the_url_it_asks_in_postgres(someones):
    with start_server(text_of(someones.set(database=None))) as server:
        assert ask(server.create_database(), "SELECT 1") == 1


def test_a_role_that_may_create_databases_is_enough(role):
    with start_server(text_of(role("CREATEDB"))) as server:
        assert ask(server.create_database(), "SELECT current_user").startswith("someone_")
        assert SECRET not in server.reason


def test_a_role_that_may_not_is_told_at_once(role):
    url = role("NOCREATEDB")
    with pytest.raises(EnvironmentProblem) as raised:
        start_server(text_of(url))
    assert str(raised.value) == (
        f"the role {url.username} may create neither databases nor schemas\n"
        f"  where: {url}\n"
        f'  hint:  ALTER ROLE "{url.username}" CREATEDB, or GRANT CREATE ON DATABASE "{url.database}" TO '
        f'"{url.username}", or give the URL of a role that may'
    )
    assert SECRET not in "".join(traceback.format_exception(raised.value))


def test_a_role_that_loses_the_right_is_told_by_create_database(role, someones):
    url = role("CREATEDB")
    with start_server(text_of(url)) as server:
        ask(someones, f"ALTER ROLE {url.username} NOCREATEDB")
        with pytest.raises(EnvironmentProblem) as raised:
            server.create_database()
        assert str(raised.value) == (
            "PostgreSQL: permission denied to create database\n"
            f"  where: {url}\n"
            "  hint:  give the URL of a role that may create databases (ALTER ROLE ... CREATEDB)"
        )


def test_a_read_only_server(role, someones):
    url = role("CREATEDB")
    ask(someones, f"ALTER ROLE {url.username} SET default_transaction_read_only = on")
    with pytest.raises(EnvironmentProblem, match="PostgreSQL is read-only there"):
        start_server(text_of(url))


def test_a_server_that_is_too_old(someones, monkeypatch):
    monkeypatch.setattr("harness.database.url.OLDEST", 990000)
    with pytest.raises(EnvironmentProblem, match=r"PostgreSQL 18\.\d+ is too old"):
        start_server(text_of(someones))


def test_nobody_answers():
    with pytest.raises(EnvironmentProblem) as raised:
        start_server(f"postgresql://me:{SECRET}@127.0.0.1:1/mine?sslpassword={SECRET}")
    message = str(raised.value)
    assert message.startswith('PostgreSQL: connection to server at "127.0.0.1", port 1 failed: ')
    assert message.endswith(
        "  where: postgresql+psycopg://me:***@127.0.0.1:1/mine?sslpassword=...\n"
        "  hint:  see that the server runs, and that host and port are its own"
    )
    assert SECRET not in "".join(traceback.format_exception(raised.value))


def test_a_password_that_the_server_refuses():
    """A server that asks for passwords: ours, told to by its pg_hba.conf."""
    with start_server("embedded") as asking:
        url = asking.create_database()
        hba = str(ask(url, "SHOW hba_file"))
        ask(url, f"ALTER ROLE postgres PASSWORD '{SECRET}'")
        Path(hba).write_text("local all all scram-sha-256\n")
        ask(url, "SELECT pg_reload_conf()")
        right, wrong = url.set(password=SECRET), url.set(password="wr0ng-guess")
        with start_server(text_of(right)) as server:
            assert ask(server.create_database(), "SELECT 1") == 1
        for mistaken in (wrong, url):
            with pytest.raises(EnvironmentProblem) as raised:
                start_server(text_of(mistaken))
            assert "password" in raised.value.what
            assert raised.value.hint == "put the right password into the URL, PGPASSWORD or ~/.pgpass"
            assert "wr0ng-guess" not in "".join(traceback.format_exception(raised.value))


def test_a_database_that_does_not_exist(someones):
    with pytest.raises(EnvironmentProblem) as raised:
        start_server(text_of(someones.set(database="nowhere")))
    assert 'database "nowhere" does not exist' in raised.value.what
    assert raised.value.hint.startswith("name a role and a database that exist")


def test_an_option_that_postgresql_does_not_know(someones):
    with pytest.raises(
        UsageProblem, match='an option that PostgreSQL doesn\'t know: invalid connection option "sslmod"'
    ):
        start_server(text_of(someones.update_query_dict({"sslmod": "require"})))


@pytest.mark.parametrize(
    ("url", "what"),
    [
        (f"mysql://me:{SECRET}@host/mine", "the URL must be of a PostgreSQL, not mysql"),
        (
            f"postgresql+asyncpg://me:{SECRET}@host/mine",
            "the URL must be of a PostgreSQL, not postgresql+asyncpg",
        ),
        (f"me:{SECRET}://", "the URL must be of a PostgreSQL"),
        (f"postgresql://me:{SECRET}@host:port/mine", "the URL can't be understood"),
        (f"postgresql://me:1@{SECRET}@host/mine", "the URL holds more than one @"),
    ],
)
def test_urls_that_can_not_be_meant(url, what):
    with pytest.raises(UsageProblem) as raised:
        start_server(url)
    assert raised.value.what == what
    assert SECRET not in "".join(traceback.format_exception(raised.value))


def test_a_server_that_goes_away_leaves_databases_and_says_which():
    with start_server("embedded") as going:
        server = start_server(text_of(going.create_database()))
        left = server.create_database().database
    with pytest.raises(EnvironmentProblem) as raised:
        server.stop()
    assert raised.value.what.startswith(
        f"databases of this run may be left on the server: {left} (PostgreSQL: "
    )
    assert raised.value.hint == "The next run there drops them once they are 1 hour old, if nobody uses them."


def schemas(url: sqlalchemy.URL) -> str:
    return str(ask(url, "SELECT string_agg(nspname, ' ' ORDER BY nspname) FROM pg_namespace"))


@pytest.fixture
def guest(role, someones):
    """A role that may create schemas in one database, and nothing else anywhere."""
    url = role("NOCREATEDB")
    ask(someones, f'GRANT CREATE ON DATABASE "{someones.database}" TO {url.username}')
    yield url
    ask(someones, f"DROP OWNED BY {url.username}")


def test_a_role_that_may_create_schemas_only_works_in_schemas_of_its_own(guest, someones):
    before = schemas(someones), names(someones)
    with start_server(text_of(guest)) as server:
        assert server.confined
        assert server.reason == f"asked for: the server at {guest}, in schemas of its own"
        first, second = server.create_database(), server.create_database()
        ask(first, "CREATE TABLE things (id int)")
        assert ask(first, "SELECT current_schemas(false)::text") == f"{{{first.query['application_name']}}}"
        assert ask(second, "SELECT to_regclass('things')") is None
        engine = sqlalchemy.create_engine(first)
        with engine.connect() as connected:  # in the middle of a transaction
            connected.execute(sqlalchemy.text("SELECT * FROM things"))
            server.drop_database(first)
            assert str(first.query["application_name"]) not in schemas(someones)
            connected.invalidate()
        with pytest.raises(ValueError, match="not a schema of this run"):
            server.drop_database(someones)
    assert (schemas(someones), names(someones)) == before


OLD = "hybrid_harness_20260101000000_0a1b2c3d"
NOT_OURS = (
    "hybrid_harness_mine",
    "hybrid_harness_20260101000000_0a1b2c3",
    "hybrid_harness_2026010100000x_0a1b2c3d",
)


def test_databases_that_a_killed_run_left_are_dropped_by_the_next(role, someones):
    mine, other = role("CREATEDB"), role("CREATEDB")
    killed = start_server(text_of(mine))
    recent = str(killed.create_database().database)
    used = OLD.replace("0a1b", "ffff")
    for name in (OLD, used, *NOT_OURS):
        ask(mine, f'CREATE DATABASE "{name}"')
    others = OLD.replace("0a1b", "eeee")
    ask(other, f'CREATE DATABASE "{others}"')
    connected = sqlalchemy.create_engine(mine.set(database=used)).connect()
    try:
        with start_server(text_of(mine)) as server:
            assert server.reason.endswith(", in databases of its own; 1 database of killed runs dropped")
        left = names(someones).split()
        assert OLD not in left
        assert {used, others, recent, *NOT_OURS} <= set(left)
    finally:
        connected.close()
        connected.engine.dispose()
        killed.stop()
        for name in (used, others, *NOT_OURS):
            ask(someones, f'DROP DATABASE "{name}"')


def test_schemas_that_a_killed_run_left_are_dropped_by_the_next(guest, someones):
    others = OLD.replace("0a1b", "eeee")
    ask(someones, f'CREATE SCHEMA "{others}"')
    for name in (OLD, *NOT_OURS):
        ask(guest, f'CREATE SCHEMA "{name}"')
    ask(guest, f'CREATE TABLE "{OLD}".things (id int)')
    with start_server(text_of(guest)) as server:
        assert server.reason.endswith("; 1 schema of killed runs dropped")
    left = schemas(someones).split()
    assert OLD not in left
    assert {others, *NOT_OURS} <= set(left)


def test_a_role_without_connections_left(role):
    url = role("CREATEDB CONNECTION LIMIT 1")
    with pytest.raises(EnvironmentProblem, match="too many connections for role") as raised:
        start_server(text_of(url))
    assert raised.value.hint.startswith("end other sessions, or raise max_connections")


def test_a_pool_that_lends_connections_by_the_transaction(someones, tmp_path):
    socket_path = f"{someones.query['host']}/.s.PGSQL.{someones.query['port']}"
    pool = Pool(tmp_path, socket_path, user=str(someones.username), database=str(someones.database))
    through = someones.update_query_dict({"host": str(tmp_path), "port": "5432"})
    try:
        assert ask(through, "SELECT 41 + 1") == 42
        with pytest.raises(EnvironmentProblem, match="a pool that gives one connection to several") as raised:
            start_server(text_of(through))
        assert raised.value.hint == "give the address of PostgreSQL itself, or of a pool in session mode"
    finally:
        pool.close()


def test_such_a_report_does_not_hide_the_error_before_it():
    with start_server("embedded") as going:
        server = start_server(text_of(going.create_database()))
        server.create_database()
    with pytest.raises(KeyError, match="first") as raised, server:
        raise KeyError("first")
    assert "databases of this run may be left on the server" in raised.value.__notes__[0]
