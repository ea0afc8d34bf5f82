"""When the two sides' values are the same, and when only their types are apart."""

import datetime as dt
import decimal
import math
from typing import Any

from harness.core.policy import EXACT, NULL_STANDS_FOR, Policy

RELATIVE = 1e-9
"""Tolerance between floats: sums in another order differ by a few units in the 16th digit for each addend."""
QUOTIENT_DIGITS = 16
"""PostgreSQL's numeric division ends after so many significant digits at least (NUMERIC_MIN_SIG_DIGITS)."""


def same(python: Any, sql: Any, policy: Policy = EXACT) -> bool:
    """Whether a value from Python and one from SQL are one value, under ``policy``.

    None is only None, never False or 0, unless the policy says so. Floats, and a float against a Decimal, may differ by RELATIVE; NaN is NaN; other
    numbers are compared by value, so that Decimal's scale doesn't count, nor where each side ends a quotient that never ends. Lists and tuples are compared by their elements, moments
    in UTC, since Python finds those in an hour that a time zone has twice unequal to all of other zones.
    """
    if python is None or sql is None:
        return python is sql or _null_stands_for(sql if python is None else python, policy)
    if isinstance(python, bool) or isinstance(sql, bool):
        return equal(python, sql)
    if isinstance(python, int | float | decimal.Decimal) and isinstance(sql, int | float | decimal.Decimal):
        return _same_number(python, sql, policy.tolerance)
    if isinstance(python, list | tuple) and isinstance(sql, list | tuple):
        return len(python) == len(sql) and all(same(*pair, policy) for pair in zip(python, sql, strict=True))
    if _is_moment(python) and _is_moment(sql):
        return python.astimezone(dt.UTC) == sql.astimezone(dt.UTC)  # type: ignore[no-any-return]
    return equal(python, sql)


def _is_moment(value: Any) -> bool:
    return isinstance(value, dt.datetime) and value.utcoffset() is not None


def _null_stands_for(value: Any, policy: Policy) -> bool:
    if policy.null is None:
        return False
    plain = NULL_STANDS_FOR[policy.null]
    return isinstance(value, bool) == isinstance(plain, bool) and equal(value, plain)


def _same_number(python: Any, sql: Any, tolerance: float | None) -> bool:
    if _is_nan(python) or _is_nan(sql):
        return _is_nan(python) and _is_nan(sql)
    if isinstance(python, float) or isinstance(sql, float) or tolerance is not None:
        relative = RELATIVE if tolerance is None else tolerance
        try:
            return math.isclose(float(python), float(sql), rel_tol=relative, abs_tol=RELATIVE)
        except OverflowError:  # an integer beyond all floats
            return False
    return bool(python == sql) or _same_quotient(python, sql)


def _same_quotient(one: Any, other: Any) -> bool:
    """Whether both are one number that has no end: Python's took all digits of its context, PostgreSQL's those of a division."""
    if not (isinstance(one, decimal.Decimal) and isinstance(other, decimal.Decimal)):
        return False
    if not (one.is_finite() and other.is_finite()):
        return False
    shorter, longer = sorted(len(each.as_tuple().digits) for each in (one, other))
    if shorter < QUOTIENT_DIGITS or longer < decimal.getcontext().prec:
        return False
    return abs(one - other) <= abs(other).scaleb(1 - QUOTIENT_DIGITS)


def _is_nan(number: Any) -> bool:
    """A signalling NaN too, which raises in comparisons."""
    return number.is_nan() if isinstance(number, decimal.Decimal) else number != number  # noqa: PLR0124


def equal(python: Any, sql: Any) -> bool:
    """What ``==`` says, False where it raises."""
    try:
        return bool(python == sql)
    except Exception:  # noqa: BLE001 - __eq__ is the user's code; what can't be compared isn't the same
        return False


def drift(python: Any, sql: Any) -> tuple[str, str] | None:
    """The two type names where one side gives a float and the other a Decimal: they can't be added in Python."""
    pair = (type(python).__name__, type(sql).__name__)
    return pair if set(pair) == {"float", "Decimal"} else None
