"""Servers and pools as people have them, with nothing between: a replica, a pool in each mode, one without room, a restart."""

import json
import secrets
import signal
import subprocess
import sys

import pytest

from harness.core.errors import EnvironmentProblem
from harness.database import start_server

from .observe import ask, until
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


MODELS = """
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

class Base(DeclarativeBase):
    pass

class Item(Base):
    __tablename__ = "items"
    id: Mapped[int] = mapped_column(primary_key=True)
    amount: Mapped[int | None]

    @hybrid_property
    def good(self):
        return self.amount
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGQUIT], ids=["fast", "immediate"])
@pytest.mark.parametrize("role", ["maker", "guest"])
def test_a_restart_in_the_middle_of_a_run(tmp_path, role, number):
    (tmp_path / "shop.py").write_text(MODELS)
    with Postgres() as server:
        ask(
            server.url,
            "CREATE ROLE maker LOGIN CREATEDB; CREATE ROLE guest LOGIN; GRANT CREATE ON DATABASE postgres TO guest",
        )
        url = text_of(server.url.set(username=role))
        words = ["check", "shop", "--database", url, "--examples", "400", "--scale", "20", "--format", "json"]
        with subprocess.Popen(
            [sys.executable, "-m", "harness", *words],
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as run:
            inserts = f"SELECT count(*) FROM pg_stat_activity WHERE usename = '{role}' AND query ~ 'INSERT'"
            until(lambda: run.poll() is not None or ask(server.url, inserts))
            server.end(number)
            server.begin()
            out, err = run.communicate()
        assert run.returncode == 0, err
        [report] = json.loads(out)["hybrids"]
        assert (report["verdict"], report["stats"]["examples"]) == ("ok", 400)
        left = "SELECT count(*) FROM (SELECT datname FROM pg_database UNION SELECT nspname FROM pg_namespace) n (name) WHERE name ~ 'hybrid'"
        assert ask(server.url, left) == 0


LOOKS = """
    @hybrid_property
    def looks(self):
        if found := others_that_know():
            raise LookupError(found)
        return self.amount

    @hybrid_property
    def differs(self):
        return self.amount

    @differs.inplace.expression
    @classmethod
    def _differs(cls):
        return cls.amount % 1000

    @hybrid_property
    def raises(self):
        from sqlalchemy.orm import object_session
        raise ValueError(str(object_session(self).connection().engine.url))


import functools
import os
from pathlib import Path


@functools.cache
def others_that_know():
    found = []
    for process in set(map(int, filter(str.isdigit, os.listdir("/proc")))) - {os.getpid(), os.getppid()}:
        for told in ("cmdline", "environ"):
            try:
                content = Path(f"/proc/{process}/{told}").read_bytes()
            except OSError:
                continue
            if bytes.fromhex("SECRET IN HEX") in content:
                found.append(f"{told} of {content[:60]}")
    return found
"""


@pytest.mark.parametrize("form", ["json", "html"])
def test_a_password_is_in_nothing_that_a_run_prints_writes_or_starts(tmp_path, form):
    # One of its own: the same test beside this one has another, and its processes are looked at here.
    secret = secrets.token_hex()
    (tmp_path / "shop.py").write_text(MODELS + LOOKS.replace("SECRET IN HEX", secret.encode().hex()))
    with Postgres() as server:
        ask(server.url, f"CREATE ROLE maker LOGIN CREATEDB PASSWORD '{secret}'")
        url = text_of(server.url.set(username="maker", password=secret))
        words = ["check", "shop", "--database", url, "--examples", "10", "--scale", "1", "--format", form]
        ran = subprocess.run(
            [sys.executable, "-m", "harness", *words],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
    assert ran.returncode == 1, ran.stderr
    assert "LookupError: " not in ran.stdout
    assert "maker:***@" in ran.stderr
    written = [each.read_text(errors="replace") for each in tmp_path.rglob("*") if each.is_file()]
    assert len(written) > 1
    assert not [text for text in (ran.stdout, ran.stderr, *written) if secret in text]
