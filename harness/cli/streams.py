"""Standard output belongs to the report."""

import contextlib
import io
import os
import sys
from collections.abc import Iterator

from harness.core.errors import EnvironmentProblem


@contextlib.contextmanager
def stdout_on_stderr() -> Iterator[None]:
    """While models run: what they print, and what programs that they start print, goes to standard error."""
    with contextlib.ExitStack() as undone:
        undone.enter_context(contextlib.redirect_stdout(sys.stderr))
        with contextlib.suppress(OSError):  # one of the two is closed
            kept = os.dup(1)
            undone.callback(os.close, kept)
            os.dup2(2, 1)
            undone.callback(os.dup2, kept, 1)
        yield


def print_out(text: str, *, encoding: str | None = None) -> None:
    """Print ``text``, in the locale's encoding if no other is given. Raises EnvironmentProblem where it can't be."""
    if encoding is not None and isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding=encoding, errors="backslashreplace")
    with printing():
        sys.stdout.write(text)


@contextlib.contextmanager
def printing() -> Iterator[None]:
    """What is printed inside has arrived at the end. Raises EnvironmentProblem where it can't."""
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:  # a reader that has seen enough, as `head`
        _discard()
    except OSError as error:
        _discard()
        raise no_room(error) from error


def no_room(error: OSError) -> EnvironmentProblem:
    """What is said of output that nobody takes."""
    return EnvironmentProblem(
        f"The output can't be printed: {error.strerror}.",
        where="standard output or standard error",
        hint="Make room where it goes to.",
    )


def discard_unprintable() -> None:
    """Forget what standard output was given and doesn't take."""
    try:
        sys.stdout.flush()
    except OSError:
        _discard()


def _discard() -> None:
    """What Python still holds of the output would fail again at the end, with a status of Python's own."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


def tell(text: str) -> None:
    """Print a line on standard error, or nothing where there is no room for it: the exit status says it too."""
    with contextlib.suppress(OSError):
        sys.stderr.write(f"hybrid-harness: {text}\n")


def prepare_streams() -> None:
    """Have two streams that take any text and say what did not arrive.

    One that was closed when the process began is None in Python: what is written to it goes nowhere. Without a buffer
    (PYTHONUNBUFFERED), Python loses in silence what a full disk does not take of a text.
    """
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115, PTH123 - open to the end
    out = sys.stdout
    if isinstance(out, io.TextIOWrapper) and isinstance(out.buffer, io.RawIOBase):
        sys.stdout = open(out.fileno(), "w", encoding=out.encoding, closefd=False)  # noqa: SIM115 - as above
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # what the locale lacks is no reason to end
