import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
import sqlalchemy

from harness.core.errors import EnvironmentProblem
from harness.database import Server, settings, start_server
from harness.database.embedded import find

from .observe import ask, folder_of, until, working_in


def test_databases_are_fresh_empty_and_apart(shared: Server):
    one, other = shared.create_database(), shared.create_database()
    assert one.drivername == "postgresql+psycopg"
    assert one.database != other.database
    ask(one, "CREATE TABLE t (x int)")
    assert ask(other, "SELECT count(*) FROM pg_class WHERE relname = 't'") == 0
    shared.drop_database(one)
    with pytest.raises(sqlalchemy.exc.OperationalError, match="does not exist"):
        ask(one, "SELECT 1")
    shared.drop_database(other)


def test_a_database_that_is_in_use_is_dropped_all_the_same(shared: Server):
    url = shared.create_database()
    engine = sqlalchemy.create_engine(url)
    with engine.connect() as connection:
        connection.execute(sqlalchemy.text("SELECT 1"))
        shared.drop_database(url)
        with pytest.raises(sqlalchemy.exc.OperationalError):
            connection.execute(sqlalchemy.text("SELECT 1"))
    engine.dispose()


def test_only_databases_of_its_own_are_dropped(shared: Server):
    url = shared.create_database()
    with pytest.raises(ValueError, match="not a database of this run: postgres"):
        shared.drop_database(url.set(database="postgres"))
    shared.drop_database(url)
    with pytest.raises(ValueError, match="not a database of this run"):
        shared.drop_database(url)


def test_text_sorts_by_code_point_in_utf8_and_time_is_utc(shared: Server):
    url = shared.create_database()
    assert ask(url, "SELECT string_agg(x, ',' ORDER BY x) FROM unnest(ARRAY['é','z','a','B']) x") == "B,a,z,é"
    assert ask(url, "SELECT lower('ÉA')") == "éa"
    assert ask(url, "SHOW timezone") == "UTC"
    shared.drop_database(url)


def test_only_its_owner_reaches_it_and_not_by_tcp(shared: Server):
    url = shared.create_database()
    assert ask(url, "SHOW listen_addresses") == ""
    assert folder_of(url).stat().st_mode & 0o777 == 0o700
    shared.drop_database(url)


def test_settings_of_the_environment_are_not_the_servers(monkeypatch):
    monkeypatch.setenv("PGPORT", "6000")
    monkeypatch.setenv("PGDATA", "/nowhere")
    with start_server("embedded") as server:
        assert ask(server.create_database(), "SHOW port") == "5432"


def test_stopping_leaves_nothing_and_can_be_done_twice():
    server = start_server("embedded")
    folder = folder_of(server.create_database())
    assert working_in(folder)
    server.stop()
    assert not working_in(folder)
    assert not folder.exists()
    server.stop()


def test_stop_does_not_wait_for_a_statement_that_never_ends():
    with start_server("embedded") as server:
        url = server.create_database()
        folder = folder_of(url)
        with psycopg.connect(url.set(drivername="postgresql").render_as_string()) as connection:
            connection.pgconn.send_query(
                b"WITH RECURSIVE r AS (SELECT 1 UNION ALL SELECT 1 FROM r) SELECT * FROM r"
            )
            server.stop()
            connection.close()
    assert not working_in(folder)
    assert not folder.exists()


def test_the_template_is_made_once(cache):
    with start_server("embedded"):
        (template,) = cache.iterdir()
    made = template.stat()
    with start_server("embedded"):
        assert [file.stat().st_ino for file in cache.iterdir()] == [made.st_ino]
    assert made.st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    "damage",
    [
        lambda _: b"",
        lambda content: content[: len(content) // 2],
        lambda content: content[:-8192] + bytes(8192 - 1) + b"x",
        lambda _: b"something else",
        lambda content: content.partition(b"\n")[0] + b"\nnot JSON\n",
        lambda content: content.partition(b"\n")[0] + b"\n[]\n",
    ],
    ids=["empty", "cut", "changed", "another file", "no index", "another index"],
)
def test_a_damaged_template_is_made_again(cache, damage):
    with start_server("embedded"):
        (template,) = cache.iterdir()
    good = template.read_bytes()
    template.write_bytes(damage(good))
    with start_server("embedded") as server:
        assert ask(server.create_database(), "SELECT 1") == 1
    assert template.read_bytes().startswith(good.partition(b"\n")[0])
    assert len(template.read_bytes()) > len(good) * 0.9


def test_a_template_that_no_server_starts_from_is_made_again(cache):
    """As after a copy from another machine: whole, but not for these programs."""
    with start_server("embedded"):
        (template,) = cache.iterdir()
    strange = _with_other_version(template.read_bytes())
    template.write_bytes(strange)
    with start_server("embedded") as server:
        assert ask(server.create_database(), "SELECT 1") == 1
    assert template.read_bytes() != strange


def _with_other_version(content: bytes) -> bytes:
    mark, _, header, payload = content.split(b"\n", 3)
    before = 0
    for name, size in json.loads(header)["files"]:
        if name == "PG_VERSION":
            assert size == 3
            payload = payload[:before] + b"12\n" + payload[before + size :]
        before += size
    content = header + b"\n" + payload
    return b"\n".join([mark, b"%08x" % zlib.crc32(content), content])


@pytest.mark.parametrize("place", ["file", "folder of somebody else"])
def test_a_cache_that_can_not_be_written_is_done_without(tmp_path, monkeypatch, place):
    if place == "file":
        (tmp_path / "cache").write_text("in the way")
    else:
        (tmp_path / "cache").mkdir(mode=0o500)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with start_server("embedded") as server:
        assert ask(server.create_database(), "SELECT 1") == 1


def no_home(*_: object, **__: object) -> Path:
    raise RuntimeError("could not determine the home directory")


@pytest.mark.parametrize(
    "found", [no_home, lambda *_, **__: Path("~/.cache/x")], ids=["raises", "leaves it open"]
)
def test_home_may_be_unknown(monkeypatch, found):
    """As for a user without HOME and passwd entry, by platformdirs new and old."""
    monkeypatch.setattr("platformdirs.user_cache_path", found)
    with start_server("embedded") as server:
        assert ask(server.create_database(), "SELECT 1") == 1


@pytest.mark.parametrize("home", ["/dev/null", "relative"])
def test_home_may_be_strange(monkeypatch, home):
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", home)
    with start_server("embedded") as server:
        assert ask(server.create_database(), "SELECT 1") == 1
    assert not Path(home).is_dir()


def test_a_cache_with_blanks_and_other_letters(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "mes données 日本"))
    for _ in range(2):
        with start_server("embedded") as server:
            assert ask(server.create_database(), "SELECT 1") == 1
    assert len(list((tmp_path / "mes données 日本" / "hybrid-harness").iterdir())) == 1


def test_eight_at_once_from_an_empty_cache(cache):
    def use(_: int) -> object:
        with start_server("embedded") as server:
            return ask(server.create_database(), "SELECT 1")

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(use, range(8))) == [1] * 8
    assert len(list(cache.iterdir())) == 1


def test_a_small_dev_shm_is_no_trouble(shared: Server):
    """Nothing of the server is there but what we chose to put there ourselves."""
    url = shared.create_database()
    assert ask(url, "SHOW dynamic_shared_memory_type") == "mmap"
    shared.drop_database(url)


@pytest.mark.usefixtures("without_wheel")
def test_an_older_server_has_its_databases_too(older_programs, monkeypatch, cache):
    monkeypatch.setenv("PATH", str(older_programs))
    for _ in range(2):
        with start_server() as server:
            url = server.create_database()
            assert ask(url, "SHOW server_encoding") == "UTF8"
            assert (
                ask(url, "SELECT string_agg(x, ',' ORDER BY x) FROM unnest(ARRAY['é','z','a','B']) x")
                == "B,a,z,é"
            )
    assert len(list(cache.iterdir())) == 1


def test_a_server_that_does_not_start_shows_its_last_words(monkeypatch):
    monkeypatch.setitem(settings.THROWAWAY, "fsync", "perhaps")
    with pytest.raises(EnvironmentProblem) as raised:
        start_server("embedded")
    message = str(raised.value).splitlines()
    assert message[0] == "no PostgreSQL could be started: PostgreSQL ended as soon as it was started"
    assert any('parameter "fsync" requires a Boolean value' in line for line in message[1:-2])
    assert message[-2] == f"  where: {find().folder}"
    assert message[-1] == (
        "  hint:  put right what it says, or give --database URL for a server of your own, or --database docker"
    )


def fake_programs(folder: Path, monkeypatch: pytest.MonkeyPatch, *, initdb: str) -> None:
    folder.chmod(0o755)
    for name, script in {"postgres": "echo 'postgres (PostgreSQL) 17.1'", "initdb": initdb}.items():
        (folder / name).write_text(f"#!/bin/sh\n{script}\n")
        (folder / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    monkeypatch.setattr("harness.database.binaries.PLACES", ())
    monkeypatch.setitem(sys.modules, "testcontainers.community.postgres", None)


@pytest.fixture
def open_folder():
    """A folder that nobody can enter, as pytest's own can't."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


@pytest.mark.usefixtures("without_wheel")
def test_initdb_that_fails_shows_its_last_words(open_folder, monkeypatch, cache):
    fake_programs(
        open_folder, monkeypatch, initdb="echo could not write: No space left on device >&2; exit 1"
    )
    with pytest.raises(EnvironmentProblem) as raised:
        start_server()
    assert (
        "initdb can't make a data folder for PostgreSQL\n    | could not write: No space left on device"
        in str(raised.value)
    )
    assert not cache.exists()


def test_a_server_that_ends_is_said_to_have_ended_with_its_last_words():
    with start_server("embedded") as server:
        folder = folder_of(server.create_database())
        postmaster = int((folder / "d" / "postmaster.pid").read_text().splitlines()[0])
        os.kill(postmaster, signal.SIGINT)
        until(lambda: not working_in(folder))
        with pytest.raises(EnvironmentProblem) as raised:
            server.create_database()
        message = str(raised.value)
        assert message.startswith(
            "the PostgreSQL that the harness started has ended: its process ended with 0\n    | "
        )
        assert "database system is shut down" in message
        until(lambda: not folder.exists())


def test_a_refusal_of_a_server_that_runs_is_told_as_such(shared: Server):
    url = shared.create_database()
    ask(url, f"ALTER DATABASE {url.database} IS_TEMPLATE true")
    with pytest.raises(EnvironmentProblem, match="PostgreSQL refuses: cannot drop a template database"):
        shared.drop_database(url)
    ask(url, f"ALTER DATABASE {url.database} IS_TEMPLATE false")
    shared.drop_database(url)


def test_a_server_whose_folder_is_removed_ends():
    with start_server("embedded") as server:
        folder = folder_of(server.create_database())
        shutil.rmtree(folder)
        until(lambda: not working_in(folder))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has to run it as somebody else")
def test_root_runs_it_as_nobody_from_a_folder_that_nobody_can_enter(tmp_path, monkeypatch):
    """As in a virtual environment under /root: the programs are copied."""
    package = find().folder.parents[1]
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    shutil.copytree(package, closed / package.name, symlinks=True)
    libraries = package.with_name(package.name + ".libs")
    if libraries.exists():
        shutil.copytree(libraries, closed / libraries.name, symlinks=True)
    monkeypatch.setitem(sys.modules, package.name, None)
    monkeypatch.delitem(sys.modules, package.name)
    monkeypatch.syspath_prepend(str(closed))
    assert find().folder.is_relative_to(closed)
    with start_server("embedded") as server:
        url = server.create_database()
        assert ask(url, "SELECT 1") == 1
        assert (folder_of(url) / "p").is_dir()
        assert (folder_of(url) / "d").stat().st_uid not in {0, os.geteuid()}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has to run it as somebody else")
@pytest.mark.usefixtures("without_wheel")
def test_root_is_told_why_nobody_can_not_run_the_programs(tmp_path, monkeypatch):
    fake_programs(tmp_path, monkeypatch, initdb="exit 0")
    tmp_path.chmod(0o700)
    with pytest.raises(EnvironmentProblem, match="nobody, as PostgreSQL refuses to run as root, may not run"):
        start_server()


@pytest.mark.skipif(os.geteuid() != 0, reason="a normal user runs all the other tests as one")
@pytest.mark.parametrize("uid", ["nobody", 54321], ids=["nobody", "without a name"])
def test_a_normal_user_without_a_home_starts_it_too(uid):
    program = "from harness.database import start_server\nwith start_server('embedded') as s: print(s.create_database().database)"
    if subprocess.run(["test", "-x", sys.executable], user=uid, group="nogroup", check=False).returncode:
        pytest.skip("nobody can't run this Python")
    done = subprocess.run(
        [sys.executable, "-c", program],
        user=uid,
        group="nogroup",
        extra_groups=[],
        cwd="/",
        env={"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(sys.path), "HOME": "/nonexistent"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.startswith("hybrid_harness_"), done.stderr
