"""How much memory code that isn't ours may take; on systems that have Linux's /proc and count a process's data."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Final

try:
    import resource
except ImportError:  # Windows
    resource = None  # type: ignore[assignment]

MOST: Final = 1 << 30
"""Bytes that the process may grow by while one hybrid is evaluated."""
SIZES = Path("/proc/self/statm")
DATA = 5
"""The place of data and stack in it, counted in pages: what RLIMIT_DATA limits since Linux 4.7."""
Limits = tuple[tuple[int, int], tuple[int, int]]
"""The process's soft and hard limit as they are, and as they are while code runs that isn't ours."""
_limits: ContextVar[Limits | None] = ContextVar("limits", default=None)


def data_size() -> int:
    """Bytes of the process's writable memory; 0 where the system doesn't tell."""
    try:
        return int(SIZES.read_bytes().split()[DATA]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return 0


@contextmanager
def room(size: int, growth: int) -> Iterator[None]:
    """While inside, limited() lets the process, which has ``size`` bytes now, take ``growth`` more."""
    token = _limits.set(_with_room(size, growth))
    try:
        yield
    finally:
        _limits.reset(token)


def _with_room(size: int, growth: int) -> Limits | None:
    if resource is None or not size:
        return None
    soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
    limit = size + growth
    if any(each not in (resource.RLIM_INFINITY, -1) and each <= limit for each in (soft, hard)):
        return None  # the system's own limit comes first
    return (soft, hard), (limit, hard)


@contextmanager
def limited() -> Iterator[None]:
    """While inside, memory beyond the room() that there is raises MemoryError."""
    limits = _limits.get()
    if limits is None:
        yield
        return
    usual, lower = limits
    resource.setrlimit(resource.RLIMIT_DATA, lower)
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, usual)
