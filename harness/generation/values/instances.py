"""Values of a Python annotation: what type decorators say that they hold."""

import dataclasses
import datetime as dt
import enum
import types
import typing
import uuid
from decimal import Decimal
from typing import Any

from harness.generation.values import documents, moments, text
from harness.generation.values.domain import attempt

EXAMPLES: dict[Any, tuple[Any, ...]] = {
    bool: (False, True),
    int: (0, 1, 2, -1, 9, 10, 100),
    float: (0.0, 1.0, 0.5, -1.5, 10.0),
    Decimal: (Decimal(0), Decimal(1), Decimal("0.5"), Decimal("-1.5"), Decimal(10)),
    str: text.WORDS,
    bytes: text.BYTES,
    dt.datetime: moments.MOMENTS,
    dt.date: tuple(moment.date() for moment in moments.MOMENTS),
    dt.time: tuple(moment.time() for moment in moments.MOMENTS),
    dt.timedelta: moments.SPANS,
    uuid.UUID: text.UUIDS,
    dict: documents.DOCUMENTS,
    list: (["a"], [], ["a", "b"], ["b", "a"], ["a", "a"], ["9", "10"], [1], [1, 2], [10, 9]),
    tuple: (("a",), (), ("a", "b")),
    set: ({"a"}, set(), {"a", "b"}),
    frozenset: (frozenset({"a"}), frozenset(), frozenset({"a", "b"})),
    types.NoneType: (None,),
}
MOST_INSTANCES = 6
DEEPEST = 3
"""Models within models: those that hold each other in lists would never end."""


def examples(annotation: Any, within: frozenset[type] = frozenset()) -> tuple[Any, ...]:
    """Values that ``annotation`` allows, the plainest first; none where it is not known.

    ``within`` are the models that the values are made for: one within itself, or too deep, has no values.
    """
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Literal:
        return arguments
    if origin is typing.Annotated:
        return examples(arguments[0], within)
    if origin in {typing.Union, types.UnionType}:
        return tuple(value for argument in arguments for value in examples(argument, within))
    if origin is not None:
        return _collections(origin, arguments, within)
    if isinstance(annotation, type) and annotation not in EXAMPLES:
        return tuple(annotation) if issubclass(annotation, enum.Enum) else _instances(annotation, within)
    return EXAMPLES.get(annotation, ())


def _collections(origin: Any, arguments: tuple[Any, ...], within: frozenset[type]) -> tuple[Any, ...]:
    """``list[X]``, ``dict[str, X]`` and their kin."""
    if origin not in EXAMPLES or not arguments:
        return EXAMPLES.get(origin, ())
    items = examples(arguments[-1] if origin is dict else arguments[0], within)[:MOST_INSTANCES]
    if origin is dict:
        return ({}, *({"a": item} for item in items)) if str in arguments[:1] else ({},)
    return tuple(value for value, _ in attempt(origin, [[], *([item] for item in items), list(items[:2])]))


def _instances(class_: type, within: frozenset[type]) -> tuple[Any, ...]:
    """Objects of a dataclass or a pydantic model, made by what its fields are annotated with."""
    fields = None if class_ in within or len(within) == DEEPEST else _fields(class_)
    if fields is None:
        return ()
    values = {
        name: (examples(annotation, within | {class_})[:MOST_INSTANCES], required)
        for name, (annotation, required) in fields.items()
    }
    made = attempt(lambda number: class_(**_arguments(values, number)), range(MOST_INSTANCES))
    return tuple(instance for _, instance in made)


def _fields(class_: type) -> dict[str, tuple[Any, bool]] | None:
    """Name to annotation and whether the field is required; None where the class says nothing of its fields."""
    if dataclasses.is_dataclass(class_):
        missing = dataclasses.MISSING
        required = {
            each.name: each.default is missing and each.default_factory is missing
            for each in dataclasses.fields(class_)
            if each.init
        }
        hints = dict(attempt(lambda name: typing.get_type_hints(class_)[name], required))
        return {name: (hints.get(name), needed) for name, needed in required.items()}
    if typing.is_typeddict(class_):
        hints = dict(attempt(lambda name: typing.get_type_hints(class_)[name], class_.__annotations__))
        return {
            name: (hint, name in getattr(class_, "__required_keys__", ())) for name, hint in hints.items()
        }
    if hasattr(class_, "model_fields"):  # pydantic
        return {name: (each.annotation, each.is_required()) for name, each in class_.model_fields.items()}
    return None


def _arguments(fields: dict[str, tuple[tuple[Any, ...], bool]], number: int) -> dict[str, Any]:
    """The required fields only at first, all of them after that, each with another of its values."""
    return {
        name: values[number % len(values)]
        for name, (values, required) in fields.items()
        if values and (required or number)
    }
