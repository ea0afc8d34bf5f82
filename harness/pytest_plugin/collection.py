"""Turns the hybrids of a run into pytest items."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from harness.config import Options, checked, overridden, read_options
from harness.config.options import PYTEST_FLAGS
from harness.core.errors import HarnessError
from harness.engine import Examination, Examinee, Servers
from harness.pytest_plugin.items import FACETS, FacetItem, HybridNode, HybridsNode
from harness.pytest_plugin.wanted import Wanted


class HybridPlugin:
    """Collects the items, keeps what was examined until the end of the session."""

    def __init__(self, config: pytest.Config, wanted: Wanted) -> None:
        from harness.snapshot import install

        self._config = config
        self._wanted = wanted
        self.examinations: list[Examination] = []
        self._servers: Servers | None = None
        install(config, every_target=wanted.complete)

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(self, session: pytest.Session, items: list[pytest.Item]) -> None:
        """Add the hybrids' items first, so that -k, --deselect and --lf see them like any others."""
        try:
            options = run_options(self._config)
            items[:0] = self._selected(self._items(session, options))
        except HarnessError as error:
            raise pytest.UsageError(str(error)) from error

    def pytest_unconfigure(self) -> None:
        """Drop the databases and stop the server."""
        for examination in self.examinations:
            examination.close()
        if self._servers is not None:
            self._servers.stop()

    def _items(self, session: pytest.Session, options: Options) -> Iterator[FacetItem]:
        from harness.database import start_server
        from harness.discovery import discover, load_target

        self._servers = Servers(lambda: start_server(options.database))
        root = HybridsNode.from_parent(session, name="hybrids", nodeid="hybrids")
        for spec in self._wanted.targets:
            self.examinations.append(Examination(discover(load_target(spec)), self._servers, options))
        found = [(each, examinee) for each in self.examinations for examinee in each.examinees]
        names = _distinct_names([examinee for _, examinee in found])
        for (examination, examinee), name in zip(found, names, strict=True):
            path = Path(self._config.rootpath, examinee.hybrid.file)
            node = HybridNode.from_parent(root, name=name, nodeid=f"hybrids::{name}", path=path)
            node.examination, node.examinee = examination, examinee
            for facet in FACETS:
                yield FacetItem.from_parent(node, name=facet, path=path)

    def _selected(self, items: Iterable[FacetItem]) -> list[FacetItem]:
        every = list(items)
        if not self._wanted.node_ids:
            return every
        for node_id in self._wanted.node_ids:
            if not any(_below(item.nodeid, node_id) for item in every):
                raise pytest.UsageError(
                    f"not found: {node_id}\n(there is no such hybrid, or it has no such check)"
                )
        return [item for item in every if any(_below(item.nodeid, each) for each in self._wanted.node_ids)]


def _below(node_id: str, wanted: str) -> bool:
    return node_id == wanted or node_id.startswith(f"{wanted}::")


def _distinct_names(examinees: list[Examinee]) -> list[str]:
    """``Class.hybrid``; with the module before it where two targets have a hybrid of that name."""
    names = [examinee.hybrid.name for examinee in examinees]
    return [
        name if names.count(name) == 1 else f"{examinee.hybrid.module}.{name}"
        for examinee, name in zip(examinees, names, strict=True)
    ]


def run_options(config: pytest.Config) -> Options:
    """pyproject.toml's settings, overridden by ``--hybrids-...`` flags. Raises UsageProblem."""
    given = {name: config.getoption(f"hybrids_{name}") for name in PYTEST_FLAGS}
    return checked(overridden(read_options(config.rootpath), given), where="the command line")
