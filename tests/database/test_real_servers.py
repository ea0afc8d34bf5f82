"""Servers and pools as people have them, with nothing between: a replica, a pool in each mode, one without room, a restart."""

import pytest

from harness.core.errors import EnvironmentProblem
from harness.database import start_server

from .observe import ask
from .programs import PGBOUNCER, Bouncer, Postgres


def text_of(url):
    return url.set(drivername="postgresql").render_as_string(hide_password=False)


def test_a_replica():
    with Postgres(standby=True) as replica, pytest.raises(EnvironmentProblem) as raised:
        start_server(text_of(replica.url))
    assert str(raised.value) == (
        "PostgreSQL is a replica, and read-only there\n"
        f"  where: {replica.url}\n"
        "  hint:  give the URL of a primary that takes writes"
    )


def test_a_server_with_all_its_connections_taken():
    with Postgres("max_connections = 4\nsuperuser_reserved_connections = 3") as full:
        ask(full.url, "CREATE ROLE maker LOGIN CREATEDB")
        with pytest.raises(EnvironmentProblem, match="connection slots are reserved") as raised:
            start_server(text_of(full.url.set(username="maker")))
    assert raised.value.hint.startswith("end other sessions, or raise max_connections")


@pytest.fixture
def pooled(someones, request):
    """The URL of a database on a server, through pgbouncer in the mode asked for."""
    if PGBOUNCER is None:
        pytest.skip("no pgbouncer on this machine")
    with Bouncer(someones, request.param) as pool:
        yield someones.update_query_dict({"host": str(pool.folder), "port": "5432"})


@pytest.mark.parametrize("pooled", ["transaction", "statement"], indirect=True)
def test_pgbouncer_that_shares_connections(pooled):
    with pytest.raises(
        EnvironmentProblem, match="a pool that gives one connection to several clients in turns"
    ) as raised:
        start_server(text_of(pooled))
    assert raised.value.hint == "give the address of PostgreSQL itself, or of a pool in session mode"


@pytest.mark.parametrize("pooled", ["session"], indirect=True)
def test_pgbouncer_in_session_mode_is_as_good_as_the_server(pooled):
    with start_server(text_of(pooled)) as server:
        assert ask(server.create_database(), "SELECT 1") == 1


@pytest.mark.parametrize("pooled", ["session"], indirect=True)
def test_a_schema_can_not_be_reached_through_pgbouncer_and_is_dropped_again(pooled, someones):
    ask(someones, f'CREATE ROLE pooled LOGIN; GRANT CREATE ON DATABASE "{someones.database}" TO pooled')
    schemas = "SELECT count(*) FROM pg_namespace"
    try:
        before = ask(someones, schemas)
        with (
            start_server(text_of(someones.set(username="pooled"))),
            pytest.raises(EnvironmentProblem, match="unsupported startup parameter: options") as raised,
            start_server(text_of(pooled.set(username="pooled"))) as server,
        ):
            server.create_database()
        assert raised.value.hint.startswith("give the address of PostgreSQL itself")
        assert ask(someones, schemas) == before
    finally:
        ask(someones, "DROP OWNED BY pooled; DROP ROLE pooled")
