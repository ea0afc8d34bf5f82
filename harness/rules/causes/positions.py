"""Causes that show only where a query puts the hybrid: under an alias, under an operator."""

from collections.abc import Mapping
from typing import ClassVar

from harness.comparison import RowDifference
from harness.core.expression import LONGEST
from harness.core.finding import Family
from harness.core.observation import Answer, Example
from harness.core.outcome import Raised, Returned
from harness.rules.apart import first_apart
from harness.rules.base import Documentation, shown
from harness.rules.cause import Cause, Explanation, operand_written, sql_shown

PARTS = {
    "where true": "{}",
    "where not": "not_({})",
    "where ~": "~{}",
    "where is null": "{}.is_(None)",
}
"""The criterion of each position that takes a part of the rows."""
HOMES: Mapping[bool | None, tuple[str, ...]] = {
    True: ("where true",),
    False: ("where ~", "where not"),
    None: ("where is null",),
}
"""The positions that find a row by its value."""
TRUTHS = PARTS.keys() - {"where is null"}
COMPARED = frozenset({"where", "exists", "update"})
ALIASED = frozenset({"aliased", "self-join", "exists"})
UNKNOWN_TABLE, SYNTAX = "42P01", "42601"


class PositionCause(Cause):
    """A cause that the plain select doesn't show."""

    family: ClassVar[Family] = Family.COMPOSITION
    everywhere = False


class NotBeforeIs(PositionCause):
    """NOT binds less than IS."""

    code = "HH307"
    name = "not-before-is"
    documentation = Documentation(
        what="The expression is NOT of a column, and SQLAlchemy puts no parentheses around it: `M.h.is_(None)` becomes `NOT m.flag IS NULL`, which PostgreSQL reads as NOT (m.flag IS NULL).",
        why="Asking whether the hybrid is NULL gives the very opposite.",
        limits="Reported where IS NULL finds other rows than those whose value is NULL.",
        example="~cls.removed",
        instead="cls.removed.is_not(True), which is never NULL",
    )

    def marks(self, seen: Example) -> bool:
        """Where the whole expression is NOT of a column."""
        outermost = () if seen.structure.foreign_tables else seen.structure.operations[:1]
        return any(
            each.name == "not" and each.shown.startswith("NOT ") and each.operands[0].column
            for each in outermost
        )

    def explain_position(
        self, seen: Example, answer: Answer, apart: RowDifference | None
    ) -> Explanation | None:
        """Where it stands before IS NULL."""
        if apart is None or answer.position != "where is null":
            return None
        negation = seen.structure.operations[0]
        column = operand_written(seen, negation.operands[0])
        return (
            f"`{seen.hybrid.name}.is_(None)` becomes `{negation.brief} IS NULL`, which PostgreSQL reads as NOT ({negation.operands[0].shown} IS NULL): it finds "
            "the rows whose value is not NULL.",
            f"Decide what NULL counts for, `{column}.is_not(True)` or `{column}.is_(False)`, in place of `~{column}`.",
        )


class LiteralSql(PositionCause):
    """SQL as text can't be moved to another place."""

    code = "HH308"
    name = "sql-as-text"
    documentation = Documentation(
        what="The expression has SQL as text, by literal_column() or text(): it names the table as it is, has no parentheses of its own, and holds whatever was put into it.",
        why="Under an alias the table has another name; beside an operator the text falls apart; a quote in a value ends it, or worse.",
        limits="Reported where PostgreSQL refuses a position or the select for an unknown table or its syntax.",
        example="literal_column('orders.price * 2'), literal_column(f\"orders.name = '{name}'\")",
        instead="cls.price * 2, cls.name == name",
    )

    def marks(self, seen: Example) -> bool:
        """Where a part of the tree is text."""
        return seen.structure.literal

    def explain_refusal(self, seen: Example, refusal: Raised) -> Explanation | None:
        """Where the text is no SQL with these values."""
        return self._said(seen, f"PostgreSQL can't answer select({seen.hybrid.name})", refusal)

    def explain_position(
        self, seen: Example, answer: Answer, apart: RowDifference | None
    ) -> Explanation | None:
        """Where the text doesn't fit."""
        if apart is not None or not isinstance(answer.outcome, Raised):
            return None
        return self._said(
            seen, f"{seen.hybrid.name} fails in the position {answer.position!r}", answer.outcome
        )

    def _said(self, seen: Example, said: str, refusal: Raised) -> Explanation | None:
        if not seen.structure.literal or refusal.sqlstate not in (UNKNOWN_TABLE, SYNTAX):
            return None
        why = (
            "under an alias the table that it names has another name"
            if refusal.sqlstate == UNKNOWN_TABLE
            else "the text does not fit where it is put"
        )
        values = (
            " with values as parameters, as in `cls.name == value`"
            if seen.dataset.arguments
            else ", as in `cls.price * 2`"
        )
        return (
            f"{said}: {refusal}. Its SQL is text, which SQLAlchemy can't rewrite: {why}.",
            f"Build the SQL of {seen.hybrid.name} from `cls`{values}; what must be text goes into parentheses.",
        )


class CorrelatesToClass(PositionCause):
    """.correlate() names the class in place of cls."""

    code = "HH309"
    name = "correlate-to-class"
    documentation = Documentation(
        what="The subquery says .correlate(M), with the class by name, so under an alias it correlates to nothing and reads the alias anew, all of its rows.",
        why="Each row of the alias gets the total of all rows, without a warning.",
        limits="Reported where an aliased position gives other rows.",
        example="select(func.count(Item.id)).where(Item.order_id == cls.id).correlate(Order)",
        instead="select(func.count(Item.id)).where(Item.order_id == cls.id).correlate(cls)",
    )

    def marks(self, seen: Example) -> bool:
        """Where a subquery on an alias still correlates to the class."""
        return seen.structure.correlates_to_class and not seen.structure.own_table_under_alias

    def explain_position(
        self, seen: Example, answer: Answer, apart: RowDifference | None
    ) -> Explanation | None:
        """Where an alias has other values."""
        if apart is None or answer.position not in ALIASED:
            return None
        hybrid = seen.hybrid
        return (
            f"Under aliased({hybrid.class_name}), the subquery of {hybrid.name} reads all rows of the alias: it says `.correlate({hybrid.class_name})`, which is "
            "not the alias, so nothing is correlated.",
            f"Write `.correlate(cls)` in place of `.correlate({hybrid.class_name})`.",
        )


class RowsNotParted(PositionCause):
    """A boolean, its negation and IS NULL don't have each row once between them."""

    code = "HH310"
    name = "rows-not-parted"
    documentation = Documentation(
        what="`where(M.h)`, `where(~M.h)` and `where(M.h.is_(None))` don't have each row once between them: a row is found by a criterion that its value in the plain select rules out, or not by the one that it asks for.",
        why="A filter and its negation are taken for the two halves of a table; rows are counted twice or lost.",
        limits="For hybrids whose type is boolean or unknown and whose values are true, false and NULL. Where AND or OR loses its parentheses, comparisons with a value go wrong too, and are told here.",
        example='literal_column("orders.paid OR orders.sent"), of which NOT negates the first part alone',
        instead='or_(cls.paid, cls.sent), or literal_column("(orders.paid OR orders.sent)")',
    )

    def marks(self, seen: Example) -> bool:
        """Where it stands as a criterion, or would fall apart as one."""
        return bool(seen.structure.unparenthesized) or any(
            answer.position in TRUTHS for answer in seen.answers
        )

    def explain_position(
        self, seen: Example, answer: Answer, apart: RowDifference | None
    ) -> Explanation | None:
        """A part of the three has other rows; without its parentheses, so has any comparison."""
        torn = seen.structure.unparenthesized
        wanted = PARTS.keys() | COMPARED if torn else TRUTHS
        astray = answer.position in ALIASED and seen.structure.own_table_under_alias
        if apart is None or answer.position not in wanted or seen.structure.foreign_tables or astray:
            return None
        fallen = _fallen(seen, answer, apart)
        return None if fallen is None else (f"{fallen}{_torn(torn)}", _parting(seen))


def _fallen(seen: Example, answer: Answer, apart: RowDifference) -> str | None:
    """The first row that is found where its value does not belong, or is not where it does, and how often."""
    assert isinstance(seen.select, Returned)
    row, name = first_apart(apart), seen.hybrid.name
    values = [each[-1] for each in seen.select.value if tuple(each[:-1]) == row]
    if not values or not isinstance(values[0], bool | None):
        return None
    key = shown(row[0] if len(row) == 1 else row)
    which = f"row {key}, for which {name} is {sql_shown(values[0])} in the plain select"
    if answer.position in COMPARED:
        return _compared(name, which, missing=row in apart.missing)
    criterion, home = _criterion(seen, answer.position), HOMES[values[0]]
    if row in apart.missing:
        return f"{criterion} does not find {which}: it belongs there and nowhere else."
    times = apart.extra.count(row)
    if answer.position in home:
        return f"{criterion} finds {times + 1} times {which}: it belongs there once."
    often = "" if times == 1 else f" {times} times"
    return f"{criterion} finds{often} {which}: it belongs to {_criterion(seen, home[0])} alone."


def _compared(name: str, which: str, *, missing: bool) -> str:
    finds, but = ("does not find", "that is the value") if missing else ("finds", "that is another value")
    return f"`where({name} == value)` {finds} {which}: {but}."


def _criterion(seen: Example, position: str) -> str:
    return f"`where({PARTS[position].format(seen.hybrid.name)})`"


def _torn(sql: str) -> str:
    if not sql:
        return ""
    return f" SQLAlchemy puts no parentheses around `{_cut(sql)}`, so that NOT, IS NULL or = beside it takes one part of it alone."


def _parting(seen: Example) -> str:
    sql, name = seen.structure.unparenthesized, seen.hybrid.name
    if sql and seen.structure.literal:
        return f'Put them into the text, `literal_column("({_cut(sql)})")`, or build {name} from `cls` with or_() and and_().'
    if sql:
        return f"Build {name} with or_() and and_(), which get them, or give its operator no `precedence`."
    return (
        f"Look at what negates it in `print(select({seen.hybrid.class_name}).where(~{name}))`: a comparator's `__invert__`, "
        "or an operator of your own. The negation is true where the hybrid is false, and NULL where it is NULL."
    )


def _cut(sql: str) -> str:
    return sql if len(sql) <= LONGEST else f"{sql[: LONGEST - 3]}..."


LIKELY = (RowsNotParted(),)
CAUSES = (CorrelatesToClass(), LiteralSql(), NotBeforeIs())
