"""Rules about how the cost grows."""

from collections.abc import Iterator
from typing import ClassVar

from harness.core.finding import Family, Finding, Severity
from harness.core.observation import Growth, QueryPlan
from harness.rules.base import Documentation, Rule

PER_ROW = 0.5
"""Statements for each further instance from which the growth is called one per row."""


class ScanPerRow(Rule[QueryPlan]):
    """A correlated subquery reads a whole table for each row."""

    code = "HH402"
    name = "table-scan-per-row"
    family: ClassVar[Family] = Family.SCALE
    severity: ClassVar[Severity] = Severity.WARNING
    reads: ClassVar[type] = QueryPlan
    documentation = Documentation(
        what="The plan of the plain select reads a whole table again for each row, and no index could spare it.",
        why="The cost is the product of the two tables' sizes: fine on a laptop, minutes in production.",
        limits="Read from the server's plan with sequential scans priced out, not from time.",
        example="items correlated by a foreign key without an index",
        instead="An index that begins with the column that the subquery compares with the outer row.",
    )

    def judge(self, seen: QueryPlan) -> Iterator[Finding]:
        """One finding that names the tables."""
        tables = ", ".join(seen.tables_scanned_per_row)
        if not tables:
            return
        yield self.finding(
            "select",
            f"select({seen.hybrid.name}) reads the whole table {tables} for each row: no index fits the condition of its "
            "correlated subquery.",
            f"Create an index on {tables} that begins with the column compared with the outer row (index=True on the foreign "
            "key).",
        )


class StatementPerRow(Rule[Growth]):
    """The Python side sends statements for each instance."""

    code = "HH401"
    name = "statement-per-row"
    family: ClassVar[Family] = Family.SCALE
    severity: ClassVar[Severity] = Severity.INFO
    reads: ClassVar[type] = Growth
    documentation = Documentation(
        what="Reading the attribute on N instances sends a number of statements that grows with N.",
        why="A page of 1,000 rows sends 1,000 statements and more. Selecting the SQL side sends one.",
        limits="Counted at two sizes, on instances of a new session, without loader options.",
        example="sum(usage.cost for usage in self.usages)",
        instead="select(Model, Model.h) for pages and reports; or selectinload() of the relationship.",
    )

    def judge(self, seen: Growth) -> Iterator[Finding]:
        """One finding where the growth is a statement for every other row or more."""
        if seen.per_row < PER_ROW:
            return
        causes = ", ".join(seen.causes) or "statements that the getter sends itself"
        hybrid = seen.hybrid
        options = ", ".join(f"selectinload({cause})" for cause in seen.causes[:1])
        yield self.finding(
            "select",
            f"{hybrid.name} sends {seen.queries[0]} statements for {seen.rows[0]} instances and {seen.queries[1]} for "
            f"{seen.rows[1]} in Python ({causes}).",
            f"For many rows at once, select({hybrid.class_name}, {hybrid.name}) sends one statement"
            + (f"; or load ahead with {options}." if options else "."),
        )
