"""What the process that evaluates hybrids and the one that watches over it share: memory that outlives either."""

import mmap
import struct
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final, NamedTuple

RUNNING: Final = -1
"""The status of work that hasn't come to its end."""
STATUS: Final = struct.Struct("=q")
EVALUATION: Final = struct.Struct("=Qd")
HYBRID: Final = slice(STATUS.size + EVALUATION.size, 1 << 10)
OWNED: Final = slice(1 << 10, 1 << 16)
SIZE: Final = OWNED.stop
"""Bytes of all of it."""


class Evaluation(NamedTuple):
    """Its number, and the seconds that it may take; 0 between one and the next."""

    number: int
    seconds: float


class Watch:
    """``memory`` has SIZE bytes; zeroes are nobody's turn.

    ``ended`` says how hybrids, by their identity, ended processes before this one; ``left`` is what those owned.
    """

    def __init__(self, memory: mmap.mmap) -> None:
        self._memory = memory
        self.ended: dict[str, str] = {}
        self.left: tuple[str, ...] = ()

    @property
    def status(self) -> int:
        """The exit status of the work once it has come to its end, RUNNING before."""
        (status,) = STATUS.unpack_from(self._memory)
        return int(status)

    @status.setter
    def status(self, status: int) -> None:
        STATUS.pack_into(self._memory, 0, status)

    @property
    def evaluation(self) -> Evaluation:
        """The last one that was begun."""
        return Evaluation(*EVALUATION.unpack_from(self._memory, STATUS.size))

    @contextmanager
    def evaluating(self, seconds: float) -> Iterator[None]:
        """Code runs inside that isn't ours, and may for so long."""
        number = self.evaluation.number + 1
        EVALUATION.pack_into(self._memory, STATUS.size, number, seconds)
        try:
            yield
        finally:
            EVALUATION.pack_into(self._memory, STATUS.size, number, 0.0)

    @property
    def hybrid(self) -> str:
        """The identity of the hybrid whose turn it is; empty where it is nobody's."""
        return self._read(HYBRID)

    @contextmanager
    def turn(self, identity: str) -> Iterator[None]:
        """It is this hybrid's turn inside."""
        self._write(HYBRID, identity)
        try:
            yield
        finally:
            self._write(HYBRID, "")

    def owns(self, names: Iterable[str]) -> None:
        """Note what stands on a server, to be dropped by whoever comes after this process."""
        self._write(OWNED, " ".join(names))

    def pass_on(self, how: str) -> None:
        """Ready for the next process, now that the last has ended in a hybrid's turn, and ``how``."""
        self.ended[self.hybrid] = how
        self.left = tuple(self._read(OWNED).split())
        self._write(HYBRID, "")
        EVALUATION.pack_into(self._memory, STATUS.size, 0, 0.0)

    def _read(self, part: slice) -> str:
        return self._memory[part].rstrip(b"\0").decode(errors="replace")

    def _write(self, part: slice, text: str) -> None:
        size = part.stop - part.start
        self._memory[part] = text.encode(errors="replace")[:size].ljust(size, b"\0")


def shared_memory() -> mmap.mmap:
    """For a process and those that it forks."""
    return mmap.mmap(-1, SIZE)


watch: ContextVar[Watch] = ContextVar("watch", default=Watch(shared_memory()))  # noqa: B039 - what nobody watches over is written for nobody
