"""Where snapshots are kept and how they are read and written, in syrupy's terms."""

import os
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeGuard

import pytest
from syrupy.data import SnapshotCollection, SnapshotCollections
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode
from syrupy.location import PyTestLocation

from harness.core.snapshot_file import FOLDER, file_name


def snapshot_path(root: Path, module: str, name: str) -> Path:
    """Return ``<root>/snapshots/<module>/<name>.sql``; characters that some file system refuses become ``%xx``."""
    return root / FOLDER / file_name(module) / f"{file_name(name)}.sql"


@dataclass(frozen=True)
class HybridLocation(PyTestLocation):
    """The place of one hybrid's snapshot. syrupy's own location reads the Python function that pytest.Function has."""

    path: Path
    wanted: frozenset[Path] | None
    """All snapshots that this run's hybrids have; None where the run shows only some of the hybrids."""

    def __post_init__(self) -> None:
        """Set the fields that syrupy derives from a test function."""
        for field, value in (
            ("nodename", self.path.stem),
            ("testname", self.path.stem),
            ("methodname", self.path.stem),
            ("modulename", self.path.parent.name),
            ("filepath", str(self.path)),
        ):
            object.__setattr__(self, field, value)

    @property
    def snapshot_name(self) -> str:
        """Return the name that syrupy reports."""
        return self.path.stem

    def matches_snapshot_name(self, snapshot_name: str) -> bool:
        """Return whether ``snapshot_name`` is this hybrid's."""
        return snapshot_name == self.snapshot_name

    def matches_snapshot_location(self, snapshot_location: str) -> bool:
        """Return whether ``snapshot_location`` is this hybrid's file."""
        return Path(snapshot_location) == self.path


class SqlSnapshotExtension(SingleFileSnapshotExtension):
    """One UTF-8 file with LF newlines for each hybrid, replaced as a whole."""

    _write_mode = WriteMode.TEXT
    file_extension = "sql"
    snapshot_dirname = FOLDER

    @classmethod
    def get_snapshot_name(cls, *, test_location: PyTestLocation, index: int | str = 0) -> str:
        """Return the file's name without its ending."""
        if _is_hybrid(test_location):
            return test_location.snapshot_name
        return super().get_snapshot_name(test_location=test_location, index=index)

    @classmethod
    def dirname(cls, *, test_location: PyTestLocation) -> str:
        """Return the folder of the hybrid's module."""
        if _is_hybrid(test_location):
            return str(test_location.path.parent)
        return super().dirname(test_location=test_location)

    @classmethod
    def discovery_dirname(cls, *, test_location: PyTestLocation) -> str:
        """Return the folder of all modules; syrupy reads each such folder once."""
        if _is_hybrid(test_location):
            return str(test_location.path.parent.parent)
        return cls.dirname(test_location=test_location)

    def discover_snapshots(self, *, test_location: PyTestLocation, **_options: Any) -> SnapshotCollections:
        """Return the snapshots that no hybrid of this run has; syrupy reports those as unused.

        Hybrids whose items did not come to run (``-x``, a crash, another worker) keep their snapshots. Other tests'
        locations have none of ours.
        """
        found = SnapshotCollections()
        if _is_hybrid(test_location) and test_location.wanted is not None:
            folder = Path(self.discovery_dirname(test_location=test_location))
            for path in _orphans(folder, test_location.wanted):
                found.add(self.read_snapshot_collection(snapshot_location=str(path)))
        return found

    def read_snapshot_data_from_location(
        self, *, snapshot_location: str, snapshot_name: str, session_id: str
    ) -> str | None:
        """Return the file's text, or None where there is none. A checkout may have turned LF into CRLF."""
        del snapshot_name, session_id
        try:
            data = Path(snapshot_location).read_bytes()
        except FileNotFoundError:
            return None
        return data.decode("utf-8", errors="replace").replace("\r\n", "\n")

    def matches(self, *, serialized_data: Any, snapshot_data: Any) -> bool:
        """Compare without regard to how lines end."""
        return bool(serialized_data.replace("\r\n", "\n") == snapshot_data)

    @classmethod
    def write_snapshot_collection(cls, *, snapshot_collection: SnapshotCollection, **_options: Any) -> None:
        """Write a file beside the snapshot and move it there, so that nobody ever sees a part of it."""
        path = Path(snapshot_collection.location)
        (snapshot,) = snapshot_collection
        # A leading dot: syrupy never takes it for a snapshot. The process's id: no two workers share it.
        draft = path.with_name(f".{path.name}.{os.getpid()}.tmp")
        try:
            draft.write_bytes(str(snapshot.data).encode("utf-8"))
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)

    def delete_snapshots(self, *, snapshot_location: str, snapshot_names: set[str]) -> None:
        """Remove the file, and its module's folder with the last of them."""
        del snapshot_names
        path = Path(snapshot_location)
        path.unlink()
        with suppress(OSError):  # not empty
            path.parent.rmdir()


def _is_hybrid(location: PyTestLocation) -> TypeGuard[HybridLocation]:
    return isinstance(location, HybridLocation)


def _orphans(folder: Path, wanted: Iterable[Path]) -> list[Path]:
    files = {path for path in folder.glob("*/[!.]*.sql") if path.is_file()}
    return sorted(files.difference(wanted))


def hybrid_location(
    node: pytest.Item | pytest.Session, path: Path, wanted: frozenset[Path] | None
) -> HybridLocation:
    """Return the location of the snapshot at ``path`` for ``node``, of which syrupy reads the stash alone."""
    item: Any = node
    return HybridLocation(item, path, wanted)
