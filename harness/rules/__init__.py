"""Every rule, in one order, and the function that applies them."""

from typing import Any

from harness.core.finding import Finding
from harness.core.observation import Example
from harness.rules import (
    agreement,
    comparisons,
    composition,
    containment,
    query_cost,
    statements,
    storing,
    translation,
    unflushed,
    vacuity,
)
from harness.rules.base import Documentation, Rule
from harness.rules.cause import Cause
from harness.rules.causes import (
    attributed,
    classlevel,
    moments,
    nulls,
    numbers,
    positions,
    queries,
    text,
    types,
    wiring,
)

__all__ = ["RULES", "Documentation", "Rule", "judge"]

RULES: tuple[Rule[Any], ...] = (
    translation.EndlessConstruction(),
    translation.ExpressionRaises(),
    translation.NoExpression(),
    translation.ConstantExpression(),
    translation.TextExpression(),
    translation.UnboundParameter(),
    translation.PositionDoesNotCompile(),
    translation.LabelHidesColumn(),
    agreement.SelfCorrelated(),
    agreement.SelectRefused(),
    agreement.DirectionReversed(),
    agreement.PythonRaisesOnNull(),
    agreement.PythonRaises(),
    agreement.RowsMultiplied(),
    agreement.NullAgainstValue(),
    agreement.ValuesDiffer(),
    agreement.TypeDrift(),
    storing.UpdateDiffersFromSetter(),
    storing.UpdateRefused(),
    unflushed.DefaultsMissing(),
    unflushed.RoundedOnFlush(),
    comparisons.ComparisonDiffers(),
    translation.OrderedByCollation(),
    wiring.ParentExpressionKept(),
    wiring.OverriddenInSubclass(),
    wiring.ComparatorHidesExpression(),
    wiring.ExpressionIgnored(),
    classlevel.ColumnNameAsText(),
    classlevel.BranchLost(),
    classlevel.ColumnForgotten(),
    queries.CorrelatedToAnother(),
    queries.NotCorrelated(),
    queries.Volatile(),
    queries.SetReturning(),
    queries.AggregateOutside(),
    queries.SeveralRows(),
    queries.NoSuchOperator(),
    queries.JoinReversed(),
    queries.LimitWithoutOrder(),
    queries.AggregateWithoutOrder(),
    queries.DuplicatesCounted(),
    queries.FanOut(),
    nulls.MissingJsonKey(),
    nulls.NoneAsText(),
    nulls.OrAgainstCoalesce(),
    nulls.Undecided(),
    nulls.PredicateSkipsNull(),
    nulls.AggregateSkipsNull(),
    nulls.NoRows(),
    nulls.PassedOn(),
    nulls.AttributeOfNone(),
    nulls.RaisesOnNoRows(),
    types.EnumAgainstStored(),
    types.IntervalAgainstSeconds(),
    types.UuidAgainstText(),
    types.JsonNumberAsText(),
    types.DateAgainstTimestamp(),
    types.TextAgainstValue(),
    types.EnumOrder(),
    numbers.DecimalWithFloat(),
    numbers.Overflow(),
    numbers.DivisionByZero(),
    numbers.RoundedHalf(),
    numbers.IntegerByOtherRule(),
    numbers.FloorDivision(),
    numbers.RemainderOfNegatives(),
    numbers.IntegerDivision(),
    text.Padded(),
    text.Wildcards(),
    text.CaseIgnored(),
    text.SubstringFromZero(),
    text.Unanchored(),
    text.CollationOrder(),
    moments.SecondsOfTheDay(),
    moments.YearsSubtracted(),
    moments.NaiveAgainstAware(),
    moments.DateInSessionZone(),
    moments.DayOverClockChange(),
    moments.NaiveInSessionZone(),
    composition.HardCodedClass(),
    composition.PositionRefused(),
    composition.PositionDiffers(),
    composition.DependsOnTimeZone(),
    translation.UncorrelatedAlone(),
    composition.AccessedTwice(),
    positions.NotBeforeIs(),
    positions.LiteralSql(),
    positions.CorrelatesToClass(),
    positions.RowsNotParted(),
    statements.StatementPerRow(),
    query_cost.ScanPerRow(),
    query_cost.FasterThanRows(),
    query_cost.RecursiveScan(),
    query_cost.VolatilePerRow(),
    query_cost.Spilled(),
    query_cost.JitPaid(),
    query_cost.LookedThroughPerRow(),
    containment.EndlessSql(),
    containment.EndlessPython(),
    containment.PythonOnCircles(),
    containment.RecursionLimit(),
    containment.ServerLost(),
    containment.ChangesTheProcess(),
    containment.EndsTheProcess(),
    vacuity.AlwaysTheSame(),
    storing.SetterUnderAnotherName(),
)


READERS = {
    kind: tuple(rule for rule in RULES if rule.reads is kind and not isinstance(rule, Cause))
    for kind in {rule.reads for rule in RULES}
}
"""The rules by what they read, but for causes, which take turns."""


def judge(observation: object) -> list[Finding]:
    """What the rules say of ``observation``, in their order."""
    found = [finding for rule in READERS.get(type(observation), ()) for finding in rule.judge(observation)]
    if isinstance(observation, Example):
        found += attributed(observation)
    return sorted(found, key=lambda finding: finding.rule)
