"""Statements that compare with a value: built for two values they show where it stands, and others are put there."""

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import BindParameter

from harness.evaluation.positions import SORTABLE, Statement

PLAIN = frozenset({*SORTABLE, str})
INTEGER_BITS = 31
"""Larger numbers have another type where nothing else tells it."""


class Probing:
    """The statements of one position, one for each type of values where nothing but the value differs."""

    def __init__(self) -> None:
        self._kinds: dict[object, _Kind] = {}

    def statement(self, probe: Any, build: Callable[[], Statement]) -> Statement:
        """A statement about ``probe``, until the next is asked for; ``build`` makes one with the value in it."""
        if type(probe) not in PLAIN:
            return build()
        large = type(probe) is int and probe.bit_length() > INTEGER_BITS
        kind = self._kinds.setdefault((type(probe), large), _Kind())
        return kind.statement(probe, build)


class _Kind:
    """What was built for values of one type."""

    def __init__(self) -> None:
        self._first: tuple[Statement, Any] | None = None
        self._places: Sequence[BindParameter[Any]] = ()
        self._differ = False

    def statement(self, probe: Any, build: Callable[[], Statement]) -> Statement:
        if self._first is None:
            self._first = build(), probe
            return self._first[0]
        first, its_probe = self._first
        if self._places:
            for place in self._places:
                place.value = probe
            return first
        if repr(probe) == repr(its_probe):  # of equal ones each in its own scale and zone
            return first
        statement = build()
        if not self._differ and probe != its_probe:
            self._places = _places(first, its_probe, statement, probe)
            self._differ = not self._places
        return statement


def _places(
    statement: Statement, probe: Any, other: Statement, other_probe: Any
) -> Sequence[BindParameter[Any]]:
    """The parameters of ``statement`` that hold ``probe`` where the ``other`` has its own; none where more than that differs."""
    shape, parameters = _taken_apart(statement)
    other_shape, other_parameters = _taken_apart(other)
    if shape is None or shape != other_shape or len(parameters) != len(other_parameters):
        return ()
    places = []
    for mine, others in zip(parameters, other_parameters, strict=True):
        if mine.value is probe and others.value is other_probe:
            places.append(mine)
        elif type(mine.value) is not type(others.value) or mine.value != others.value:
            return ()
    return places


def _taken_apart(statement: Statement) -> tuple[object, Sequence[BindParameter[Any]]]:
    """What SQLAlchemy tells statements apart by, values aside, and the parameters with the values; None for what it can't.

    From these parameters it takes the values each time that it executes a statement of which it has the SQL already.
    """
    key = statement._generate_cache_key()  # noqa: SLF001 - no public name compares statements but for their values
    return (None, ()) if key is None else (key.key, key.bindparams)
