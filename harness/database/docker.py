import contextlib
import gc
import importlib
import secrets
import warnings
from collections.abc import Callable
from typing import Any

import psycopg
import sqlalchemy

from harness.core.errors import EnvironmentProblem, UsageProblem
from harness.database import settings
from harness.database.connection import DRIVER, complaint, connect
from harness.database.own import Databases
from harness.database.server import RunningServer, Server

IMAGE = "postgres:18-alpine"
MOST_DATA = 1 << 30
"""Bytes of its own that each process of the server may take, as of a server without a container."""
MOST = 4 << 30
"""Bytes for the whole container: those of a run's connections, and the server's own."""
INITDB = "--locale=C --locale-provider=builtin --builtin-locale=C.UTF-8 --no-sync"
OTHERWISE = "start Docker, point DOCKER_HOST at its daemon, or use --database embedded or a URL"


def start(why: str) -> Server:
    """Start PostgreSQL in a container through testcontainers; ``why`` it was chosen begins the server's reason.

    Raises UsageProblem where the extra ``docker`` isn't installed, EnvironmentProblem where no daemon answers or the
    container doesn't get ready.
    """
    with contextlib.ExitStack() as started:
        url = _run_container(started)
        version = _version(url)
        end = started.pop_all().close
    return RunningServer(
        provider="docker",
        reason=f"{why}: PostgreSQL in a container of {IMAGE}",
        version=version,
        owned=Databases(url, options="STRATEGY file_copy", explain=_explain, started=True),
        end=end,
    )


def _run_container(started: contextlib.ExitStack) -> sqlalchemy.URL:
    container_type, failures = _testcontainers()
    failure = ""
    try:
        container = container_type(
            IMAGE, username="postgres", password=secrets.token_urlsafe(), dbname="postgres", driver=None
        )
        started.callback(container.stop)
        container.with_env("POSTGRES_INITDB_ARGS", INITDB)
        container.with_command(["postgres", *settings.arguments(settings.THROWAWAY)])
        # By the first a statement fails that takes too much; the second would end the server.
        container.with_kwargs(
            ulimits=[{"name": "data", "soft": MOST_DATA, "hard": MOST_DATA}], mem_limit=MOST
        )
        container.start()
        return sqlalchemy.make_url(container.get_connection_url()).set(drivername=DRIVER)
    except failures as error:
        failure = str(error).partition("\n")[0]
    _drop_open_sockets()
    raise EnvironmentProblem(f"Docker can't start PostgreSQL: {failure}", where=IMAGE, hint=OTHERWISE)


def _drop_open_sockets() -> None:
    """Collect the sockets that docker-py leaves open where no daemon answers; the warnings are not the user's."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


def _testcontainers() -> tuple[Callable[..., Any], tuple[type[Exception], ...]]:
    """Return the container's class and what it raises where the daemon doesn't do as it should.

    Imported here and only now: nobody who works without Docker waits for it.
    """
    try:
        from testcontainers.community.postgres import PostgresContainer

        docker_error: type[Exception] = importlib.import_module("docker.errors").DockerException
    except ImportError:
        raise UsageProblem(
            "Docker needs the package testcontainers, 4.15 or later",
            where="--database docker",
            hint="pip install 'hybrid-harness[docker]'",
        ) from None
    # OSError: also the errors of requests; RuntimeError: testcontainers' own.
    return PostgresContainer, (docker_error, OSError, RuntimeError)


def _version(url: sqlalchemy.URL) -> str:
    try:
        with connect(url, started=True) as connection:
            return str(connection.info.parameter_status("server_version")).partition(" ")[0]
    except psycopg.Error as error:
        raise _explain(error) from None


def _explain(error: psycopg.Error) -> EnvironmentProblem:
    return EnvironmentProblem(f"PostgreSQL in the container: {complaint(error)}", where=IMAGE, hint=OTHERWISE)
