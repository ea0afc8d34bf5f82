"""What a run leaves that a hybrid ends with its process: a file that says whose turn it was, which the next run reads."""

import mmap
import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from harness.core.watch import SIZE, Watch, watch
from harness.engine.kept_findings import make_folder

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

PREFIX = "turn-"


@contextmanager
def noted(folder: Path) -> Iterator[None]:
    """Inside, the hybrid whose turn it is stands in a file of ``folder``, whatever ends the process; where there is no room, nowhere."""
    with ExitStack() as undone:
        if fcntl is not None:
            with suppress(OSError):
                undone.enter_context(_on_disk(folder))
        yield


@contextmanager
def _on_disk(folder: Path) -> Iterator[None]:
    make_folder(folder)
    descriptor, path = tempfile.mkstemp(prefix=PREFIX, dir=folder)
    token = None
    try:
        # Held for as long as the process lives: others leave the file alone.
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.ftruncate(descriptor, SIZE)
        token = watch.set(Watch(mmap.mmap(descriptor, SIZE)))
        yield
    finally:
        if token is not None:
            watch.reset(token)
        Path(path).unlink(missing_ok=True)
        os.close(descriptor)


def unfinished(folder: Path) -> list[str]:
    """The hybrids, as ``module:Class.hybrid``, in whose turn earlier runs ended; told once."""
    if fcntl is None:
        return []
    return sorted({hybrid for path in folder.glob(f"{PREFIX}*") if (hybrid := _read(path))})


def _read(path: Path) -> str:
    """The hybrid that the file names, which is removed; nothing where the run goes on, or it is no such file."""
    try:
        with path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            path.unlink()
            with mmap.mmap(file.fileno(), SIZE, access=mmap.ACCESS_READ) as memory:
                return Watch(memory).hybrid
    except (OSError, ValueError):  # locked, not ours to read, or of another size
        return ""
