"""What a hybrid with a setter stores, on small populations."""

from harness.core.dataset import Dataset
from harness.core.observation import Write, Writes
from harness.core.outcome import Returned
from harness.engine.bench import Bench
from harness.engine.examinee import Examinee
from harness.evaluation.loader import Rejected
from harness.evaluation.write_side import WriteSide
from harness.generation import Plan, population
from harness.rules import judge

POPULATIONS = 6
ROWS = 3
"""Rows in each table: few enough to be read in a counterexample."""


def try_writes(examinee: Examinee, plan: Plan, bench: Bench) -> None:
    """Assign each row the values that the others have; stop at the first population that shows a finding."""
    side = WriteSide(examinee.subject, seconds=examinee.seconds)
    if not side.assignable:
        return
    for seed in range(POPULATIONS):
        dataset = population(plan, ROWS, seed=seed)
        findings = judge(Writes(examinee.hybrid, dataset, _writes(examinee, side, dataset, bench)))
        for finding in findings:
            examinee.shrunk.setdefault(finding.identity, finding)
        if findings:
            return


def _writes(examinee: Examinee, side: WriteSide, dataset: Dataset, bench: Bench) -> tuple[Write, ...]:
    try:
        with bench.session(dataset, [examinee.sides().python]) as session:
            outcomes = examinee.sides().python.evaluate(session)
            values = [each.value for each in outcomes.values() if isinstance(each, Returned)]
            connection = session.connection()
            return tuple(
                side.write(connection, key, value)
                for key in outcomes
                for value in values
                if value is not None
            )
    except Rejected:
        return ()
