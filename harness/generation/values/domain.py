"""The values of one type."""

import enum
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.types import TypeEngine

Distinct = Callable[[int], Any]


@dataclass(frozen=True, slots=True)
class Domain:
    """``pool``, the plainest value first; ``mined``, what the constants of the code are in this type; see Values.distinct."""

    pool: tuple[Any, ...]
    distinct: Distinct
    mined: tuple[Any, ...] = ()


Constants = tuple[Any, ...]
Lookup = Callable[[TypeEngine[Any], Constants], Domain]
"""The domain of another type: of an array's items, of what a decorator decorates."""
Maker = Callable[[Any, Constants, Lookup], Domain]


def listed(values: Iterable[Any], mined: Iterable[Any] = ()) -> Domain:
    """The domain of a type that has no values but these, or whose others are of no use."""
    pool = tuple(values)
    return Domain(pool, one_of(pool), tuple(mined))


def one_of(values: Sequence[Any]) -> Distinct:
    """As many distinct values as there are, over and over."""
    return lambda number: values[number % len(values)]


def plain(constant: Any) -> Any:
    """The value of an enum's member, which is what the code compares with where the column is no enum."""
    return constant.value if isinstance(constant, enum.Enum) else constant


def attempt(convert: Callable[[Any], Any], values: Iterable[Any]) -> list[tuple[Any, Any]]:
    """Each value that ``convert``, which may be the user's code, takes, and what it makes of it."""
    taken = []
    for value in values:
        try:
            taken.append((value, convert(value)))
        except Exception:  # noqa: BLE001, S112 - a decorator may raise anything for values that are not its own
            continue
    return taken
