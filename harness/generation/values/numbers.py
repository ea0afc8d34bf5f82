"""Whole numbers, decimals, floats, booleans."""

import decimal
import math
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from harness.generation.values.domain import Constants, Domain, Lookup, Maker, listed, plain

PLAIN_INTEGERS = (0, 1, 2, 3, -1, 4, 5, 7, 9, 10, -2, -3)
LARGER_INTEGERS = (-7, 11, 12, 50, 99, 100, 101, -100, 255, 256, 1000)
DECIMALS = (
    "0", "1", "2", "0.5", "1.5", "2.5", "-1", "-0.5", "-1.5", "3", "0.1", "0.2", "0.3", "10", "9", "0.01", "0.005",
    "1.005", "-1.005", "9.99", "99.995", "-2.5", "100", "1000", "12345.678", "0.000001", "-0.000001", "99999999.99",
)  # fmt: skip
FLOATS = (
    0.0, 1.0, 2.0, 0.5, 1.5, 2.5, -1.0, -0.5, -1.5, -2.5, 0.1, 0.2, 0.3, 3.0, 10.0, 9.0, 1e-9, 1e9, 1e15, -1e15, 1 / 3, 2.675, -2.675,
)  # fmt: skip
REALS = (
    0.0, 1.0, 2.0, 0.5, 1.5, 2.5, -1.0, -0.5, -1.5, -2.5, 0.125, 3.0, 10.0, 9.0, 0.1, 2.0**-10, 1e6, -1e6,
)  # fmt: skip
"""Floats that a single-precision column gives back as they were; 0.1 is the one whose arithmetic differs from Python's."""
REAL_DIGITS = 24
"""FLOAT(p) is a REAL up to this precision."""
PLENTY = 10_000
"""Distinct whole numbers that are enough; a NUMERIC that holds fewer counts in its smallest steps."""


def integers(bits: int) -> Maker:
    """Signed integers of so many bits."""
    return between(-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)


def between(least: int, most: int) -> Maker:
    """Whole numbers, both bounds among them."""
    numbers = (*PLAIN_INTEGERS, most, least, *LARGER_INTEGERS)
    pool = tuple(dict.fromkeys(number for number in numbers if least <= number <= most))

    def make(_type: Any, constants: Constants, _lookup: Lookup) -> Domain:
        mined = (int(number) for number in _numbers(constants) if number == int(number))
        return Domain(pool, lambda number: number % (most + 1), tuple(n for n in mined if least <= n <= most))

    return make


def booleans(_type: Any, _constants: Constants, _lookup: Lookup) -> Domain:
    """Both."""
    return listed((False, True))


def numerics(type_: Any, constants: Constants, _lookup: Lookup) -> Domain:
    """NUMERIC(precision, scale): values that it holds without rounding, and its largest in the middle."""
    fitting = _Fitting(type_.precision, type_.scale)
    python = (lambda value: value) if type_.asdecimal else float
    values = fitting.those(Decimal(text) for text in DECIMALS)
    if fitting.largest is not None:
        middle = len(values) // 2
        values = [*values[:middle], fitting.largest, *values[middle:]]
    return Domain(
        tuple(python(value) for value in values),
        lambda number: python(fitting.numbered(number)),
        tuple(python(value) for value in fitting.those(_numbers(constants))),
    )


class _Fitting:
    """What NUMERIC(precision, scale) holds; without a precision that is every decimal."""

    def __init__(self, precision: int | None, scale: int | None) -> None:
        self.step, self.largest = None, None
        if precision is not None:
            self.digits = decimal.Context(
                prec=precision + abs(scale or 0) + 9
            )  # more than Python's 28 digits
            self.step = self.digits.scaleb(Decimal(1), -(scale or 0))
            self.largest = self.digits.subtract(
                self.digits.scaleb(Decimal(1), precision - (scale or 0)), self.step
            )

    def those(self, values: Iterator[Decimal]) -> list[Decimal]:
        """Those of ``values`` that need no rounding, with the digits that the server gives them."""
        if self.step is None or self.largest is None:
            return list(values)
        small = (value for value in values if abs(value) <= self.largest)
        exact = ((value, value.quantize(self.step, context=self.digits)) for value in small)
        return [rounded for value, rounded in exact if rounded == value]

    def numbered(self, number: int) -> Decimal:
        if self.step is None or self.largest is None:
            return Decimal(number)
        unit = max(self.step, Decimal(1)) if self.largest > PLENTY else self.step
        capacity = int(self.largest / unit) + 1
        return (number % capacity * unit).quantize(self.step, context=self.digits)


def floats(type_: Any, constants: Constants, _lookup: Lookup) -> Domain:
    """Doubles and reals; as decimals where the type says so."""
    single = type_.__visit_name__ == "REAL" or (type_.precision or REAL_DIGITS + 1) <= REAL_DIGITS
    python = (lambda value: Decimal(repr(float(value)))) if type_.asdecimal else float
    pool = tuple(python(value) for value in (REALS if single else FLOATS))
    return Domain(pool, python, tuple(python(value) for value in _numbers(constants)))


def _numbers(constants: Constants) -> Iterator[Decimal]:
    """The numbers among the constants; NaN and infinity are for those who register a strategy."""
    for constant in map(plain, constants):
        if (
            isinstance(constant, int | float | Decimal)
            and not isinstance(constant, bool)
            and math.isfinite(constant)
        ):
            yield Decimal(repr(constant)) if isinstance(constant, float) else Decimal(constant)
