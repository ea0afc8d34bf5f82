"""Causes in which rows of the others a query takes beside the hybrid's own."""

from typing import Any

from harness.comparison import RowDifference, same
from harness.core.expression import Operation, Subquery
from harness.core.observation import Answer, Example, Key
from harness.core.outcome import Raised, Returned
from harness.rules.base import Documentation
from harness.rules.cause import (
    Cause,
    Difference,
    Explanation,
    ValueCause,
    attribute,
    is_number,
    operations,
    rows_of,
    uses,
    values_shown,
    written,
)

WINDOW_REFUSED = "42P20"


class WithoutPartnerCounted(ValueCause):
    """COUNT takes the row that an outer join makes of nothing."""

    code = "HH290"
    name = "row-without-partner-counted"
    documentation = Documentation(
        what="The aggregate counts the rows of an outer join, and a row that has no partner is one of them.",
        why="Where there is nothing to count the answer is 1, and never 0.",
        limits="Reported for count() without a column, and of columns of the tables that come first, where SQL's number is larger than there are partners.",
        example="select(func.count()).select_from(Order).outerjoin(Item).where(Order.id == cls.id)",
        instead="func.count(Item.id), which leaves out the row that has no item",
    )

    def explain_values(self, seen: Example, key: Key, python: Any, sql: Any) -> Explanation | None:
        """Where SQL counts more than there are partners."""
        del key
        if not (is_number(python) and is_number(sql)) or sql <= python:
            return None
        for query in seen.structure.subqueries:
            call = next((each for each in operations(seen, "count") if _of_all(query, each)), None)
            partners = sum(len(seen.dataset.tables.get(each, ())) for each in query.optional)
            if call is None or partners >= sql:
                continue
            table = query.optional[0]
            counted = f"func.count({_never_null(seen, table)})"
            return (
                f"{values_shown(seen, python, sql)}: `{call.brief}` counts the rows of an outer join, and where {table} has no row, "
                "the one that is left without a partner is a row, too.",
                f"Count a column of {table} that is never NULL, its primary key: `{counted}`; or join it in without `outer`.",
            )
        return None


def _of_all(query: Subquery, call: Operation) -> bool:
    """Whether the call counts rows that are there without a partner."""
    tables = {column.rpartition(".")[0] for column in call.columns}
    return bool(query.optional) and call.depth > 0 and not tables & set(query.optional)


def _never_null(seen: Example, table: str) -> str:
    """A column of the table that no row lacks, as an expression says it."""
    facts = sorted(seen.structure.facts.items())
    never = (column for column, known in facts if column.startswith(f"{table}.") and not known.nullable)
    return next((written(seen, each) for each in never), "...")


class AnotherQuantifier(ValueCause):
    """One side asks for any, the other for all."""

    code = "HH200"
    name = "any-for-all"
    documentation = Documentation(
        what="The getter asks all() of the rows, and the SQL whether there is one, EXISTS; or the getter asks any(), and the SQL whether there is none.",
        why="An order with one item done of three is done in the query; one without items is done on the page alone.",
        limits="Seen where the getter calls one of all() and any(), the SQL has EXISTS, and what stands around it is no NOT, or is one.",
        example="all(task.done for task in self.tasks) and cls.tasks.any(Task.done)",
        instead="~cls.tasks.any(Task.done.is_not(True))",
    )

    def explain_values(self, seen: Example, key: Key, python: Any, sql: Any) -> Explanation | None:
        """Where the two go by different words."""
        del key
        every, some = uses(seen, "all"), uses(seen, "any")
        query = next((each for each in seen.structure.subqueries if each.exists), None)
        decided = isinstance(python, bool) and isinstance(sql, bool)
        negated = any(each.depth == 0 for each in operations(seen, "not"))
        if not decided or query is None or every in (some, negated):
            return None
        asks = (
            ("all()", "EXISTS is true for one of them")
            if every
            else ("any()", "NOT EXISTS is true for none of them")
        )
        way = (
            "`~cls.items.any(...)` with the condition turned round"
            if every
            else "`cls.items.any(...)` without `~`"
        )
        return (
            f"{values_shown(seen, python, sql)}: the getter asks {asks[0]} of the rows of {', '.join(query.tables)}, and {asks[1]}.",
            f"Ask the same in SQL: {way}.",
        )


class AnotherRowTaken(ValueCause):
    """LIMIT takes another of the rows than the getter."""

    code = "HH297"
    name = "another-row-by-limit"
    documentation = Documentation(
        what="A subquery takes the first of several rows in an order of its own, and the getter takes another of them.",
        why="The query has the oldest, or the dearest, where the attribute has the latest, or the cheapest.",
        limits="Reported where one column of one table is selected, SQL's value is that of one of the rows and Python's that of another.",
        example="the getter: self.bids[0].amount, ordered by Bid.id.desc(); the expression: ....order_by(Bid.id).limit(1)",
        instead="....order_by(Bid.id.desc()).limit(1)",
    )

    def explain_values(self, seen: Example, key: Key, python: Any, sql: Any) -> Explanation | None:
        """Where both values are there, in rows of their own."""
        for query in seen.structure.subqueries:
            column = query.selected[0].column if len(query.selected) == 1 else None
            rows = rows_of(seen, query, key) if query.limited and query.order else None
            if column is None or not rows:
                continue
            values = [row.get(column) for row in rows]
            if not all(any(same(each, value) for value in values) for each in (python, sql)):
                continue
            by = ", ".join(attribute(seen, each) for each in query.order)
            return (
                f"{values_shown(seen, python, sql)}: both are {attribute(seen, column)} of a row of {query.tables[0]}. The subquery takes the "
                f"first of {len(rows)} by {by}, and the getter another one.",
                f"Order the subquery so that what the getter takes comes first: by what it goes by, the other way round with `.desc()`, "
                f"and by {query.tables[0]}'s key where that leaves a tie.",
            )
        return None


class WindowFunction(Cause):
    """A window function looks at the rows of the query that it is put in."""

    code = "HH299"
    name = "window-function"
    documentation = Documentation(
        what="The expression is a window function, rank() or sum() OVER: it goes by the rows of whatever query it stands in.",
        why="WHERE, GROUP BY and HAVING refuse it, and with any condition or join beside it the numbers are others.",
        limits="Seen outside of subqueries.",
        example="func.rank().over(order_by=cls.score.desc())",
        instead="a correlated subquery that counts, select(func.count() + 1).where(other.score > cls.score), or the window in a subquery that the query joins",
    )

    def marks(self, seen: Example) -> bool:
        """Where one stands outside of a subquery."""
        return _window(seen) is not None

    def explain(self, seen: Example, difference: Difference) -> Explanation | None:
        """Where the rows of the plain select give another number."""
        if not isinstance(difference.python, Returned) or len(difference.sql) != 1:
            return None
        return self._said(seen, values_shown(seen, difference.python.value, difference.value))

    def explain_position(
        self, seen: Example, answer: Answer, apart: RowDifference | None
    ) -> Explanation | None:
        """Refused in conditions, and another number in a join."""
        if apart is not None:
            return self._said(
                seen,
                f"{seen.hybrid.name} gives other rows in the position {answer.position!r} than in the plain select",
            )
        refusal = answer.outcome
        if not isinstance(refusal, Raised) or refusal.sqlstate != WINDOW_REFUSED:
            return None
        return self._said(seen, f"{seen.hybrid.name} fails in the position {answer.position!r}: {refusal}")

    def _said(self, seen: Example, said: str) -> Explanation | None:
        window = _window(seen)
        if window is None:
            return None
        return (
            f"{said}: `{window.brief}` is a window function, which goes by all rows of the query that it stands in and is refused in its "
            "conditions.",
            f"Put it into a correlated subquery over an alias of {seen.hybrid.class_name} that counts or sums the rows it goes by, or into a "
            "subquery that the query joins.",
        )


def _window(seen: Example) -> Operation | None:
    return next((each for each in operations(seen, "over") if each.depth == 0), None)


CERTAIN = (WindowFunction(),)
LIKELY = (WithoutPartnerCounted(), AnotherQuantifier())
LAST = (AnotherRowTaken(),)
