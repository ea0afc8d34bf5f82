"""Every rule, in one order, and the function that applies them."""

from typing import Any

from harness.core.finding import Finding
from harness.rules import (
    agreement,
    comparisons,
    composition,
    containment,
    scale,
    storing,
    translation,
    unflushed,
    vacuity,
)
from harness.rules.base import Documentation, Rule

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
    composition.HardCodedClass(),
    composition.PositionRefused(),
    composition.PositionDiffers(),
    composition.DependsOnTimeZone(),
    translation.UncorrelatedAlone(),
    composition.AccessedTwice(),
    scale.StatementPerRow(),
    scale.ScanPerRow(),
    containment.EndlessSql(),
    containment.EndlessPython(),
    containment.PythonOnCircles(),
    containment.RecursionLimit(),
    containment.ServerLost(),
    vacuity.AlwaysTheSame(),
    storing.SetterUnderAnotherName(),
)


def judge(observation: object) -> list[Finding]:
    """What the rules say of ``observation``, in their order."""
    return [
        finding
        for rule in RULES
        if isinstance(observation, rule.reads)
        for finding in rule.judge(observation)
    ]
