"""Causes in NULL: what SQL skips, passes on or leaves undecided, and Python counts, prints or refuses."""

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from harness.core.expression import Operation, Subquery
from harness.core.observation import Example, Key
from harness.core.outcome import Raised
from harness.rules.base import Documentation, shown
from harness.rules.cause import (
    AGGREGATES,
    COMPARISONS,
    Cause,
    Difference,
    Explanation,
    ValueCause,
    attribute,
    default_written,
    fact,
    is_number,
    null_columns,
    operand_written,
    operations,
    own_row,
    rows_of,
    sql_shown,
    uses,
    values_shown,
    written,
)

EXTRACTS = (
    "json_extract_path",
    "json_extract_path_text",
    "jsonb_extract_path",
    "jsonb_extract_path_text",
    "",
)
"""Functions of a document and the keys to follow in it; one without a name is a construct of the user's."""
PASSING_ON = ("add", "sub", "mul", "truediv", "floordiv", "div", "mod", "neg", "concat")
LOGIC = COMPARISONS | {
    "not",
    "in",
    "not_in",
    "and",
    "or",
    "between",
    "like",
    "ilike",
    "contains",
    "startswith",
    "endswith",
    "is_distinct_from",
}
COUNTING = AGGREGATES - {"sum", "min", "max", "bool_and", "bool_or", "every", "bit_and", "bit_or", "mode"}
"""Aggregates to which it matters how many rows they take."""
INDEXES = frozenset({"->", "->>", "#>", "#>>"})
"""Operators that take a part out of a JSON document."""
EMPTY = (
    "is an empty sequence",
    "arg is empty",
    "iterable argument is empty",
    "index out of range",
    "requires at least one data point",
    "reduce() of empty",
)
MISSING = re.compile(r"'NoneType' object has no attribute '(\w+)'")


class MissingJsonKey(Cause):
    """The document doesn't have the key."""

    code = "HH240"
    name = "missing-json-key"
    documentation = Documentation(
        what="The JSON document of the row lacks the key, or holds null under it: NULL in SQL, the default of .get() or a KeyError in Python.",
        why="The default exists on one side only, and a comparison with NULL drops the row.",
        limits="Keys that the SQL names as plain texts, in columns of the class's own row.",
        example="the getter: self.settings.get('tags', []); the expression: cls.settings['tags']",
        instead="func.coalesce(cls.settings['tags'], cast([], JSONB))",
    )

    def explain(self, seen: Example, difference: Difference) -> Explanation | None:
        """Where SQL has NULL, or asks for it, and a document that it indexes lacks the key."""
        if len(difference.sql) != 1:
            return None
        found = next(_missing_keys(seen, difference.key), None)
        if found is None:
            return None
        column, key, null = found
        if isinstance(difference.value, bool) and null and any(operations(seen, "is", "is_not")):
            return _null_for_missing(seen, difference, column, key)
        if difference.value is not None:
            return None
        python = difference.python
        if isinstance(python, Raised):
            if "KeyError" not in python.kinds:
                return None
            said, default = f"{seen.hybrid.name} raises {python} in Python and is NULL in SQL", "..."
        else:
            value = getattr(python, "value", None)
            said, default = values_shown(seen, value, None), shown(value)
        how = f"holds null under {key!r}" if null else f"has no key {key!r}"
        return (
            f"{said}: {attribute(seen, column)} {how}, and what SQL takes from it is NULL.",
            f"Give both sides the default: `func.coalesce({_path_written(seen, column, key)}..., {default})` in the expression, "
            f"`.get({key!r}, ...)` in the getter.",
        )


def _path_written(seen: Example, column: str, key: str) -> str:
    """The key as the expression takes it, inside of others where it is not the document's own."""
    steps = [each for each in operations(seen, *INDEXES) if each.operands[-1].value == key]
    nested = bool(steps) and all(each.operands[0].column is None for each in steps)
    return f"{written(seen, column)}{'[...]' if nested else ''}[{key!r}]"


def _null_for_missing(seen: Example, difference: Difference, column: str, key: str) -> Explanation | None:
    """Where the SQL asks whether the key is there by whether its value is NULL."""
    python = getattr(difference.python, "value", None)
    if not isinstance(python, bool):
        return None
    return (
        f"{values_shown(seen, python, difference.value)}: {attribute(seen, column)} holds null under {key!r}. Python's `in` says that the key is there; "
        "taken out as text, null is NULL in SQL, as if it were not.",
        f"Ask for the key itself: `{written(seen, column)}.has_key({key!r})` of JSONB; or for a value on both sides, "
        f"`self.{written(seen, column).rpartition('.')[2]}.get({key!r}) is not None` in the getter.",
    )


def _missing_keys(seen: Example, key: Key) -> Iterator[tuple[str, str, bool]]:
    """(column, key, whether it holds null) of the documents in the row that lack what the SQL takes from them."""
    row = own_row(seen, key)
    for operation in operations(seen, *INDEXES, *EXTRACTS):
        column, document = _document(seen, row, operation)
        if column is None:
            continue
        path = operation.operands[-1].value
        if operation.name in EXTRACTS:
            path = [each.value for each in operation.operands[1:]]
        for part in path if isinstance(path, list | tuple) else (path,):
            if not isinstance(document, dict) or not isinstance(part, str):
                break
            if document.get(part) is None:
                yield column, part, part in document
                break
            document = document[part]


def _document(seen: Example, row: dict[str, object], operation: Operation) -> tuple[str | None, object]:
    """The column, and what the operation takes a part of: its document, or the part that another operation takes of it."""
    first = operation.operands[0] if operation.operands else None
    if first is None or first.column in row:
        return (None, None) if first is None or first.column is None else (first.column, row[first.column])
    inner = next((each for each in operations(seen, *INDEXES) if each.shown == first.shown), None)
    if inner is None or inner is operation:
        return None, None
    column, document = _document(seen, row, inner)
    for part in _path_of(inner):
        document = document.get(part) if isinstance(document, dict) else None
    return column, document


def _path_of(operation: Operation) -> tuple[object, ...]:
    path = operation.operands[-1].value
    return tuple(path) if isinstance(path, list | tuple) else (path,)


class NoneAsText(ValueCause):
    """Python writes None, SQL has NULL or nothing."""

    code = "HH241"
    name = "none-written-as-text"
    documentation = Documentation(
        what="An f-string, str() or format() writes 'None' where a column is NULL; SQL's || gives NULL, and concat() nothing.",
        why="'None' ends up on a page, and the query has no value there.",
        limits="Reported where Python's text holds 'None' and a column of the row is NULL.",
        example="the getter: f'{self.first} {self.last}'; the expression: cls.first + ' ' + cls.last",
        instead="f'{self.first} {self.last or \"\"}' and cls.first + ' ' + func.coalesce(cls.last, '')",
    )

    def explain_values(self, seen: Example, key: Key, python: Any, sql: Any) -> Explanation | None:
        """Where what remains without 'None' is SQL's."""
        nulls = null_columns(seen, key)
        if not isinstance(python, str) or "None" not in python or not nulls:
            return None
        if sql is not None and sql != python.replace("None", ""):
            return None
        names = ", ".join(attribute(seen, each) for each in nulls)
        then = "`||` with NULL is NULL" if sql is None else "concat() leaves NULL out"
        name = attribute(seen, nulls[0]).rpartition(".")[2]
        return (
            f"{values_shown(seen, python, sql)}: {names} is NULL, Python writes it as 'None', and in SQL {then}.",
            f"Say on both sides what NULL is written as: `self.{name} or ''` in the getter, `func.coalesce({written(seen, nulls[0])}, '')` in "
            "the expression.",
        )


class OrAgainstCoalesce(ValueCause):
    """Python's `or` skips all that is empty, COALESCE only NULL."""

    code = "HH242"
    name = "or-against-coalesce"
    documentation = Documentation(
        what="The getter takes `a or b`, the expression coalesce(a, b), and a is '', 0, False or an empty list.",
        why="`or` goes on to b for all that is empty; COALESCE for NULL alone.",
        limits="Reported where an argument of COALESCE, or a column that CASE asks for NULL, is empty and not NULL in the row.",
        example="the getter: self.nick or self.name; the expression: func.coalesce(cls.nick, cls.name)",
        instead="func.coalesce(func.nullif(cls.nick, ''), cls.name)",
    )

    def explain_values(self, seen: Example, key: Key, python: Any, sql: Any) -> Explanation | None:
        """Where the row has an empty value that COALESCE takes."""
        if not seen.hybrid.python.operators & {"or", "if", "not"}:
            return None
        row = own_row(seen, key)
        for call in operations(seen, "coalesce"):
            for operand, after in pairwise(call.operands):
                value = row.get(operand.column or "")
                if operand.column is None or value is None or value:
                    continue
                if after.literal and after.value == value:
                    continue  # `or` goes on to the same
                name = written(seen, operand.column)
                return (
                    f"{values_shown(seen, python, sql)}: {attribute(seen, operand.column)} is {shown(value)}, which `or` in the getter skips as "
                    f"empty, while `{call.brief}` skips NULL alone.",
                    f"Let SQL skip it too, `func.coalesce(func.nullif({name}, {shown(value)}), ...)`, or ask for None in the getter: "
                    f"`self.{name.rpartition('.')[2]} if self.{name.rpartition('.')[2]} is not None else ...`.",
                )
        return _case_asks_for_null(seen, row, values_shown(seen, python, sql))


def _case_asks_for_null(seen: Example, row: dict[str, object], said: str) -> Explanation | None:
    """Where CASE goes on at NULL alone, and the getter at all that is empty."""
    if not any(operations(seen, "case")) or "or" not in seen.hybrid.python.operators:
        return None
    for operation in operations(seen, "is", "is_not"):
        column, value = operation.operands[0].column, row.get(operation.operands[0].column or "")
        if column is None or value is None or value or operation.operands[-1].shown != "NULL":
            continue
        name = written(seen, column)
        return (
            f"{said}: {attribute(seen, column)} is {shown(value)}, which `or` in the getter skips as empty, while `{operation.brief}` asks for NULL alone.",
            f"Let SQL skip it too, `func.coalesce(func.nullif({name}, {shown(value)}), ...)`, or ask for None in the getter.",
        )
    return None


class Undecided(ValueCause):
    """A condition over NULL is neither true nor false."""

    code = "HH243"
    name = "condition-over-null"
    documentation = Documentation(
        what="A comparison, NOT or IN over a column that is NULL gives NULL in SQL, True or False in Python; or IS FALSE, IS TRUE or COALESCE counts NULL for what the getter doesn't.",
        why="WHERE drops the row under the hybrid and under its negation.",
        limits="Reported where a column that the SQL reads is NULL in the row, an element of its array is, or a row of the subquery that IN compares with.",
        example="the getter: self.status not in ('paid', 'void'); the expression: cls.status.not_in(('paid', 'void'))",
        instead="or_(cls.status.is_(None), cls.status.not_in(('paid', 'void')))",
    )

    def explain_values(self, seen: Example, key: Key, python: Any, sql: Any) -> Explanation | None:
        """Where SQL is NULL and a column under a condition is."""
        if not isinstance(python, bool):
            return None
        nulls = null_columns(seen, key)
        if sql is not None:
            return _counted_otherwise(seen, nulls, python, sql)
        conditions = [
            each for each in operations(seen, *LOGIC) if each.depth == 0 and set(each.columns) & set(nulls)
        ]
        condition = min(conditions, key=lambda each: len(each.shown), default=None)
        column = next((each for each in nulls if condition is not None and each in condition.columns), None)
        if column is None and seen.structure.type_name == "Boolean" and nulls:
            column = nulls[0]
        if column is None:
            return _null_among(seen, key, python)
        what = f"`{condition.brief}`" if condition is not None else "the column"
        name = written(seen, column)
        way = f"`or_({name}.is_(None), ...)`" if python else f"`and_({name}.is_not(None), ...)`"
        return (
            f"{values_shown(seen, python, sql)}: {attribute(seen, column)} is NULL, and over NULL {what} is neither true nor false. WHERE "
            f"drops the row under {seen.hybrid.name} and under its negation.",
            f"Say what NULL counts for: {way} in the expression, or `func.coalesce(..., {python})` around it.",
        )


def _counted_otherwise(seen: Example, nulls: list[str], python: Any, sql: Any) -> Explanation | None:
    """Where the SQL decides what NULL counts for, IS FALSE or COALESCE with a literal, and the getter decides otherwise."""
    for operation in operations(seen, "is", "is_not", "coalesce"):
        operands = operation.operands
        decided = len(operands) == 2 and (  # noqa: PLR2004 - a column and what decides
            operands[1].shown in ("true", "false") or isinstance(operands[1].value, bool)
        )
        column = operands[0].column if decided else None
        if column is None or column not in nulls or operation.depth:
            continue
        way = "`.is_not(True)` counts it as False, `.is_not(False)` as True"
        return (
            f"{values_shown(seen, python, sql)}: {attribute(seen, column)} is NULL, which `{operation.brief}` decides in another way than the getter "
            "does with None.",
            f"Let both count NULL for the same: of {written(seen, column)}, {way}; `.is_(False)` and `.is_(True)` are false over it.",
        )
    return None


def _null_among(seen: Example, key: Key, python: Any) -> Explanation | None:
    """Where NULL is among what a value is compared with: the elements of an array, the rows of a subquery."""
    comparing = [
        each for each in operations(seen, "eq", "ne", "in", "not_in", "any", "all") if each.depth == 0
    ]
    row = own_row(seen, key)
    for operation in comparing:
        for column in operation.columns:
            held = row.get(column)
            table, _, name = column.rpartition(".")
            selected = any(
                each.column == column
                for query in seen.structure.subqueries
                if not query.exists
                for each in query.selected
            )
            others = [each.get(name, "") for each in seen.dataset.tables.get(table, ())] if selected else []
            if not (isinstance(held, list) and None in held) and None not in others:
                continue
            where = "one of the elements of" if isinstance(held, list) else "one of the rows of"
            return (
                f"{values_shown(seen, python, None)}: NULL is in {where} {attribute(seen, column)}, so `{operation.brief}`, which finds no match, is neither "
                "true nor false.",
                f"Leave NULL out of what is compared with, `.where({written(seen, column)}.is_not(None))` in a subquery, ask by EXISTS, or say "
                f"what it counts for: `func.coalesce(..., {python})`.",
            )
    return None


class PredicateSkipsNull(ValueCause):
    """A WHERE inside the expression drops the rows on which it is NULL."""

    code = "HH244"
    name = "predicate-skips-null"
    documentation = Documentation(
        what="A subquery's condition compares a column that is NULL in some of the rows; SQL leaves those out, Python doesn't.",
        why="`NOT EXISTS (... done = false)` is true for a row with done NULL, where all(item.done) is not.",
        limits="Reported where such a row is there, and correlated to the instance if the subquery reads one table.",
        example="the getter: all(item.done for item in self.items); the expression: ~cls.items.any(Item.done == False)",
        instead="~cls.items.any(Item.done.is_not(True))",
    )

    def explain_values(self, seen: Example, key: Key, python: Any, sql: Any) -> Explanation | None:
        """Where a row with NULL under a predicate is there."""
        if sql is None:
            return None
        for query in seen.structure.subqueries:
            for predicate in query.predicates:
                column = predicate.columns[0] if len(predicate.columns) == 1 else None
                if predicate.name not in LOGIC or column is None or fact(seen, column).references:
                    continue
                if not _holds_null(seen, query, key, column):
                    continue
                name = written(seen, column)
                return (
                    f"{values_shown(seen, python, sql)}: {attribute(seen, column)} is NULL in one of the rows, so `{predicate.brief}` is "
                    "neither true nor false there, and the subquery leaves the row out; the getter does not.",
                    f"Say what NULL counts for in the subquery, {_with_null(predicate, name)}, and the same in the getter.",
                )
        return None


def _with_null(predicate: Operation, name: str) -> str:
    operands = [each.shown for each in predicate.operands]
    if predicate.name == "eq" and operands[-1:] == ["false"]:
        return f"as in `{name}.is_not(True)`"
    if predicate.name == "eq" and operands[-1:] == ["true"]:
        return f"as in `{name}.is_(True)`"
    return f"as in `or_({name}.is_(None), ...)`"


def _holds_null(seen: Example, query: Subquery, key: Key, column: str) -> bool:
    """Whether a row that the subquery considers has NULL in ``column``."""
    rows = rows_of(seen, query, key)
    if rows is not None:
        return any(column in row and row[column] is None for row in rows)
    table, _, name = column.rpartition(".")
    return table in query.tables and any(
        row.get(name, "") is None for row in seen.dataset.tables.get(table, ())
    )


class AggregateSkipsNull(ValueCause):
    """An aggregate leaves out the rows whose column is NULL."""

    code = "HH245"
    name = "aggregate-skips-null"
    documentation = Documentation(
        what="COUNT(column), AVG, STRING_AGG and others leave out rows in which the column is NULL; the getter counts them.",
        why="The number of items is too low, the mean is over fewer rows than Python's.",
        limits="Reported where such a row is there, and correlated to the instance if the subquery reads one table.",
        example="the getter: len(self.items); the expression: func.count(Item.price)",
        instead="func.count(Item.id)",
    )

    def explain_values(self, seen: Example, key: Key, python: Any, sql: Any) -> Explanation | None:
        """Where the aggregate's column is NULL in a row."""
        for query in seen.structure.subqueries:
            for call in operations(seen, *COUNTING):
                column = call.operands[0].column if call.operands else None
                if column is None or call.depth == 0 or not _holds_null(seen, query, key, column):
                    continue
                if call.name == "count" and not (is_number(python) and is_number(sql) and python > sql):
                    continue
                if sql is None and not _filled(seen, query, key, column):
                    continue  # no row at all, as far as the aggregate goes
                if call.name == "avg" and is_number(python) and is_number(sql) and abs(python) >= abs(sql):
                    continue  # over more rows the mean would be nearer to 0
                return (
                    f"{values_shown(seen, python, sql)}: `{call.brief}` leaves out the rows in which {attribute(seen, column)} is NULL; the getter "
                    "takes them.",
                    _counting_null(seen, call, column),
                )
        return None


def _filled(seen: Example, query: Subquery, key: Key, column: str) -> bool:
    """Whether a row that the subquery considers has a value in ``column``."""
    rows = rows_of(seen, query, key)
    return rows is None or any(row.get(column) is not None for row in rows)


def _counting_null(seen: Example, call: Operation, column: str) -> str:
    name = written(seen, column)
    if call.name == "count":
        return (
            f"Count rows, `func.count()`, in place of `func.count({name})`, or leave None out in the getter."
        )
    return f"Say what NULL counts for: `func.{call.name}(func.coalesce({name}, ...))`, or leave None out in the getter."


class NoRows(ValueCause):
    """An aggregate, or a scalar subquery, of no rows is NULL."""

    code = "HH246"
    name = "null-of-no-rows"
    documentation = Documentation(
        what="SUM, AVG, MIN, MAX and scalar subqueries of no rows are NULL; the getter gives 0, '' or another default.",
        why="NULL drops the row from every comparison and makes every sum NULL that it is part of.",
        limits="Reported where no row is correlated to the instance, or the aggregate's column is NULL in all of them.",
        example="select(func.sum(Item.price)).where(Item.order_id == cls.id).scalar_subquery()",
        instead="select(func.coalesce(func.sum(Item.price), 0)).where(Item.order_id == cls.id).scalar_subquery()",
    )

    def explain_values(self, seen: Example, key: Key, python: Any, sql: Any) -> Explanation | None:
        """Where a subquery has nothing to give."""
        if sql is not None:
            return None
        query = next((each for each in seen.structure.subqueries if _gives_nothing(seen, each, key)), None)
        if query is None:
            return None
        call = None if query.grouped else _aggregate_of(seen, query)
        tables = ", ".join(query.tables)
        if call is not None:
            inside = ", ".join(operand_written(seen, each) for each in call.operands)
            return (
                f"{values_shown(seen, python, sql)}: there is no row of {tables} to aggregate, and `{call.brief}` of no rows is NULL.",
                f"Give SQL the same default: `func.coalesce(func.{call.name}({inside}), {default_written(python)})`.",
            )
        return (
            f"{values_shown(seen, python, sql)}: there is no row of {tables}, and a scalar subquery without rows is NULL.",
            f"Give SQL the same default around the subquery: `func.coalesce(select(...).scalar_subquery(), {default_written(python)})`.",
        )


def _aggregate_of(seen: Example, query: Subquery) -> Operation | None:
    """The aggregate that a subquery gives."""
    selected = " ".join(each.shown for each in query.selected)
    return next(
        (each for each in operations(seen, *AGGREGATES) if each.depth and each.shown in selected), None
    )


def _is_whole(seen: Example, key: Key) -> bool:
    """Whether nothing but a CASE that asks for NULL stands around the first subquery, so that its value is the expression's."""
    around = [each for each in seen.structure.operations if each.depth == 0]
    conditions = [each for each in around if each.name != "case"]
    return all(
        each.name in ("is", "is_not") and not null_columns(seen, key, each.columns) for each in conditions
    )


def _gives_nothing(seen: Example, query: Subquery, key: Key) -> bool:
    if query.exists:
        return False
    if query is seen.structure.subqueries[0] and _is_whole(seen, key):
        if _aggregate_of(seen, query) is not None:
            return True  # the whole expression is the aggregate, and it is NULL
    elif any("count(" in each.shown for each in query.selected):
        return False
    rows = rows_of(seen, query, key)
    if rows is None:
        return bool(query.correlations) and not null_columns(seen, key)
    columns = [column for each in query.selected for column in each.columns]
    return not rows or (bool(columns) and all(row.get(column) is None for row in rows for column in columns))


class PassedOn(ValueCause):
    """An operator passes NULL on."""

    code = "HH247"
    name = "null-passed-on"
    documentation = Documentation(
        what="SQL's arithmetic, concatenation and functions of NULL are NULL; the getter has a value for None.",
        why="One NULL column makes the whole value NULL.",
        limits="Reported where SQL gives NULL, Python a value, and a column of the row that the SQL reads is NULL.",
        example="the getter: self.price * (self.quantity or 1); the expression: cls.price * cls.quantity",
        instead="cls.price * func.coalesce(cls.quantity, 1)",
    )

    def explain_values(self, seen: Example, key: Key, python: Any, sql: Any) -> Explanation | None:
        """Where a column under an operation is NULL."""
        if sql is not None:
            return None
        branching = any(operations(seen, "case"))
        nulls = [each for each in null_columns(seen, key) if not (branching and _asked_for(seen, each))]
        operation = next(
            (
                each
                for each in (operations(seen, *PASSING_ON) if branching else seen.structure.operations)
                if each.depth == 0 and set(each.columns) & set(nulls)
            ),
            None,
        )
        if branching and operation is None:
            return None
        column = next((each for each in nulls if operation is None or each in operation.columns), None)
        if column is None or (operation is None and seen.structure.subqueries):
            return None
        what = f"`{operation.brief}`" if operation is not None else "the SQL"
        return (
            f"{values_shown(seen, python, sql)}: {attribute(seen, column)} is NULL, and {what} passes NULL on; the getter does not.",
            f"Say what NULL counts for in SQL: `func.coalesce({written(seen, column)}, ...)`, or return None from the getter there.",
        )


def _asked_for(seen: Example, column: str) -> bool:
    """Whether the SQL asks if the column is NULL, and so goes another way there."""
    return any(column in each.columns for each in operations(seen, "is", "is_not"))


class AttributeOfNone(Cause):
    """The getter takes an attribute of None."""

    code = "HH248"
    name = "attribute-of-none"
    documentation = Documentation(
        what="The getter takes an attribute of None: of a column that is NULL, or of a relationship that leads nowhere.",
        why="Python raises AttributeError on rows for which the query has an answer.",
        limits="Recognised by the words of the AttributeError.",
        example="return self.owner.name.lower()",
        instead="return self.owner.name.lower() if self.owner is not None else None",
    )

    def explain(self, seen: Example, difference: Difference) -> Explanation | None:
        """Where the AttributeError is about NoneType."""
        python = difference.python
        if not isinstance(python, Raised) or "AttributeError" not in python.kinds or len(difference.sql) != 1:
            return None
        match = MISSING.search(python.message)
        if match is None:
            return None
        name = match.group(1)
        roads = [each for each in seen.hybrid.relationships_read if not each.uselist]
        leads = next(
            (each for each in roads if any(c.endswith(f".{name}") for c in seen.structure.facts)), None
        )
        nulls = null_columns(seen, difference.key, seen.hybrid.python.own)
        if nulls:
            who, what = (
                f"self.{attribute(seen, nulls[0]).rpartition('.')[2]}",
                f"{attribute(seen, nulls[0])} is NULL",
            )
        elif leads is not None:
            who, what = f"self.{leads.name}", f"{leads.owner}.{leads.name} leads to no {leads.target}"
        else:
            who, what = "the value", "what it is taken of is None"
        return (
            f"{seen.hybrid.name} raises {python} in Python, where SQL answers {sql_shown(difference.value)}: {what}, and the getter takes "
            f"`.{name}` of it.",
            f"Ask for None first, and return what SQL does: `... if {who} is not None else {shown(difference.value)}`.",
        )


class RaisesOnNoRows(Cause):
    """The getter can't do without rows."""

    code = "HH249"
    name = "python-raises-on-no-rows"
    documentation = Documentation(
        what="The getter takes the first, the largest or the mean of a collection that is empty, and raises; SQL has an answer.",
        why="The attribute can't be used on an instance without children.",
        limits="Recognised by the exception: IndexError, ValueError of max() and min(), StatisticsError, division by zero.",
        example="return max(item.price for item in self.items)",
        instead="return max((item.price for item in self.items), default=None)",
    )

    def explain(self, seen: Example, difference: Difference) -> Explanation | None:
        """Where the exception says so."""
        python = difference.python
        if not isinstance(python, Raised) or len(difference.sql) != 1:
            return None
        empty = any(text in python.message for text in EMPTY)
        if not empty and not ("ZeroDivisionError" in python.kinds and uses(seen, "len")):
            return None
        collections = [f"{each.owner}.{each.name}" for each in seen.hybrid.relationships_read if each.uselist]
        about = f" {collections[0]}" if len(collections) == 1 else " a collection"
        return (
            f"{seen.hybrid.name} raises {python} in Python, where SQL answers {sql_shown(difference.value)}:{about} is empty.",
            f"Return what SQL does where it is empty: {_for_empty(python, difference.value)}.",
        )


def _for_empty(python: Raised, sql: object) -> str:
    if any(word in python.message for word in ("max()", "min()")):
        return f"`max(..., default={shown(sql)})`"
    return f"`if not values: return {shown(sql)}`"


class WithoutElse(ValueCause):
    """No WHEN applies, and there is no ELSE."""

    code = "HH291"
    name = "case-without-else"
    documentation = Documentation(
        what="A CASE without ELSE is NULL where none of its conditions holds; the getter goes on to a value.",
        why="The rows of the default are missing from every comparison.",
        limits="Reported where SQL gives NULL, Python a value, and no column of the row that is NULL explains it.",
        example="the getter: 'low' if self.stock < 10 else 'ok'; the expression: case((cls.stock < 10, 'low'))",
        instead="case((cls.stock < 10, 'low'), else_='ok')",
    )

    def explain_values(self, seen: Example, key: Key, python: Any, sql: Any) -> Explanation | None:
        """Where there is such a CASE."""
        del key
        call = next((each for each in operations(seen, "case") if not each.operands), None)
        if sql is not None or python is None or call is None:
            return None
        return (
            f"{values_shown(seen, python, sql)}: none of the conditions of `{call.brief}` holds, and without ELSE that is NULL.",
            f"Give it what the getter ends with: `else_={default_written(python)}`.",
        )


class ConcatLeavesOut(ValueCause):
    """concat() goes on without the part that is NULL, and keeps what stands beside it."""

    code = "HH216"
    name = "concat-leaves-null-out"
    documentation = Documentation(
        what="concat() takes NULL for an empty text and keeps the separators beside it; the getter leaves the part out together with its separator, or gives None.",
        why="Names end in a blank and addresses in a comma, and no comparison finds them.",
        limits="Reported where a column that concat() takes is NULL in the row.",
        example="the getter: ' '.join(filter(None, (self.first, self.last))); the expression: func.concat(cls.first, ' ', cls.last)",
        instead="func.concat_ws(' ', cls.first, cls.last)",
    )

    def explain_values(self, seen: Example, key: Key, python: Any, sql: Any) -> Explanation | None:
        """Where one of its arguments is NULL."""
        if not isinstance(sql, str) or not (python is None or isinstance(python, str)):
            return None
        nulls = null_columns(seen, key)
        for call in operations(seen, "concat", *(("concat_ws",) if python is None else ())):
            column = next((each for each in call.columns if each in nulls), None)
            if column is None:
                continue
            parts = ", ".join(operand_written(seen, each) for each in call.operands if each.column)
            way = (
                f"leave the separator out with it, `func.concat_ws(..., {parts})`"
                if isinstance(python, str)
                else f"put texts together by `+`, which passes NULL on, in place of func.{call.name}()"
            )
            return (
                f"{values_shown(seen, python, sql)}: {attribute(seen, column)} is NULL, which `{call.brief}` takes for an empty text and goes on; the getter "
                "does not.",
                f"Let SQL do with NULL what the getter does with None: {way}.",
            )
        return None


CAUSES = (
    MissingJsonKey(),
    NoneAsText(),
    ConcatLeavesOut(),
    OrAgainstCoalesce(),
    Undecided(),
    PredicateSkipsNull(),
    AggregateSkipsNull(),
    NoRows(),
    PassedOn(),
    WithoutElse(),
    AttributeOfNone(),
    RaisesOnNoRows(),
)
