"""For tests that people write themselves."""

from typing import Any

from hypothesis.strategies import SearchStrategy
from sqlalchemy import MetaData
from sqlalchemy.orm import registry

from harness.config import Options, checked
from harness.core.dataset import Dataset
from harness.core.errors import UsageProblem
from harness.discovery.hybrids import discover
from harness.discovery.targets import Target
from harness.engine import Examination, running_servers
from harness.generation import datasets as datasets_for
from harness.generation import plan_dataset
from harness.reporting import finding_text


def check_hybrid(attribute: Any, **options: Any) -> None:
    """Check one hybrid as a run would: ``check_hybrid(Tenant.total_inference_cost, examples=50)``.

    ``options`` are those of the command, by their names in Python. Raises AssertionError that tells the findings at or above
    ``fail_on``, UsageProblem where ``attribute`` is no hybrid of a mapped class, EnvironmentProblem where no PostgreSQL can
    be had.
    """
    class_, name = getattr(attribute, "class_", None), getattr(attribute, "key", None)
    mapper = getattr(class_, "__mapper__", None)
    found = (
        []
        if mapper is None
        else discover(Target(f"{mapper.class_.__module__}:{mapper.class_.__qualname__}", (mapper,)))
    )
    wanted = [each for each in found if each.hybrid.attribute == name]
    if not wanted:
        raise UsageProblem(
            f"{attribute!s} is no hybrid of a mapped class.",
            where="check_hybrid",
            hint="Give it as an attribute of its class: check_hybrid(Tenant.total_inference_cost).",
        )
    chosen = checked(Options(**options), where="check_hybrid")
    with running_servers(chosen) as servers:
        examination = Examination(wanted, servers, chosen)
        try:
            (report,) = examination.reports(examination.examinees)
        finally:
            examination.close()
    failing = [finding for finding in report.findings if finding.severity.rank >= chosen.fail_on.rank]
    if failing:
        raise AssertionError("\n\n".join(finding_text(finding, report.hybrid) for finding in failing))


def datasets(base: Any) -> SearchStrategy[Dataset]:
    """Datasets for every table of a declarative base, a registry or a MetaData, all columns drawn.

    Raises Ungeneratable, with what to do, where a table can't be filled.
    """
    metadata = base if isinstance(base, MetaData) else getattr(base, "metadata", None)
    if isinstance(base, registry):
        metadata = base.metadata
    if not isinstance(metadata, MetaData):
        raise UsageProblem(
            f"{base!r} has no tables.",
            where="datasets",
            hint="Give a declarative base, a registry or a MetaData.",
        )
    tables = list(metadata.tables.values())
    return datasets_for(plan_dataset(tables, [column for table in tables for column in table.columns]))
