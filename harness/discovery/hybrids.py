"""Every hybrid that a set of mappers shows, each once, however many classes inherit it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, MetaData
from sqlalchemy.ext.hybrid import HybridExtensionType
from sqlalchemy.orm import Mapper, RelationshipProperty
from sqlalchemy.sql import visitors

from harness.core.hybrid import Hybrid, Kind, RelationshipRead, SelfReference
from harness.discovery.code import python_code
from harness.discovery.parameters import Parameter, parameters_of
from harness.discovery.reads import PythonReads, python_reads
from harness.discovery.sources import function_source, place_of, statement_source
from harness.discovery.targets import Target
from harness.discovery.wiring import own_tables, wiring_of


@dataclass(frozen=True, slots=True)
class Discovered:
    """A hybrid with the SQLAlchemy objects behind it: the mapper it is evaluated on, and what Python reads.

    ``parameters`` are those of a hybrid_method, None for an attribute. ``obstacle`` says why it can't be used.
    """

    hybrid: Hybrid
    mapper: Mapper[Any]
    reads: PythonReads
    parameters: tuple[Parameter, ...] | None
    obstacle: str | None = None


KINDS: Mapping[object, Kind] = {
    HybridExtensionType.HYBRID_PROPERTY: Kind.HYBRID_PROPERTY,
    HybridExtensionType.HYBRID_METHOD: Kind.HYBRID_METHOD,
}


@dataclass(frozen=True, slots=True)
class _Shown:
    """One descriptor, the names it goes by (``.inplace`` leaves a second), and the mappers that show it."""

    kind: Kind
    descriptor: Any
    names: list[str]
    mappers: list[Mapper[Any]]


def discover(target: Target) -> list[Discovered]:
    """All hybrids and column properties of ``target``, in the order of file and line."""
    found = [_describe(target, shown) for shown in _shown(target.mappers)]
    return sorted(found, key=lambda each: (each.hybrid.file, each.hybrid.line, each.hybrid.name))


def _shown(mappers: Iterable[Mapper[Any]]) -> Iterable[_Shown]:
    """Each descriptor once for an inheritance hierarchy, the class nearest to the base first."""
    found: dict[tuple[int, Mapper[Any]], _Shown] = {}
    for mapper in sorted(
        mappers, key=lambda each: (len(list(each.iterate_to_root())), each.class_.__qualname__)
    ):
        for kind, name, descriptor in _descriptors(mapper):
            shown = found.setdefault((id(descriptor), mapper.base_mapper), _Shown(kind, descriptor, [], []))
            if name not in shown.names:
                shown.names.append(name)
            if mapper not in shown.mappers:
                shown.mappers.append(mapper)
    return found.values()


def _descriptors(mapper: Mapper[Any]) -> Iterator[tuple[Kind, str, Any]]:
    for name, descriptor in mapper.all_orm_descriptors.items():
        if descriptor.extension_type in KINDS and not _is_second_name(mapper, name, descriptor):
            yield KINDS[descriptor.extension_type], name, descriptor
    for prop in mapper.column_attrs:
        if getattr(prop.columns[0], "table", None) is None:  # no column of a table, a subquery or a union
            yield Kind.COLUMN_PROPERTY, prop.key, prop.columns[0]


def _is_second_name(mapper: Mapper[Any], name: str, descriptor: Any) -> bool:
    """``.inplace`` leaves a hybrid under another name too, which a subclass has even where it overrides the first."""
    owner = next((each for each in mapper.class_.__mro__ if name in vars(each)), mapper.class_)
    names = [other for other, value in vars(owner).items() if value is descriptor]
    return bool(names) and name != _first_name(names, descriptor)


def _first_name(names: Sequence[str], descriptor: Any) -> str:
    """The name that people use: the getter's own, unless that is private and another is not."""
    getter = getattr(descriptor, "fget", None) or getattr(descriptor, "func", None)
    own = getattr(getter, "__name__", "")
    ordered = sorted(names, key=lambda name: name != own)
    return next((name for name in ordered if not name.startswith("_")), ordered[0])


def _describe(target: Target, shown: _Shown) -> Discovered:
    mapper = shown.mappers[0]
    getter = _getter(shown)
    attribute = _first_name(shown.names, shown.descriptor)
    file, line = place_of(getter, mapper.class_, attribute, target.folder)
    expression = _expression(shown)
    reads = python_reads(mapper, getter)
    hybrid = Hybrid(
        target=target.spec,
        module=mapper.class_.__module__,
        class_name=mapper.class_.__qualname__.rpartition("<locals>.")[2],
        attribute=attribute,
        kind=shown.kind,
        file=file,
        line=line,
        shown_by=tuple(each.class_.__qualname__ for each in shown.mappers),
        primary_key=tuple(mapper.get_property_by_column(column).key for column in mapper.primary_key),
        relationships_read=tuple(_relationship_read(relationship) for relationship in reads.relationships),
        setter_under=_setter_under(shown),
        expression_under=_expression_under(shown),
        table=str(mapper.primary_key[0].table),
        key_columns=tuple(column.name for column in mapper.primary_key),
        self_references=tuple(_self_references(mapper)),
        python_source=function_source(getter, target.folder),
        sql_source=statement_source(mapper.class_, attribute, target.folder)
        if shown.kind is Kind.COLUMN_PROPERTY
        else function_source(expression, target.folder),
        tables=own_tables(mapper),
        python=python_code(mapper, getter, reads),
        wiring=wiring_of(mapper, attribute, shown.descriptor),
    )
    parameters = parameters_of(shown.descriptor.func) if shown.kind is Kind.HYBRID_METHOD else None
    return Discovered(hybrid, mapper, reads, parameters, _obstacle(reads, target))


def _obstacle(reads: PythonReads, target: Target) -> str | None:
    """Which mapper that the hybrid needs can't be configured, and why."""
    refused = next((mapper for mapper in reads.mappers if mapper in target.refused), None)
    if refused is None:
        return None
    return f"the mapper of {refused.class_.__qualname__} can't be configured: {target.refused[refused]}"


def _setter_under(shown: _Shown) -> str | None:
    """``@h.setter def set_h`` leaves the setter on a copy of the hybrid, under the function's name."""
    if shown.kind is not Kind.HYBRID_PROPERTY or shown.descriptor.fset is not None:
        return None
    others = shown.mappers[0].all_orm_descriptors.items()
    return next(
        (
            name
            for name, other in others
            if getattr(other, "fset", None) is not None
            and getattr(other, "fget", None) is shown.descriptor.fget
        ),
        None,
    )


def _expression_under(shown: _Shown) -> str | None:
    """``@h.expression def h_sql`` leaves the expression on a copy of the hybrid, under the function's name."""
    if shown.kind is not Kind.HYBRID_PROPERTY or shown.descriptor.expr is not None:
        return None
    others = shown.mappers[0].all_orm_descriptors.items()
    return next(
        (
            name
            for name, other in others
            if getattr(other, "expr", None) is not None
            and getattr(other, "fget", None) is shown.descriptor.fget
        ),
        None,
    )


def _getter(shown: _Shown) -> Any:
    """The Python side; a column_property has none."""
    if shown.kind is Kind.HYBRID_PROPERTY:
        return shown.descriptor.fget
    return shown.descriptor.func if shown.kind is Kind.HYBRID_METHOD else None


def _expression(shown: _Shown) -> Any:
    """The function that builds the SQL side, or the comparator in its place; None where it is the getter itself."""
    descriptor = shown.descriptor
    candidates = (getattr(descriptor, name, None) for name in ("custom_comparator", "expr"))
    expression = next((each for each in candidates if each is not None), None)
    return None if expression is _getter(shown) else expression


def _self_references(mapper: Mapper[Any]) -> Iterator[SelfReference]:
    """Those of every table that rows may be drawn for."""
    tables = getattr(mapper.primary_key[0].table, "metadata", MetaData()).tables
    for name, table in sorted(tables.items()):
        for constraint in table.foreign_key_constraints:
            if constraint.elements[0].target_fullname.rpartition(".")[0] == name:
                columns = tuple(element.parent.name for element in constraint.elements)
                referred = tuple(element.column.name for element in constraint.elements)
                yield SelfReference(name, columns, referred)


def _relationship_read(relationship: RelationshipProperty[Any]) -> RelationshipRead:
    pairs = sorted(relationship.local_remote_pairs, key=str)
    joins = [each for each in (relationship.primaryjoin, relationship.secondaryjoin) if each is not None]
    compared = set(_columns(joins))
    return RelationshipRead(
        owner=relationship.parent.class_.__name__,
        name=relationship.key,
        target=relationship.mapper.class_.__name__,
        direction=relationship.direction.name,
        uselist=bool(relationship.uselist),
        remote_side=tuple(str(remote) for _, remote in pairs),
        local_side=tuple(str(local) for local, _ in pairs),
        conditions=tuple(sorted(compared - {str(each) for pair in pairs for each in pair})),
        order=tuple(_columns(relationship.order_by or ())),
    )


def _columns(elements: Iterable[Any]) -> Iterator[str]:
    for element in elements:
        yield from (str(each) for each in visitors.iterate(element) if isinstance(each, Column))
