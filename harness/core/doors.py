"""Calls that would end the run, or lift its limits: refused while code runs that isn't ours; few while it is imported.

Code that holds such a function from before (``from os import _exit``), and code in C, gets past them.
"""

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any, Final

DEEPEST: Final = 10_000
"""The highest recursion limit that may be set: where properties recurse in C, about twice this overflows a stack of 8 MB."""


set_handler = signal.signal
set_timer: Callable[..., Any] | None = getattr(signal, "setitimer", None)
"""For the run itself, whatever is refused; None where there are no timers."""


class Refused(BaseException):
    """Raised in the place of the call; no ``except Exception`` swallows it."""


def _all(*_arguments: Any) -> bool:
    return True


def _of_this_run(process: int, *_arguments: Any) -> bool:
    return process in (os.getpid(), os.getppid(), 0, -1)


def _of_this_group(group: int, *_arguments: Any) -> bool:
    return group in (os.getpgrp(), 0)


def _the_alarm(number: int, *_arguments: Any) -> bool:
    return number == getattr(signal, "SIGALRM", None)


def _its_timer(timer: int, *_arguments: Any) -> bool:
    return timer == getattr(signal, "ITIMER_REAL", None)


def _too_deep(limit: int) -> bool:
    return limit > DEEPEST


Calls = tuple[tuple[ModuleType, str, Callable[..., bool]], ...]
AT_IMPORT: Calls = ((os, "closerange", _all),)
"""Who closes what isn't his own closes the streams that the run speaks by, and its connections."""
REFUSED: Calls = (
    *AT_IMPORT,
    (os, "_exit", _all),
    (os, "abort", _all),
    (os, "execv", _all),
    (os, "execve", _all),
    (os, "kill", _of_this_run),
    (os, "killpg", _of_this_group),
    (signal, "alarm", _all),
    (signal, "pthread_kill", _all),
    (signal, "raise_signal", _all),
    (signal, "setitimer", _its_timer),
    (signal, "signal", _the_alarm),
    (sys, "setrecursionlimit", _too_deep),
)


class _Doors:
    """The guarded calls; what a process does that was forked inside is no concern of the run."""

    def __init__(self, calls: Calls) -> None:
        self._process = os.getpid()
        self._calls = [
            (vars(module), name, self._guarded(module, name, is_refused))
            for module, name, is_refused in calls
            if hasattr(module, name)
        ]

    def _guarded(self, module: ModuleType, name: str, is_refused: Callable[..., bool]) -> Callable[..., Any]:
        call = getattr(module, name)

        def guarded(*arguments: Any) -> Any:
            if os.getpid() == self._process and is_refused(*arguments):
                shown = ", ".join(map(str, arguments))
                raise Refused(f"{module.__name__}.{name}({shown}) would have ended the run or its limits")
            return call(*arguments)

        return guarded

    @contextmanager
    def closed(self) -> Iterator[None]:
        """While inside, the calls raise; not in a process that was forked inside."""
        self._process = os.getpid()
        kept = [names[name] for names, name, _ in self._calls]
        for names, name, guarded in self._calls:
            names[name] = guarded
        try:
            yield
        finally:
            for (names, name, _), original in zip(self._calls, kept, strict=True):
                names[name] = original


closed_doors = _Doors(REFUSED).closed
closed_at_import = _Doors(AT_IMPORT).closed
