"""The pytest plugin. It loads in every project that has the package, so it imports nothing until hybrids are asked for."""

from functools import partial
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from harness.pytest_plugin.budget import QueryBudget


def pytest_addoption(parser: pytest.Parser) -> None:
    """``hybrids = [...]`` in the ini file, and ``--hybrids TARGET`` with the options of the run."""
    from harness.core.flags import HELP, PYTEST_FLAGS

    parser.addini(
        "hybrids", "Targets whose hybrids are collected: pkg.module, pkg.module:Base, ...", type="linelist"
    )
    group = parser.getgroup("hybrid-harness", "SQLAlchemy hybrids")
    group.addoption(
        "--hybrids",
        action="append",
        metavar="TARGET",
        default=[],
        help="Collect the hybrids of this target, whatever the ini file says; may be given several times.",
    )
    for name, kind in PYTEST_FLAGS.items():
        flag = name.replace("_", "-")
        group.addoption(f"--hybrids-{flag}", dest=f"hybrids_{name}", type=kind, default=None, help=HELP[name])


def pytest_configure(config: pytest.Config) -> None:
    """Find out which targets this run collects; nothing else is loaded where there are none."""
    if not config.getoption("--hybrids") and not config.getini("hybrids"):
        return
    from harness.pytest_plugin.wanted import wanted_hybrids

    wanted = wanted_hybrids(config)
    if wanted.targets:
        from harness.pytest_plugin.collection import HybridPlugin

        config.pluginmanager.register(HybridPlugin(config, wanted), "hybrid-harness-hybrids")


@pytest.fixture
def query_budget(pytestconfig: pytest.Config) -> "partial[QueryBudget]":
    """Limit the statements of a block, sync or async.

    After ``with query_budget(3): ...`` the test fails if the block sent more than 3, and lists them with the lines of code
    that sent them. ``query_budget(3, on=engine)`` counts those of one engine or connection only.
    """
    from harness.pytest_plugin.budget import QueryBudget

    return partial(QueryBudget, root=pytestconfig.rootpath)
