"""When a value from Python and one from SQL are one value."""

import datetime as dt
import enum
import itertools
import math
import uuid
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import column

from harness.comparison import drift, same

NAN, INFINITY = float("nan"), float("inf")


class Colour(enum.Enum):
    RED = 1


class Hostile:
    """What users' values may do when they are compared."""

    def __init__(self, error):
        self.error = error

    def __eq__(self, other):
        raise self.error

    __hash__ = None


class Undecided:
    """Its comparison is no bool, as numpy's arrays are."""

    class Answer:
        def __bool__(self):
            raise ValueError("ambiguous")

    def __eq__(self, other):
        return self.Answer()

    __hash__ = None


NEW_YORK = ZoneInfo("America/New_York")
TWICE = dt.datetime(2024, 11, 3, 5, 30, tzinfo=dt.UTC)
"""In New York there is half past one twice on that day."""

SAME = [
    (TWICE, TWICE.astimezone(NEW_YORK)),
    (None, None),
    (0, 0),
    (True, True),
    (1, Decimal("1.000")),
    (1, 1.0),
    (True, 1),
    (False, 0),
    (Decimal("1.10"), Decimal("1.1")),
    (Decimal("-0"), Decimal(0)),
    (Decimal(1) / 3, Decimal("0.33333333333333333333")),
    (Decimal("20000.01") / 7, Decimal("2857.1442857142857143")),
    (-Decimal(200) / 3, Decimal("-66.6666666666666667")),
    (0.0, -0.0),
    (0.1 + 0.2, 0.3),
    (0.1 + 0.2, Decimal("0.3")),
    (Decimal("0.3"), 0.1 + 0.2),
    (1e300, 1e300 * (1 + 1e-10)),
    (1e-12, 0.0),
    (NAN, NAN),
    (Decimal("NaN"), NAN),
    (Decimal("NaN"), Decimal("NaN")),
    (Decimal("sNaN"), NAN),
    (INFINITY, Decimal("Infinity")),
    ("é", "é"),
    ([1, [2, None]], (1.0, (Decimal(2), None))),
    ([], ()),
    ({"a": 1}, {"a": 1}),
    (Colour.RED, Colour.RED),
    (dt.datetime(2024, 1, 1, 12, tzinfo=dt.UTC), dt.datetime(2024, 1, 1, 13, tzinfo=dt.timezone(dt.timedelta(hours=1)))),
    (uuid.UUID(int=1), uuid.UUID(int=1)),
]  # fmt: skip
APART = [
    *itertools.combinations((None, 0, ""), 2),
    (None, False),
    (None, NAN),
    (None, []),
    (False, ""),
    (0, ""),
    (0, "0"),
    (1, True + 1),
    (True, "true"),
    (1.0, 1.00000001),
    (Decimal("1.0000000000000000001"), Decimal(1)),
    (2**53, 2**53 + 1),
    (Decimal(2**53 + 1), 2**53),
    (NAN, 0.0),
    (NAN, INFINITY),
    (Decimal("NaN"), Decimal(0)),
    (INFINITY, -INFINITY),
    (INFINITY, 1e308),
    (10**400, 1e308),
    (10**400, INFINITY),
    (Decimal("1e400"), 1e308),
    ("é", "e\u0301"),
    ("a", "a "),
    ([1], [1, 1]),
    ([1, 2], [2, 1]),
    ([None], [0]),
    ([1], 1),
    ([], None),
    (Colour.RED, 1),
    (dt.date(2024, 1, 1), dt.datetime(2024, 1, 1, tzinfo=dt.UTC)),
    (dt.datetime(2024, 1, 1, tzinfo=dt.UTC), dt.datetime(2024, 1, 1)),  # noqa: DTZ001 - aware against naive
    (uuid.UUID(int=1), str(uuid.UUID(int=1))),
    (Hostile(ValueError()), 1),
    (1, Hostile(RecursionError())),
    (Hostile(ValueError()), True),
    (column("amount") > 3, True),  # a getter that returns SQL
    (False, Undecided()),
    ([Hostile(KeyError())], [1]),
    (Undecided(), 1),
]


def shown(pair):
    return " ~ ".join(map(repr, pair)) if "object at" not in repr(pair) else "hostile"


@pytest.mark.parametrize("pair", SAME, ids=shown)
def test_one_value(pair):
    assert same(*pair) is True
    assert same(*reversed(pair)) is True


@pytest.mark.parametrize("pair", APART, ids=shown)
def test_two_values(pair):
    assert same(*pair) is False
    assert same(*reversed(pair)) is False


numbers = st.booleans() | st.integers() | st.floats() | st.decimals(allow_nan=True)
plain = st.none() | numbers | st.text("aé ", max_size=2)
values = plain | st.lists(plain, max_size=3)


@given(values)
def test_every_value_is_itself(value):
    assert same(value, value)


@given(values, values)
def test_the_order_of_the_sides_does_not_matter(left, right):
    assert same(left, right) is same(right, left)


@given(numbers | st.text("aé ", max_size=2))
def test_nothing_is_null_but_null(value):
    assert not same(None, value)
    assert not same(value, None)


@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=20), st.randoms(use_true_random=False))
def test_floats_summed_in_another_order_are_the_same(numbers, random):
    shuffled = random.sample(numbers, len(numbers))
    assert same(math.fsum(numbers), sum(shuffled))


@pytest.mark.parametrize(
    ("python", "sql", "names"),
    [
        (1.0, Decimal(1), ("float", "Decimal")),
        (Decimal(1), 1.0, ("Decimal", "float")),
        (1.0, 1.0, None),
        (Decimal(1), Decimal("1.0"), None),
        (1, Decimal(1), None),
        (1, 1.0, None),
        (True, 1, None),
        (None, Decimal(1), None),
    ],
)
def test_only_float_and_decimal_drift(python, sql, names):
    assert drift(python, sql) == names
