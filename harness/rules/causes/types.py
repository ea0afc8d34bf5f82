"""Causes in types: the same thing in two forms, or a comparison that goes by another form."""

import datetime as dt
import enum
import json
import uuid
from collections.abc import Iterator
from typing import Any

from harness.comparison import same
from harness.core.expression import Operation
from harness.core.observation import Example, Key
from harness.rules.base import Documentation
from harness.rules.cause import (
    COMPARISONS,
    ORDERINGS,
    Explanation,
    ValueCause,
    attribute,
    fact,
    is_number,
    operand_written,
    operations,
    own_row,
    uses,
    values_shown,
    written,
)

TEXTS = ("TEXT", "VARCHAR", "CHAR")
AS_TEXT = frozenset({"->>", "#>>"})
SQL_TYPES = {
    bool: "Boolean",
    int: "Integer",
    float: "Double",
    uuid.UUID: "Uuid",
    dt.date: "Date",
    dt.datetime: "DateTime",
}
UNKNOWN_TYPE = "NullType"


class EnumAgainstStored(ValueCause):
    """A member of an Enum on one side, what is stored for it on the other."""

    code = "HH250"
    name = "enum-against-stored-value"
    documentation = Documentation(
        what="One side gives a member of an Enum, the other the text or number that is stored for it; or one its value and the other its name.",
        why="`M.h == Color.RED` is sent without the Enum's type and finds nothing; `row.h is Color.RED` is False.",
        limits="Reported where what is stored is the member's value or name.",
        example="the getter: Color(self.color); the expression: cls.color, a Text column",
        instead="type_coerce(cls.color, Enum(Color, native_enum=False, values_callable=lambda e: [m.value for m in e]))",
    )

    def explain_values(self, seen: Example, key: Key, python: Any, sql: Any) -> Explanation | None:
        """Where one is the other's value or name."""
        member, stored = (python, sql) if isinstance(python, enum.Enum) else (sql, python)
        if not isinstance(member, enum.Enum):
            return _name_against_value(seen, key, python, sql)
        if isinstance(stored, enum.Enum):
            return None
        by_value = same(member.value, stored)
        if not by_value and member.name != stored:
            return None
        enum_name = type(member).__name__
        said = f"{values_shown(seen, python, sql)}: one is a member of {enum_name}, the other the {'value' if by_value else 'name'} that is stored for it."
        if member is sql:
            return (
                said,
                f"Return the member from the getter: `{enum_name}{'(...)' if by_value else '[...]'}`.",
            )
        by = ", values_callable=lambda members: [each.value for each in members]" if by_value else ""
        return (
            f"{said} `{seen.hybrid.name} == {member}` is sent without the type, and finds no row.",
            f"Give the SQL the Enum's type: `type_coerce({_expression(seen)}, Enum({enum_name}, native_enum=False{by}))`.",
        )


def _name_against_value(seen: Example, key: Key, python: Any, sql: Any) -> Explanation | None:
    """Where a column of the row holds a member whose value is the getter's and whose name, which is stored, SQL's."""
    for column, member in own_row(seen, key).items():
        if isinstance(member, enum.Enum) and same(member.value, python) and member.name == sql:
            enum_name, name = type(member).__name__, attribute(seen, column)
            return (
                f"{values_shown(seen, python, sql)}: the getter gives the value of {member}, and {name} stores its name.",
                f"Store the values, `Enum({enum_name}, values_callable=lambda members: [each.value for each in members])`, or map them in SQL: "
                f"`case({{each: each.value for each in {enum_name}}}, value={written(seen, column)})`.",
            )
    return None


def _expression(seen: Example) -> str:
    """The whole expression, where it is a single column."""
    columns = seen.structure.columns
    return written(seen, columns[0]) if len(columns) == 1 and not seen.structure.operations else "..."


class IntervalAgainstSeconds(ValueCause):
    """A span of time on one side, its seconds on the other."""

    code = "HH251"
    name = "interval-against-number"
    documentation = Documentation(
        what="One side gives an interval (timedelta), the other a number of seconds, minutes or days.",
        why="`M.h > 5` compares an interval with a number, which PostgreSQL refuses.",
        limits="Seen by the types of the two values.",
        example="the getter: (self.end - self.start).total_seconds(); the expression: cls.end - cls.start",
        instead="extract('epoch', cls.end - cls.start)",
    )

    def explain_values(self, seen: Example, key: Key, python: Any, sql: Any) -> Explanation | None:
        """Where one is a timedelta and the other a number."""
        del key
        if isinstance(python, dt.timedelta) and is_number(sql):
            return (
                f"{values_shown(seen, python, sql)}: a span of time against a number.",
                f"Return a number from the getter of {seen.hybrid.name} too, `.total_seconds()`, or an interval from the expression.",
            )
        if not (isinstance(sql, dt.timedelta) and is_number(python)):
            return None
        span = next((each for each in operations(seen, "sub") if each.depth == 0), None)
        inside = (
            " - ".join(operand_written(seen, each) for each in span.operands) if span is not None else "..."
        )
        return (
            f"{values_shown(seen, python, sql)}: a number against a span of time.",
            f"Take the seconds in SQL: `extract('epoch', {inside})`, or return the timedelta from the getter.",
        )


class UuidAgainstText(ValueCause):
    """A UUID on one side, its text on the other."""

    code = "HH252"
    name = "uuid-against-text"
    documentation = Documentation(
        what="One side gives a UUID, the other a text of it.",
        why="`M.h == str(...)` compares a uuid with a text, and values from the two sides never match in a dict.",
        limits="Reported where the text is that UUID's.",
        example="the getter: str(self.id); the expression: cls.id",
        instead="cast(cls.id, Text)",
    )

    def explain_values(self, seen: Example, key: Key, python: Any, sql: Any) -> Explanation | None:
        """Where the one is the text of the other."""
        del key
        one, text = (python, sql) if isinstance(python, uuid.UUID) else (sql, python)
        if (
            not isinstance(one, uuid.UUID)
            or not isinstance(text, str)
            or text.lower() not in (str(one), one.hex)
        ):
            return None
        if one is python:
            return (
                f"{values_shown(seen, python, sql)}: a UUID against its text.",
                f"Return the text from the getter of {seen.hybrid.name} too, `str(...)`, or the uuid from the expression.",
            )
        casted = f"cast({_expression(seen)}, Text)"
        if text == one.hex:
            casted = f"func.replace({casted}, '-', '')"
        return (
            f"{values_shown(seen, python, sql)}: the text of a UUID against the UUID.",
            f"Make it a text in SQL too: `{casted}`, or return the UUID from the getter.",
        )


class JsonNumberAsText(ValueCause):
    """A number out of a document is compared as text."""

    code = "HH253"
    name = "json-number-as-text"
    documentation = Documentation(
        what="The SQL takes a number out of a JSON document as text, and compares or returns the text.",
        why="As text '9' is greater than '10'.",
        limits="Reported where the document of the row has a number under the key.",
        example="cls.data['n'].astext > '10'",
        instead="cls.data['n'].as_integer() > 10",
    )

    def explain_values(self, seen: Example, key: Key, python: Any, sql: Any) -> Explanation | None:
        """Where the row has a number there, and the text of it is compared or returned."""
        if sql is None:
            return None
        row = own_row(seen, key)
        for operation in operations(seen, *AS_TEXT):
            number = _taken(row, operation)
            if not is_number(number) or not (_compared(seen, operation) or isinstance(sql, str)):
                continue
            column, path = operation.operands[0].column or "", operation.operands[-1].value
            compared = _compared(seen, operation)
            what = (
                f"`{compared.brief}` compares it as text, by which '9' > '10'"
                if compared
                else f"`{operation.brief}` is its text"
            )
            way = "as_integer" if isinstance(number, int) else "as_float"
            return (
                f"{values_shown(seen, python, sql)}: the document has the number {number!r} under {path!r}, and {what}.",
                f"Take it as a number: `{written(seen, column)}[{path!r}].{way}()`, compared with a number.",
            )
        return None


def _taken(row: dict[str, object], operation: Operation) -> object:
    """What the document in the row has where the operation takes it."""
    if not operation.operands:
        return None
    document, path = row.get(operation.operands[0].column or ""), operation.operands[-1].value
    for part in path if isinstance(path, list | tuple) else (path,):
        if not isinstance(document, dict) or part not in document:
            return None
        document = document[part]
    return document


def _compared(seen: Example, operation: Operation) -> Operation | None:
    return next(
        (
            each
            for each in operations(seen, *COMPARISONS)
            if any(operand.shown == operation.shown for operand in each.operands)
        ),
        None,
    )


class DateAgainstTimestamp(ValueCause):
    """A date on one side, a moment on the other."""

    code = "HH254"
    name = "date-against-timestamp"
    documentation = Documentation(
        what="One side gives a date, the other a timestamp of that day.",
        why="They are never equal in Python, and `M.h == date` finds only midnight.",
        limits="Reported where the timestamp lies in that day.",
        example="the getter: self.at.date(); the expression: func.date_trunc('day', cls.at)",
        instead="cast(cls.at, Date)",
    )

    def explain_values(self, seen: Example, key: Key, python: Any, sql: Any) -> Explanation | None:
        """Where one is the date of the other."""
        del key
        if not (isinstance(python, dt.date) and isinstance(sql, dt.date)) or isinstance(
            python, dt.datetime
        ) == isinstance(sql, dt.datetime):
            return None
        moment, day = (python, sql) if isinstance(python, dt.datetime) else (sql, python)
        if not isinstance(moment, dt.datetime) or moment.date() != day:
            return None
        way = (
            f"Make it a date in SQL too: `cast({_expression(seen)}, Date)`."
            if moment is sql
            else f"Return a date from the getter of {seen.hybrid.name} too, `.date()`, or the timestamp from the expression."
        )
        return f"{values_shown(seen, python, sql)}: a date against a timestamp of that day.", way


class TextAgainstValue(ValueCause):
    """A value on one side, its text on the other."""

    code = "HH255"
    name = "text-against-value"
    documentation = Documentation(
        what="One side gives a text, the other the value that the text is of: '5' and 5, 'true' and True, '2024-01-01' and a date.",
        why="They sort differently, and never compare equal.",
        limits="Reported where one is the text of the other.",
        example="the getter: self.number; the expression: cls.data['number'].astext",
        instead="cls.data['number'].as_integer()",
    )

    def explain_values(self, seen: Example, key: Key, python: Any, sql: Any) -> Explanation | None:
        """Where the text is that of the value."""
        del key
        if isinstance(python, str) == isinstance(sql, str) or python is None or sql is None:
            return None
        text, value = (python, sql) if isinstance(python, str) else (sql, python)
        if text not in set(_texts(value)) and not _writes_document(text, value):
            return None
        if isinstance(value, dict | list):
            side, other = ("SQL", "Python's") if text is sql else ("Python", "SQL's")
            return (
                f"{values_shown(seen, python, sql)}: {side} gives the text of {other} document.",
                "Give the document on both sides, `cls.column[key]` without as_string() or ->>; or its text on both.",
            )
        type_name = next((name for kind, name in SQL_TYPES.items() if type(value) is kind), "Numeric")
        if text is sql:
            return (
                f"{values_shown(seen, python, sql)}: SQL gives the text of Python's {type(value).__name__}.",
                f"Make it a {type_name} in SQL too: `cast({_expression(seen)}, {type_name})`.",
            )
        return (
            f"{values_shown(seen, python, sql)}: Python gives the text of SQL's {type(value).__name__}.",
            f"Return the value from the getter of {seen.hybrid.name}, or make it a text in SQL too: `cast({_expression(seen)}, Text)`.",
        )


def _writes_document(text: str, value: object) -> bool:
    """Whether ``text`` is JSON for ``value``, an object or an array."""
    if not isinstance(value, dict | list):
        return False
    try:
        return bool(json.loads(text) == value)
    except ValueError:
        return False


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, bool | int | float | dt.date | dt.time) or is_number(value):
        yield str(value)
        yield str(value).lower()
        yield getattr(value, "isoformat", lambda: str(value))()


class EnumOrder(ValueCause):
    """A native enum sorts by its declaration."""

    code = "HH256"
    name = "native-enum-order"
    documentation = Documentation(
        what="The SQL orders a native enum with <, > or max(); PostgreSQL goes by the order in which the labels were declared.",
        why="Python compares the labels as texts: 'high' < 'low'.",
        limits="Columns of a native enum under an ordering operator, max(), min(), greatest() or least().",
        example="self.priority > 'low' and cls.priority > 'low', for Enum('low', 'mid', 'high')",
        instead="PRIORITIES.index(self.priority) > 0 in the getter",
    )

    def explain_values(self, seen: Example, key: Key, python: Any, sql: Any) -> Explanation | None:
        """Where an enum is ordered, and its labels aren't declared in the order of the alphabet."""
        del key
        for operation in operations(
            seen, "lt", "le", "gt", "ge", "between", "max", "min", "greatest", "least"
        ):
            column = next((each for each in operation.columns if fact(seen, each).labels), None)
            if column is None or list(fact(seen, column).labels) == sorted(fact(seen, column).labels):
                continue
            labels = fact(seen, column).labels
            name = written(seen, column)
            return (
                f"{values_shown(seen, python, sql)}: `{operation.brief}` orders by the enum's declaration, {' < '.join(labels)}, where Python "
                "orders the labels as texts.",
                f"Compare by position in the getter, `{list(labels)!r}.index(...)`, or as texts in SQL, `cast({name}, Text)`.",
            )
        return None


class NumberComparedAsText(ValueCause):
    """A text that holds a number is ordered as text."""

    code = "HH257"
    name = "number-compared-as-text"
    documentation = Documentation(
        what="The getter makes a number of a text and compares that; the SQL orders the text.",
        why="As text '10' < '9': versions, house numbers and ids come out wrong from the second digit on.",
        limits="Reported where both sides decide, SQL orders a column of text, and the getter calls int(), float() or Decimal().",
        example="int(self.major) > 9 and cls.major > '9'",
        instead="cast(cls.major, Integer) > 9",
    )

    def explain_values(self, seen: Example, key: Key, python: Any, sql: Any) -> Explanation | None:
        """Where a column of text is ordered."""
        del key
        if not (isinstance(python, bool) and isinstance(sql, bool)) or not uses(
            seen, "int", "float", "Decimal"
        ):
            return None
        for operation in operations(seen, *ORDERINGS):
            for each in operation.operands:
                if each.column is not None and fact(seen, each.column).type_name.startswith(TEXTS):
                    return (
                        f"{values_shown(seen, python, sql)}: the getter compares a number, and `{operation.brief}` the text, by which "
                        "'10' comes before '9'.",
                        f"Make it a number in SQL too: `cast({written(seen, each.column)}, Integer)`, compared with a number.",
                    )
        return None


class EnumComparedWithText(ValueCause):
    """A member of an Enum is never equal to a text in Python."""

    code = "HH258"
    name = "enum-compared-with-text"
    documentation = Documentation(
        what="The column holds members of an Enum, and the getter compares it with a text: in Python they are never equal, and SQLAlchemy takes the text for the member's name.",
        why="`row.h` is False for ever, while queries find the rows.",
        limits="An Enum that is a str too, such as StrEnum, is equal to its text, and is not reported.",
        example="self.state == 'active', where state is Mapped[State]",
        instead="self.state == State.active",
    )

    def explain_values(self, seen: Example, key: Key, python: Any, sql: Any) -> Explanation | None:
        """Where a literal text meets a column that holds a member."""
        row = own_row(seen, key)
        for operation in operations(seen, "eq", "ne", "in", "not_in"):
            column = next(
                (
                    each.column
                    for each in operation.operands
                    if isinstance(row.get(each.column or ""), enum.Enum)
                ),
                None,
            )
            if column is None:
                continue
            member = row[column]
            assert isinstance(member, enum.Enum)
            text = next((each.value for each in operation.operands if isinstance(each.value, str)), None)
            if text is None or text not in seen.hybrid.python.constants:
                text = _text_of_member(seen, member)
            if text is None or isinstance(member, str):
                continue
            enum_name = type(member).__name__
            return (
                f"{values_shown(seen, python, sql)}: {attribute(seen, column)} holds members of {enum_name}, of which none is equal to the text "
                f"{text!r} in Python; in `{operation.brief}` {_taken_for(operation, text)}.",
                f"Compare with the member on both sides: `{enum_name}.{_named(type(member), text)}` in place of {text!r}.",
            )
        return None


def _named(members: type[enum.Enum], text: str) -> str:
    """The name of the member that has the text for its name or its value."""
    return next((each.name for each in members if text in (each.name, each.value)), text)


def _taken_for(operation: Operation, text: str) -> str:
    named = any(each.value == text for each in operation.operands)
    return "SQLAlchemy takes it for the name of one" if named else "a member is compared with a member"


def _text_of_member(seen: Example, member: enum.Enum) -> str | None:
    """The name or the value of a member of the same Enum that the getter's code has as a text, in a tuple or by itself."""
    constants = [
        part
        for each in seen.hybrid.python.constants
        for part in (each if isinstance(each, tuple) else (each,))
    ]
    texts = {text for each in type(member) for text in (each.name, each.value) if isinstance(text, str)}
    return next((each for each in constants if isinstance(each, str) and each in texts), None)


class ArrayFromZero(ValueCause):
    """A subscript that was taken over from a list."""

    code = "HH259"
    name = "array-counts-from-one"
    documentation = Documentation(
        what="PostgreSQL's arrays count from 1, Python's lists from 0: the expression has the list's subscript, or array_position() is compared with index().",
        why="It takes the element before, and NULL at [0]; a slice begins one too early and takes its end too.",
        limits="Columns of the row with a subscript that is a literal, whose elements at the two places are the two values; and positions that are one apart.",
        example="self.names[0] and cls.names[0]",
        instead="cls.names[1], or ARRAY(Text, zero_indexes=True)",
    )

    def explain_values(self, seen: Example, key: Key, python: Any, sql: Any) -> Explanation | None:
        """Where each side took its own place."""
        call = next(operations(seen, "array_position"), None)
        if call is not None and is_number(python) and is_number(sql) and python == sql - 1:
            return (
                f"{values_shown(seen, python, sql)}: `{call.brief}` counts from 1, Python's index() from 0.",
                "Count as the getter does: `- 1` behind it in SQL.",
            )
        row = own_row(seen, key)
        for operation in operations(seen, "getitem"):
            array, place = operation.operands
            held, at = row.get(array.column or ""), place.value
            if array.column is None or not isinstance(held, list) or type(at) is not int:
                continue
            if at < 0 <= len(held) + at and sql is None and same(held[at], python):
                name = written(seen, array.column)
                return (
                    f"{values_shown(seen, python, sql)}: Python's [{at}] counts from the end, and `{operation.brief}` is no place of an array.",
                    f"Count from the end in SQL too: `{name}[func.cardinality({name}){f' - {-at - 1}' if at < -1 else ''}]`.",
                )
            if not 0 <= at < len(held):
                continue
            if same(held[at], python) and same(held[at - 1] if at else None, sql):
                name = written(seen, array.column)
                return (
                    f"{values_shown(seen, python, sql)}: `{operation.brief}` counts from 1, Python's [{at}] from 0.",
                    f"Take one place further in SQL: `{name}[{at + 1}]`.",
                )
        return None


class JsonNullAgainstNull(ValueCause):
    """The document is JSON null, which is a value in SQL and None in Python."""

    code = "HH294"
    name = "json-null-against-null"
    documentation = Documentation(
        what="A JSON column holds null, the JSON value, which Python shows as None and PostgreSQL's IS NULL and COALESCE take for a value.",
        why="SQLAlchemy stores None in a JSON column as JSON null unless none_as_null=True, so `column IS NULL` finds none of the rows that were set to None.",
        limits="Reported where the row's document is JSON null.",
        example="self.extra is None and cls.extra.is_(None), with mapped_column(JSONB)",
        instead="mapped_column(JSONB(none_as_null=True)), or or_(cls.extra.is_(None), cls.extra == JSON.NULL)",
    )

    def explain_values(self, seen: Example, key: Key, python: Any, sql: Any) -> Explanation | None:
        """Where a column that the SQL reads has it."""
        row = own_row(seen, key)
        column = next((each for each in seen.structure.columns if _is_json_null(row.get(each))), None)
        asked = any(column in each.columns for each in operations(seen, "is", "is_not", "coalesce"))
        if column is None or not (asked or (sql is None) != (python is None)):
            return None
        name = written(seen, column)
        return (
            f"{values_shown(seen, python, sql)}: {attribute(seen, column)} is JSON null, which is None in Python and a value in SQL, not NULL.",
            f"Store None as NULL, `mapped_column(JSONB(none_as_null=True))`, or ask for both in SQL: `or_({name}.is_(None), {name} == JSON.NULL)`.",
        )


def _is_json_null(value: object) -> bool:
    """Whether it is SQLAlchemy's mark for JSON null, JSON.NULL."""
    return getattr(value, "name", None) == "JSON_NULL"


class LengthOfEmptyArray(ValueCause):
    """array_length() of an empty array is NULL."""

    code = "HH295"
    name = "length-of-empty-array"
    documentation = Documentation(
        what="array_length() of an empty array is NULL, and so are array_upper() and array_agg() of no rows; len() is 0.",
        why="Rows without elements are missing from every comparison with the number.",
        limits="Reported where SQL gives NULL and the getter 0, and no array of the row is NULL.",
        example="len(self.tags) and func.array_length(cls.tags, 1)",
        instead="func.cardinality(cls.tags)",
    )

    def explain_values(self, seen: Example, key: Key, python: Any, sql: Any) -> Explanation | None:
        """Where the array is there and empty."""
        call = next(operations(seen, "array_length", "array_upper", "array_ndims"), None)
        if call is None or sql is not None or python is None:
            return None
        if any(own_row(seen, key).get(each, []) is None for each in call.columns):
            return None
        array = operand_written(seen, call.operands[0])
        return (
            f"{values_shown(seen, python, sql)}: the array is empty, and `{call.brief}` of an empty array is NULL.",
            f"Count its elements: `func.cardinality({array})`, which is 0 for an empty array and NULL for NULL.",
        )


class DecoratorLost(ValueCause):
    """The SQL's result is what is stored, not what the column's type makes of it."""

    code = "HH296"
    name = "decorated-type-lost"
    documentation = Documentation(
        what="A column's TypeDecorator makes Python's values of what is stored, and the expression, a function, has no such type: SQL gives what is stored.",
        why="Prices come in cents, secrets encrypted, and a comparison with a value goes by what is stored, too.",
        limits="Asked last. Reported where a decorated column is an operand of the outermost operation, whose own type is the one beneath the decorator or unknown.",
        example="func.abs(cls.price), with price = mapped_column(Money), a TypeDecorator over Integer",
        instead="func.abs(cls.price, type_=Money), or type_coerce(func.abs(cls.price), Money)",
    )

    def explain_values(self, seen: Example, key: Key, python: Any, sql: Any) -> Explanation | None:
        """Where the outermost operation lost the type."""
        del key
        outermost = seen.structure.operations[:1]
        for operation in outermost:
            columns = [each.column for each in operation.operands if each.column is not None]
            column = next((each for each in columns if fact(seen, each).decorator), None)
            if column is None or fact(seen, column).decorator == seen.structure.declared_type:
                continue
            if seen.structure.type_name not in {fact(seen, column).type_name, UNKNOWN_TYPE}:
                continue  # made of the column's value, no such value itself
            decorator = fact(seen, column).decorator
            return (
                f"{values_shown(seen, python, sql)}: {attribute(seen, column)} is of the type {decorator}, and `{operation.brief}` is not, so SQL gives what "
                f"is computed of the stored values and {decorator} does nothing to it.",
                f"Say that the result is of that type: `type_coerce(..., {decorator})` around it, or `type_={decorator}` in the function.",
            )
        return None


LIKELY = (DecoratorLost(),)
CAUSES = (
    JsonNullAgainstNull(),
    LengthOfEmptyArray(),
    EnumAgainstStored(),
    IntervalAgainstSeconds(),
    UuidAgainstText(),
    JsonNumberAsText(),
    DateAgainstTimestamp(),
    TextAgainstValue(),
    EnumOrder(),
    NumberComparedAsText(),
    EnumComparedWithText(),
    ArrayFromZero(),
)
