"""Threads that code which isn't ours starts."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

MOST: Final = 50
"""Threads of one hybrid that may go on at a time; each takes memory, and none can be ended from outside."""


@contextmanager
def noted(started: list[threading.Thread]) -> Iterator[None]:
    """Add the threads that are started inside to ``started``; the process ends without waiting for them.

    Where MOST of them go on, no further one starts: it raises RuntimeError, as Python does where the system has no more.
    """
    start = threading.Thread.start

    def start_noted(thread: threading.Thread) -> None:
        with suppress(RuntimeError):  # it runs already, or did: start() says so
            thread.daemon = True
        started[:] = [each for each in started if each.is_alive()]
        if len(started) >= MOST:
            raise RuntimeError(f"can't start new thread: {MOST} that were started before go on")
        start(thread)
        started.append(thread)

    threading.Thread.start = start_noted  # type: ignore[method-assign, assignment]
    try:
        yield
    finally:
        threading.Thread.start = start  # type: ignore[method-assign]
