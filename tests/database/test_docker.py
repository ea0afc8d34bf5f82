"""The provider's own code, on a stand-in for testcontainers; and on the real one, without a daemon."""

import sys
from types import ModuleType

import pytest
from docker.types import HostConfig

from harness.core.errors import EnvironmentProblem, UsageProblem
from harness.database import Server, start_server

from .observe import ask


class NoDaemon(Exception):
    pass


class Container:
    """What the provider uses of testcontainers' PostgresContainer; its server is one of ours."""

    server: Server
    fails: Exception | None = None
    last: "Container"

    def __init__(self, image, *, username, password, dbname, driver):
        assert (image, username, dbname, driver) == ("postgres:18-alpine", "postgres", "postgres", None)
        assert len(password) > 30
        self.environment = {}
        self.calls = []
        type(self).last = self

    def with_env(self, name, value):
        self.environment[name] = value

    def with_command(self, command):
        self.command = command

    def with_kwargs(self, **arguments):
        self.arguments = arguments

    def start(self):
        self.calls.append("start")
        if self.fails:
            raise self.fails

    def stop(self):
        self.calls.append("stop")

    def get_connection_url(self):
        return self.server.create_database().set(drivername="postgresql").render_as_string()


@pytest.fixture
def container(monkeypatch, shared):
    class Fresh(Container):
        server = shared

    modules = {
        "testcontainers": ModuleType("testcontainers"),
        "testcontainers.community": ModuleType("testcontainers.community"),
        "testcontainers.community.postgres": ModuleType("testcontainers.community.postgres"),
        "docker": ModuleType("docker"),
        "docker.errors": ModuleType("docker.errors"),
    }
    vars(modules["testcontainers.community.postgres"])["PostgresContainer"] = Fresh
    vars(modules["docker.errors"])["DockerException"] = NoDaemon
    for name, module in modules.items():
        monkeypatch.setitem(sys.modules, name, module)
    return Fresh


def test_a_container_is_a_server_like_any_other(container):
    with start_server("docker") as server:
        assert server.provider == "docker"
        assert server.reason == "asked for: PostgreSQL in a container of postgres:18-alpine"
        assert ask(server.create_database(), "SHOW server_version") == server.version
    assert container.last.calls == ["start", "stop"]
    assert container.last.command[:3] == ["postgres", "-c", "autovacuum=off"]
    assert "--builtin-locale=C.UTF-8" in container.last.environment["POSTGRES_INITDB_ARGS"]


@pytest.mark.usefixtures("container", "without_wheel")
def test_auto_comes_to_docker_last(monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setattr("harness.database.binaries.PLACES", ())
    with start_server() as server:
        assert server.provider == "docker"
        assert server.reason.startswith("instead of the default (embedded: ")


def test_no_daemon(container):
    container.fails = NoDaemon("Error while fetching server API version: no such file\nmore")
    with pytest.raises(EnvironmentProblem) as raised:
        start_server("docker")
    assert str(raised.value) == (
        "Docker can't start PostgreSQL: Error while fetching server API version: no such file\n"
        "  where: postgres:18-alpine\n"
        "  hint:  start Docker, point DOCKER_HOST at its daemon, or use --database embedded or a URL"
    )
    assert container.last.calls == ["start", "stop"]


def test_a_container_that_can_not_be_reached_is_stopped(container, monkeypatch):
    monkeypatch.setattr(
        container, "get_connection_url", lambda _: "postgresql://postgres:hidden@127.0.0.1:1/postgres"
    )
    with pytest.raises(EnvironmentProblem, match=r"PostgreSQL in the container: .*port 1 failed") as raised:
        start_server("docker")
    assert "hidden" not in str(raised.value)
    assert container.last.calls == ["start", "stop"]


def test_no_package(monkeypatch):
    monkeypatch.setitem(sys.modules, "testcontainers.community.postgres", None)
    with pytest.raises(UsageProblem) as raised:
        start_server("docker")
    assert str(raised.value) == (
        "Docker needs the package testcontainers, 4.15 or later\n"
        "  where: --database docker\n"
        "  hint:  pip install 'hybrid-harness[docker]'"
    )


def test_its_memory_is_bounded_in_words_that_docker_takes(container):
    with start_server("docker"):
        asked = HostConfig(version="1.44", **container.last.arguments)
    gigabyte = 1 << 30
    assert asked["Ulimits"] == [{"Name": "data", "Soft": gigabyte, "Hard": gigabyte}]
    assert asked["Memory"] == 4 * gigabyte


def test_the_real_testcontainers_without_a_daemon(monkeypatch, tmp_path):
    """Without a warning, either, of the socket that docker-py leaves open."""
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/none.sock")
    with pytest.raises(
        EnvironmentProblem, match="Docker can't start PostgreSQL: Error while fetching server API version"
    ):
        start_server("docker")
