"""Rows, compared with multiplicity and, where it is asked for, in order."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.comparison import RowDifference, compare_rows

NAN = float("nan")


class Hostile:
    """A value that can't be compared."""

    def __eq__(self, other):
        raise ValueError

    __hash__ = None


@pytest.mark.parametrize(
    ("title", "expected", "got", "ordered", "missing", "extra"),
    [
        ("nothing at all", [], [], False, None, None),
        ("any order", [(1, "a"), (2, "b")], [(2, "b"), (1, "a")], False, None, None),
        ("the order matters", [(1,), (2,)], [(2,), (1,)], True, [(1,)], [(2,)]),
        ("in order", [(1, 0.3), (2, None)], [(1, 0.1 + 0.2), (2, None)], True, None, None),
        ("a row twice", [(1,)], [(1,), (1,)], False, [], [(1,)]),
        ("a row once that came twice before", [(1,), (1,)], [(1,)], False, [(1,)], []),
        ("one more, in order", [(1,)], [(1,), (1,)], True, [], [(1,)]),
        ("one less, in order", [(1,), (2,)], [(1,)], True, [(2,)], []),
        ("none came", [(1,), (2,)], [], False, [(1,), (2,)], []),
        ("all too many", [], [(1,), (2,)], False, [], [(1,), (2,)]),
        ("another value", [(1, 0), (2, 5)], [(1, None), (2, 5)], False, [(1, 0)], [(1, None)]),
        ("values exchanged", [(1, 0), (2, 5)], [(1, 5), (2, 0)], False, [(1, 0), (2, 5)], [(1, 5), (2, 0)]),
        ("scale of a decimal", [(1, Decimal("1.0"))], [(1, Decimal("1.000"))], False, None, None),
        ("not a number", [(1, NAN)], [(1, float("nan"))], False, None, None),
        ("another width", [(1, 2)], [(1,)], False, [(1, 2)], [(1,)]),
        ("an array", [(1, [1, None])], [(1, [1, None])], False, None, None),
        ("an array of other elements", [(1, [1, None])], [(1, [1, 0])], False, [(1, [1, None])], [(1, [1, 0])]),
    ],
)  # fmt: skip
def test_rows(title, expected, got, ordered, missing, extra):  # noqa: PLR0917
    difference = compare_rows(expected, got, ordered=ordered)
    if missing is None:
        assert difference is None, title
    else:
        assert difference == RowDifference(tuple(missing), tuple(extra)), title


def test_what_can_not_be_compared_is_not_the_same():
    left, right = (1, Hostile()), (1, Hostile())
    difference = compare_rows([left], [right])
    assert difference is not None
    assert difference.missing[0] is left
    assert difference.extra[0] is right


def test_the_rows_given_stay_as_they_are():
    expected, got = [(1,), (2,)], [(2,), (3,)]
    compare_rows(expected, got)
    assert (expected, got) == ([(1,), (2,)], [(2,), (3,)])


rows = st.lists(
    st.tuples(st.integers(0, 3), st.sampled_from([None, 0, False, "", 0.5, Decimal("0.5")])), max_size=8
)


@given(rows, st.randoms(use_true_random=False))
def test_a_shuffle_changes_nothing(given_rows, random):
    assert compare_rows(given_rows, random.sample(given_rows, len(given_rows))) is None


@given(rows, rows)
def test_what_is_missing_one_way_is_extra_the_other_way(left, right):
    there, back = compare_rows(left, right), compare_rows(right, left)
    assert (there is None) == (back is None)
    if there is not None:
        assert len(there.missing) - len(there.extra) == len(left) - len(right)
        assert len(back.missing) == len(there.extra)


@given(rows, st.tuples(st.just(9), st.none()))
def test_one_row_more_is_the_only_difference(given_rows, row):
    assert compare_rows(given_rows, [*given_rows, row]) == RowDifference((), (row,))
    assert compare_rows([row, *given_rows], given_rows) == RowDifference((row,), ())
