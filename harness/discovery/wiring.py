"""How the two sides of a hybrid are attached to each other and to the classes below."""

import inspect
from types import FunctionType
from typing import Any

from sqlalchemy import Column, Table
from sqlalchemy.ext.hybrid import hybrid_method, hybrid_property
from sqlalchemy.orm import Mapper

from harness.core.expression import DefaultsApart, Override, OwnTable, Wiring
from harness.discovery.reads import functions_behind


def wiring_of(mapper: Mapper[Any], name: str, descriptor: Any) -> Wiring:
    """The facts about ``descriptor``, which ``mapper`` shows under ``name``."""
    overrides = tuple(_overrides(mapper, name, descriptor))
    return Wiring(
        expression=_expression(descriptor) is not None,
        expression_of=_expression_of(mapper, name, descriptor),
        update_expression=getattr(descriptor, "update_expr", None) is not None,
        comparator=getattr(descriptor, "custom_comparator", None) is not None,
        overrides=overrides,
        discriminator=_discriminator(mapper),
        elsewhere=bool(overrides) or _overridden(mapper, name, descriptor),
        defaults_apart=_defaults_apart(descriptor) if isinstance(descriptor, hybrid_method) else (),
    )


def own_tables(mapper: Mapper[Any]) -> tuple[OwnTable, ...]:
    """The tables of ``mapper``, each with the columns that hold the primary key in it."""
    keys: dict[str, list[str]] = {each.fullname: [] for each in mapper.tables if isinstance(each, Table)}
    for primary in mapper.primary_key:
        for column in mapper.get_property_by_column(primary).columns:
            if isinstance(column, Column) and isinstance(column.table, Table):
                keys.setdefault(column.table.fullname, []).append(column.name)
    length = len(mapper.primary_key)
    return tuple(OwnTable(name, tuple(key)) for name, key in keys.items() if len(key) == length)


def _defaults_apart(method: hybrid_method[Any, Any]) -> tuple[DefaultsApart, ...]:
    """Parameters, in their order, that the getter and the expression have other defaults for."""
    functions = [next(functions_behind(each), None) for each in (method.func, method.expr)]
    getter, expression = (_defaults(each) if each is not None else {} for each in functions)
    return tuple(
        DefaultsApart(name, getter[name], expression[name])
        for name in getter
        if expression.get(name, getter[name]) != getter[name]
    )


def _defaults(function: FunctionType) -> dict[str, str]:
    """Defaults by parameter, as Python shows them; whether they are equal may be a question for SQL."""
    parameters = inspect.signature(function).parameters.values()
    return {each.name: repr(each.default) for each in parameters if each.default is not each.empty}


def _expression(descriptor: Any) -> Any:
    return getattr(descriptor, "expr", None)


def _expression_of(mapper: Mapper[Any], name: str, descriptor: Any) -> str | None:
    """The parent that has the very expression beside another getter."""
    if not isinstance(descriptor, hybrid_property) or descriptor.expr is None:
        return None
    for class_ in mapper.class_.__mro__[1:]:
        other = vars(class_).get(name)
        if isinstance(other, hybrid_property) and other.fget is not descriptor.fget:
            return class_.__name__ if other.expr is descriptor.expr else None
    return None


def _overrides(mapper: Mapper[Any], name: str, descriptor: Any) -> list[Override]:
    """Subclasses that show another descriptor under the name, the topmost of each branch."""
    found: list[Override] = []
    for each in mapper.self_and_descendants:
        if each is not mapper and name in vars(each.class_) and vars(each.class_)[name] is not descriptor:
            identities = (below.polymorphic_identity for below in each.self_and_descendants)
            found.append(Override(each.class_.__name__, tuple(identities)))
    return found


def _overridden(mapper: Mapper[Any], name: str, descriptor: Any) -> bool:
    """Whether a class above has another descriptor under the name."""
    above = (vars(each)[name] for each in mapper.class_.__mro__ if name in vars(each))
    return any(each is not descriptor for each in above)


def _discriminator(mapper: Mapper[Any]) -> str | None:
    column = mapper.polymorphic_on
    return f"{column.table.fullname}.{column.name}" if isinstance(column, Column) else None
