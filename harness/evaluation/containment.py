"""Runs code that isn't ours: whatever it does comes back as an outcome."""

import ctypes
import os
import re
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

import psycopg
from sqlalchemy.exc import DBAPIError

from harness.core import doors
from harness.core.doors import set_handler, set_timer
from harness.core.outcome import Outcome, Raised, Returned, TimedOut
from harness.core.watch import watch
from harness.evaluation import memory
from harness.evaluation.memory import limited

INSIST = 0.05
"""Seconds until the time limit raises again in code that swallowed it."""
GRACE = 1.0
"""Seconds that the driver may wait on for a server whose own limit, statement_timeout, is the same and began later."""
DRIVER = os.path.dirname(psycopg.__file__)  # noqa: PTH120 - as the names of code objects begin
OURS = {contextmanager.__code__.co_filename, __file__, doors.__file__, memory.__file__}
"""Where the limits are set and lifted."""
ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")
"""Differs from run to run, and so from one complaint to the next of one cause."""


class ServerLost(Exception):
    """The connection broke; no statement can be sent on it any more."""


class _OutOfTime(BaseException):
    """Raised inside the user's code; no ``except Exception`` of theirs swallows it."""


def contained(evaluate: Callable[[], Any], *, seconds: float) -> Outcome:
    """Call ``evaluate`` and return what came of it: Returned, Raised, or TimedOut after ``seconds``.

    Raises ServerLost where the database connection broke, and passes KeyboardInterrupt on.
    """
    process = os.getpid()
    try:
        with watch.get().evaluating(seconds), _time_limit(seconds), limited():
            return _outcome(evaluate, seconds)
    except _OutOfTime:
        return TimedOut(seconds)
    finally:
        if os.getpid() != process:  # forked in there: the run goes on in its parent
            os._exit(0)


def _outcome(evaluate: Callable[[], Any], seconds: float) -> Outcome:
    try:
        return Returned(evaluate())
    except (KeyboardInterrupt, _OutOfTime):
        raise
    except DBAPIError as error:
        return _refused(error, seconds)
    except BaseException as error:  # noqa: BLE001 - the user's getter or expression may raise anything
        return raised(error)


def raised(error: BaseException) -> Raised:
    """The exception as an outcome; reading its text is contained too."""
    kinds = tuple(kind.__name__ for kind in type(error).__mro__ if kind not in (BaseException, object))
    try:
        message = str(error)
    except KeyboardInterrupt:
        raise
    except BaseException as second:  # noqa: BLE001 - __str__ is the user's code as well
        message = f"(its text can't be read: {type(second).__name__})"
    if isinstance(error, MemoryError) and not message:
        message = f"the limit for one hybrid is {memory.MOST >> 20} MB"
    return Raised(kinds, ADDRESS.sub("", message))


def _refused(error: DBAPIError, seconds: float) -> Outcome:
    if error.connection_invalidated:
        raise ServerLost(str(error.orig)) from error
    state = getattr(error.orig, "sqlstate", None)
    if state == "57014":  # query_canceled
        return TimedOut(seconds)
    if state is not None and state.startswith("57P"):  # the server shuts down or crashed
        raise ServerLost(str(error.orig)) from error
    kinds = tuple(kind.__name__ for kind in type(error.orig).__mro__ if kind not in (BaseException, object))
    return Raised(kinds, str(error.orig), state)


@contextmanager
def _time_limit(seconds: float) -> Iterator[None]:
    if threading.current_thread() is threading.main_thread() and set_timer is not None:
        with _alarm(seconds, set_timer):
            yield
    else:
        with _watchdog(seconds):
            yield


@contextmanager
def _alarm(seconds: float, set_timer: Callable[..., Any]) -> Iterator[None]:
    strikes = _Strikes()

    def stop(_signal: int, frame: FrameType | None) -> None:
        # Not while the limit is being lifted, which would leave the alarm on; in users' code it strikes again.
        if frame is None or (frame.f_code.co_filename not in OURS and strikes.at(frame)):
            raise _OutOfTime

    def ignored(unraisable: "sys.UnraisableHookArgs") -> None:
        if unraisable.exc_type is not _OutOfTime:  # it struck inside a destructor, and will strike again
            hook(unraisable)

    hook, sys.unraisablehook = sys.unraisablehook, ignored
    previous = set_handler(signal.SIGALRM, stop)
    set_timer(signal.ITIMER_REAL, seconds, INSIST)
    try:
        yield
    finally:
        set_timer(signal.ITIMER_REAL, 0)
        set_handler(signal.SIGALRM, previous)
        sys.unraisablehook = hook


class _Strikes:
    """Of one limit, counted rather than timed: clocks may stand still in there."""

    def __init__(self) -> None:
        self._spared = 0

    def at(self, frame: FrameType) -> bool:
        """Whether the limit strikes now: raised in the driver, it would leave a connection of no more use."""
        if not frame.f_code.co_filename.startswith(DRIVER):
            return True
        self._spared += 1
        return self._spared * INSIST > GRACE


@contextmanager
def _watchdog(seconds: float) -> Iterator[None]:
    """Where there is no alarm (other threads, Windows): interrupts Python code, though no blocking call."""
    done = threading.Event()
    thread = threading.get_ident()

    strikes = _Strikes()

    def watch() -> None:
        wait = seconds
        while not done.wait(wait):
            wait = INSIST
            frame = sys._current_frames().get(thread)  # noqa: SLF001 - as its documentation has it
            if frame is None or strikes.at(frame):
                ctypes.pythonapi.PyThreadState_SetAsyncExc(
                    ctypes.c_ulong(thread), ctypes.py_object(_OutOfTime)
                )

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        done.set()
        watcher.join()
