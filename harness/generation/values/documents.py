"""JSON documents, hstores and arrays."""

import itertools
import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from sqlalchemy import JSON

from harness.generation.values.domain import Constants, Domain, Lookup, plain

LEAVES: tuple[Any, ...] = (
    "a", 1, 0, True, False, None, "", "9", "10", 9, 10, 1.5, -1, "A", [], {}, [1, 2], {"a": 1}, "O'Neil", "é",
)  # fmt: skip
"""What a document has under a key."""
DOCUMENTS: tuple[dict[str, Any], ...] = (
    {}, {"a": 1}, {"a": "a"}, {"a": None}, {"a": 9}, {"a": 10}, {"a": "9"}, {"a": "10"}, {"b": 1}, {"a": 1, "b": 2},
    {"a": {}}, {"a": {"b": 1}}, {"a": {"b": None}}, {"a": []}, {"a": [1, 2]}, {"a": [{"b": 1}]}, {"a": True}, {"a": 1.5},
    {"A": 1}, {"": 0}, {"é": "É"},
)  # fmt: skip
OTHERS: tuple[Any, ...] = (
    [], [1], ["a"], [1, 2, 1], ["9", "10"], [None], [{"a": 1}], [[]], 9, 10, 0, 1.5, "a", "", "9", True, False,
)  # fmt: skip
"""JSON that is no object."""
HSTORES: tuple[dict[str, str | None], ...] = (
    {}, {"a": "1"}, {"a": ""}, {"a": None}, {"a": "9"}, {"a": "10"}, {"b": "1"}, {"a": "1", "b": "2"}, {'"': "a=>b"},
    {"é": "\\"},
)  # fmt: skip
MOST_KEYS = 8
MOST_NESTED = 4
MOST_COUNTED = 64
"""Distinct items after which arrays get longer."""


def documents(_type: Any, constants: Constants, _lookup: Lookup) -> Domain:
    """Objects first, since most columns hold nothing else; the text in the code is tried as keys of theirs."""
    keys, leaves = _words(constants), _leaves(constants)
    mined = (
        *_at_paths(_paths(constants), LEAVES),
        *leaves,
        *_keyed(keys, (*leaves, *LEAVES)),
        *_nested(keys, (*leaves, *LEAVES[:4])),
        *([key] for key in keys),
    )
    return Domain((*DOCUMENTS, *OTHERS, JSON.NULL), lambda number: {"x": number} if number else {}, mined)


def pickled(_type: Any, _constants: Constants, _lookup: Lookup) -> Domain:
    """Any object; documents are some."""
    return Domain((*DOCUMENTS, *OTHERS), lambda number: {"x": number} if number else {})


def mappings(_type: Any, constants: Constants, _lookup: Lookup) -> Domain:
    """HSTORE: text to text or NULL."""
    words = _words(constants)
    mined = _keyed(words, (*words, "a", "1", "0", "", None, "9", "10", "true", "false"))
    return Domain(HSTORES, lambda number: {"x": str(number)} if number else {}, tuple(mined))


def _words(constants: Constants) -> tuple[str, ...]:
    words = (value for value in map(plain, constants) if isinstance(value, str) and "\0" not in value)
    return tuple(itertools.islice(dict.fromkeys(words), MOST_KEYS))


def _leaves(constants: Constants) -> tuple[Any, ...]:
    numbers = (
        value for value in map(plain, constants) if type(value) in {int, float} and math.isfinite(value)
    )
    return (*_words(constants), *numbers)


def _paths(constants: Constants) -> tuple[tuple[str, ...], ...]:
    """The paths into documents among the parameters of the SQL."""
    paths = (
        each for each in constants if isinstance(each, tuple) and all(isinstance(key, str) for key in each)
    )
    return tuple(itertools.islice(dict.fromkeys(filter(None, paths)), MOST_KEYS))


def _at_paths(paths: tuple[tuple[str, ...], ...], leaves: tuple[Any, ...]) -> Iterator[dict[str, Any]]:
    """Objects with a leaf at the end of each path; over all of them each path has each leaf once."""
    for start in range(len(leaves) if paths else 0):
        document: dict[str, Any] = {}
        for place, (*outer, last) in enumerate(paths):
            inner: Any = document
            for key in outer:
                inner = inner.setdefault(key, {}) if isinstance(inner, dict) else None
            if isinstance(inner, dict):
                inner.setdefault(last, leaves[(start + 3 * place) % len(leaves)])
        yield document


def _keyed(keys: tuple[str, ...], leaves: tuple[Any, ...]) -> Iterator[dict[str, Any]]:
    """Objects with most of ``keys``; over all of them each key has each leaf once and is missing sometimes."""
    for start in range(len(leaves) if keys else 0):
        members = [(key, leaves[(start + 3 * place) % len(leaves)]) for place, key in enumerate(keys)]
        yield dict(members)
        if len(members) > 1:
            missing = start % len(members)
            yield dict(members[:missing] + members[missing + 1 :])


def _nested(keys: tuple[str, ...], leaves: tuple[Any, ...]) -> Iterator[dict[str, Any]]:
    """One key inside another, for each pair."""
    for number, (outer, inner) in enumerate(itertools.permutations(keys[:MOST_NESTED], 2)):
        yield {outer: {inner: leaves[number % len(leaves)]}}
        yield {outer: [leaves[number % len(leaves)], inner]}


def arrays(type_: Any, constants: Constants, lookup: Lookup) -> Domain:
    """Empty, of one, of several, with duplicates, with NULL; as deep as the type's dimensions say."""
    items = _items(type_, lookup(type_.item_type, constants))
    first, rest = items.pool[0], items.pool[1:]
    flat = [[], [first], [first, first], [None], [first, None]]
    flat += [row for item in rest for row in ([item], [first, item], [item, first, item])]
    mined = [row for item in items.mined for row in ([item], [item, first], [first, item])]
    size = len({repr(items.distinct(number)) for number in range(MOST_COUNTED)})

    def numbered(number: int) -> Any:
        longer, item = divmod(number - 1, size)
        return shaped([items.distinct(item), *[items.distinct(0)] * longer] if number else [])

    def shaped(row: list[Any]) -> Any:
        return _shaped(row, (type_.dimensions or 1) - 1, tuple if type_.as_tuple else list)

    return Domain(tuple(map(shaped, flat)), numbered, tuple(map(shaped, mined)))


def _items(type_: Any, items: Domain) -> Domain:
    """Without lists among them, which SQLAlchemy takes for dimensions unless it knows how many there are."""
    if type_.dimensions is not None:
        return items
    pool = tuple(item for item in items.pool if not isinstance(item, list | tuple))
    return replace(
        items, pool=pool, mined=tuple(item for item in items.mined if not isinstance(item, list | tuple))
    )


def _shaped(row: list[Any], depth: int, container: Callable[[Any], Any]) -> Any:
    """``row`` inside so many more dimensions, twice in each; an array without items has no dimensions."""
    value = container(row)
    for _ in range(depth if row else 0):
        value = container([value, value])
    return value
