"""Files that a run writes: whole or not at all, and refused before the run where they can't be."""

import os
import tempfile
from pathlib import Path

from harness.cli.streams import print_out
from harness.core.errors import UsageProblem

UNENCODABLE = "backslashreplace"
"""What becomes of a byte in a file's name that is no UTF-8; in JSON it is the character's own escape."""


def deliver(text: str, output: str | None) -> None:
    """Print a report, or write it to the file that ``--output`` names."""
    if output is not None:
        replace_file(Path(output), text, "report", "--output")
        return
    print_out(text, encoding="utf-8")  # JSON is, whatever the locale


def refuse_unwritable(path: Path, what: str, option: str) -> None:
    """Raise UsageProblem where the file can't be written."""
    if not _may_be_written(path):
        raise UsageProblem(
            f"The {what} can't be written to {path}.",
            where=option,
            hint="Name a file in a folder that exists and that you may write to.",
        )


def _may_be_written(path: Path) -> bool:
    try:
        path = path.resolve()
        if _is_pipe_or_device(path):
            return os.access(path, os.W_OK)
        return not path.is_dir() and path.parent.is_dir() and os.access(path.parent, os.W_OK)
    except (OSError, ValueError, RuntimeError):  # a name too long or with a NUL, links in a circle
        return False


def _is_pipe_or_device(path: Path) -> bool:
    return path.exists() and not path.is_file() and not path.is_dir()


def replace_file(path: Path, text: str, what: str, option: str) -> None:
    """Write the whole file or leave the old one; a pipe or a device is written to. Raises UsageProblem."""
    try:
        if _is_pipe_or_device(path):
            path.write_text(text, encoding="utf-8", errors=UNENCODABLE)
        else:
            _replace(path.resolve(), text)  # of a link, the file behind it
    except OSError as error:
        raise UsageProblem(
            f"The {what} can't be written to {path}: {error.strerror}.",
            where=option,
            hint="Make room, or name another file.",
        ) from error


def _replace(path: Path, text: str) -> None:
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".hybrid-harness-")
    draft = Path(name)
    try:
        with open(descriptor, "w", encoding="utf-8", errors=UNENCODABLE) as file:  # noqa: PTH123 - a descriptor
            file.write(text)
        draft.chmod(0o666 & ~_umask())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def _umask() -> int:
    """What new files are denied; it can be read by setting it only."""
    mask = os.umask(0o022)
    os.umask(mask)
    return mask
