"""Which hybrids a pytest run asks for: the ini file's where nothing else was named, or those on the command line."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = "hybrids"
"""First part of the node ids: ``hybrids::Class.hybrid::agrees``."""
PLENTY = 4
"""Classes for each worker from which on a worker gets all hybrids of a class."""


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
    """How the hybrids of a run go to its workers: class by class, or where there are few classes, each in as many parts as workers.

    ``parts`` has the name of each hybrid's part; the hybrids of one share datasets.
    """

    parts: Mapping[str, str]

    @classmethod
    def of(cls, node_ids: Iterable[str], workers: int) -> "Spread":
        """That of a run with the tests ``node_ids``, the same for the controller and all workers."""
        classes: dict[str, list[str]] = {}
        for hybrid in dict.fromkeys(_hybrid(each) for each in node_ids if each.startswith(f"{ROOT}::")):
            classes.setdefault(hybrid.rpartition(".")[0], []).append(hybrid)
        parts = 1 if len(classes) >= PLENTY * workers else workers
        return cls(
            {
                hybrid: f"{ROOT}::{class_}, part {number % parts}"
                for class_, hybrids in classes.items()
                for number, hybrid in enumerate(hybrids)
            }
        )

    def together(self, node_id: str) -> str:
        """The name under which tests stay on one worker; tests that are no hybrid's are free."""
        return self.parts[_hybrid(node_id)] if node_id.startswith(f"{ROOT}::") else node_id


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
