"""What all code of a process shares: read before code that isn't ours runs, and put back after it."""

import decimal
import gc
import locale
import os
import signal
import sys
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

SIGNALS: Final = tuple(
    getattr(signal, name)
    for name in ("SIGCHLD", "SIGHUP", "SIGINT", "SIGTERM", "SIGUSR1", "SIGUSR2")
    if hasattr(signal, name)
)
ENVIRONMENT: Final = os.environ
ENCODED: Final[dict[Any, Any]] = vars(ENVIRONMENT)["_data"]
"""What it encodes and decodes at each access, and 30 times as fast to copy."""
TIME_ZONE: Final = "TZ"


@dataclass(frozen=True, slots=True)
class Shared:
    """One part of the state. An import may change it if it is ``of_imports``, once and for good."""

    name: str
    read: Callable[[], Any]
    put_back: Callable[[Any], object]
    of_imports: bool = False


def read_state() -> list[Any]:
    """All of it, for put_back()."""
    return [part.read() for part in SHARED]


def put_back(state: Sequence[Any], *, imported: bool) -> Iterator[str]:
    """Make the state what it was; yields the names of what had changed. ``imported`` says that modules were loaded since."""
    for part, before in zip(SHARED, state, strict=True):
        if part.of_imports and imported:
            continue
        if part.read() != before:
            with suppress(OSError, ValueError, locale.Error):  # a folder that is gone
                part.put_back(before)
            yield part.name


def _environment() -> dict[Any, Any]:
    variables = ENCODED.copy()
    variables.pop(ENVIRONMENT.encodekey(TIME_ZONE), None)
    return variables


def _set_environment(before: dict[Any, Any]) -> None:
    now = _environment()
    for name in now.keys() - before.keys():
        del ENVIRONMENT[ENVIRONMENT.decodekey(name)]
    for name, value in before.items():
        if now.get(name) != value:
            ENVIRONMENT[ENVIRONMENT.decodekey(name)] = ENVIRONMENT.decodevalue(value)


def _path() -> tuple[list[str], list[str]]:
    return sys.path, sys.path.copy()


def _set_path(path: tuple[list[str], list[str]]) -> None:
    sys.path, sys.path[:] = path


def _filters() -> list[Any]:
    return list(warnings.filters)


def _set_filters(filters: list[Any]) -> None:
    warnings.resetwarnings()  # tells the module that its filters changed
    warnings.filters[:] = filters  # type: ignore[index]


def _time_zone() -> tuple[str | None, object]:
    return ENVIRONMENT.get(TIME_ZONE), time.tzname


def _set_time_zone(zone: tuple[str | None, object]) -> None:
    name, _ = zone
    if name is None:
        ENVIRONMENT.pop(TIME_ZONE, None)
    else:
        ENVIRONMENT[TIME_ZONE] = name
    if hasattr(time, "tzset"):
        time.tzset()


def _locale() -> str:
    return locale.setlocale(locale.LC_ALL)


def _set_locale(name: str) -> None:
    locale.setlocale(locale.LC_ALL, name)


def _folder() -> str | None:
    try:
        return str(Path.cwd())
    except OSError:
        return None


def _go_back(folder: str | None) -> None:
    if folder is not None:
        os.chdir(folder)


def _arithmetic() -> tuple[Any, ...]:
    """All of decimal's context but its flags, which any division may raise."""
    now = decimal.getcontext()
    traps = [each for each, is_trapped in now.traps.items() if is_trapped]
    return now.prec, now.rounding, now.Emin, now.Emax, now.capitals, now.clamp, [], traps


def _reckon(context: tuple[Any, ...]) -> None:
    decimal.setcontext(decimal.Context(*context))


def _handlers() -> list[Any]:
    return [signal.getsignal(number) for number in SIGNALS]


def _handle(handlers: Sequence[Any]) -> None:
    for number, handler in zip(SIGNALS, handlers, strict=True):
        if handler is not None:  # C's, which Python can't set
            signal.signal(number, handler)


def _collection() -> tuple[bool, tuple[int, int, int]]:
    return gc.isenabled(), gc.get_threshold()


def _collect(collection: tuple[bool, tuple[int, int, int]]) -> None:
    is_enabled, thresholds = collection
    (gc.enable if is_enabled else gc.disable)()
    gc.set_threshold(*thresholds)


def _streams() -> tuple[Any, ...]:
    return sys.stdin, sys.stdout, sys.stderr


def _set_streams(streams: tuple[Any, ...]) -> None:
    sys.stdin, sys.stdout, sys.stderr = streams


SHARED = (
    Shared("environment variables", _environment, _set_environment, of_imports=True),
    Shared("sys.path", _path, _set_path, of_imports=True),
    Shared("the warnings filter", _filters, _set_filters, of_imports=True),
    Shared("the time zone", _time_zone, _set_time_zone),
    Shared("the locale", _locale, _set_locale),
    Shared("the working directory", _folder, _go_back),
    Shared("the recursion limit", sys.getrecursionlimit, sys.setrecursionlimit),
    Shared("decimal's context", _arithmetic, _reckon),
    Shared("signal handlers", _handlers, _handle),
    Shared("garbage collection", _collection, _collect),
    Shared("the standard streams", _streams, _set_streams),
)
