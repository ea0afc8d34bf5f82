"""What hybrids print: the beginning is shown."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

SHOWN: Final = 16_384
"""Characters of what a hybrid prints in a run that go where they were meant to go."""
MUCH: Final = 1_000_000
"""From so many on, what is printed is in the way of people who read a log."""


class Printed:
    """Counts what the hybrid ``name`` prints in all its turns."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._length = 0

    @property
    def told(self) -> tuple[str, ...]:
        """That it was much, in words."""
        return ("megabytes of output",) if self._length >= MUCH else ()

    def take(self, written: Any) -> Any:
        """Of ``written``, text or bytes, what is still to be shown; the last of it with a note that there is more."""
        left = SHOWN - self._length
        self._length += len(written)
        if len(written) <= left:
            return written
        if left < 0:
            return written[:0]
        note = f"\nhybrid-harness: {self._name} prints more, which is not shown.\n"
        return written[:left] + (note if isinstance(written, str) else note.encode())


class _Capped:
    """A stream as it was, but for what is written."""

    def __init__(self, stream: Any, printed: Printed) -> None:
        self._stream = stream
        self._printed = printed

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    @property
    def buffer(self) -> "_Capped":
        return _Capped(self._stream.buffer, self._printed)

    def write(self, written: Any) -> int:
        shown = self._printed.take(written)
        if shown:
            self._stream.write(shown)
        return len(written)

    def writelines(self, lines: Any) -> None:
        for line in lines:
            self.write(line)


@contextmanager
def capped(printed: Printed) -> Iterator[None]:
    """While inside, standard output and error take what ``printed`` lets through."""
    kept = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = (stream and _Capped(stream, printed) for stream in kept)
    try:
        yield
    finally:
        sys.stdout, sys.stderr = kept
