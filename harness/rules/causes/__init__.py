"""Why the two sides are apart: every known way, in one order, and the function that has them take turns."""

from collections.abc import Iterator
from dataclasses import replace

from harness.comparison import RowDifference, compare_rows
from harness.core.finding import Finding
from harness.core.observation import Answer, Example
from harness.core.outcome import Raised, Returned
from harness.rules import agreement
from harness.rules.apart import position_example
from harness.rules.cause import Cause, Explanation, differences
from harness.rules.causes import (
    classlevel,
    moments,
    nulls,
    numbers,
    positions,
    queries,
    rows,
    text,
    texts_made,
    types,
    wiring,
)

CAUSES: tuple[Cause, ...] = (
    agreement.SelfCorrelated(),
    *wiring.CAUSES,
    *positions.CAUSES,
    *classlevel.CERTAIN,
    *queries.CERTAIN,
    *rows.CERTAIN,
    agreement.DirectionReversed(),
    agreement.RowsMultiplied(),
    *types.CAUSES,
    *numbers.CAUSES,
    *text.CAUSES,
    *texts_made.CAUSES,
    *moments.CAUSES,
    *queries.ORDER,
    *nulls.CAUSES,
    *rows.LIKELY,
    *queries.LIKELY,
    *numbers.LIKELY,
    agreement.PythonRaisesOnNull(),
    agreement.PythonRaises(),
    *classlevel.LIKELY,
    *rows.LAST,
    *positions.LIKELY,
    *types.LIKELY,
    agreement.SelectRefused(),
    agreement.NullAgainstValue(),
    agreement.ValuesDiffer(),
)
"""In the order of precedence: what is certain from the wiring or the tree, what the values show, what is merely likely."""
CAUSE_CODES = frozenset(cause.code for cause in CAUSES)


def attributed(seen: Example) -> Iterator[Finding]:
    """One finding for each cause, on the first instance that it explains, with the positions that it explains as well."""
    found: dict[str, Finding] = {}
    for finding in _on_select(seen):
        found.setdefault(finding.rule, finding)
    for answer in seen.answers:
        cause, explanation = position_cause(seen, answer)
        if cause is None or explanation is None:
            continue
        known = found.get(cause.code)
        if known is None:
            found[cause.code] = _on_position(seen, answer, cause, explanation)
        elif answer.position != known.position:
            found[cause.code] = replace(known, also=(*known.also, answer.position))
    yield from found.values()


def _on_position(seen: Example, answer: Answer, cause: Cause, explanation: Explanation) -> Finding:
    """The finding about one position; of a cause that the plain select has too, it is the select that is looked at further."""
    if cause.everywhere:
        return cause.finding("select", *explanation, None)
    example = position_example(seen, answer, position_difference(answer))
    return cause.finding(answer.position, *explanation, example)


def position_cause(seen: Example, answer: Answer) -> tuple[Cause | None, Explanation | None]:
    """The first cause of what a position has wrong, if any is known."""
    apart = position_difference(answer)
    if apart is None and not isinstance(answer.outcome, Raised):
        return None, None
    explanations = (
        (cause, cause.explain_position(seen, answer, apart)) for cause in CAUSES if cause.marks(seen)
    )
    return next((each for each in explanations if each[1] is not None), (None, None))


def position_difference(answer: Answer) -> RowDifference | None:
    """The rows that set the position apart from the plain select, if any."""
    if not isinstance(answer.outcome, Returned):
        return None
    return compare_rows(answer.expected, answer.outcome.value, ordered=answer.ordered)


def _on_select(seen: Example) -> Iterator[Finding]:
    if isinstance(seen.select, Raised):
        for cause in CAUSES:
            explanation = cause.explain_refusal(seen, seen.select)
            if explanation is not None:
                yield cause.on_refusal(seen, seen.select, explanation)
                return
    for difference in differences(seen):
        for cause in CAUSES:
            explanation = cause.explain(seen, difference)
            if explanation is not None:
                yield cause.on_difference(seen, difference, explanation)
                break
