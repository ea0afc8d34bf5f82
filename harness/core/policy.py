"""What a project settles for some of its hybrids: what counts as equal there, and which findings it lives with."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

NULL_STANDS_FOR: Mapping[str, Any] = {"false": False, "zero": 0, "empty": ""}
"""What the setting ``null`` may say, and the value that is then taken for NULL's equal."""


@dataclass(frozen=True, slots=True)
class Policy:
    """How two values are compared: ``null`` is a key of NULL_STANDS_FOR, ``tolerance`` relative, both None by default."""

    null: str | None = None
    tolerance: float | None = None


EXACT = Policy()


@dataclass(frozen=True, slots=True)
class HybridPolicy:
    """One ``[[tool.hybrid-harness.hybrid]]`` table: ``match`` is a glob on Class.hybrid, ``accept`` beginnings of rules' codes."""

    match: str
    reason: str
    null: str | None = None
    tolerance: float | None = None
    accept: tuple[str, ...] = ()
    expires: dt.date | None = None


@dataclass(frozen=True, slots=True)
class Acceptance:
    """Findings that fail nothing: of rules that begin with ``rule``, on hybrids that match, in any position where it is None."""

    rule: str
    match: str
    position: str | None
    reason: str
    expires: dt.date | None
    source: str
