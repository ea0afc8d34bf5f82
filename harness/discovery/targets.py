"""TARGET, the text that a user gives, to the mappers that it names."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

from sqlalchemy import event, inspect
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Mapper, mapperlib, registry
from sqlalchemy.orm.interfaces import EXT_SKIP

from harness.core.errors import EnvironmentProblem, UsageProblem
from harness.discovery.importing import Named, import_module

FORMS = "a target is pkg.module, pkg.module:Base, pkg.module:db, pkg.module:Class, or the same with path/to/file.py"


@dataclass(frozen=True, slots=True)
class Target:
    """A target as given, and the mappers behind it in the order of their class names.

    ``refused`` are mappers that SQLAlchemy can't configure, with the reason; not only those of the target. ``folder`` is the
    one that the run was started in.
    """

    spec: str
    mappers: tuple[Mapper[Any], ...]
    refused: Mapping[Mapper[Any], str] = field(default_factory=dict)
    folder: Path = field(default_factory=Path.cwd)


def load_target(spec: str, folder: Path | None = None) -> Target:
    """Import what ``spec`` names and configure its mappers; a relative path starts at ``folder``, else at the working folder.

    Raises UsageProblem for a target that names nothing with mapped classes, EnvironmentProblem for models that don't import
    or of which no mapper can be configured.
    """
    folder = folder or Path.cwd()
    named = Named(spec, "target", f"The models of {spec!r} don't import", FORMS, folder)
    module = import_module(named)
    _, name = named.parts
    mappers = _mappers_of(_attribute(module, name, spec), spec) if name else _mappers_in(module, spec)
    refused = _configure(mappers, spec)
    ordered = sorted(mappers, key=lambda mapper: mapper.class_.__qualname__)
    return Target(spec, tuple(ordered), refused, folder)


def _configure(mappers: Collection[Mapper[Any]], spec: str) -> dict[Mapper[Any], str]:
    """Configure ``mappers`` and those they need; SQLAlchemy skips from now on those that it can't, returned with the reason.

    Raises EnvironmentProblem where none of ``mappers`` is left.
    """
    skipped: set[Mapper[Any]] = set()
    while (error := _configuration_error(mappers)) is not None:
        culprit = _culprit(error)
        if culprit is None or culprit in skipped:
            raise _not_configured(spec, next(iter(mappers)), error) from error
        skipped.add(culprit)
        event.listen(culprit, "before_mapper_configured", lambda *_: EXT_SKIP, retval=True)
    refused = {each: _failure(each) for each in _all_mappers() if _failure(each)}
    if refused.keys() >= set(mappers):
        mapper, failure = next(each for each in refused.items() if each[0] in mappers)
        raise _not_configured(spec, mapper, failure) from failure
    return {mapper: _said(failure) for mapper, failure in refused.items()}


def _configuration_error(mappers: Iterable[Mapper[Any]]) -> Exception | None:
    try:
        for mapper in mappers:
            mapper._check_configure()  # noqa: SLF001 - configure_mappers() configures every registry of the process
    except Exception as error:  # noqa: BLE001 - lambdas of the user's mapping run here
        return error
    return None


def _culprit(error: Exception) -> Mapper[Any] | None:
    """The mapper on which SQLAlchemy gave up, which need not be one that was asked for."""
    first = getattr(error, "_configure_failed", error)
    return next((mapper for mapper in _all_mappers() if _failure(mapper) is first), None)


def _all_mappers() -> Iterator[Mapper[Any]]:
    registries = mapperlib._all_registries()  # noqa: SLF001 - no public function lists them
    return (mapper for each in registries for mapper in each.mappers)


def _failure(mapper: Mapper[Any]) -> Any:
    return mapper._configure_failed  # noqa: SLF001 - SQLAlchemy keeps what it raised nowhere else


def _said(error: BaseException) -> str:
    return str(error) if isinstance(error, SQLAlchemyError) else f"{type(error).__name__}: {error}"


def _not_configured(spec: str, mapper: Mapper[Any], error: BaseException) -> EnvironmentProblem:
    return EnvironmentProblem(
        f"The mappers of {spec} can't be configured: {_said(error)}",
        where=f"{mapper.class_.__module__}.{mapper.class_.__qualname__}",
        hint="Mend the mapping that SQLAlchemy names; the same happens when the application starts.",
    )


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
    places = (
        (value, "registry"),
        (value, "_sa_registry"),
        (_safely(value, "Model"), "registry"),
    )  # SQLModel has the second
    candidates = (_safely(owner, name) for owner, name in places)
    return next((found for found in candidates if isinstance(found, registry)), None)


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


def _mappers_of(value: object, spec: str) -> Collection[Mapper[Any]]:
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


def _mappers_in(module: ModuleType, spec: str) -> Collection[Mapper[Any]]:
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
