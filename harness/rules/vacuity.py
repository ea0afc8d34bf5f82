"""Rules about runs that tested nothing."""

from collections.abc import Iterator
from typing import ClassVar

from harness.core.finding import Family, Finding, Severity
from harness.core.observation import Survey
from harness.rules.base import Documentation, Rule

ENOUGH = 50
"""Comparisons before sameness means anything."""


class AlwaysTheSame(Rule[Survey]):
    """Every row of every dataset had one value."""

    code = "HH601"
    name = "always-one-value"
    family: ClassVar[Family] = Family.VACUITY
    severity: ClassVar[Severity] = Severity.WARNING
    reads: ClassVar[type] = Survey
    documentation = Documentation(
        what="The hybrid had the same value, or NULL, on every row that was generated.",
        why="Agreement on one value says little: the branch that differs was not reached, or the hybrid is a constant.",
        limits="Judged after 50 comparisons, and by what SQL gave: where Python's values vary, the difference is what is reported. A constant is left alone where another class of the inheritance has a hybrid of its own by the name.",
        example="a getter that returns 0 whatever the row holds",
        instead="Look whether the data reaches the hybrid's branches; register values that do.",
    )

    def judge(self, seen: Survey) -> Iterator[Finding]:
        """One finding."""
        if seen.comparisons < ENOUGH or seen.distinct_values > 1 or seen.python_varies:
            return
        if seen.constant and seen.hybrid.wiring.elsewhere:  # what this class answers, among others
            return
        value = "NULL" if seen.nulls else seen.only_value
        yield self.finding(
            "select",
            f"{seen.hybrid.name} was {value} on all {seen.comparisons} rows that were compared: it was not tested.",
            "If it is a constant, it needs no hybrid; else the generated rows miss what makes it vary.",
        )
