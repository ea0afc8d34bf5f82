"""Causes in functions that make or measure text: templates, parts, replacements, blanks, bytes, padding."""

import re
from collections.abc import Iterator
from typing import Any

from harness.core.expression import Operation
from harness.core.observation import Example, Key
from harness.core.outcome import Raised, Returned
from harness.rules.base import Documentation
from harness.rules.cause import (
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

FILLED = (
    (re.compile(r"(?<!FM)(month|day)", re.IGNORECASE), "Month and Day are filled up with blanks to nine characters without FM"),
    (re.compile(r"^(?!FM).*[09]", re.IGNORECASE), "a number gets a blank for its sign, and one for each 9 that it has no digit for, without FM"),
)  # fmt: skip
MISTAKEN = (
    (re.compile(r"HH(12|24)?\W?MM|MM\W?SS"), "MM is the month, also beside hours", "Write MI for minutes"),
    (re.compile(r"\bHH(?!24|12)|HH12"), "HH is the hour of twelve", "Write HH24 for the hour of the day"),
    (re.compile(r"(?<!I)YYYY(?=.*IW)"), "YYYY is the year of the calendar, and IW counts the weeks of IYYY", "Write IYYY for the week's year"),
)  # fmt: skip
"""What is wrong in a template of to_char(), why, and what to do about it."""
TRIMS = {"strip": ("trim", "btrim"), "lstrip": ("ltrim",), "rstrip": ("rtrim",)}
PADS = ("zfill", "rjust", "ljust", "center", "format")
CHARACTERS, BYTES = ("length", "char_length", "character_length"), ("octet_length",)
NOT_A_VALUE = ("22P02", "22007", "22008")
"""PostgreSQL's errors for a text that is no number, no date, no uuid."""


class Template(ValueCause):
    """to_char() writes a template that is not strftime's."""

    code = "HH276"
    name = "to-char-template"
    documentation = Documentation(
        what="to_char() has templates of its own: MM is the month and MI the minute, HH counts to 12, Month and numbers are filled up with blanks unless FM says otherwise.",
        why="'HH24:MM' shows the month as minutes, and to_char(7, '000') begins with a blank.",
        limits="Reported where both sides give texts and the SQL's is what to_char() gives; the mistakes named are those people make most.",
        example="self.at.strftime('%H:%M') and func.to_char(cls.at, 'HH24:MM')",
        instead="func.to_char(cls.at, 'HH24:MI')",
    )

    def explain_values(self, seen: Example, key: Key, python: Any, sql: Any) -> Explanation | None:
        """Where the outermost call, or the only one, is to_char()."""
        del key
        calls = list(operations(seen, "to_char"))
        if not (isinstance(python, str) and isinstance(sql, str)) or len(calls) != 1:
            return None
        template = calls[0].operands[-1].value
        if not isinstance(template, str):
            return None
        why, hint = _mistake(template, python, sql)
        return (
            f"{values_shown(seen, python, sql)}: in `{calls[0].brief}` {why}.",
            f"{hint}; the patterns of to_char() are PostgreSQL's own, not those of strftime() or format().",
        )


def _mistake(template: str, python: str, sql: str) -> tuple[str, str]:
    """Why the texts differ, and what to do about it."""
    if "#" in sql and "#" not in python:
        return (
            "the number has more digits than the template, for which it writes #",
            "Give the template as many digits as the column can have",
        )
    if sql.replace(" ", "") == python.replace(" ", ""):
        filled = next((why for pattern, why in FILLED if pattern.search(template)), None)
        if filled is not None:
            return filled, "Begin the pattern with FM"
    found = ((why, hint) for pattern, why, hint in MISTAKEN if pattern.search(template))
    otherwise = f"the template {template!r} does not write what the getter's does"
    return next(found, (otherwise, "Compare the template with PostgreSQL's list letter by letter"))


class PartNotThere(Cause):
    """split_part() gives an empty text for a part that isn't there."""

    code = "HH277"
    name = "part-not-there"
    documentation = Documentation(
        what="split_part() gives '' where the text has no such part, and all of it for part 1 where it has no separator; split()[1] raises IndexError in Python, and split()[-1] takes the last part, however many there are.",
        why="Addresses without @, or with two, have a value on one side and none, or another, on the other.",
        limits="Reported where the text of the row has fewer parts than asked for, or more where the getter takes the last one.",
        example="self.email.split('@')[1] and func.split_part(cls.email, '@', 2)",
        instead="self.email.partition('@')[2], or func.split_part(cls.email, '@', -1) for the last part",
    )

    def explain(self, seen: Example, difference: Difference) -> Explanation | None:
        """Where the number of parts is not what the SQL takes it for."""
        python, row = difference.python, own_row(seen, difference.key)
        if len(difference.sql) != 1:
            return None
        splits = uses(seen, "split", "rsplit", "partition", "rpartition")
        raised = isinstance(python, Raised) and {"IndexError", "ValueError"} & set(python.kinds)
        if not raised and not isinstance(python, Returned):
            return None
        for call in operations(seen, "split_part"):
            parts, place = _parts(row, call)
            astray = len(parts) == 1 or (splits and (raised or len(parts) != place))
            if not parts or not astray or not isinstance(difference.value, str):
                continue
            said = (
                f"{seen.hybrid.name} raises {python} in Python, where SQL answers {sql_shown(difference.value)}"
                if isinstance(python, Raised)
                else values_shown(
                    seen, python.value if isinstance(python, Returned) else None, difference.value
                )
            )
            text, separator = operand_written(seen, call.operands[0]), call.operands[1].value
            many = f"{len(parts)} part{'s' if len(parts) > 1 else ''}"
            return (
                f"{said}: {attribute(seen, call.operands[0].column or '')} has {many} between {separator!r}, and `{call.brief}` takes part {place}, '' if there "
                "is none; the getter goes by what it finds.",
                f"Decide for what has more parts or fewer: `.partition({separator!r})` in the getter, whose parts are '' too where they are missing, "
                f"or `func.split_part({text}, {separator!r}, -1)` for the last one.",
            )
        return None


def _parts(row: dict[str, object], call: Operation) -> tuple[list[str], int]:
    """The parts of the row's text that the call splits, and the number of the one that it takes."""
    if len(call.operands) != len(("text", "separator", "number")):
        return [], 0
    text, separator, number = (
        row.get(call.operands[0].column or ""),
        call.operands[1].value,
        call.operands[2].value,
    )
    if not (isinstance(text, str) and isinstance(separator, str) and separator and isinstance(number, int)):
        return [], 0
    return text.split(separator), number


class FirstReplaced(ValueCause):
    """regexp_replace() replaces the first match."""

    code = "HH278"
    name = "first-match-replaced"
    documentation = Documentation(
        what="regexp_replace() replaces the first match alone unless its flags say 'g'; re.sub() and str.replace() replace all.",
        why="'+49 (30) 12' keeps its second blank and its parentheses.",
        limits="Reported where both sides give texts, and SQL's still has a match.",
        example="re.sub('[^0-9]', '', self.phone) and func.regexp_replace(cls.phone, '[^0-9]', '')",
        instead="func.regexp_replace(cls.phone, '[^0-9]', '', 'g')",
    )

    def explain_values(self, seen: Example, key: Key, python: Any, sql: Any) -> Explanation | None:
        """Where a match is left."""
        del key
        if not (isinstance(python, str) and isinstance(sql, str)) or not uses(
            seen, "sub", "subn", "replace", "translate", "join"
        ):
            return None
        for call in operations(seen, "regexp_replace"):
            flags = next((each.value for each in call.operands[3:] if isinstance(each.value, str)), "")
            if "g" in flags or not _matches(call.operands[1].value, sql):
                continue
            inside = ", ".join(operand_written(seen, each) for each in call.operands[:3])
            return (
                f"{values_shown(seen, python, sql)}: `{call.brief}` replaces the first match and leaves the others; the getter replaces all.",
                f"Say that all are meant: `func.regexp_replace({inside}, '{flags}g')`.",
            )
        return None


def _matches(pattern: object, text: str) -> bool:
    """Whether Python finds the pattern in the text; true where it can't read it."""
    if not isinstance(pattern, str):
        return False
    try:
        return re.search(pattern, text) is not None
    except re.error:  # PostgreSQL's syntax alone
        return True


class WhitespaceTrimmed(ValueCause):
    """trim() takes blanks away, strip() all whitespace."""

    code = "HH279"
    name = "whitespace-trimmed-otherwise"
    documentation = Documentation(
        what="Python's strip() takes all whitespace away, tabs and line ends too; PostgreSQL's trim() blanks alone, unless it is told which.",
        why="A name pasted with a line end is clean on the page and not in the query.",
        limits="Reported where the texts are alike but for whitespace at their ends, or a text of the row ends or begins with other whitespace than blanks.",
        example="self.title.strip() and func.trim(cls.title)",
        instead="func.btrim(cls.title, ' \\t\\n\\r\\f\\v'), or self.title.strip(' ')",
    )

    def explain_values(self, seen: Example, key: Key, python: Any, sql: Any) -> Explanation | None:
        """Where whitespace at an end makes the difference."""
        method = next((each for each in TRIMS if uses(seen, each)), None)
        if method is None or python is None or sql is None:
            return None
        call = next(operations(seen, "trim", "btrim", "ltrim", "rtrim"), None)
        if call is None:
            return None
        if isinstance(python, str) and isinstance(sql, str):
            apart = python.strip() == sql.strip()
        else:
            texts = [own_row(seen, key).get(column) for column in call.columns]
            apart = any(isinstance(each, str) and each.strip() != each.strip(" ") for each in texts)
        if not apart:
            return None
        text = operand_written(seen, call.operands[0])
        function = "btrim" if call.name == "trim" else call.name
        return (
            f"{values_shown(seen, python, sql)}: `.{method}()` takes all whitespace away, tabs and line ends too, and `{call.brief}` "
            f"{'what it is told to' if len(call.operands) > 1 else 'blanks alone'}.",
            f"Say in SQL what else goes: `func.{function}({text}, ' \\t\\n\\r\\f\\v')`; or take blanks alone in the getter, `.{method}(' ')`.",
        )


class BytesAgainstCharacters(ValueCause):
    """One side counts bytes, the other characters."""

    code = "HH292"
    name = "bytes-against-characters"
    documentation = Documentation(
        what="The getter counts the bytes of an encoded text, and the SQL its characters by length(); or octet_length() counts bytes where len() counts characters.",
        why="They are the same for English and for nothing else.",
        limits="Reported where a text of the row has a character outside of ASCII.",
        example="len(self.name.encode()) and func.length(cls.name)",
        instead="func.octet_length(cls.name)",
    )

    def explain_values(self, seen: Example, key: Key, python: Any, sql: Any) -> Explanation | None:
        """Where one side encodes and the other does not."""
        if not all(is_number(each) or isinstance(each, bool) for each in (python, sql)):
            return None
        encodes = uses(seen, "encode")
        for call in operations(seen, *(CHARACTERS if encodes else BYTES)):
            texts = [own_row(seen, key).get(column) for column in call.columns]
            if not uses(seen, "len") or all(not isinstance(each, str) or each.isascii() for each in texts):
                continue
            right = "octet_length" if encodes else "char_length"
            counts = ("bytes", "characters") if encodes else ("characters", "bytes")
            return (
                f"{values_shown(seen, python, sql)}: the getter counts {counts[0]}, and `{call.brief}` {counts[1]}.",
                f"Count the same in SQL: `func.{right}({operand_written(seen, call.operands[0])})`.",
            )
        return None


class PaddingCuts(ValueCause):
    """lpad() cuts what is too long."""

    code = "HH293"
    name = "padding-cuts"
    documentation = Documentation(
        what="lpad() and rpad() make a text exactly as long as they are told, and cut what is longer; zfill(), rjust() and format() leave it.",
        why="From number 100000 on, invoices get the numbers of others.",
        limits="Reported where SQL's text is as long as told and Python's is longer; and for the sign, which zfill() puts first.",
        example="str(self.number).zfill(5) and func.lpad(cast(cls.number, Text), 5, '0')",
        instead="func.lpad(digits, func.greatest(func.length(digits), 5), '0'), with digits = cast(cls.number, Text)",
    )

    def explain_values(self, seen: Example, key: Key, python: Any, sql: Any) -> Explanation | None:
        """Where characters are cut off, or the sign is filled up too."""
        del key
        if not (isinstance(python, str) and isinstance(sql, str)):
            return None
        if not uses(seen, *PADS) and "f''" not in seen.hybrid.python.operators:
            return None
        for call in operations(seen, "lpad", "rpad"):
            length = call.operands[1].value if len(call.operands) > 1 else None
            if not isinstance(length, int):
                continue
            text = operand_written(seen, call.operands[0])
            if len(python) > len(sql) and length <= len(sql):
                return (
                    f"{values_shown(seen, python, sql)}: `{call.brief}` makes it {length} characters long and cuts what is longer; the getter leaves "
                    "that as it is.",
                    f"Let it grow: `func.{call.name}({text}, func.greatest(func.length({text}), {length}), ...)`, or bound the column by a CHECK "
                    "constraint.",
                )
            if "-" in python and sorted(python) == sorted(sql):
                return (
                    f"{values_shown(seen, python, sql)}: `{call.brief}` fills up in front of the sign, and the getter behind it.",
                    "Let to_char() write the number, `func.to_char(..., 'FM00000')`, or bound the column to numbers from 0 on by a CHECK constraint.",
                )
        return None


class TextIsNoValue(Cause):
    """A text that is cast is no number, no date."""

    code = "HH217"
    name = "text-is-no-value"
    documentation = Documentation(
        what="The SQL casts a text to a number, a date or another type, and a row has a text that is none; PostgreSQL fails the whole query.",
        why="One such row, an empty text, makes every query with the hybrid fail; the getter raises on that instance alone, or has an answer.",
        limits="Reported where PostgreSQL says so (22P02, 22007, 22008).",
        example="cast(cls.code, Integer)",
        instead="case((cls.code.regexp_match('^[0-9]+$'), cast(cls.code, Integer))), or a CHECK constraint on the column",
    )

    def explain_refusal(self, seen: Example, refusal: Raised) -> Explanation | None:
        """Where PostgreSQL can't read a text of a column."""
        if refusal.sqlstate not in NOT_A_VALUE:
            return None
        call = next(_from_text(seen), None)
        if call is None:
            return None
        raised = any(isinstance(each, Raised) for each in seen.python.values())
        then = "Python raises on that instance alone" if raised else "The getter has an answer for it"
        name = operand_written(seen, call.operands[0])
        return (
            f"PostgreSQL can't answer select({seen.hybrid.name}), for a row has a text that `{call.brief}` can't read: "
            f"{str(refusal).partition(': ')[2]}. {then}.",
            f"Ask first whether it can be read, `case(({name}.regexp_match('^[0-9]+$'), ...))` for digits, and return None from the getter "
            "elsewhere; or keep other texts out by a CHECK constraint.",
        )


def _from_text(seen: Example) -> Iterator[Operation]:
    """Casts, and functions that read dates and numbers, of text."""
    for call in operations(seen, "cast", "to_date", "to_timestamp", "to_number"):
        texts = [
            each
            for each in call.operands[:1]
            if each.type_name.startswith(("TEXT", "VARCHAR", "CHAR", "JSON"))
        ]
        if texts or any(fact(seen, each).type_name.startswith("JSON") for each in call.columns):
            yield call


CAUSES = (
    TextIsNoValue(),
    Template(),
    PartNotThere(),
    FirstReplaced(),
    WhitespaceTrimmed(),
    BytesAgainstCharacters(),
    PaddingCuts(),
)
