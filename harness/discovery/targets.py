"""TARGET, the text that a user gives, to the mappers that it names."""

from collections.abc import Iterable
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from sqlalchemy import inspect
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Mapper, registry

from harness.core.errors import EnvironmentProblem, UsageProblem
from harness.discovery.importing import Named, import_module

FORMS = "a target is pkg.module, pkg.module:Base, pkg.module:db, pkg.module:Class, or the same with path/to/file.py"


@dataclass(frozen=True, slots=True)
class Target:
    """A target as given, and the mappers behind it in the order of their class names."""

    spec: str
    mappers: tuple[Mapper[Any], ...]


def load_target(spec: str) -> Target:
    """Import what ``spec`` names and configure its mappers.

    Raises UsageProblem for a target that names nothing with mapped classes, EnvironmentProblem for models that don't import
    or whose mappers can't be configured.
    """
    named = Named(spec, "target", f"The models of {spec!r} don't import", FORMS)
    module = import_module(named)
    _, name = named.parts
    mappers = _mappers_of(_attribute(module, name, spec), spec) if name else _mappers_in(module, spec)
    for mapper in mappers:
        try:
            mapper._check_configure()  # noqa: SLF001 - configure_mappers() configures every registry of the process
        except Exception as error:  # lambdas of the user's mapping run here
            said = error if isinstance(error, SQLAlchemyError) else f"{type(error).__name__}: {error}"
            raise EnvironmentProblem(
                f"The mappers of {spec} can't be configured: {said}",
                where=f"{mapper.class_.__module__}.{mapper.class_.__qualname__}",
                hint="Mend the mapping that SQLAlchemy names; the same happens when the application starts.",
            ) from error
    return Target(spec, tuple(sorted(mappers, key=lambda mapper: mapper.class_.__qualname__)))


def _attribute(module: ModuleType, name: str, spec: str) -> object:
    value: object = module
    for part in name.split("."):
        if not hasattr(value, part):
            raise UsageProblem(
                f"{module.__name__} has no {name!r}.",
                where=f"target {spec!r}",
                hint=f"It has {_listing(module)}; {FORMS}.",
            )
        value = getattr(value, part)
    return value


def _listing(module: ModuleType) -> str:
    names = [name for name, value in vars(module).items() if _registry_of(value) is not None]
    return "these: " + ", ".join(sorted(names)) if names else "no declarative base, registry or mapped class"


def _registry_of(value: object) -> registry | None:
    if isinstance(value, registry):
        return value
    found = _safely(value, "registry")
    if isinstance(found, registry):
        return found
    models_registry = _safely(_safely(value, "Model"), "registry")
    return models_registry if isinstance(models_registry, registry) else None


def _safely(value: object, name: str) -> object:
    """The attribute or None; a proxy such as Flask's current_app raises other errors than AttributeError."""
    try:
        return getattr(value, name, None)
    except Exception:  # noqa: BLE001 - the object is the user's
        return None


def _mapper_of(value: object) -> Mapper[Any] | None:
    if not isinstance(value, type):
        return None
    mapper: Any = inspect(value, raiseerr=False)
    return mapper if isinstance(mapper, Mapper) else None


def _mappers_of(value: object, spec: str) -> Iterable[Mapper[Any]]:
    mapper = _mapper_of(value)
    if mapper is not None:
        return [mapper]
    found = _registry_of(value)
    mappers = list(found.mappers) if found is not None else []
    if not mappers:
        raise UsageProblem(
            "The target has no mapped class.",
            where=f"target {spec!r}",
            hint=f"Name a declarative base, a registry, an object with .Model, or a mapped class; {FORMS}.",
        )
    return mappers


def _mappers_in(module: ModuleType, spec: str) -> Iterable[Mapper[Any]]:
    values = list(vars(module).values())
    found = {mapper for value in values if (mapper := _mapper_of(value)) is not None}
    registries = {reg for value in values if (reg := _registry_of(value)) is not None}
    for reg in registries:
        found |= {mapper for mapper in reg.mappers if mapper.class_.__module__ == module.__name__}
    if not found:
        found = {mapper for reg in registries for mapper in reg.mappers}
    if not found:
        raise UsageProblem(
            f"{module.__name__} has no mapped class.",
            where=f"target {spec!r}",
            hint=f"Name the module that defines them; {FORMS}.",
        )
    return found
