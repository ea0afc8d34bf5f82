import os

import pytest

import harness.pytest_plugin.collection  # noqa: F401 - before pytester takes note of what is loaded

from .projects import Project


@pytest.fixture(scope="session")
def cache(tmp_path_factory):
    """The data folder of a new server is made once, in a cache that is not the user's."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def project(pytester, monkeypatch, cache):
    # syrupy takes a process with xdist's variables for a worker, whatever started it.
    for variable in ("CI", *(name for name in os.environ if name.startswith("PYTEST_XDIST"))):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache))
    return Project(pytester)
