"""Files that a run writes: whole or not at all, and refused before the run where they can't be."""

import io
import os
import sys
import tempfile
from pathlib import Path

from harness.core.errors import UsageProblem


def deliver(text: str, output: str | None) -> None:
    """Print a report, or write it to the file that ``--output`` names."""
    if output is not None:
        replace_file(Path(output), text, "report", "--output")
        return
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8")  # JSON is, whatever the locale
    sys.stdout.write(text)


def refuse_unwritable(path: Path, what: str, option: str) -> None:
    """Raise UsageProblem where the file can't be written."""
    if path.is_dir() or not path.parent.is_dir() or not os.access(path.parent, os.W_OK):
        raise UsageProblem(
            f"The {what} can't be written to {path}.",
            where=option,
            hint="Name a file in a folder that exists and that you may write to.",
        )


def replace_file(path: Path, text: str, what: str, option: str) -> None:
    """Write the whole file or leave the old one; a pipe or a device is written to. Raises UsageProblem."""
    try:
        if path.exists() and not path.is_file():
            path.write_text(text, encoding="utf-8")
            return
        path = path.resolve()  # of a link, replace the file behind it
        with tempfile.NamedTemporaryFile(
            "w", encoding="utf-8", dir=path.parent, prefix=f".{path.name}.", delete=False
        ) as file:
            file.write(text)
        Path(file.name).chmod(0o666 & ~_umask())
        Path(file.name).replace(path)
    except OSError as error:
        raise UsageProblem(
            f"The {what} can't be written to {path}: {error.strerror}.",
            where=option,
            hint="Make room, or name another file.",
        ) from error


def _umask() -> int:
    """What new files are denied; it can be read by setting it only."""
    mask = os.umask(0o022)
    os.umask(mask)
    return mask
