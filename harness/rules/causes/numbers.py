"""Causes in numbers: rounding, division, remainders, limits of types."""

import decimal
import math
from collections.abc import Iterator
from typing import Any

from harness.comparison import same
from harness.core.expression import Operand, Operation
from harness.core.observation import Example, Key
from harness.core.outcome import Raised, Returned
from harness.rules.base import Documentation, shown
from harness.rules.cause import (
    INTEGERS,
    ORDERINGS,
    Cause,
    Difference,
    Explanation,
    ValueCause,
    attribute,
    fact,
    is_number,
    operand_written,
    operations,
    own_row,
    sql_shown,
    uses,
    values_shown,
)

BINARY = 2
ARITHMETIC = {
    "add": "+",
    "sub": "-",
    "mul": "*",
    "floordiv": "//",
    "truediv": "/",
    "mod": "%",
    "neg": "-",
    "pow": "**",
}
PYTHON_BASES = {"log10": "10", "log2": "2", "log": "e"}
SQL_BASES = {"log": "10", "log10": "10", "ln": "e"}
LOGARITHMS = {"e": "func.ln({})", "10": "func.log({})", "2": "func.ln({}) / func.ln(2)"}
OUTSIDE = {
    "2201E": ("ln", "log", "log10"),
    "2201F": ("sqrt", "power", "pow"),
    "22011": ("substr", "substring", "left", "right"),
}
"""PostgreSQL's errors for arguments that a function is not defined for, and the functions."""
LARGEST = {"SMALLINT": 2**15 - 1, "INTEGER": 2**31 - 1, "BIGINT": 2**63 - 1}
WIDER = {"SMALLINT": "Integer", "INTEGER": "BigInteger", "BIGINT": "Numeric"}
TO_INTEGER = {"int": "trunc", "trunc": "trunc", "floor": "floor", "ceil": "ceil"}
"""What Python's ways to an integer are called in PostgreSQL."""


class DecimalWithFloat(Cause):
    """Python refuses to compute with a Decimal and a float."""

    code = "HH260"
    name = "decimal-with-float"
    documentation = Documentation(
        what="The getter computes with a Decimal, which a Numeric column gives, and a float. Python raises TypeError; PostgreSQL computes.",
        why="The attribute can't be used on any instance that has a value there.",
        limits="Recognised by the words of the TypeError.",
        example="return self.price * 1.1",
        instead="return self.price * Decimal('1.1')",
    )

    def marks(self, seen: Example) -> bool:
        """Where a Numeric column meets a float; what the product is stored as differs by position."""
        return any(self._refused(each) for each in seen.python.values())

    def explain(self, seen: Example, difference: Difference) -> Explanation | None:
        """Where the TypeError names both."""
        python = difference.python
        if not isinstance(python, Raised) or not self._refused(python) or len(difference.sql) != 1:
            return None
        return self._said(seen, f"{python}")

    def explain_position(self, seen: Example, answer: Any, apart: Any) -> Explanation | None:
        """PostgreSQL makes double precision of the product, which is compared with a Numeric."""
        del answer
        first = next(str(each) for each in seen.python.values() if self._refused(each))
        return None if apart is None else self._said(seen, first)

    def _said(self, seen: Example, error: str) -> Explanation:
        numeric = [
            each for each in seen.hybrid.python.columns if fact(seen, each).type_name.startswith("NUMERIC")
        ]
        names = ", ".join(attribute(seen, each) for each in numeric)
        floats = [each for each in seen.hybrid.python.constants if isinstance(each, float)]
        about = f" {names} is Numeric, which is a Decimal in Python." if numeric else ""
        way = (
            f"Write the constant as a Decimal on both sides: `Decimal({str(floats[0])!r})` in place of {floats[0]!r}."
            if floats
            else "Make both of one type: Decimal(str(...)) in the getter, or Float columns."
        )
        return f"{seen.hybrid.name} raises {error} in Python, where SQL computes.{about}", way

    def _refused(self, outcome: object) -> bool:
        return (
            isinstance(outcome, Raised)
            and "TypeError" in outcome.kinds
            and "Decimal" in outcome.message
            and "float" in outcome.message
        )


class Overflow(Cause):
    """A result is too large for its type."""

    code = "HH261"
    name = "number-out-of-range"
    documentation = Documentation(
        what="PostgreSQL computes in the type of the columns, and a result doesn't fit: INTEGER ends at 2147483647. Python's int has no end.",
        why="One row with large numbers makes every query with the hybrid fail.",
        limits="Reported where PostgreSQL says so (22003). CHECK constraints that bound the columns keep such rows out.",
        example="cls.price * cls.quantity, both Integer",
        instead="cast(cls.price, BigInteger) * cls.quantity",
    )

    def explain_refusal(self, seen: Example, refusal: Raised) -> Explanation | None:
        """Where PostgreSQL says so."""
        if refusal.sqlstate != "22003":
            return None
        operation = next(_overflowing(seen), None)
        large = next(
            (
                each.value
                for each in seen.python.values()
                if isinstance(each, Returned)
                and is_number(each.value)
                and abs(each.value) > LARGEST["INTEGER"]
            ),
            None,
        )
        said = f"PostgreSQL can't answer select({seen.hybrid.name}): {str(refusal).partition(': ')[2]}"
        python = f" Python answers {shown(large)}." if large is not None else ""
        if operation is None:
            return (
                f"{said}.{python}",
                "Compute in a wider type, `cast(..., BigInteger)` or `cast(..., Numeric)`, or bound the columns by CHECK constraints.",
            )
        first = operation.operands[0]
        columns = " and ".join(attribute(seen, each) for each in operation.columns)
        return (
            f"{said}. `{operation.brief}` is computed as {operation.type_name}, which ends at {LARGEST[operation.type_name]}.{python}",
            f"Widen an operand, `{_arithmetic(seen, operation, _cast(seen, first, WIDER[operation.type_name]))}`, or bound {columns} by CHECK "
            "constraints.",
        )


def _overflowing(seen: Example) -> Iterator[Operation]:
    """Integer arithmetic, the innermost last; products before sums."""
    found = [
        each
        for each in operations(seen, *ARITHMETIC)
        if each.type_name in LARGEST and each.operands and each.columns
    ]
    yield from sorted(found, key=lambda each: each.name != "mul")


def _arithmetic(seen: Example, operation: Operation, first: str) -> str:
    rest = [operand_written(seen, each) for each in operation.operands[1:]]
    symbol = ARITHMETIC.get(operation.name, "?")
    return f" {symbol} ".join([first, *rest]) if rest else f"{symbol}{first}"


def _cast(seen: Example, operand: Operand, type_name: str) -> str:
    return f"cast({operand_written(seen, operand)}, {type_name})"


class DivisionByZero(Cause):
    """A divisor is zero."""

    code = "HH262"
    name = "division-by-zero"
    documentation = Documentation(
        what="A divisor is zero: PostgreSQL fails the whole query, Python raises on the one instance, or the getter has an answer of its own.",
        why="One row makes every query with the hybrid fail.",
        limits="Reported where PostgreSQL says so (22012), or Python raises ZeroDivisionError where SQL has an answer.",
        example="cls.won / cls.played",
        instead="cls.won / func.nullif(cls.played, 0)",
    )

    def explain_refusal(self, seen: Example, refusal: Raised) -> Explanation | None:
        """Where PostgreSQL says so."""
        if refusal.sqlstate != "22012":
            return None
        division = next((each for each in _divisions(seen) if each.columns), None)
        what = f": `{division.brief}`" if division is not None else ""
        return (
            f"PostgreSQL can't answer select({seen.hybrid.name}), for a row divides by zero{what}. {_in_python(seen)}",
            f"Let the divisor be NULL in place of 0: {_guarded(seen, division)}, and return None from the getter there.",
        )

    def explain(self, seen: Example, difference: Difference) -> Explanation | None:
        """Where Python raises."""
        python = difference.python
        if (
            not isinstance(python, Raised)
            or "ZeroDivisionError" not in python.kinds
            or len(difference.sql) != 1
        ):
            return None
        if uses(seen, "len") and seen.hybrid.relationships_read:
            return None  # the mean of no rows
        return (
            f"{seen.hybrid.name} raises {python} in Python, where SQL answers {sql_shown(difference.value)}.",
            f"Ask for zero first, and return what SQL does: `... if divisor else {shown(difference.value)}`.",
        )


def _divisions(seen: Example) -> Iterator[Operation]:
    return (
        each for each in operations(seen, "truediv", "floordiv", "mod", "div") if len(each.operands) == BINARY
    )


def _in_python(seen: Example) -> str:
    """What the getter does about it."""
    raised = any(
        isinstance(each, Raised) and "ZeroDivisionError" in each.kinds for each in seen.python.values()
    )
    return (
        "Python raises ZeroDivisionError on that instance alone."
        if raised
        else "The getter has an answer for it."
    )


def _guarded(seen: Example, division: Operation | None) -> str:
    divisor = operand_written(seen, division.operands[1]) if division is not None else "..."
    return f"`func.nullif({divisor}, 0)` as the divisor"


class RoundedHalf(ValueCause):
    """Python rounds halves to the even neighbour, NUMERIC away from zero."""

    code = "HH263"
    name = "half-rounded-otherwise"
    documentation = Documentation(
        what="Python's round() takes a half to the even neighbour, PostgreSQL's round() of NUMERIC away from zero: round(0.5) is 0 and 1.",
        why="Totals drift apart by a cent for every half.",
        limits="Reported where the values are one unit apart and Python's is even.",
        example="round(self.price, 0) and func.round(cls.price, 0)",
        instead="self.price.quantize(Decimal('1'), rounding=ROUND_HALF_UP)",
    )

    def explain_values(self, seen: Example, key: Key, python: Any, sql: Any) -> Explanation | None:
        """Where the values are neighbours and Python's is the even one."""
        del key
        call = next((each for each in operations(seen, "round", "cast") if _rounds(each)), None)
        unit = _unit(python, sql)
        if call is None or unit is None or not uses(seen, "round", "quantize", "__round__"):
            return None
        return (
            f"{values_shown(seen, python, sql)}: a half, which Python's round() takes to the even neighbour and `{call.brief}` away from zero.",
            f"Round away from zero in the getter too: `.quantize(Decimal('{unit}'), rounding=ROUND_HALF_UP)` of a Decimal.",
        )


def _rounds(operation: Operation) -> bool:
    return operation.name == "round" or (operation.type_name in INTEGERS and _is_fraction(operation))


def _is_fraction(operation: Operation) -> bool:
    operand = operation.operands[0] if operation.operands else None
    return operand is not None and operand.type_name not in INTEGERS


def _unit(python: Any, sql: Any) -> decimal.Decimal | None:
    """The power of ten by which the values are apart, if they are, with Python's even in it and SQL's further from zero."""
    if not (is_number(python) and is_number(sql)):
        return None
    try:
        mine, other = decimal.Decimal(str(python)), decimal.Decimal(str(sql))
        unit = abs(mine - other).normalize()
        even = (mine / unit) % 2 == 0
    except (decimal.InvalidOperation, ZeroDivisionError):  # NaN and infinity; the same value
        return None
    power = unit.as_tuple().digits == (1,)
    return decimal.Decimal(f"{unit:f}") if power and even and abs(other) > abs(mine) else None


class IntegerByOtherRule(ValueCause):
    """The two sides come to an integer by different rules."""

    code = "HH264"
    name = "integer-by-another-rule"
    documentation = Documentation(
        what="One side truncates a number to an integer, the other rounds it or takes the floor: int(2.7) is 2, CAST(2.7 AS INTEGER) is 3, floor(-2.5) is -3.",
        why="Values are off by one for half of all fractions.",
        limits="Reported where two numbers are one apart, or a tenth, a hundredth and so on where digits are kept, or a negative number was floored on one side.",
        example="int(self.price) and cast(cls.price, Integer)",
        instead="cast(func.trunc(cls.price), Integer)",
    )

    def explain_values(self, seen: Example, key: Key, python: Any, sql: Any) -> Explanation | None:
        """Where they are one apart and come by different rules."""
        del key
        if not (is_number(python) and is_number(sql)) or not _one_digit_apart(python, sql):
            return None
        rule = next((TO_INTEGER[name] for name in TO_INTEGER if uses(seen, name)), None)
        if rule is None and "//" in seen.hybrid.python.operators:
            rule = "floor"
        found = _sql_rule(seen)
        if rule is None or found is None or found[0] == rule:
            return None
        sql_rule, operation = found
        words = {"trunc": "cuts the fraction off", "floor": "goes down", "ceil": "goes up", "round": "rounds"}
        inside = operand_written(seen, operation.operands[0]) if operation.operands else "..."
        return (
            f"{values_shown(seen, python, sql)}: the getter {words[rule]}, and `{operation.brief}` {words[sql_rule]}.",
            f"Come to it by the same rule in SQL: `{_by_rule(rule, inside, abs(python - sql))}`.",
        )


def _by_rule(rule: str, inside: str, unit: Any) -> str:
    """What comes to an integer, or to so many digits, by a rule."""
    if unit >= 1:
        return f"cast(func.{rule}({inside}), Integer)"
    scale = round(1 / unit)
    return f"func.{rule}({inside} * {scale}) / {scale}"


def _one_digit_apart(python: Any, sql: Any) -> bool:
    """Whether the values are 1 apart, or 0.1, 0.01 and so on."""
    try:
        apart = abs(decimal.Decimal(str(python)) - decimal.Decimal(str(sql))).normalize()
    except decimal.InvalidOperation:  # NaN and infinity
        return False
    return apart.as_tuple().digits == (1,) and apart <= 1


def _sql_rule(seen: Example) -> tuple[str, Operation] | None:
    """How the SQL comes to an integer: a function for it, else a cast, which rounds."""
    for operation in operations(seen, "trunc", "floor", "ceil", "ceiling", "round"):
        return operation.name.removesuffix("ing"), operation
    cast = next(
        (each for each in operations(seen, "cast") if each.type_name in INTEGERS and _is_fraction(each)), None
    )
    return ("round", cast) if cast is not None else None


class FloorDivision(ValueCause):
    """PostgreSQL's integer division cuts off, Python's goes down."""

    code = "HH265"
    name = "floor-division-of-negatives"
    documentation = Documentation(
        what="Python's // goes down, -7 // 2 is -4; SQLAlchemy makes `/` of it for integers, which cuts the fraction off in PostgreSQL: -3.",
        why="Values are off by one as soon as one operand is negative.",
        limits="Reported where the values are apart and an operand of the division is negative in the row, or the values are.",
        example="return self.balance // self.months",
        instead="func.floor(cast(cls.balance, Numeric) / cls.months)",
    )

    def explain_values(self, seen: Example, key: Key, python: Any, sql: Any) -> Explanation | None:
        """Where a negative number is divided."""
        if not _numbers_or_answers(python, sql) or "//" not in seen.hybrid.python.operators:
            return None
        for division in operations(seen, "floordiv", "div"):
            if len(division.operands) != BINARY or not _signs_differ(seen, key, division, python):
                continue
            left, right = division.operands
            return (
                f"{values_shown(seen, python, sql)}: `//` goes down in Python, and `{division.brief}` cuts the fraction off in PostgreSQL, "
                "which is another number where the quotient is negative.",
                f"Go down in SQL too: `func.floor({_cast(seen, left, 'Numeric')} / {operand_written(seen, right)})`.",
            )
        return None


def _signs_differ(seen: Example, key: Key, operation: Operation, python: Any) -> bool:
    """Whether the operands have different signs in the row, as far as they are its columns or literals."""
    row = own_row(seen, key)
    values: list[Any] = [
        each.value if each.literal else row.get(each.column or "") for each in operation.operands
    ]
    if all(is_number(each) for each in values):
        return bool((values[0] < 0) != (values[1] < 0))
    return is_number(python) and bool(python < 0)


def _numbers_or_answers(python: Any, sql: Any) -> bool:
    """Whether the values are the numbers, or say how a comparison of them went."""
    kinds = is_number if is_number(python) else lambda value: isinstance(value, bool)
    return kinds(python) and kinds(sql)


class RemainderOfNegatives(ValueCause):
    """The remainder has the divisor's sign in Python, the dividend's in SQL."""

    code = "HH266"
    name = "remainder-of-negatives"
    documentation = Documentation(
        what="Python's % has the sign of the divisor, -7 % 3 is 2; PostgreSQL's that of the dividend: -1.",
        why="Buckets and weekdays by remainder are wrong for negative numbers.",
        limits="Reported where dividend and divisor have different signs in the row, or SQL's value is negative and Python's is not.",
        example="return self.offset % 7",
        instead="func.mod(func.mod(cls.offset, 7) + 7, 7)",
    )

    def explain_values(self, seen: Example, key: Key, python: Any, sql: Any) -> Explanation | None:
        """Where the signs differ."""
        if not _numbers_or_answers(python, sql) or "%" not in seen.hybrid.python.operators:
            return None
        for remainder in operations(seen, "mod"):
            if len(remainder.operands) != BINARY or not _signs_differ(seen, key, remainder, sql):
                continue
            left, right = (operand_written(seen, each) for each in remainder.operands)
            return (
                f"{values_shown(seen, python, sql)}: the remainder has the sign of the divisor in Python, and in `{remainder.brief}` that of "
                "the dividend.",
                f"Take the remainder twice: `func.mod(func.mod({left}, {right}) + {right}, {right})`.",
            )
        return None


class IntegerDivision(ValueCause):
    """One side divides to a fraction, the other to an integer."""

    code = "HH267"
    name = "integer-division"
    documentation = Documentation(
        what="Integers are divided to a fraction on one side and to an integer on the other: 7 / 2 is 3.5 in Python and 3 in literal SQL or after //.",
        why="The fraction is lost before anything rounds it.",
        limits="Reported where one value is the other without its fraction, and the SQL divides.",
        example="self.won / self.played and literal_column('won / played')",
        instead="cast(cls.won, Numeric) / cls.played",
    )

    def explain_values(self, seen: Example, key: Key, python: Any, sql: Any) -> Explanation | None:
        """Where a fraction is missing on one side."""
        del key
        if not (is_number(python) and is_number(sql)) or not (_finite(python) and _finite(sql)):
            return None
        operators = seen.hybrid.python.operators
        whole = operations(seen, "floordiv", "div")
        exact = operations(seen, "truediv") if "//" in operators else whole
        division = next(exact, None)
        shown_division = division.shown if division is not None else "/"
        if division is None and not seen.structure.literal:
            return None
        if "/" in operators and sql == int(python) != python:
            left, right = _sides(seen, division)
            return (
                f"{values_shown(seen, python, sql)}: `/` keeps the fraction in Python, and `{shown_division}` of integers loses it.",
                f"Divide a number with a fraction in SQL too: `cast({left}, Numeric) / {right}`.",
            )
        if "//" in operators and python == math.floor(sql) != sql:
            left, right = _sides(seen, division)
            return (
                f"{values_shown(seen, python, sql)}: `//` leaves the fraction out in Python, and `{shown_division}` keeps it.",
                f"Leave it out in SQL too: `func.floor({left} / {right})`.",
            )
        return None


def _finite(value: Any) -> bool:
    return math.isfinite(float(value))


def _sides(seen: Example, division: Operation | None) -> tuple[str, str]:
    if division is None or len(division.operands) != BINARY:
        return "...", "..."
    return operand_written(seen, division.operands[0]), operand_written(seen, division.operands[1])


class LogarithmOfAnotherBase(ValueCause):
    """PostgreSQL's log() is to the base 10, Python's to e."""

    code = "HH268"
    name = "logarithm-of-another-base"
    documentation = Documentation(
        what="math.log(x) is the natural logarithm, PostgreSQL's log(x) that to the base 10; ln(x) and math.log10(x) are the others.",
        why="Every value is off by the factor 2.3.",
        limits="Reported where both sides give numbers and take a logarithm of one argument.",
        example="math.log(self.views) and func.log(cls.views)",
        instead="func.ln(cls.views)",
    )

    def explain_values(self, seen: Example, key: Key, python: Any, sql: Any) -> Explanation | None:
        """Where the bases are two."""
        del key
        if not (is_number(python) and is_number(sql)):
            return None
        base = next((PYTHON_BASES[each] for each in PYTHON_BASES if uses(seen, each)), None)
        call = next(
            (
                each
                for each in operations(seen, *SQL_BASES)
                if len(each.operands) == 1 and SQL_BASES[each.name] != base
            ),
            None,
        )
        named = base == "e" and 10 in seen.hybrid.python.constants  # noqa: PLR2004 - math.log(x, 10)
        if base is None or call is None or named:
            return None
        right = LOGARITHMS[base].format(operand_written(seen, call.operands[0]))
        return (
            f"{values_shown(seen, python, sql)}: the getter takes the logarithm to the base {base}, and `{call.brief}` that to the base "
            f"{SQL_BASES[call.name]}.",
            f"Take the same in SQL: `{right}`.",
        )


class OutsideDomain(Cause):
    """A function has no value there, and PostgreSQL fails the query."""

    code = "HH269"
    name = "outside-domain"
    documentation = Documentation(
        what="A function gets what it is not defined for: the root of a negative number, the logarithm of 0, a substring of negative length.",
        why="One such row makes every query with the hybrid fail, whatever the getter does about it.",
        limits="Reported where PostgreSQL says so (2201E, 2201F, 22011).",
        example="func.sqrt(cls.variance), func.left(cls.name, func.length(cls.name) - 3)",
        instead="case((cls.variance >= 0, func.sqrt(cls.variance)))",
    )

    def explain_refusal(self, seen: Example, refusal: Raised) -> Explanation | None:
        """Where PostgreSQL says so."""
        names = OUTSIDE.get(refusal.sqlstate or "")
        if names is None:
            return None
        call = next(operations(seen, *names), None)
        what = f" in `{call.brief}`" if call is not None else ""
        arguments = (
            ", ".join(operand_written(seen, each) for each in call.operands) if call is not None else "..."
        )
        inside = f"func.{call.name}({arguments})" if call is not None else "..."
        return (
            f"PostgreSQL can't answer select({seen.hybrid.name}): {str(refusal).partition(': ')[2]}{what}, of one row, and the query fails for all.",
            f"Ask first: `case((..., {inside}))`, which is NULL for the other rows, and return None from the getter there; or keep such rows out by "
            "a CHECK constraint.",
        )


class BoundOnOneSide(ValueCause):
    """The value is the very bound, which one side takes in and the other leaves out."""

    code = "HH298"
    name = "bound-on-one-side"
    documentation = Documentation(
        what="The row has the very value that it is compared with, and one side takes it in (>=, <=, BETWEEN) where the other leaves it out (>, <).",
        why="The one row on the bound is found by the query and not by the page, or the other way round.",
        limits="Reported where both sides decide, and a column of the row is equal to the bound that the SQL compares it with, a literal or another column.",
        example="50 <= self.score < 100 and cls.score.between(50, 100)",
        instead="and_(cls.score >= 50, cls.score < 100)",
    )

    def explain_values(self, seen: Example, key: Key, python: Any, sql: Any) -> Explanation | None:
        """Where a comparison stands on its bound."""
        if not (isinstance(python, bool) and isinstance(sql, bool)):
            return None
        row = own_row(seen, key)
        for operation in operations(seen, *ORDERINGS):
            found = _on_bound(row, operation)
            if found is None or operation.depth or not _decides_otherwise(seen, operation):
                continue
            column, value = found
            inside = operation.name in ("ge", "le", "between")
            return (
                f"{values_shown(seen, python, sql)}: {attribute(seen, column)} is {shown(value)}, the very bound, which `{operation.brief}` "
                f"{'takes in' if inside else 'leaves out'} and the getter {'leaves out' if inside else 'takes in'}.",
                _with_bound(seen, operation),
            )
        return None


def _on_bound(row: dict[str, object], operation: Operation) -> tuple[str, object] | None:
    """The column of the row that is equal to what it is compared with."""
    first, *bounds = operation.operands
    for one, bound in [(first, each) for each in _parts(bounds)] + [(each, first) for each in _parts(bounds)]:
        value = row.get(one.column or "")
        other = bound.value if bound.literal else row.get(bound.column or "")
        if one.column is not None and value is not None and other is not None and same(value, other):
            return one.column, value
    return None


def _parts(bounds: list[Operand]) -> list[Operand]:
    return [part for each in bounds for part in (each.parts or (each,))]


def _decides_otherwise(seen: Example, operation: Operation) -> bool:
    """Whether the getter compares by what has the bound where the SQL has none, or the other way round."""
    strict = {"lt": "<", "gt": ">", "le": "<=", "ge": ">="}
    with_bound, without = {"<=", ">="}, {"<", ">"}
    has = seen.hybrid.python.operators
    if operation.name == "between" or strict[operation.name] in with_bound:
        return bool(has & without) or uses(seen, "range")
    return bool(has & with_bound)


def _with_bound(seen: Example, operation: Operation) -> str:
    first = operand_written(seen, operation.operands[0])
    if operation.name == "between":
        return f"BETWEEN takes both bounds in: `and_({first} >= ..., {first} < ...)` in its place, or `<=` in the getter."
    turned = {"ge": ">", "gt": ">=", "le": "<", "lt": "<="}[operation.name]
    second = operand_written(seen, operation.operands[1])
    return f"Take the bound in on both sides or on neither: `{first} {turned} {second}`, or the other operator in the getter."


CAUSES = (
    LogarithmOfAnotherBase(),
    OutsideDomain(),
    DecimalWithFloat(),
    Overflow(),
    DivisionByZero(),
    IntegerDivision(),
    FloorDivision(),
    RemainderOfNegatives(),
    RoundedHalf(),
    IntegerByOtherRule(),
)
LIKELY = (BoundOnOneSide(),)
