import itertools
import sys
import textwrap

import pytest
from hypothesis import settings

from harness.config import Options
from harness.engine import check

NUMBERS = itertools.count()


@pytest.fixture(autouse=True)
def _nothing_kept():
    """Without an example database no test sees what another one found."""
    before = settings.get_current_profile_name()
    settings.register_profile("nothing kept", settings(), database=None)
    settings.load_profile("nothing kept")
    yield
    settings.load_profile(before)


@pytest.fixture(scope="session")
def shared_url(server):
    """The server of the session, as --database takes it."""
    url = server.create_database()
    yield url.render_as_string(hide_password=False)
    server.drop_database(url)


@pytest.fixture(scope="session")
def checked(shared_url, tmp_path_factory):
    """A function that checks a module, given as source, on the session's server: the reports by the hybrids' names."""
    folder = tmp_path_factory.mktemp("models")
    path, modules = list(sys.path), set(sys.modules)

    def check_source(source, **options):
        file = folder / f"model_{next(NUMBERS)}.py"
        file.write_text(textwrap.dedent(source))
        report = check(
            [str(file)], Options(**{"database": shared_url, "examples": 60, "scale": 50, **options})
        )
        return {each.hybrid.name: each for each in report.hybrids}

    yield check_source
    sys.path[:] = path
    for name in set(sys.modules) - modules:
        if str(getattr(sys.modules[name], "__file__", "")).startswith(str(folder)):
            del sys.modules[name]
