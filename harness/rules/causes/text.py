"""Causes in text: padding, wildcards, case, positions, patterns, order."""

import re
from collections.abc import Iterator
from typing import Any

from harness.core.expression import Operand, Operation
from harness.core.observation import Example, Key
from harness.core.outcome import Raised
from harness.rules.base import Documentation, shown
from harness.rules.cause import (
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

PADDED = re.compile(r"CHAR\((\d+)\)")
TEXT_SEARCHES = (
    "contains",
    "startswith",
    "endswith",
    "like",
    "ilike",
    "icontains",
    "istartswith",
    "iendswith",
)
LIKES = (*TEXT_SEARCHES, *(f"not_{each}" for each in TEXT_SEARCHES))
WILDCARDS = frozenset("%_\\")
MADE = frozenset({"contains", "startswith", "endswith", "icontains", "istartswith", "iendswith"})
"""Operators that take a text to look for and put the wildcards around it themselves."""
CASE_BLIND = frozenset(
    {"ilike", "icontains", "istartswith", "iendswith", "lower", "upper", "not_ilike", "initcap"}
)
FOLDS = ("lower", "upper", "casefold", "swapcase", "capitalize", "title", "IGNORECASE", "I")
TEXTS = ("TEXT", "VARCHAR", "CHAR")


class Padded(ValueCause):
    """CHAR(n) fills up with blanks, which SQL leaves out and Python sees."""

    code = "HH270"
    name = "char-padding"
    documentation = Documentation(
        what="A CHAR(n) column fills its values up with blanks. Python gets them; length(), || and = of PostgreSQL leave them out.",
        why="len() is always n, and texts put together have a gap on one side.",
        limits="Reported where the row's value is shorter than n.",
        example="code = mapped_column(CHAR(5)); len(self.code) and func.length(cls.code)",
        instead="code = mapped_column(Text), or self.code.rstrip(' ') in the getter",
    )

    def explain_values(self, seen: Example, key: Key, python: Any, sql: Any) -> Explanation | None:
        """Where the row has a value that is filled up."""
        row = own_row(seen, key)
        for column in seen.structure.columns:
            match = PADDED.fullmatch(fact(seen, column).type_name)
            value = row.get(column)
            if match is None or not isinstance(value, str) or len(value.rstrip(" ")) >= int(match.group(1)):
                continue
            if (
                isinstance(python, str)
                and isinstance(sql, str)
                and python.replace(" ", "") != sql.replace(" ", "")
            ):
                continue
            name = attribute(seen, column).rpartition(".")[2]
            return (
                f"{values_shown(seen, python, sql)}: {attribute(seen, column)} is {match.group(0)} and {shown(value.rstrip(' '))} is filled up to "
                f"{match.group(1)} with blanks, which Python sees and PostgreSQL's functions leave out.",
                f"Declare it Text or String, or cut the blanks off in the getter: `self.{name}.rstrip(' ')`.",
            )
        return None


class Wildcards(ValueCause):
    """What is looked for has %, _ or a backslash, which LIKE takes for more than themselves."""

    code = "HH271"
    name = "like-wildcards"
    documentation = Documentation(
        what="contains(), startswith() and like() become LIKE, in which % and _ stand for any text and a backslash escapes; Python's `in` takes them as they are.",
        why="'a_b' also finds 'axb', and '50%' finds '500'.",
        limits="Seen where the text looked for has such a character and no escape.",
        example="'a_b' in self.code and cls.code.contains('a_b')",
        instead="cls.code.contains('a_b', autoescape=True)",
    )

    def explain_values(self, seen: Example, key: Key, python: Any, sql: Any) -> Explanation | None:
        """Where what is looked for has a wildcard."""
        if not (isinstance(python, bool) and isinstance(sql, bool)):
            return None
        for operation in operations(seen, *LIKES):
            if operation.escape is not None or len(operation.operands) != 2:  # noqa: PLR2004 - text and pattern
                continue
            wanted = _wild(seen, key, operation)
            if wanted is None:
                continue
            text, pattern = operation.operands
            name = operation.name.removeprefix("not_")
            call = f"{operand_written(seen, text)}.{name}"
            way = (
                f"Escape them: `{call}({operand_written(seen, pattern)}, autoescape=True)`."
                if name in MADE
                else f"Escape them in the pattern, `{call}(..., escape='/')`, or use `.contains(..., autoescape=True)`."
            )
            return (
                f"{values_shown(seen, python, sql)}: in `{operation.brief}` the {_characters(wanted)} of {shown(wanted)} is a wildcard or an escape of LIKE; "
                "the getter takes it as it is.",
                way,
            )
        return None


def _wild(seen: Example, key: Key, operation: Operation) -> str | None:
    """The text looked for, if it has a character that LIKE takes for more."""
    row, pattern = own_row(seen, key), operation.operands[1]
    name = operation.name.removeprefix("not_")
    values = (
        [pattern.value, *seen.dataset.arguments]
        if pattern.literal
        else [row.get(each) for each in pattern.columns]
    )
    for value in values:
        if not isinstance(value, str):
            continue
        inside = value if name in MADE or not pattern.literal else value.strip("%")
        if WILDCARDS & set(inside):
            return value
    return None


def _characters(text: str) -> str:
    return " and ".join(f"`{each}`" for each in sorted(WILDCARDS & set(text)))


class CaseIgnored(ValueCause):
    """One side goes by case, the other doesn't."""

    code = "HH272"
    name = "case-on-one-side"
    documentation = Documentation(
        what="One side ignores the case of letters (ILIKE, lower(), casefold()) and the other goes by it, or both map letters that their rules differ about.",
        why="A search finds 'Ada' on the page and not in the query.",
        limits="Reported where one side's code changes or ignores case, and the texts are alike but for that or only one side does.",
        example="'x' in self.name.lower() and cls.name.contains('x')",
        instead="cls.name.icontains('x'), or func.lower(cls.name).contains('x')",
    )

    def explain_values(self, seen: Example, key: Key, python: Any, sql: Any) -> Explanation | None:
        """Where texts differ in case alone, or answers by who ignores it."""
        python_folds = uses(seen, *FOLDS)
        folding = next((each for each in seen.structure.operations if _ignores_case(each)), None)
        if isinstance(python, str) and isinstance(sql, str):
            if python.casefold() != sql.casefold() or not (python_folds or folding is not None):
                return None
        elif (
            not (isinstance(python, bool) and isinstance(sql, bool))
            or python_folds == (folding is not None)
            or not _cased(seen, key)
        ):
            return None
        said = values_shown(seen, python, sql)
        if folding is not None and python_folds:
            return (
                f"{said}: Python and `{folding.brief}` change the case of some letters by different rules.",
                "Compare by one rule: keep a column with the changed text, filled by one side, and read it on both.",
            )
        if folding is not None:
            return (
                f"{said}: `{folding.brief}` ignores the case of letters, and the getter does not.",
                f"Ignore it in the getter of {seen.hybrid.name} too, `.lower()`, or in neither.",
            )
        texts = [each for each in seen.structure.columns if fact(seen, each).type_name.startswith(TEXTS)]
        name = written(seen, texts[0]) if texts else "..."
        return (
            f"{said}: the getter ignores the case of letters, and the SQL does not.",
            f"Ignore it in SQL too: `func.lower({name})` in place of `{name}`.",
        )


def _ignores_case(operation: Operation) -> bool:
    return operation.name in CASE_BLIND or (
        operation.name.endswith("regexp_match") and "i" in (operation.escape or "")
    )


def _cased(seen: Example, key: Key) -> bool:
    """Whether the row, or what is looked for, has letters of a case that could make the difference."""
    texts = [each for each in own_row(seen, key).values() if isinstance(each, str)]
    texts += [
        operand.value
        for operation in seen.structure.operations
        for operand in operation.operands
        if isinstance(operand.value, str)
    ]
    return any(each != each.lower() for each in texts)


class SubstringFromZero(ValueCause):
    """SQL counts characters from 1."""

    code = "HH273"
    name = "substring-counts-from-one"
    documentation = Documentation(
        what="substr(), split_part() and strpos() count from 1, a Python slice, split() and find() from 0; a number that was taken over is one too low. substr() doesn't count from the end, either.",
        why="substr(x, 0, 3) gives two characters, for the one at 0 doesn't exist; strpos() is 0 where find() is -1; substr(x, -4) is the whole text.",
        limits="Seen where the number is a literal and the two values are those of the two ways to count.",
        example="self.code[0:3] and func.substr(cls.code, 0, 3)",
        instead="func.substr(cls.code, 1, 3)",
    )

    def explain_refusal(self, seen: Example, refusal: Raised) -> Explanation | None:
        """Where PostgreSQL says that there is no part 0."""
        call = next((each for each in operations(seen, "split_part") if each.operands[-1].value == 0), None)
        if refusal.sqlstate != "22023" or call is None:
            return None
        inside = ", ".join(operand_written(seen, each) for each in call.operands[:-1])
        return (
            f"PostgreSQL can't answer select({seen.hybrid.name}): {str(refusal).partition(': ')[2]}. `{call.brief}` counts from 1, Python's [0] is "
            "the first.",
            f"Take the first part in SQL: `func.split_part({inside}, 1)`.",
        )

    def explain_values(self, seen: Example, key: Key, python: Any, sql: Any) -> Explanation | None:
        """Where a character is missing, or one too many."""
        if is_number(python) and is_number(sql):
            return _position_from_one(seen, python, sql)
        if not (isinstance(python, str) and isinstance(sql, str)):
            return None
        part = _part_from_one(seen, key, python, sql)
        if part is not None or "[:]" not in seen.hybrid.python.operators:
            return part
        for call in operations(seen, "substr", "substring"):
            text, *numbers = call.operands or (Operand("..."),)
            start = numbers[0].value if numbers else None
            if not isinstance(start, int) or not _off_by_one(start, python, sql):
                continue
            if start < 0:
                return _from_the_end(seen, call, values_shown(seen, python, sql))
            rest = ", ".join([str(start + 1), *(operand_written(seen, each) for each in numbers[1:])])
            return (
                f"{values_shown(seen, python, sql)}: `{call.brief}` begins at character {start}, and SQL counts from 1 where Python's slice "
                "counts from 0.",
                f"Begin one later: `func.{call.name}({operand_written(seen, text)}, {rest})`.",
            )
        return None


def _from_the_end(seen: Example, call: Operation, said: str) -> Explanation:
    """A slice that begins at the end."""
    text, start = operand_written(seen, call.operands[0]), call.operands[1].value
    return (
        f"{said}: `{call.brief}` begins before the first character, for SQL counts from 1; Python's [{start}:] counts from the end.",
        f"Take the last characters: `func.right({text}, {-start})`.",
    )


def _position_from_one(seen: Example, python: Any, sql: Any) -> Explanation | None:
    """Where both sides say where a text begins."""
    call = next(operations(seen, "strpos", "position", "charindex", "instr"), None)
    if call is None or python != sql - 1 or not uses(seen, "find", "index", "rfind", "rindex"):
        return None
    return (
        f"{values_shown(seen, python, sql)}: `{call.brief}` counts from 1 and is 0 where nothing is found; Python's find() counts from 0 and is -1.",
        "Count as the getter does: `- 1` behind it in SQL.",
    )


def _part_from_one(seen: Example, key: Key, python: str, sql: str) -> Explanation | None:
    """Where each side took the part of its own count."""
    row = own_row(seen, key)
    for call in operations(seen, "split_part"):
        text, *rest = call.operands
        held, values = row.get(text.column or ""), [each.value for each in rest]
        if not (isinstance(held, str) and len(values) == 2 and isinstance(values[0], str) and values[0]):  # noqa: PLR2004 - separator, number
            continue
        parts, number = held.split(values[0]), values[1]
        if not isinstance(number, int) or not 0 < number < len(parts):
            continue
        if parts[number - 1] == sql and parts[number] == python:
            return (
                f"{values_shown(seen, python, sql)}: `{call.brief}` counts from 1, Python's [{number}] from 0.",
                f"Take the next part in SQL: `func.split_part({operand_written(seen, text)}, {values[0]!r}, {number + 1})`.",
            )
    return None


def _off_by_one(start: int, python: str, sql: str) -> bool:
    if start < 0:
        return len(sql) > len(python) and sql.endswith(python)
    if start == 0:
        return len(sql) == len(python) - 1 and python.startswith(sql)
    return len(sql) > 1 and sql[1:] == python[: len(sql) - 1]


class Unanchored(ValueCause):
    """re.match() begins at the start, PostgreSQL's ~ searches."""

    code = "HH274"
    name = "pattern-not-anchored"
    documentation = Documentation(
        what="re.match() and re.fullmatch() begin at the start of the text; regexp_match(), `~` in PostgreSQL, searches all of it.",
        why="The query finds rows that the getter says no to.",
        limits="Reported where the getter says no, SQL yes, and the pattern is not anchored.",
        example="re.match('ab', self.code) and cls.code.regexp_match('ab')",
        instead="cls.code.regexp_match('^ab')",
    )

    def explain_values(self, seen: Example, key: Key, python: Any, sql: Any) -> Explanation | None:
        """Where SQL finds more."""
        del key
        whole = uses(seen, "fullmatch")
        if not (python is None or python is False) or sql is not True or not (whole or uses(seen, "match")):
            return None
        for operation in operations(seen, "regexp_match", "~", "~*", "regexp_like"):
            pattern = operation.operands[-1].value if operation.operands else None
            if not isinstance(pattern, str) or (
                pattern.startswith("^") and (pattern.endswith("$") or not whole)
            ):
                continue
            anchored = f"^({pattern})$" if whole else f"^{pattern}" if "|" not in pattern else f"^({pattern})"
            return (
                f"{values_shown(seen, python, sql)}: the getter matches from the start of the text, and `{operation.brief}` anywhere in it.",
                f"Anchor the pattern: `{operand_written(seen, operation.operands[0])}.regexp_match({anchored!r})`, or search in the getter, "
                "`re.search`.",
            )
        return None


class CollationOrder(ValueCause):
    """Text is ordered by a language in SQL and by code point in Python."""

    code = "HH275"
    name = "text-order"
    documentation = Documentation(
        what="The SQL orders text, by <, max() or greatest(), under the collation of the database or the column, and a row shows that Python's order by code point is another.",
        why="'B' < 'a' is true in Python, and false in most languages' order.",
        limits="Reported on the values; HH215 warns of named collations without any.",
        example="self.name < 'm' and cls.name < 'm'",
        instead="cls.name.collate('C') < 'm'",
    )

    def explain_values(self, seen: Example, key: Key, python: Any, sql: Any) -> Explanation | None:
        """Where texts are ordered and both sides have an answer."""
        del key
        if sql is None or python is None:
            return None
        for operation in operations(seen, *ORDERINGS, "max", "min", "greatest", "least"):
            ordered = next(_ordered_texts(seen, operation), None)
            if ordered is None or isinstance(python, bool) != (operation.name in ORDERINGS):
                continue
            return (
                f"{values_shown(seen, python, sql)}: `{operation.brief}` orders text by the collation of the database or the column, Python by code "
                "point.",
                f"Order by code point in SQL too: `{operand_written(seen, ordered)}.collate('C')`.",
            )
        return None


def _ordered_texts(seen: Example, operation: Operation) -> Iterator[Operand]:
    """Operands that are text and no enum."""
    return (
        each
        for each in operation.operands
        if each.type_name.startswith(TEXTS)
        and not any(fact(seen, column).labels for column in each.columns)
        and each.columns
    )


CAUSES = (Padded(), SubstringFromZero(), Wildcards(), Unanchored(), CaseIgnored(), CollationOrder())
