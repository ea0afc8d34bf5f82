"""Instances on their way into the database, on small populations: what setters store, and getters before the flush."""

from collections.abc import Iterator
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from harness.core.dataset import Dataset
from harness.core.hybrid import Kind
from harness.core.observation import BeforeDatabase, Write, Writes
from harness.core.outcome import Returned
from harness.engine.bench import Bench
from harness.engine.examinee import Examinee
from harness.evaluation.loader import Rejected
from harness.evaluation.unflushed import UnflushedSide
from harness.evaluation.write_side import WriteSide
from harness.generation import Plan, PopulationShape, population
from harness.rules import judge

POPULATIONS = 6
ROWS = 3
"""Rows in each table: few enough to be read in a counterexample."""


def try_storing(examinee: Examinee, plan: Plan, bench: Bench) -> None:
    """Judge what is stored and what is not yet; stop at the first population that shows a finding."""
    if examinee.hybrid.kind is not Kind.HYBRID_PROPERTY:
        return
    for seed in range(POPULATIONS):
        dataset = population(plan, PopulationShape(ROWS, fan_out=1), seed=seed)
        try:
            with bench.session(dataset, [examinee.sides().python]) as session:
                observations = [
                    _before_database(examinee, session, dataset),
                    *_writes(examinee, session, dataset),
                ]
        except Rejected:
            continue
        findings = [finding for each in observations for finding in judge(each)]
        for finding in findings:
            examinee.shrunk.setdefault(finding.identity, finding)
        if findings:
            return


def _writes(examinee: Examinee, session: Session, dataset: Dataset) -> Iterator[Writes]:
    """Each row assigned the values that the others have, and what a setter may make the same of."""
    side = WriteSide(examinee.subject, seconds=examinee.seconds)
    if not side.assignable:
        return
    outcomes = examinee.sides().python.evaluate(session)
    values = [
        each.value for each in outcomes.values() if isinstance(each, Returned) and each.value is not None
    ]
    others = [variant for value in values for variant in _variants(value)]
    pairs = [(key, value) for key in outcomes for value in values]
    pairs += [(key, value) for key in list(outcomes)[:1] for value in others]
    written: tuple[Write, ...] = tuple(side.write(session.connection(), *pair) for pair in pairs)
    yield Writes(examinee.hybrid, dataset, written, side.attribute)


def _variants(value: object) -> Iterator[object]:
    """The value in the ways that setters make one of: letters in another case, blanks around it, the other sign."""
    if type(value) is str:
        yield from (f"A{value}b", f" {value} ")
    elif isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        yield -value


def _before_database(examinee: Examinee, session: Session, dataset: Dataset) -> BeforeDatabase:
    side = UnflushedSide(examinee.subject, examinee.discovered.reads.columns, seconds=examinee.seconds)
    mapper = examinee.discovered.mapper
    instances = session.scalars(select(mapper.class_)).unique().all() if side.defaulted or side.scaled else []
    keys = [tuple(mapper.primary_key_from_instance(instance)) for instance in instances]
    unflushed = tuple(side.before_flush(instance) for instance in instances) if side.defaulted else ()
    rounded = tuple(side.rounded(session.connection(), key) for key in keys) if side.scaled else ()
    return BeforeDatabase(examinee.hybrid, dataset, unflushed, rounded)
