"""The command's work in a process of its own, which a hybrid may end: the next one does it without that hybrid."""

import ctypes
import gc
import os
import select
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

from harness.cli.streams import tell
from harness.core.errors import EnvironmentProblem
from harness.core.watch import RUNNING, Watch, shared_memory, watch

TICK: Final = 1.0
"""Seconds between two looks at an evaluation. Looks are counted: time goes on for a process that is stopped, too."""
GRACE: Final = 5
"""Looks after its limit that an evaluation may be found in, and a process after the end of its work."""
DEATH_SIGNAL: Final = 1
"""PR_SET_PDEATHSIG of Linux's prctl()."""


def in_worker(work: Callable[[], int]) -> int:
    """Do ``work`` in a child process and return its exit status; again, without the hybrid that ended the process.

    It is forked before models are imported, so that there is no thread, lock or connection yet to be shared. Where there is
    no fork (Windows), the work is done in this process. Raises EnvironmentProblem where the child ended in nobody's turn.
    """
    if not hasattr(os, "fork"):
        return work()
    shared = Watch(shared_memory())
    shared.status = RUNNING
    while True:
        worker = _Worker(work, shared)
        how = worker.attend()
        if shared.status != RUNNING:
            return shared.status
        if worker.interrupted:
            return 128 + signal.SIGINT
        if not shared.hybrid or shared.hybrid in shared.ended:
            raise EnvironmentProblem(
                f"The process ended while no hybrid was evaluated: {how}.",
                hint="See whether the models end it when they are imported: `hybrid-harness list TARGET`.",
            )
        _, _, name = shared.hybrid.rpartition(":")
        tell(f"the process ended while {name} was evaluated: {how}. All others are checked in another one.")
        shared.pass_on(how)


class _Worker:
    """A child process, and what its parent does until it ends."""

    def __init__(self, work: Callable[[], int], shared: Watch) -> None:
        self._shared = shared
        self.interrupted = False
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        parent = os.getpid()
        gc.freeze()  # a collection writes to every object that it looks at: each page would be copied
        self._child = os.fork()
        if not self._child:
            _end_with(parent)
            sys.exit(_worked(work, shared))

    def attend(self) -> str:
        """Wait for the end, and say how it came."""
        with _woken() as wakes, self._interrupts_passed_on():
            return self._wait(wakes)

    def _wait(self, wakes: int) -> str:
        looks, limit = 0, 0.0
        before = self._shared.evaluation
        while True:
            ended, status = os.waitpid(self._child, os.WNOHANG)
            if ended:
                break
            if select.select([wakes], [], [], TICK)[0]:
                os.read(wakes, 1024)
                continue
            now = self._shared.evaluation
            done = self._shared.status != RUNNING  # and a thread or an exit function of the models goes on
            looks = looks + 1 if done or (now.seconds and now == before) else 0
            before = now
            if looks * TICK > now.seconds + GRACE:
                limit = now.seconds
                os.kill(self._child, signal.SIGKILL)
        if limit:
            return f"killed, for it went on when its {limit:g} s were over"
        return _described(os.waitstatus_to_exitcode(status))

    @contextmanager
    def _interrupts_passed_on(self) -> Iterator[None]:
        before = signal.getsignal(signal.SIGINT)
        if before is signal.default_int_handler:
            signal.signal(signal.SIGINT, self._pass_on)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, before)

    def _pass_on(self, _number: int, _frame: FrameType | None) -> None:
        self.interrupted = True
        os.kill(self._child, signal.SIGUSR1)


def _worked(work: Callable[[], int], shared: Watch) -> int:
    watch.set(shared)
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        interrupt = _Interrupt()
        signal.signal(signal.SIGINT, interrupt)
        signal.signal(signal.SIGUSR1, interrupt)
    shared.status = status = work()
    return status


class _Interrupt:
    """Raises KeyboardInterrupt, once for what comes by two ways: a terminal's Ctrl-C reaches parent and child."""

    def __init__(self) -> None:
        self._seen: Counter[int] = Counter()

    def __call__(self, number: int, _frame: FrameType | None) -> None:
        before = max(self._seen.values(), default=0)
        self._seen[number] += 1
        if self._seen[number] > before:
            raise KeyboardInterrupt


@contextmanager
def _woken() -> Iterator[int]:
    """A descriptor that can be read once a child has ended."""
    reads, writes = os.pipe()
    for end in (reads, writes):
        os.set_blocking(end, False)
    handler = signal.signal(signal.SIGCHLD, lambda *_: None)
    before = signal.set_wakeup_fd(writes, warn_on_full_buffer=False)
    try:
        yield reads
    finally:
        signal.set_wakeup_fd(before)
        signal.signal(signal.SIGCHLD, handler)
        os.close(reads)
        os.close(writes)


def _end_with(parent: int) -> None:
    """Have this process end where its parent does, however that ends: by the kernel, or else a thread that looks."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(DEATH_SIGNAL, signal.SIGKILL)
        if os.getppid() != parent:
            os.kill(os.getpid(), signal.SIGKILL)
        return

    def look() -> None:
        while os.getppid() == parent:
            time.sleep(TICK)
        os.kill(os.getpid(), signal.SIGKILL)

    threading.Thread(target=look, daemon=True).start()


def _described(status: int) -> str:
    if status >= 0:
        return f"exit status {status}"
    try:
        return signal.Signals(-status).name
    except ValueError:  # a real-time signal
        return f"signal {-status}"
