"""Threads that code which isn't ours starts."""

import ctypes
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress


@contextmanager
def noted(started: list[threading.Thread]) -> Iterator[None]:
    """Add the threads that are started inside to ``started``; the process ends without waiting for them."""
    start = threading.Thread.start

    def start_noted(thread: threading.Thread) -> None:
        with suppress(RuntimeError):  # it runs already, or did: start() says so
            thread.daemon = True
        started.append(thread)
        start(thread)

    threading.Thread.start = start_noted  # type: ignore[method-assign, assignment]
    try:
        yield
    finally:
        threading.Thread.start = start  # type: ignore[method-assign]


def stop(threads: Iterable[threading.Thread]) -> None:
    """Raise SystemExit in ``threads``; one in a call that blocks hears of it when that returns."""
    for thread in threads:
        identity = ctypes.c_ulong(thread.ident or 0)
        ctypes.pythonapi.PyThreadState_SetAsyncExc(identity, ctypes.py_object(SystemExit))
