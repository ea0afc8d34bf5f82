"""The door for pytest items: compares a hybrid's SQL with what was reviewed, through syrupy.

syrupy knows tests that are functions; what it must learn about ours is which snapshots the collected hybrids have, and
whether this run shows all of them. ``install`` and ``expect_snapshot`` gather that.
"""

import difflib
import os
from pathlib import Path
from typing import Any, Final

import pytest
from syrupy.assertion import SnapshotAssertion

from harness.core.errors import EnvironmentProblem, UsageProblem
from harness.core.snapshot_file import FOLDER
from harness.snapshot.extension import SqlSnapshotExtension, hybrid_location, snapshot_path

_ACCEPT: Final = "pytest --snapshot-update"
_WRITTEN: Final = "hybrid-harness: snapshot written"
_Wanted = dict[Path, str]
_WANTED: Final = pytest.StashKey[_Wanted]()
_COMPLETE: Final = pytest.StashKey[bool]()


class SnapshotMismatchError(AssertionError):
    """The SQL is not the reviewed SQL, or nobody has reviewed it; the message is for people and complete."""


def refuse_update_in_ci(config: pytest.Config) -> None:
    """Raise pytest.UsageError where CI would accept its own snapshots; for ``pytest_configure``."""
    if _in_ci() and config.getoption("update_snapshots", default=False):
        raise pytest.UsageError(
            "--snapshot-update is refused where CI is set: a snapshot is accepted by the person who reviews its SQL. "
            f"Run `{_ACCEPT}` on your machine, read the diff and commit it (or unset CI)."
        )


def install(config: pytest.Config, *, every_target: bool) -> None:
    """Prepare ``config`` for reviewed snapshots; for ``pytest_configure``, in the main process and in xdist's workers.

    ``every_target`` says whether the run collects all targets that the project has snapshots of; otherwise no snapshot is
    ever called unused. Raises pytest.UsageError as ``refuse_update_in_ci`` does.
    """
    refuse_update_in_ci(config)
    config.stash[_WANTED] = {}
    config.stash[_COMPLETE] = every_target and not any("::" in argument for argument in config.args)
    config.pluginmanager.register(_SnapshotHooks(config), "hybrid-harness-snapshots")


def expect_snapshot(item: pytest.Item, module: str, name: str) -> None:
    """Say, when ``item`` is collected, that it will review the snapshot of ``module`` and ``name``.

    Does nothing unless ``install`` was called.
    """
    wanted = item.config.stash.get(_WANTED, None)
    if wanted is not None:
        wanted[snapshot_path(item.config.rootpath, module, name)] = item.nodeid


def assert_reviewed(item: pytest.Item, module: str, name: str, text: str) -> None:
    """Compare ``text`` with the snapshot of the hybrid ``name`` (``Class.hybrid``) of ``module``; for ``runtest``.

    Under ``--snapshot-update`` the text is accepted. Without a snapshot it is written, and the run's summary says so;
    where CI is set, that fails.

    Raises SnapshotMismatchError where the two differ or there is nothing to compare with, UsageProblem where syrupy is
    switched off, and EnvironmentProblem where the file can't be read or written.
    """
    path = snapshot_path(item.config.rootpath, module, name)
    shown = path.relative_to(item.config.rootpath).as_posix()
    try:
        _compare(item, path, shown, text)
    except OSError as error:
        raise EnvironmentProblem(
            f"The snapshot can't be read or written: {error.strerror}.",
            where=shown,
            hint="Make room, or clear away what stands in the place of the file or of its folder.",
        ) from error


def _compare(item: pytest.Item, path: Path, shown: str, text: str) -> None:
    is_new = not path.exists()
    accept = bool(item.config.getoption("update_snapshots", default=False)) or (is_new and not _in_ci())
    assertion = _assertion(item, path, accept=accept)
    matches = assertion == text
    result = assertion.executions[0]
    if result.exception is not None:
        raise result.exception
    if not matches:
        raise SnapshotMismatchError(
            _missing(shown) if is_new else _difference(shown, result.recalled_data, text)
        )
    if is_new:
        item.user_properties.append((_WRITTEN, shown))


def _in_ci() -> bool:
    return os.environ.get("CI", "").strip().lower() not in {"", "0", "false"}


def _assertion(node: pytest.Item | pytest.Session, path: Path, *, accept: bool) -> SnapshotAssertion:
    config: Any = node.config
    session = getattr(config, "_syrupy", None)  # syrupy has no public name for it
    if session is None:
        raise UsageProblem(
            "Snapshots need pytest's plugin syrupy, which is switched off.",
            hint='remove "-p no:syrupy", or deselect with -k "not snapshot"',
        )
    wanted = config.stash.get(_WANTED, {})
    complete = config.stash.get(_COMPLETE, False)
    return SnapshotAssertion(
        session=session,
        extension_class=SqlSnapshotExtension,
        test_location=hybrid_location(node, path, frozenset(wanted) if complete else None),
        update_snapshots=accept,
    )


def _missing(shown: str) -> str:
    return (
        f"There is no reviewed snapshot {shown}, and CI writes none.\n"
        "Run `pytest` on your machine, read the file that it writes and commit it."
    )


def _difference(shown: str, reviewed: object, text: str) -> str:
    before, after = (str(side).splitlines() for side in (reviewed, text))
    diff = difflib.unified_diff(before, after, f"{shown} (reviewed)", "the SQL now", lineterm="")
    return "\n".join(
        [
            "The SQL is not the reviewed SQL:",
            "",
            *diff,
            "",
            f"If it is what you mean, `{_ACCEPT}` accepts it.",
        ]
    )


class _SnapshotHooks:
    """What pytest tells about the run as a whole."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Hybrids that could not be collected keep their snapshots."""
        if report.failed:
            self._config.stash[_COMPLETE] = False

    @pytest.hookimpl(trylast=True)
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Have syrupy look for unused snapshots, even where no hybrid is left to ask for one."""
        selected = {item.nodeid for item in session.items}
        stash = self._config.stash
        stash[_COMPLETE] = stash[_COMPLETE] and selected.issuperset(stash[_WANTED].values())
        if stash[_COMPLETE] and hasattr(self._config, "_syrupy") and not self._config.option.collectonly:
            _assertion(session, self._config.rootpath / FOLDER / "-" / "-.sql", accept=False)

    def pytest_terminal_summary(self, terminalreporter: "pytest.TerminalReporter") -> None:
        """Name the snapshots that were written because there were none."""
        reports = terminalreporter.getreports("passed")
        written = sorted(
            value
            for report in reports
            if report.when == "call"
            for key, value in report.user_properties
            if key == _WRITTEN
        )
        if written:
            terminalreporter.write_sep("-", "snapshots written, to be read and committed")
            for shown in written:
                terminalreporter.write_line(shown)
