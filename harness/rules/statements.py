"""Rules about the statements that the Python side sends as rows grow."""

from collections.abc import Iterator
from typing import ClassVar

from harness.core.finding import Family, Finding, Severity
from harness.core.observation import Growth
from harness.rules.base import Documentation, Rule

PER_ROW = 0.5
"""Statements for each further instance from which the growth is called one per row."""


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
        options = f"selectinload({seen.causes[0]})" if len(seen.causes) == 1 else ""
        yield self.finding(
            "select",
            f"{seen.shown} sends {seen.queries[0]} statements for {seen.rows[0]} instances and {seen.queries[1]} for "
            f"{seen.rows[1]} in Python ({causes}).",
            f"For many rows at once, select({hybrid.class_name}, {seen.shown}) sends one statement"
            + (f"; or load ahead with {options}." if options else "."),
        )
