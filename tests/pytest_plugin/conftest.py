import os

import hypothesis
import pytest

import harness.pytest_plugin.collection  # noqa: F401 - before pytester takes note of what is loaded

from .projects import Project


@pytest.fixture(scope="session")
def cache(tmp_path_factory):
    """What is made once for all runs: the data folder of a new server, compiled modules; nothing of the user's."""
    base = tmp_path_factory.getbasetemp()
    return (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "cache-of-projects"


@pytest.fixture
def project(pytester, monkeypatch, cache):
    # syrupy takes a process with xdist's variables for a worker, whatever started it.
    for variable in ("CI", *(name for name in os.environ if name.startswith("PYTEST_XDIST"))):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache))
    # Compiled modules too: pytest rewrites the asserts of all of Hypothesis in each process that may not keep them.
    monkeypatch.setenv("PYTHONPYCACHEPREFIX", str(cache / "compiled"))
    monkeypatch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
    # Hypothesis keeps failures where the process began, not where the project is.
    hypothesis.settings.register_profile("before", hypothesis.settings())
    hypothesis.settings.register_profile("forgetful", database=None)
    hypothesis.settings.load_profile("forgetful")
    yield Project(pytester)
    hypothesis.settings.load_profile("before")
