"""Texts that people and merges leave behind, read without passing anything over, and values shown in a message."""

import json
from collections.abc import Sequence
from typing import Any

_LONGEST = 200
"""Characters of a value in a message."""


def strict_json(text: str) -> Any:
    """What ``text`` says, as JSON.

    Raises ValueError or RecursionError for what is no JSON, and ValueError for what no two readers take for the same: a key
    that is there twice, NaN and its like, half a surrogate pair.
    """
    document = json.loads(text, object_pairs_hook=_without_repetition, parse_constant=_refused)
    json.dumps(document, ensure_ascii=False).encode("utf-8")  # raises for a surrogate
    return document


def _without_repetition(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        repeated = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(f"{repeated!r} is there twice")
    return found


def _refused(constant: str) -> Any:
    raise ValueError(f"{constant} is no JSON")


def shown(value: object) -> str:
    """``value`` in Python's words, cut where it is long."""
    try:
        text = repr(value)
    except (RecursionError, ValueError):  # Python shows no integer of thousands of digits
        return "a value too large to show"
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."
