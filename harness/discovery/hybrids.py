"""Every hybrid that a set of mappers shows, each once, however many classes inherit it."""

import inspect
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy.ext.hybrid import HybridExtensionType, hybrid_property
from sqlalchemy.orm import Mapper, RelationshipProperty

from harness.core.hybrid import Hybrid, Kind, RelationshipRead
from harness.discovery.reads import PythonReads, python_reads
from harness.discovery.targets import Target


@dataclass(frozen=True, slots=True)
class Discovered:
    """A hybrid with the SQLAlchemy objects behind it: the mapper it is evaluated on, its descriptor, what Python reads."""

    hybrid: Hybrid
    mapper: Mapper[Any]
    descriptor: Any
    reads: PythonReads


def discover(target: Target) -> list[Discovered]:
    """All hybrids of ``target``, in the order of file and line."""
    found = [_describe(target, *group) for group in _groups(target.mappers)]
    return sorted(found, key=lambda each: (each.hybrid.file, each.hybrid.line, each.hybrid.name))


def _groups(
    mappers: Iterable[Mapper[Any]],
) -> Iterator[tuple[hybrid_property[Any], list[str], list[Mapper[Any]]]]:
    """(descriptor, its names, the mappers that show it), once for a descriptor and an inheritance hierarchy."""
    groups: dict[tuple[int, Mapper[Any]], tuple[hybrid_property[Any], list[str], list[Mapper[Any]]]] = {}
    for mapper in sorted(
        mappers, key=lambda each: (len(list(each.iterate_to_root())), each.class_.__qualname__)
    ):
        for name, descriptor in mapper.all_orm_descriptors.items():
            if descriptor.extension_type is not HybridExtensionType.HYBRID_PROPERTY:
                continue
            assert isinstance(descriptor, hybrid_property)
            _, names, shown_by = groups.setdefault((id(descriptor), mapper.base_mapper), (descriptor, [], []))
            if name not in names:
                names.append(name)
            if mapper not in shown_by:
                shown_by.append(mapper)
    yield from groups.values()


def _describe(
    target: Target, descriptor: hybrid_property[Any], names: list[str], shown_by: list[Mapper[Any]]
) -> Discovered:
    mapper = shown_by[0]
    file, line = source_of(descriptor.fget)
    reads = python_reads(mapper, descriptor.fget)
    hybrid = Hybrid(
        target=target.spec,
        module=mapper.class_.__module__,
        class_name=mapper.class_.__qualname__.rpartition(".<locals>.")[2],
        attribute=descriptor.__name__ if descriptor.__name__ in names else names[0],
        kind=Kind.HYBRID_PROPERTY,
        file=file,
        line=line,
        shown_by=tuple(each.class_.__qualname__ for each in shown_by),
        primary_key=tuple(mapper.get_property_by_column(column).key for column in mapper.primary_key),
        relationships_read=tuple(_relationship_read(relationship) for relationship in reads.relationships),
    )
    return Discovered(hybrid, mapper, descriptor, reads)


def _relationship_read(relationship: RelationshipProperty[Any]) -> RelationshipRead:
    return RelationshipRead(
        owner=relationship.parent.class_.__name__,
        name=relationship.key,
        target=relationship.mapper.class_.__name__,
        direction=relationship.direction.name,
        uselist=bool(relationship.uselist),
        remote_side=tuple(sorted(str(column) for column in relationship.remote_side)),
    )


def source_of(function: Any) -> tuple[str, int]:
    """File (relative to the working folder where below it) and line of the ``def`` or ``lambda``."""
    code = inspect.unwrap(function).__code__
    path = Path(code.co_filename)
    file = path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
    line = code.co_firstlineno
    try:
        lines, _ = inspect.getsourcelines(code)
    except (OSError, TypeError):
        return str(file), line
    offset = next((i for i, text in enumerate(lines) if text.lstrip().startswith(("def ", "async def "))), 0)
    return str(file), line + offset
