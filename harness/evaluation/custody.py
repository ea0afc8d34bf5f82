"""A hybrid's turn: what it changes of the process is put back before the next one's, and told."""

import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from harness.core.doors import closed_doors
from harness.core.watch import watch
from harness.evaluation import memory
from harness.evaluation.shared_state import put_back, read_state
from harness.evaluation.streams import Printed, capped
from harness.evaluation.threads import noted

HABIT: Final = 2
"""Turns that leave something behind; one alone may be a library that sets itself up."""
THREADS: Final = "threads that go on"


class Custody:
    """What the turns of the hybrid ``name`` took and left behind; ``identity`` tells it from all others."""

    def __init__(self, name: str, identity: str) -> None:
        self._identity = identity
        self._printed = Printed(name)
        self._left_behind: Counter[str] = Counter()
        self._threads: list[threading.Thread] = []
        self._size: int | None = None
        self._taken = 0
        self._running = False

    @property
    def left_behind(self) -> tuple[str, ...]:
        """What was left behind time and again, in words."""
        habits = (name for name, turns in self._left_behind.items() if turns >= HABIT)
        return (*habits, *self._printed.told)

    @contextmanager
    def turn(self) -> Iterator[None]:
        """The hybrid's code runs inside; a turn within a turn is part of it."""
        if self._running:
            yield
            return
        self._running = True
        size = memory.data_size()
        before = len(self._threads)
        try:
            with (
                watch.get().turn(self._identity),
                memory.room(size, self._room(size)),
                closed_doors(),
                capped(self._printed),
                self._restored(),
                noted(self._threads),
            ):
                yield
        finally:
            self._running = False
            self._count_threads(before)
            self._taken += memory.data_size() - size

    def _room(self, size: int) -> int:
        """Bytes that the turn may take: fewer where earlier ones took some and nobody gave them back since."""
        if self._size is None:
            self._size = size
        return memory.MOST - max(0, min(self._taken, size - self._size))

    @contextmanager
    def _restored(self) -> Iterator[None]:
        before, modules = read_state(), len(sys.modules)
        try:
            yield
        finally:
            self._left_behind.update(put_back(before, imported=len(sys.modules) != modules))

    def _count_threads(self, before: int) -> None:
        self._threads[:] = [thread for thread in self._threads if thread.is_alive()]
        self._left_behind[THREADS] += len(self._threads) > before
