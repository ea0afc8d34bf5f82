"""Which hybrids a pytest run asks for: the ini file's where nothing else was named, or those on the command line."""

from dataclasses import dataclass
from pathlib import Path

import pytest


@dataclass(frozen=True, slots=True)
class Wanted:
    """``node_ids`` are the parts of node ids given on the command line; empty means all hybrids of ``targets``.

    ``complete`` says that the run collects every target that the ini file names.
    """

    targets: tuple[str, ...]
    node_ids: tuple[str, ...]
    complete: bool


def wanted_hybrids(config: pytest.Config) -> Wanted:
    """Decide in the main process, where the command line is known; workers of xdist are told."""
    told: Wanted | None = getattr(config.option, "hybrids_wanted", None)
    if told is None:
        told = _decide(config)
        config.option.hybrids_wanted = told
    return told


def _decide(config: pytest.Config) -> Wanted:
    node_ids = tuple(argument for argument in config.args if _is_node_id(argument))
    if node_ids:
        config.args[:] = [argument for argument in config.args if argument not in node_ids]
    named = tuple(config.getoption("--hybrids"))
    configured = tuple(config.getini("hybrids"))
    files_named = config.args_source is pytest.Config.ArgsSource.ARGS and bool(config.args)
    if named:
        return Wanted(named, node_ids, set(configured) <= set(named))
    if node_ids or not files_named:
        return Wanted(configured, node_ids, complete=not node_ids)
    return Wanted((), (), complete=False)


def _is_node_id(argument: str) -> bool:
    return argument.split("::", maxsplit=1)[0] == "hybrids" and not Path("hybrids").exists()
