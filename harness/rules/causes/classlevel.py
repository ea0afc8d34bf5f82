"""Causes in what the getter does with columns when it runs on the class, and in columns that an expression leaves out."""

from typing import Any

from harness.comparison import RowDifference
from harness.core.observation import Answer, Example, Key
from harness.rules.base import Documentation
from harness.rules.cause import Explanation, ValueCause, attribute, fact, own_row, values_shown, written

INSTEAD_OF = {
    "and": "and_()",
    "or": "or_() or coalesce()",
    "if": "case()",
    "not": "not_()",
    "is": ".is_(None)",
    "in": ".in_()",
    "not in": ".not_in()",
}


class ColumnNameAsText(ValueCause):
    """The name of a column is in the SQL as a text."""

    code = "HH224"
    name = "column-name-as-text"
    documentation = Documentation(
        what="The getter runs on the class and makes a text of a column: str(), format() or an f-string give the column's name.",
        why="The SQL has the constant text 'Order.number' in place of each row's number.",
        limits="Seen where a bound text is the name of an attribute.",
        example="return self.prefix + str(self.number)",
        instead="an expression: cls.prefix + cast(cls.number, Text)",
    )

    def marks(self, seen: Example) -> bool:
        """Where a bound text is the name of an attribute."""
        return _named_as_text(seen) is not None

    def explain_values(self, seen: Example, key: Key, python: Any, sql: Any) -> Explanation | None:
        """Where the text shows in SQL's value."""
        del key
        column = _named_as_text(seen)
        if column is None or not isinstance(sql, str) or attribute(seen, column) not in sql:
            return None
        return self._said(seen, column, f"{values_shown(seen, python, sql)}: ")

    def explain_position(
        self, seen: Example, answer: Answer, apart: RowDifference | None
    ) -> Explanation | None:
        """An alias has another name."""
        column = _named_as_text(seen)
        return (
            None
            if column is None or apart is None
            else self._said(
                seen, column, f"{seen.hybrid.name} is another text in the position {answer.position!r}: "
            )
        )

    def _said(self, seen: Example, column: str, said: str) -> Explanation:
        name = attribute(seen, column)
        return (
            f"{said}the SQL has the text {name!r} in place of the column. On the class, the getter of {seen.hybrid.name} makes a "
            f"text of the column object, which is its name.",
            f"Give {seen.hybrid.name} an expression that has the text made in SQL: `cast({written(seen, column)}, Text)`.",
        )


def _named_as_text(seen: Example) -> str | None:
    """The column whose attribute's name is bound as a text."""
    texts = [
        operand.value
        for operation in seen.structure.operations
        for operand in operation.operands
        if isinstance(operand.value, str)
    ]
    return next(
        (
            column
            for column in seen.hybrid.python.own
            if any(attribute(seen, column) in text for text in texts)
        ),
        None,
    )


class BranchLost(ValueCause):
    """The getter decided on a column object when it ran on the class."""

    code = "HH225"
    name = "branch-lost"
    documentation = Documentation(
        what="Without an expression the getter runs on the class. There `and`, `or`, `if`, `not`, `is None` and `in` see the column object, not a value: they take one branch, once, for all rows.",
        why="`self.a and self.b` compiles to `b`, `x if self.a else y` to `x`; the condition is not in the SQL.",
        limits="Reported where the SQL lacks a column that the getter reads, or the getter decides on a column that is empty in the row.",
        example="return self.confirmed and self.paid",
        instead="an expression: and_(cls.confirmed, cls.paid)",
    )

    def explain_values(self, seen: Example, key: Key, python: Any, sql: Any) -> Explanation | None:
        """Where there is no expression and a column is missing, or decides."""
        code, hybrid = seen.hybrid.python, seen.hybrid
        if hybrid.wiring.expression or hybrid.kind == "column_property":
            return None
        row = own_row(seen, key)
        missing = [column for column in code.own if column not in seen.structure.columns]
        decided = [column for column in code.tested if column in row and not row[column]]
        if not (missing or decided):
            return None
        used = [each for each in INSTEAD_OF if each in code.operators]
        where = f"`{'`, `'.join(used)}`" if used else "the code"
        lacks = (
            f"the SQL lacks {_listed(seen, missing)}"
            if missing
            else f"the SQL doesn't depend on whether {_listed(seen, decided)} is empty"
        )
        return (
            f"{values_shown(seen, python, sql)}: {lacks}. {hybrid.name} has no expression, so its getter runs on the class too, where "
            f"{where} sees column objects in place of values, and takes one branch for all rows.",
            _to_be_given(seen),
        )


def _to_be_given(seen: Example) -> str:
    hybrid = seen.hybrid
    if hybrid.expression_under is not None:
        return (
            f"Its expression is on the copy {hybrid.class_name}.{hybrid.expression_under}: decorate the function with "
            f"`@{hybrid.attribute}.inplace.expression`, or call it {hybrid.attribute!r}."
        )
    return f"Give {hybrid.name} an expression (`@{hybrid.attribute}.inplace.expression` with `@classmethod`): {_sketch(seen)}."


def _listed(seen: Example, columns: list[str]) -> str:
    return ", ".join(attribute(seen, column) for column in columns)


def _sketch(seen: Example) -> str:
    """The expression to write, as far as the getter shows it."""
    code = seen.hybrid.python
    own = [written(seen, column) for column in code.own]
    tested = [_truth(seen, column) for column in code.tested]
    others = [written(seen, column) for column in code.own if column not in code.tested]
    booleans = all(fact(seen, column).type_name == "BOOLEAN" for column in code.own)
    decisions = code.operators & INSTEAD_OF.keys()
    if code.operators != decisions:  # the getter computes with what it decides
        instead = ", ".join(INSTEAD_OF[each] for each in INSTEAD_OF if each in decisions)
        return f"in SQL it is {instead or 'case()'} over {', '.join(own)}"
    if booleans and decisions == {"and"}:
        return f"`return and_({', '.join(own)})`"
    if booleans and decisions == {"or"}:
        return f"`return or_({', '.join(own)})`"
    if decisions == {"or"} and len(tested) == len(others) == 1:
        return f"`return case(({tested[0]}, {written(seen, code.tested[0])}), else_={others[0]})`"
    if decisions == {"if"} and len(tested) == 1:
        return f"`return case(({tested[0]}, ...), else_=...)` over {', '.join(others)}"
    instead = ", ".join(INSTEAD_OF[each] for each in INSTEAD_OF if each in decisions)
    return f"in SQL it is {instead or 'case()'} over {', '.join(own)}"


def _truth(seen: Example, column: str) -> str:
    """What Python's truth of a column's value is in SQL."""
    type_name, name = fact(seen, column).type_name, written(seen, column)
    if fact(seen, column).decorator:
        return f"{name}.is_not(None)"  # what is stored is not what Python asks of
    if type_name == "BOOLEAN":
        return name
    if type_name.startswith(("VARCHAR", "TEXT", "CHAR")):
        return f"{name} != ''"
    number = type_name.startswith(("SMALLINT", "INTEGER", "BIGINT", "NUMERIC", "FLOAT", "DOUBLE", "REAL"))
    return f"{name} != 0" if number else f"{name}.is_not(None)"


class ColumnForgotten(ValueCause):
    """The expression leaves out a column that the getter reads."""

    code = "HH226"
    name = "column-left-out"
    documentation = Documentation(
        what="The expression never reads a column that the getter reads, and the two sides differ.",
        why="Whatever that column holds, the SQL can't follow: a condition or a summand is missing.",
        limits="A column that a relationship's join compares beside its keys counts as read, one of its order where the SQL takes a row by LIMIT. Asked last, when no other cause explains the values. Keys are left out, for a join replaces them; a column of a related class counts where only one has the name.",
        example="the getter: self.price * self.quantity; the expression: cls.price",
        instead="cls.price * cls.quantity",
    )

    def explain_values(self, seen: Example, key: Key, python: Any, sql: Any) -> Explanation | None:
        """Where the SQL lacks a column that is no key."""
        del key
        if not seen.hybrid.wiring.expression:
            return None
        keys = {f"{table.name}.{column}" for table in seen.hybrid.tables for column in table.key}
        joins = {
            side for each in seen.hybrid.relationships_read for side in (*each.remote_side, *each.local_side)
        }
        known = {*seen.structure.columns, *keys, *joins}
        missing = [column for column in seen.hybrid.python.columns if column not in known]
        if seen.structure.literal:
            return None
        if not missing:
            return _condition_forgotten(seen, values_shown(seen, python, sql))
        names = _listed(seen, missing)
        return (
            f"{values_shown(seen, python, sql)}: the getter of {seen.hybrid.name} reads {names}, and its expression does not.",
            f"Let the expression of {seen.hybrid.name} do with {', '.join(written(seen, each) for each in missing)} what the getter does.",
        )


def _condition_forgotten(seen: Example, said: str) -> Explanation | None:
    """Where a relationship that the getter reads has a condition or an order by columns that the SQL lacks."""
    limited = any(query.limited for query in seen.structure.subqueries)
    for each in seen.hybrid.relationships_read:
        road = f"{each.owner}.{each.name}"
        missing = [column for column in each.conditions if column not in seen.structure.columns]
        if missing:
            names = _listed(seen, missing)
            return (
                f"{said}: {road}, which the getter of {seen.hybrid.name} reads, has a condition on {names}, and the expression "
                "does not.",
                f"Put the condition of {road} on {names} into the expression of {seen.hybrid.name} too.",
            )
        missing = [column for column in each.order if column not in seen.structure.columns]
        if missing and limited:
            names = _listed(seen, missing)
            return (
                f"{said}: {road}, which the getter of {seen.hybrid.name} reads, is ordered by {names}, and the subquery that takes a "
                "row by LIMIT is not.",
                f"Order the subquery as {road} is ordered, by {names}.",
            )
    return None


CERTAIN = (ColumnNameAsText(), BranchLost())
LIKELY = (ColumnForgotten(),)
