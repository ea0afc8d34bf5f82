"""Causes that show only where a query puts the hybrid: under an alias, under an operator."""

from typing import ClassVar

from harness.comparison import RowDifference
from harness.core.finding import Family
from harness.core.observation import Answer, Example
from harness.core.outcome import Raised
from harness.rules.base import Documentation
from harness.rules.cause import Cause, Explanation, operand_written

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


CAUSES = (CorrelatesToClass(), LiteralSql(), NotBeforeIs())
