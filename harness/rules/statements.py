"""Rules about the statements that the Python side sends as rows grow."""

from collections.abc import Iterable, Iterator
from typing import ClassVar

from harness.core.finding import Family, Finding, Severity
from harness.core.hybrid import Hybrid
from harness.core.observation import Growth
from harness.rules.base import Documentation, Rule

PER_ROW = 0.1
"""Statements for each further instance from which the growth is called one per row: subclasses and NULLs spare some rows theirs."""
OF_ITS_OWN = (
    "no relationship's: queries of the getter's own, or columns that are loaded when they are asked for"
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
        limits="Counted for 25 and 100 instances in a new session, loaded as the mapping says and with no options of a query. One "
        "statement for every tenth instance is enough. Instances that share what they load, as children of one parent do, send "
        "fewer than instances of your data may.",
        example="sum(usage.cost for usage in self.usages), where usages is loaded lazily, which is the default",
        instead="select(Model, Model.h) for pages and reports; or an option of the query, selectinload() of the relationship, "
        "undefer() of a deferred column, selectin_polymorphic() of the subclasses whose columns are read.",
    )

    def judge(self, seen: Growth) -> Iterator[Finding]:
        """One finding where the growth is a statement for every tenth row or more."""
        if seen.per_row < PER_ROW:
            return
        causes = ", ".join(seen.causes) or OF_ITS_OWN
        hybrid = seen.hybrid
        options = ", ".join(_options(hybrid, seen.causes))
        yield self.finding(
            "select",
            f"{seen.shown} sends {seen.queries[0]} statements for {seen.rows[0]} instances and {seen.queries[1]} for "
            f"{seen.rows[1]} in Python ({causes}).",
            f"For many rows at once, select({hybrid.class_name}, {seen.shown}) sends one statement"
            + (f"; or load ahead with .options({options})." if options else "."),
        )


def _options(hybrid: Hybrid, causes: Iterable[str]) -> list[str]:
    """Loader options for relationships, as ``Class.relationship``, from the hybrid's class on, as far as the ways are known."""
    ways = [_way(hybrid, cause, frozenset()) for cause in causes]
    longest = [way for way in ways if way and not any(way == other[: len(way)] != other for other in ways)]
    return [".".join(f"selectinload({each})" for each in way) for way in longest]


def _way(hybrid: Hybrid, cause: str, seen: frozenset[str]) -> list[str]:
    owner = cause.rpartition(".")[0]
    if owner in hybrid.shown_by:
        return [cause]
    leading = (each for each in hybrid.relationships_read if each.target == owner)
    for name in (f"{each.owner}.{each.name}" for each in leading):
        if name not in seen and (before := _way(hybrid, name, seen | {name})):
            return [*before, cause]
    return []
