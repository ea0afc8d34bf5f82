"""Rules about instances that the database hasn't seen yet."""

from collections.abc import Iterator
from typing import ClassVar

from harness.comparison import same
from harness.core.finding import Family, Finding, Severity
from harness.core.observation import BeforeDatabase
from harness.core.outcome import Raised, Returned
from harness.rules.base import Documentation, Rule, counterexample, shown


class DefaultsMissing(Rule[BeforeDatabase]):
    """The getter raises until the defaults are there."""

    code = "HH212"
    name = "raises-before-flush"
    family: ClassVar[Family] = Family.AGREEMENT
    severity: ClassVar[Severity] = Severity.WARNING
    reads: ClassVar[type] = BeforeDatabase
    documentation = Documentation(
        what="On a new instance the getter raises TypeError on None, because a column's default is applied when it is flushed.",
        why="default= and server_default= fill the row, not the object: code that reads the attribute before commit fails.",
        limits="Recognised by NoneType in a TypeError, with all other columns set.",
        example="return self.a + self.b, with b = mapped_column(server_default='0')",
        instead="(self.b or 0) in the getter, or a default that the constructor applies.",
    )

    def judge(self, seen: BeforeDatabase) -> Iterator[Finding]:
        """One finding that names the columns with defaults."""
        for unflushed in seen.unflushed:
            outcome = unflushed.outcome
            if not (
                isinstance(outcome, Raised) and "TypeError" in outcome.kinds and "NoneType" in outcome.message
            ):
                continue
            read = {column.rpartition(".")[2] for column in seen.hybrid.python.own}
            named = [name for name in unflushed.defaulted if name in read] or unflushed.defaulted
            names = ", ".join(f"{seen.hybrid.class_name}.{name}" for name in named)
            yield self.finding(
                "before flush",
                f"{seen.hybrid.name} raises {outcome} on a new {seen.hybrid.class_name}: {names} has its default only once it is "
                "flushed.",
                "Say in the getter what None counts for, as in `(value or 0)`, or set the default when the object is made.",
            )
            return


class RoundedOnFlush(Rule[BeforeDatabase]):
    """The value changes as the row is stored."""

    code = "HH213"
    name = "value-changes-on-flush"
    family: ClassVar[Family] = Family.AGREEMENT
    severity: ClassVar[Severity] = Severity.INFO
    reads: ClassVar[type] = BeforeDatabase
    documentation = Documentation(
        what="A Numeric(p, s) column takes a number with more decimals, the getter computes with it, and the database rounds it.",
        why="The object in memory shows one amount, the row and every later reader another.",
        limits="Tried with half of the column's last decimal.",
        example="price = mapped_column(Numeric(10, 2)), assigned Decimal('1.005')",
        instead="@validates that quantizes on assignment.",
    )

    def judge(self, seen: BeforeDatabase) -> Iterator[Finding]:
        """One finding for the first row whose value changed."""
        for rounded in seen.rounded:
            before, after = rounded.before, rounded.after
            if not isinstance(before, Returned) or not isinstance(after, Returned):
                continue
            if same(before.value, after.value):
                continue
            assigned = ", ".join(f"{name}={shown(value)}" for name, value in rounded.assigned.items())
            yield self.finding(
                "before flush",
                f"{seen.hybrid.name} changes as the row is stored: with {assigned} it is {shown(before.value)} before the flush "
                f"and {shown(after.value)} after, because the column rounds.",
                "Quantize on assignment, in a @validates method of the column, so that the object holds what the row will.",
                counterexample(seen.hybrid, seen.dataset, rounded.key, before.value, after.value),
            )
            return
