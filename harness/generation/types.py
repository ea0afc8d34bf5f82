"""Column type to values: a registry that users extend."""

import itertools
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import Column
from sqlalchemy import types as sqltypes
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import named_types, ranges
from sqlalchemy.orm import QueryableAttribute
from sqlalchemy.types import TypeEngine

from harness.generation.values import decorated, documents, moments, numbers, postgres, text
from harness.generation.values.attributes import narrowed
from harness.generation.values.domain import Constants, Domain, Maker, listed

Strategy = st.SearchStrategy[Any]
Target = type | TypeEngine[Any] | Column[Any] | QueryableAttribute[Any]
COLLECTED = 100
"""Examples of a registered strategy from which distinct values are taken."""


class NoStrategy(Exception):
    """``what``: no values are known for a type. ``hint``: how to register a strategy."""

    def __init__(self, what: str, hint: str) -> None:
        super().__init__(f"{what}. {hint}")
        self.what = what
        self.hint = hint


@dataclass(frozen=True, slots=True)
class Values:
    """What a column holds, as its mapped attribute does in Python; never None.

    ``strategy`` draws one value with one choice; the plainest is where shrinking ends. ``distinct`` turns numbers (from 0)
    into values, different for different numbers as far as the type has so many; number 0 gives the filler of columns that
    nothing reads. ``pool`` is what ``strategy`` chooses from, None where a user registered the strategy.
    """

    strategy: Strategy
    distinct: Callable[[int], Any]
    pool: tuple[Any, ...] | None


def values_for(column: Column[Any], constants: Iterable[Any] = (), constrained: Iterable[Any] = ()) -> Values:
    """The values of ``column``: of the strategy registered for it, else of its type's.

    ``constants`` are plain values in the code of the hybrid: those that a column of the type can hold come up about as often
    as all other values together. ``constrained`` are those in the column's constraints, which come up as other values do.
    Raises NoStrategy where nothing is known about the type.
    """
    if (strategy := _registered(column)) is not None:
        return Values(strategy, collected(strategy).distinct, None)
    constants, constrained = tuple(constants), tuple(constrained)
    domain = narrowed(column, domain_of(column.type, (*constants, *constrained)))
    coded = domain_of(column.type, constants).mined if constrained else domain.mined
    allowed = tuple(value for value in domain.mined if value not in coded and value not in domain.pool)
    pool = _weighted((*domain.pool, *allowed), tuple(value for value in domain.mined if value in coded))
    return Values(st.sampled_from(pool), domain.distinct, pool)


def register_strategy(target: Target, strategy: Strategy) -> None:
    """Draw the values of ``target`` from ``strategy``.

    ``target`` is a column (``Order.__table__.c.code``), a mapped attribute (``Order.code``), or a SQLAlchemy type (``Money`` or
    ``Money()``) whose columns, subclasses' too, take their values from it. A column's own strategy comes first, then that of
    the nearest class. Or it is a class of your own, with which the parameters of hybrid methods are annotated. Raises
    TypeError for anything else.
    """
    if not isinstance(strategy, st.SearchStrategy):
        raise TypeError(f"strategy must be a Hypothesis strategy such as st.integers(), not {strategy!r}")
    for key in _keys(target):
        _STRATEGIES[key] = strategy


def _keys(target: Any) -> list[Any]:
    if isinstance(target, Column):
        return [target]
    if isinstance(target, QueryableAttribute):
        columns = [each for each in getattr(target.property, "columns", ()) if isinstance(each, Column)]
        if columns:
            return columns
    if isinstance(target, TypeEngine):
        return [type(target)]
    if isinstance(target, type) and target.__module__ not in sys.stdlib_module_names:
        return [target]
    raise TypeError(
        "target must be a column, an attribute mapped to one, a SQLAlchemy type, "
        f"or a class of your own that hybrid methods take, not {target!r}"
    )


_STRATEGIES: dict[Any, Strategy] = {}
"""By column or by class: of a type, or of a method's parameter."""


def registered_values(class_: type) -> tuple[Any, ...]:
    """Examples of the strategy that is registered for ``class_`` or the nearest above it; none where there is none."""
    nearest = next((each for each in class_.__mro__ if each in _STRATEGIES), None)
    return () if nearest is None else collected(_STRATEGIES[nearest]).pool


def _registered(column: Column[Any]) -> Strategy | None:
    """The strategy of the column or of the nearest class of its type, unless a nearer one has values of its own."""
    if column in _STRATEGIES:
        return _STRATEGIES[column]
    nearest = _nearest(column.type)
    return _STRATEGIES.get(nearest)


def _nearest(type_: TypeEngine[Any]) -> type | None:
    return next((class_ for class_ in type(type_).__mro__ if class_ in _STRATEGIES or class_ in MAKERS), None)


def _weighted(pool: tuple[Any, ...], mined: tuple[Any, ...]) -> tuple[Any, ...]:
    """``pool``, and after it ``mined`` as often as makes both about as long."""
    repeats = range(max(1, round(len(pool) / len(mined)))) if mined else ()
    return (*pool, *itertools.chain.from_iterable(mined for _ in repeats))


def domain_of(type_: TypeEngine[Any], constants: Constants = ()) -> Domain:
    """The values of a type wherever it occurs: in a column, in an array, beneath a decorator."""
    resolved = type_._variant_mapping.get("postgresql", type_)  # noqa: SLF001 - with_variant() has no other way back
    nearest = _nearest(resolved)
    if nearest in _STRATEGIES:
        return collected(_STRATEGIES[nearest])
    domain = listed(()) if nearest is None else MAKERS[nearest](resolved, constants, domain_of)
    if not domain.pool:
        raise _unknown(resolved)
    return domain


def _unknown(type_: TypeEngine[Any]) -> NoStrategy:
    class_ = type(type_)
    reason = UNKNOWN.get(class_)
    what = f"No values are known for the type {type_!r}{f', {reason}' if reason else ''}"
    line = f"harness.register_strategy({class_.__name__}, st.sampled_from([...]))"
    return NoStrategy(what, f"Register a strategy: {line}")


def collected(strategy: Strategy) -> Domain:
    """Examples of a strategy, the one first where shrinking ends."""
    found: dict[str, Any] = {}

    @settings(
        max_examples=COLLECTED,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def collect(value: Any) -> None:
        if value is not None:
            found.setdefault(repr(value), value)

    collect()
    return listed(found.values())


MAKERS: dict[type, Maker] = {
    # numbers
    sqltypes.Boolean: numbers.booleans,
    sqltypes.SmallInteger: numbers.integers(16),
    sqltypes.Integer: numbers.integers(32),
    sqltypes.BigInteger: numbers.integers(64),
    sqltypes.Numeric: numbers.numerics,
    sqltypes.Float: numbers.floats,
    postgresql.OID: numbers.between(0, 2**32 - 1),
    postgresql.MONEY: postgres.money,
    # text
    sqltypes.String: text.strings,
    sqltypes.CHAR: text.characters,
    sqltypes.NCHAR: text.characters,
    postgresql.CITEXT: text.strings,
    sqltypes.Enum: text.enums,
    sqltypes.Uuid: text.uuids,
    sqltypes.LargeBinary: text.binaries,
    sqltypes.BINARY: text.binaries,
    sqltypes.VARBINARY: text.binaries,
    postgresql.BYTEA: text.binaries,
    postgresql.BIT: postgres.bits,
    postgresql.TSVECTOR: postgres.vectors,
    postgresql.TSQUERY: postgres.queries,
    postgresql.JSONPATH: postgres.paths,
    postgresql.REGCLASS: postgres.classes,
    postgresql.REGCONFIG: postgres.configurations,
    # time
    sqltypes.Date: moments.dates,
    sqltypes.DateTime: moments.datetimes,
    sqltypes.Time: moments.times,
    sqltypes.Interval: moments.intervals,
    postgresql.INTERVAL: moments.intervals,
    # addresses
    postgresql.INET: postgres.inets,
    postgresql.CIDR: postgres.cidrs,
    postgresql.MACADDR: postgres.macs(6),
    postgresql.MACADDR8: postgres.macs(8),
    # structures
    sqltypes.JSON: documents.documents,
    sqltypes.PickleType: documents.pickled,
    sqltypes.ARRAY: documents.arrays,
    postgresql.HSTORE: documents.mappings,
    postgresql.INT4RANGE: postgres.ranges(sqltypes.Integer()),
    postgresql.INT8RANGE: postgres.ranges(sqltypes.BigInteger()),
    postgresql.NUMRANGE: postgres.ranges(sqltypes.Numeric()),
    postgresql.DATERANGE: postgres.ranges(sqltypes.Date()),
    postgresql.TSRANGE: postgres.ranges(sqltypes.DateTime()),
    postgresql.TSTZRANGE: postgres.ranges(sqltypes.DateTime(timezone=True)),
    postgresql.INT4MULTIRANGE: postgres.ranges(sqltypes.Integer()),
    postgresql.INT8MULTIRANGE: postgres.ranges(sqltypes.BigInteger()),
    postgresql.NUMMULTIRANGE: postgres.ranges(sqltypes.Numeric()),
    postgresql.DATEMULTIRANGE: postgres.ranges(sqltypes.Date()),
    postgresql.TSMULTIRANGE: postgres.ranges(sqltypes.DateTime()),
    postgresql.TSTZMULTIRANGE: postgres.ranges(sqltypes.DateTime(timezone=True)),
    # types of types
    postgresql.DOMAIN: lambda type_, constants, lookup: lookup(type_.data_type, constants),
    sqltypes.TypeDecorator: decorated.decorated,
}
UNKNOWN: dict[type, str] = {
    sqltypes.NullType: "which SQLAlchemy gives a column of no type",
    sqltypes.TupleType: "which no column can have",
    sqltypes.TypeDecorator: "which is for subclasses to say what it decorates",
    sqltypes.TypeEngine: "which is the base of all types",
    sqltypes.UserDefinedType: "which says nothing of its values",
    sqltypes.Variant: "which SQLAlchemy has in name only",
    ranges.AbstractMultiRange: "which is the base of multirange types",
    ranges.AbstractRange: "which is the base of range types",
    ranges.AbstractSingleRange: "which is the base of range types",
    named_types.NamedType: "which is the base of enums and domains",
}
"""SQLAlchemy's own types without values, and why; the message for a column of one says it."""
