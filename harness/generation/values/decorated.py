"""Type decorators: what their attributes hold must be found out, since only the decorator's code knows.

A value belongs to a decorator that binds it to something which the type underneath holds, and makes the same of that again.
"""

import enum
import inspect
import json
import typing
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property
from typing import Any
from uuid import UUID

from sqlalchemy import JSON
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.types import TypeDecorator, TypeEngine

from harness.generation.values.domain import Constants, Domain, Lookup, attempt, listed, one_of
from harness.generation.values.instances import EXAMPLES, examples

DIALECT = PGDialect_psycopg()  # type: ignore[no-untyped-call]
NUMBERS = (int, float, Decimal)
CONTAINERS = (dict, list, set, tuple)
FORMATTED = (
    "https://example.com/a", "http://example.com/", "a@example.com", "b@example.com", "127.0.0.1", "10.0.0.1", "::1",
    "10.0.0.0/8", "red", "#00ff00", "UTC", "Europe/Berlin", "US", "DE", "USD", "EUR", "en", "de_DE", "+14155552671",
    "+493012345678", "2024-01-01", "2024-02-29T23:59:59", "12:30:00", "1.5", "10", "a.b", "/a/b",
)  # fmt: skip
"""Text that says more than letters, for decorators that refuse all other text."""
PROBED = 10
"""Numbers for which ``distinct`` must give values of the decorator's own."""


def decorated(type_: TypeDecorator[Any], constants: Constants, lookup: Lookup) -> Domain:
    """The first kind of value that the decorator takes; the domain is empty where it takes none."""
    impl = type_.load_dialect_impl(DIALECT)
    return _Decorator(type_, impl, lookup(impl, constants)).domain(constants)


@dataclass(frozen=True)
class _Decorator:
    """``impl`` and ``beneath`` are the type that the server knows and its domain."""

    type_: TypeDecorator[Any]
    impl: TypeEngine[Any]
    beneath: Domain

    def domain(self, constants: Constants) -> Domain:
        found = next(self._found(), listed(()))
        sorts = {type(value) for value in found.pool}
        alike = (each for each in (*found.mined, *self.beneath.mined, *constants) if type(each) in sorts)
        members = [
            each
            for each in found.pool
            if isinstance(each, enum.Enum) and {each.value, each.name} & _hashable(constants)
        ]
        return replace(found, mined=(*members, *(each for each, _ in attempt(self._kept, alike))))

    def _found(self) -> Iterator[Domain]:
        """The decorator's values, best first: declared ones, then those of a kind that has several, then any."""
        yield from (own for kind in self._declared() if (own := self._own(kind)).pool)
        single = []
        for own in map(self._own, self._kinds()):
            if len(own.pool) > 1:
                yield own
            single += [own] if own.pool else []
        yield from single

    def _kinds(self) -> Iterator[Domain]:
        """Candidates: what the decorator's code stores as text, what lies beneath, what it makes of that, anything else."""
        if isinstance(self.beneath.pool[0], str | bytes):
            yield from (listed(EXAMPLES[kind]) for kind in (dict, list, set, tuple))
        yield self.beneath
        yield self._loaded(self.beneath)
        yield listed(FORMATTED)
        yield self._loaded(listed(FORMATTED))
        yield from (listed(values) for kind, values in EXAMPLES.items() if kind is not type(None))

    def _declared(self) -> Iterator[Domain]:
        """What the decorator's attributes name, then the annotations of its code."""
        yield from map(listed, self._attributes())
        for annotation in self._annotations():
            values = [value for value in examples(annotation) if value is not None]
            sorts = {type(value) for value in values}
            alike = [
                value for value in self.beneath.pool if type(value) in sorts and sorts <= EXAMPLES.keys()
            ]
            numbered = type(self.beneath.distinct(0)) in sorts
            yield (
                replace(listed(alike), distinct=self.beneath.distinct)
                if alike and numbered
                else listed(alike or values)
            )

    def _attributes(self) -> Iterator[tuple[Any, ...]]:
        """Values of the enums, models and annotations among the decorator's attributes, and its choices."""
        attributes = [*vars(self.type_).values(), *vars(type(self.type_)).values()]
        for values in (examples(each) for each in attributes if _says_values(each)):
            yield values
            yield tuple(getattr(value, "value", None) for value in values)
            yield ([], *([value] for value in values)) if values else ()
        choices = getattr(self.type_, "choices", None) or ()
        yield tuple(each[0] if isinstance(each, tuple | list) else each for each in _iterated(choices))

    def _annotations(self) -> Iterator[Any]:
        # SQLAlchemy erases the X of TypeDecorator[X].
        for name, hint in (("process_bind_param", "value"), ("process_result_value", "return")):
            method = getattr(type(self.type_), name)
            yield from (hints.get(hint) for _, hints in attempt(typing.get_type_hints, [method]))
        declared = attempt(lambda type_: type_.python_type, [self.type_])
        yield from (class_ for _, class_ in declared if class_ not in EXAMPLES)

    def _loaded(self, beneath: Domain) -> Domain:
        """What the decorator makes of what the server holds."""
        made = [value for _, value in attempt(self._result, beneath.pool) if value is not None]
        return Domain(tuple(made), lambda number: self._result(beneath.distinct(number)))

    def _own(self, kind: Domain) -> Domain:
        """The values of ``kind`` that are the decorator's."""
        pool = tuple(value for value, _ in attempt(self._kept, kind.pool))
        numbered = attempt(lambda number: self._kept(kind.distinct(number)), range(PROBED)) if pool else []
        distinct = kind.distinct if len(numbered) == PROBED else one_of(pool)
        return Domain(pool, distinct, kind.mined)

    def _kept(self, value: Any) -> None:
        """Raise unless ``value`` is bound to what the column holds, and comes back as what it was or as one of its type."""
        bound = self._bind(value)
        again = self._result(bound)
        alike = type(again) is type(value) and not isinstance(value, CONTAINERS)
        if not self._holds(bound) or not (alike or again == value):
            raise ValueError(value)

    def _holds(self, bound: Any) -> bool:
        sorts = {type(value) for value in self.beneath.pool}
        length = getattr(self.impl, "length", None)
        if isinstance(bound, str | bytes) and length is not None and len(bound) > length:
            return False
        if isinstance(self.impl, JSON):
            json.dumps(bound)
        if UUID in sorts and isinstance(bound, str):
            return bool(UUID(bound))
        return isinstance(bound, tuple(sorts)) or (
            isinstance(bound, NUMBERS) and not sorts.isdisjoint(NUMBERS)
        )

    @cached_property
    def _bind(self) -> Callable[[Any], Any]:
        return self._processor("process_bind_param")

    @cached_property
    def _result(self) -> Callable[[Any], Any]:
        return self._processor("process_result_value")

    def _processor(self, name: str) -> Callable[[Any], Any]:
        """The decorator's own method, or nothing done where it has none."""
        if inspect.getattr_static(type(self.type_), name) is inspect.getattr_static(TypeDecorator, name):
            return lambda value: value
        method = getattr(self.type_, name)
        return lambda value: method(value, DIALECT)


def _says_values(attribute: Any) -> bool:
    """Whether it is an enum, a model, or an annotation made of such as ``Cron | Interval``."""
    if isinstance(attribute, type):
        return attribute not in EXAMPLES and not issubclass(attribute, TypeDecorator)
    return typing.get_origin(attribute) is not None


def _hashable(constants: Iterable[Any]) -> set[Any]:
    return {getattr(each, "value", each) for each in constants}


def _iterated(choices: Any) -> Iterator[Any]:
    """Members of an enum are handled elsewhere; a dict's keys are its choices."""
    if isinstance(choices, dict | list | tuple):
        yield from choices
