"""Column type to strategy: the values that break hybrids first, ordered so that shrinking ends at the plainest."""

import datetime as dt
import decimal
import enum
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st
from sqlalchemy import types as sqltypes
from sqlalchemy.types import TypeEngine

Strategy = st.SearchStrategy[Any]

WORDS = (
    "a", "b", "", "A", "ab", "aB", "B", "z", " ", " a", "a ", "a b", "0", "1", "10", "9", "-1", "a%", "%", "_", "a_b",
    "O'Neil", '"', "\\", "é", "É", "e\u0301", "ß", "straße", "İ", "日本", "🙂", "true", "null", "None", "a,b", "a.b", "a/b",
    "\t", "\n", "abcdefghij", "Title Case Words",
)  # fmt: skip
SMALL_INTEGERS = (0, 1, 2, 3, -1, 4, 5, 7, 9, 10, -2, -3, -7, 11, 12, 50, 99, 100, 101, -100, 255, 256, 1000)
DECIMALS = ("0", "1", "2", "0.5", "1.5", "2.5", "-1", "-0.5", "-1.5", "3", "0.1", "0.2", "0.3", "10", "0.01", "0.005", "1.005", "9.99", "99.995", "-2.5", "100", "1000", "12345.678", "0.000001", "-0.000001", "99999999.99")  # fmt: skip
FLOATS = (
    0.0,
    1.0,
    2.0,
    0.5,
    1.5,
    2.5,
    -1.0,
    -0.5,
    -1.5,
    -2.5,
    0.1,
    0.2,
    0.3,
    3.0,
    10.0,
    1e-9,
    1e9,
    1e15,
    -1e15,
    1 / 3,
    2.675,
)
NEW_YEAR = dt.datetime(2024, 1, 1)  # noqa: DTZ001 - columns without a zone hold naive values
MOMENTS = (
    NEW_YEAR,
    dt.datetime(2024, 1, 1, 12),  # noqa: DTZ001
    dt.datetime(2024, 2, 29, 23, 59, 59, 999999),  # noqa: DTZ001
    dt.datetime(2024, 3, 10, 7, 30),  # noqa: DTZ001 - New York's clock skips an hour at 07:00 UTC
    dt.datetime(2024, 3, 31, 1, 30),  # noqa: DTZ001 - Europe's at 01:00 UTC
    dt.datetime(2024, 10, 27, 0, 30),  # noqa: DTZ001 - and here it repeats one
    dt.datetime(2023, 12, 31, 23, 30),  # noqa: DTZ001
    dt.datetime(1999, 12, 31),  # noqa: DTZ001
    dt.datetime(1970, 1, 1),  # noqa: DTZ001
)
SPANS = (dt.timedelta(0), dt.timedelta(seconds=1), dt.timedelta(hours=1), dt.timedelta(days=1), dt.timedelta(days=2, hours=1), dt.timedelta(days=-1), dt.timedelta(seconds=-90))  # fmt: skip


class NoStrategy(Exception):
    """The type is unknown to the registry."""


def strategy_for_type(type_: TypeEngine[Any], constants: Iterable[Any] = ()) -> Strategy:
    """The strategy of the nearest registered class in the type's ancestry.

    ``constants`` that a column of the type can hold come up about as often as all other values together. Raises NoStrategy
    where there is no registered class.
    """
    make = next((make for class_ in type(type_).__mro__ if (make := REGISTRY.get(class_)) is not None), None)
    if make is None:
        raise NoStrategy(repr(type_))
    strategy = make(type_)
    own = [value for value in constants if _holds(type_, value)]
    return strategy | st.sampled_from(own) if own else strategy


def _holds(type_: TypeEngine[Any], value: Any) -> bool:
    """Whether a column of the type takes ``value`` as it is."""
    if isinstance(type_, sqltypes.Enum | sqltypes.TypeDecorator):
        return False
    if isinstance(type_, sqltypes.String):
        return isinstance(value, str) and "\0" not in value and len(value) <= (type_.length or len(value))
    if isinstance(type_, sqltypes.Integer):
        return isinstance(value, int) and abs(value) < 2**15
    return isinstance(type_, sqltypes.Date) and type(value) is dt.date


def _integers(bits: int) -> Callable[[Any], Strategy]:
    bound = 2 ** (bits - 1)
    values = (*(value for value in SMALL_INTEGERS if -bound <= value < bound), bound - 1, -bound)
    return lambda _type: st.sampled_from(values)


def _numbers(type_: Any) -> Strategy:
    if not type_.asdecimal:
        return st.sampled_from(FLOATS)
    values = [decimal.Decimal(text) for text in DECIMALS]
    if type_.precision is not None:
        values = _fitting(values, type_.precision, type_.scale or 0)
    return st.sampled_from(values)


def _fitting(values: list[decimal.Decimal], precision: int, scale: int) -> list[decimal.Decimal]:
    """Those of ``values`` that NUMERIC(precision, scale) holds without rounding, and its largest."""
    with decimal.localcontext(prec=precision + abs(scale) + 9):  # more than the 28 digits of Python's default
        step = decimal.Decimal(1).scaleb(-scale)
        largest = decimal.Decimal(1).scaleb(precision - scale) - step
        exact = [value for value in values if value == value.quantize(step) and abs(value) <= largest]
        return [*(value.quantize(step) for value in exact), largest]


def _text(type_: Any) -> Strategy:
    limit = type_.length
    words = WORDS if limit is None else tuple(dict.fromkeys(word[:limit] for word in WORDS))
    return st.sampled_from(words)


def _enum(type_: Any) -> Strategy:
    members = list(type_.enum_class) if type_.enum_class is not None else list(type_.enums)
    return st.sampled_from(members)


def _moments(type_: Any) -> Strategy:
    zone = dt.UTC if type_.timezone else None
    return st.sampled_from([moment.replace(tzinfo=zone) for moment in MOMENTS])


def _times(type_: Any) -> Strategy:
    zone = dt.UTC if type_.timezone else None
    return st.sampled_from([moment.time().replace(tzinfo=zone) for moment in MOMENTS])


def _uuids(type_: Any) -> Strategy:
    values = [uuid.UUID(int=number) for number in (1, 2, 3, 2**127)]
    return st.sampled_from(values if type_.as_uuid else [str(value) for value in values])


def _decorated(type_: Any) -> Strategy:
    python_type = _python_type(type_)
    if python_type is not None and issubclass(python_type, enum.Enum):
        return st.sampled_from(list(python_type))
    return strategy_for_type(type_.impl_instance if hasattr(type_, "impl_instance") else type_.impl)


def _python_type(type_: TypeEngine[Any]) -> type | None:
    try:
        return type_.python_type
    except NotImplementedError:
        return None


REGISTRY: dict[type, Callable[[Any], Strategy]] = {
    sqltypes.Integer: _integers(32),
    sqltypes.SmallInteger: _integers(16),
    sqltypes.BigInteger: _integers(64),
    sqltypes.Numeric: _numbers,
    sqltypes.Float: _numbers,
    sqltypes.String: _text,
    sqltypes.Enum: _enum,
    sqltypes.Boolean: lambda _type: st.booleans(),
    sqltypes.Date: lambda _type: st.sampled_from([moment.date() for moment in MOMENTS]),
    sqltypes.DateTime: _moments,
    sqltypes.Time: _times,
    sqltypes.Interval: lambda _type: st.sampled_from(SPANS),
    sqltypes.Uuid: _uuids,
    sqltypes.LargeBinary: lambda _type: st.sampled_from([b"", b"a", b"\x00", b"\xff\\'"]),
    sqltypes.TypeDecorator: _decorated,
}


@dataclass(frozen=True, slots=True)
class Values:
    """What a column holds: a strategy, a function from number to distinct value, and the pool behind the strategy."""

    strategy: Strategy
    distinct: Callable[[int], Any]
    pool: tuple[Any, ...] | None


def values_for(column: Any, constants: Iterable[Any] = ()) -> Values:
    """Stand-in shape of the interface."""
    type_ = column.type
    strategy = strategy_for_type(type_, constants)
    pool = draw_pool(strategy)
    make = next((make for class_ in type(type_).__mro__ if (make := DISTINCT.get(class_)) is not None), None)
    return Values(strategy, (lambda n: make(type_, n)) if make else (lambda n: pool[n % len(pool)]), pool)


def draw_pool(strategy: Strategy) -> tuple[Any, ...]:
    from hypothesis import find, given, settings, Phase

    got = []

    @settings(max_examples=200, database=None, derandomize=True, phases=[Phase.generate], deadline=None)
    @given(strategy)
    def t(v):
        if v not in got:
            got.append(v)

    t()
    return tuple(got)


DISTINCT = {
    sqltypes.Integer: lambda _type, slot: slot,
    sqltypes.Numeric: lambda type_, slot: decimal.Decimal(slot) if type_.asdecimal else float(slot),
    sqltypes.String: lambda type_, n: ("x" if not n else f"x{n}")[-(type_.length or 99) :],
    sqltypes.Date: lambda _type, slot: dt.date(2024, 1, 1) + dt.timedelta(days=slot),
    sqltypes.DateTime: lambda type_, slot: (
        dt.datetime(2024, 1, 1, tzinfo=dt.UTC if type_.timezone else None) + dt.timedelta(days=slot)
    ),
    sqltypes.Uuid: lambda type_, slot: (
        uuid.UUID(int=slot + 1) if type_.as_uuid else str(uuid.UUID(int=slot + 1))
    ),
}
