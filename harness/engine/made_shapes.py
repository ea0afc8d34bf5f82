"""Datasets that are made, not drawn: rows in a circle and a long chain, for tables that refer to themselves."""

from harness.core.dataset import Dataset
from harness.core.observation import Example
from harness.core.outcome import Returned
from harness.engine.bench import Bench
from harness.engine.examinee import Examinee
from harness.evaluation.loader import Rejected
from harness.generation import Plan, chain, cycles, has_self_reference
from harness.rules import judge

CHAIN = 1_100
"""Rows of the long chain: more than Python's default recursion limit of 1,000."""
NO_POSITIONS: frozenset[str] = frozenset()


def try_made_shapes(examinee: Examinee, plan: Plan, bench: Bench) -> None:
    """Evaluate ``examinee`` on rows in a circle and, on the Python side only, on a long chain.

    A schema whose constraints refuse such rows is spared.
    """
    table = examinee.table
    if not has_self_reference(plan, table):
        return
    for dataset in cycles(plan, table):
        if not _on_circle(examinee, dataset, bench):
            break
    _on_chain(examinee, chain(plan, table, CHAIN), bench)


def _on_circle(examinee: Examinee, dataset: Dataset, bench: Bench) -> bool:
    """Whether the next larger circle is worth a look."""
    try:
        with bench.session(dataset, [examinee.sides(dataset.arguments).python]) as session:
            seen = examinee.example(session, dataset, positions=NO_POSITIONS)
    except Rejected:
        return False
    findings = judge(seen)
    for finding in findings:
        examinee.shrunk.setdefault(finding.identity, finding)
    return not findings


def _on_chain(examinee: Examinee, dataset: Dataset, bench: Bench) -> None:
    try:
        side = examinee.sides(dataset.arguments).python
        with bench.session(dataset, [side]) as session:
            python = side.evaluate(session, ends_only=True)
    except Rejected:
        return
    nothing = Returned(())
    seen = Example(examinee.hybrid, examinee.translation.structure, dataset, python, nothing)
    for finding in judge(seen):
        if finding.family == "containment":
            examinee.shrunk.setdefault(finding.identity, finding)
