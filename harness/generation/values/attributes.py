"""What the mapped attribute of a column says of its values, beyond the column's type."""

import enum
import json
import types
import typing
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from sqlalchemy import JSON, Column, Table
from sqlalchemy.orm import Mapped, Mapper, attributes, mapperlib

from harness.generation.values.domain import Domain, attempt, listed, one_of, plain
from harness.generation.values.instances import examples

PROBED = 10
"""Numbers whose distinct values must be accepted too."""
UNIONS = (typing.Union, types.UnionType)


def narrowed(column: Column[Any], domain: Domain) -> Domain:
    """``domain`` less what the attribute's annotation excludes, and what its validators and Mutable types refuse."""
    for mapper in _mappers(column) if isinstance(column.table, Table) else ():
        key = mapper.get_property_by_column(column).key
        domain = _annotated(column, domain, _annotation(mapper.class_, key))
        domain = _accepted(mapper, key, domain)
    return domain


def _mappers(column: Column[Any]) -> Iterator[Mapper[Any]]:
    registries = mapperlib._all_registries()  # noqa: SLF001 - a column has no other way to its mappers
    for mapper in {mapper for registry in registries for mapper in registry.mappers}:
        if mapper.local_table is column.table and mapper.columns.contains_column(column):
            yield mapper


def _annotation(class_: type, key: str) -> Any:
    """X of ``key: Mapped[X]`` or ``key: X``, None where there is none or where its names are not to be found."""
    hint = dict(attempt(lambda name: typing.get_type_hints(class_).get(name), [key])).get(key)
    origin = typing.get_origin(hint)
    return typing.get_args(hint)[0] if isinstance(origin, type) and issubclass(origin, Mapped) else hint


def _annotated(column: Column[Any], domain: Domain, annotation: Any) -> Domain:
    """Only the members of an enum or Literal over a plain type; of JSON only what the annotation names."""
    parts = typing.get_args(annotation) if typing.get_origin(annotation) in UNIONS else (annotation,)
    values = tuple(plain(value) for part in parts if _is_finite(part) for value in examples(part))
    if values and {type(value) for value in values} <= {type(value) for value in domain.pool}:
        return listed(values, [value for value in domain.mined if value in values])
    if not isinstance(column.type, JSON):
        return domain
    return _documents(domain, tuple(part for part in parts if part is not types.NoneType))


def _is_finite(annotation: Any) -> bool:
    is_enum = isinstance(annotation, type) and issubclass(annotation, enum.Enum)
    return is_enum or typing.get_origin(annotation) is typing.Literal


def _documents(domain: Domain, parts: tuple[Any, ...]) -> Domain:
    """``dict``: any object; ``dict[str, int]`` and TypedDict: objects of these alone."""
    sorts = tuple(dict if typing.is_typeddict(part) else typing.get_origin(part) or part for part in parts)
    if not sorts or Any in sorts or not all(isinstance(sort, type) for sort in sorts):
        return domain
    typed = [
        value
        for part in parts
        if part not in sorts and Any not in typing.get_args(part)
        for value, _ in attempt(json.dumps, examples(part))
    ]
    pool = tuple(typed) or tuple(value for value in domain.pool if isinstance(value, sorts))
    if not pool:
        return domain
    mined = tuple(value for value in domain.mined if isinstance(value, sorts))
    return replace(
        domain, pool=pool, mined=mined, distinct=domain.distinct if dict in sorts else one_of(pool)
    )


def _accepted(mapper: Mapper[Any], key: str, domain: Domain) -> Domain:
    """What the attribute can be set to; all where that fails for every value, for reasons of its own then."""

    def set_to(value: Any) -> None:
        attributes.set_attribute(mapper.class_manager.new_instance(), key, value)

    pool = tuple(value for value, _ in attempt(set_to, domain.pool))
    if not pool:
        return domain
    numbered = attempt(lambda number: set_to(domain.distinct(number)), range(PROBED))
    return Domain(
        pool,
        domain.distinct if len(numbered) == PROBED else one_of(pool),
        tuple(value for value, _ in attempt(set_to, domain.mined)),
    )
