"""What a hybrid_method is called with."""

import inspect
import types
import typing
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Parameter:
    """``annotation`` is a plain class, or None where there is none to go by; ``optional`` says that None is allowed too."""

    name: str
    annotation: type | None
    optional: bool
    default: tuple[Any, ...]


def parameters_of(method: Callable[..., Any]) -> tuple[Parameter, ...]:
    """The positional parameters after ``self``, without ``*args`` and what is keyword-only."""
    try:
        hints = typing.get_type_hints(method)
    except (NameError, TypeError):  # names that only a type checker sees
        hints = {}
    positional = [
        each
        for each in inspect.signature(method).parameters.values()
        if each.kind in (each.POSITIONAL_ONLY, each.POSITIONAL_OR_KEYWORD)
    ]
    return tuple(_parameter(each, hints.get(each.name)) for each in positional[1:])


def _parameter(each: inspect.Parameter, hint: Any) -> Parameter:
    members = (
        typing.get_args(hint)
        if isinstance(hint, types.UnionType) or typing.get_origin(hint) is typing.Union
        else (hint,)
    )
    classes = [member for member in members if isinstance(member, type) and member is not types.NoneType]
    default = () if each.default is each.empty else (each.default,)
    return Parameter(each.name, classes[0] if classes else None, types.NoneType in members, default)
