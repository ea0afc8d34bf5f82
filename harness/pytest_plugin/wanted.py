"""Which hybrids a pytest run asks for: the ini file's where nothing else was named, or those on the command line."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = "hybrids"
"""First part of the node ids: ``hybrids::Class.hybrid::agrees``."""
PLENTY = 4
"""Classes for each worker from which on a worker gets all hybrids of a class, which share datasets there."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """``node_ids`` are those of hybrids given on the command line; empty means all hybrids of ``targets``.

    ``complete`` says that the run collects every hybrid that the ini file asks for.
    """

    targets: tuple[str, ...]
    node_ids: tuple[str, ...] = ()
    complete: bool = False

    def selects(self, node_id: str) -> bool:
        """Whether the node is one of ``node_ids``, or above or below one."""
        return not self.node_ids or any(
            f"{one}::".startswith(f"{other}::")
            for each in self.node_ids
            for one, other in ((node_id, each), (each, node_id))
        )


@dataclass(frozen=True, slots=True)
class Spread:
    """How the hybrids of a run go to its workers: class by class where there are plenty of them, else one by one."""

    by_class: bool

    @classmethod
    def of(cls, node_ids: Iterable[str], workers: int) -> "Spread":
        """That of a run with the tests ``node_ids``, the same for the controller and all workers."""
        classes = {_hybrid(each).rpartition(".")[0] for each in node_ids if each.startswith(f"{ROOT}::")}
        return cls(len(classes) >= PLENTY * workers)

    def together(self, node_id: str) -> str:
        """The name under which tests stay on one worker: those of a class or of a hybrid; other tests are free."""
        if not node_id.startswith(f"{ROOT}::"):
            return node_id
        hybrid = _hybrid(node_id)
        return f"{ROOT}::{hybrid.rpartition('.')[0] if self.by_class else hybrid}"


def _hybrid(node_id: str) -> str:
    return node_id.split("::")[1]


def wanted_hybrids(config: pytest.Config) -> Wanted:
    """Read the command line and the ini file; node ids of hybrids are taken out of what pytest looks for in files."""
    named, configured = tuple(config.getoption("--hybrids")), tuple(config.getini("hybrids"))
    targets = named or configured
    node_ids = tuple(argument for argument in config.args if _is_node_id(argument)) if targets else ()
    if node_ids:
        config.args[:] = [argument for argument in config.args if argument not in node_ids]
    elif not named and _names_files(config):
        return Wanted(())
    return Wanted(targets, node_ids, complete=not node_ids and set(configured) <= set(targets))


def _is_node_id(argument: str) -> bool:
    return argument.startswith(f"{ROOT}::") or (argument == ROOT and not Path(ROOT).exists())


def _names_files(config: pytest.Config) -> bool:
    """Whether the command line asks for certain tests; the root folder stands for all of them."""
    named = config.args if config.args_source is pytest.Config.ArgsSource.ARGS else []
    return any(config.invocation_params.dir / argument != config.rootpath for argument in named)
