"""After a hundred datasets further ones share the tables: all are counted, and what shows is found as before."""

import pytest

from harness.core.errors import EnvironmentProblem
from harness.core.report import Verdict
from harness.database import start_server
from harness.discovery import discover, load_target
from harness.engine.bench import Bench, Servers
from harness.engine.examinee import Examinee
from harness.engine.survey import survey
from harness.generation import plan_dataset

FOREST = """
from sqlalchemy import ForeignKey, UniqueConstraint, func, select
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import DeclarativeBase, Mapped, aliased, mapped_column, object_session, relationship


class Base(DeclarativeBase):
    pass


class Node(Base):
    __tablename__ = "nodes"
    {table_args}

    id: Mapped[int] = mapped_column(primary_key=True)
    size: Mapped[int]
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("nodes.id"), index=True)
    children: Mapped[list["Node"]] = relationship()

    @hybrid_property
    def below(self):
        return sum(child.size for child in self.children)

    @below.inplace.expression
    @classmethod
    def _below(cls):
        child = aliased(Node)
        return func.coalesce(
            select(func.sum(child.size)).where(child.parent_id == cls.id).correlate(cls).scalar_subquery(), 0
        )
{more}
"""


def forest(more="", table_args=""):
    return FOREST.format(more=more, table_args=table_args)


def test_every_dataset_is_counted(checked):
    for examples in (100, 101, 120, 133):
        stats = checked(forest(), examples=examples)["Node.below"].stats
        assert (stats.examples, stats.rejected) == (examples, 0)
        assert stats.comparisons > 3 * examples


def test_what_is_unique_keeps_datasets_alone(checked):
    unique = '__table_args__ = (UniqueConstraint("size"),)'
    report = checked(forest(table_args=unique), examples=130)["Node.below"]
    assert (report.stats.examples, report.stats.rejected, report.verdict) == (130, 0, Verdict.OK)


RARE = """
    @hybrid_property
    def rare(self):
        family = sorted(child.size for child in self.children)
        return self.size + (self.size == 77 and family == [31, 77])

    @rare.inplace.expression
    @classmethod
    def _rare(cls):
        return cls.size + 0
"""


def test_what_shows_on_one_of_several_is_shown_on_the_smallest(checked):
    """Two children of certain sizes are not among the first hundred datasets."""
    assert checked(forest(RARE), examples=100)["Node.rare"].verdict is Verdict.OK
    report = checked(forest(RARE), examples=1500)["Node.rare"]
    (finding,) = [each for each in report.findings if each.severity.name == "ERROR"]
    rows = finding.counterexample.dataset.tables["nodes"]
    assert len(rows) == 3
    assert {row["id"] for row in rows} == {1, 2, 3}
    assert sorted(row["size"] for row in rows) == [31, 77, 77]


CROWDED = """
    @hybrid_property
    def crowded(self):
        return False

    @crowded.inplace.expression
    @classmethod
    def _crowded(cls):
        every = aliased(Node)
        return (cls.id < 0) | (select(func.count(every.id)).scalar_subquery() > 20)
"""


def test_what_shows_on_many_rows_only_is_kept(checked):
    """No dataset alone has more than eight nodes."""
    report = checked(forest(CROWDED), examples=160)["Node.crowded"]
    assert report.stats.examples == 160
    (finding,) = [each for each in report.findings if each.severity.name == "ERROR"]
    assert len(finding.counterexample.dataset.tables["nodes"]) > 20


BESIDE = """
    @hybrid_property
    def strict(self):
        if object_session(self).scalar(select(func.count(Node.id))) > 8:
            {act}
        return self.size

    @strict.inplace.expression
    @classmethod
    def _strict(cls):
        return cls.size + 0
"""


def test_others_are_as_if_alone_beside_one_that_fails_on_several(checked):
    undisturbed = checked(forest(BESIDE.format(act="pass")), examples=140)["Node.below"].stats
    for act in ("while True: pass", "raise ValueError", "object_session(self).connection().invalidate()"):
        reports = checked(forest(BESIDE.format(act=act)), examples=140, timeout=0.5)
        stats = reports["Node.below"].stats
        assert reports["Node.below"].verdict is Verdict.OK
        assert (stats.examples, stats.distinct_values) == (undisturbed.examples, undisturbed.distinct_values)
        assert reports["Node.strict"].stats.examples == 140


def test_a_server_that_is_gone_for_good_is_looked_for_once():
    (*_, depth) = (Examinee(each, seconds=5.0) for each in discover(load_target("models.tenancy")))
    started = []

    def start():
        started.append(None)
        if len(started) > 1:
            raise EnvironmentProblem("there is no other", hint="")
        return start_server("auto")

    servers = Servers(start)
    bench = Bench(servers, {table.metadata for table in depth.tables}, seconds=5.0)
    bench.prepare(sorted(depth.tables, key=lambda table: table.name))
    plan = plan_dataset(depth.tables, depth.reach.columns)
    servers.current.stop()
    with pytest.raises(EnvironmentProblem, match="there is no other"):
        survey([depth], plan, bench, examples=140, number=0)
    assert len(started) == 2
