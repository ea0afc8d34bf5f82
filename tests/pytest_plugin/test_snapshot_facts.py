"""What a snapshot says below the SQL: the same, whichever hybrids a run examines and wherever."""

import contextlib

import pytest

from harness.core.errors import EnvironmentProblem
from harness.database import binaries

from .projects import HEAD

MODELS = (
    HEAD.replace("relationship()", "relationship(back_populates='shelf')").replace(
        '    shelf_id: Mapped[int] = mapped_column(ForeignKey("shelves.id"))\n',
        """    shelf_id: Mapped[int] = mapped_column(ForeignKey("shelves.id"))
    pages: Mapped[int]
    shelf: Mapped[Shelf] = relationship(back_populates="books")

    @hybrid_property
    def thick(self):
        return self.pages > 300

    @hybrid_property
    def beside(self):
        return self.shelf.width

    @beside.inplace.expression
    @classmethod
    def _beside(cls):
        return select(Shelf.width).where(Shelf.id == cls.shelf_id).scalar_subquery()

    @hybrid_property
    def thick_beside(self):
        return self.shelf.width if self.pages % 2 else None

    @thick_beside.inplace.expression
    @classmethod
    def _thick_beside(cls):
        width = select(Shelf.width).where(Shelf.id == cls.shelf_id).scalar_subquery()
        return case((cls.pages % 2 != 0, width))

    @hybrid_property
    def seen(self):
        return self.id * 0 + 1

    @seen.inplace.expression
    @classmethod
    def _seen(cls):
        return cls.id * 0 + case((literal(time.perf_counter_ns()) > 0, 1))
""",
    )
).replace("import CheckConstraint,", "import CheckConstraint, case, literal,")

FACTS = {
    "thick": [
        "-- tables: books",
        "-- columns: books.pages",
        "-- plan: the row itself",
        "-- result type: boolean (SQLAlchemy Boolean)",
        "-- SQL cost: linear in the rows",
        "-- Python side: 1 statement, however many rows",
    ],
    "beside": [
        "-- tables: books, shelves",
        "-- columns: books.shelf_id, shelves.id, shelves.width",
        "-- plan: at 500 rows: books whole, once; shelves by index (id), for each row",
        "-- result type: integer (SQLAlchemy Integer)",
        "-- SQL cost: linear in the rows",
        "-- Python side: 2 statements for 1 row, 101 for 100",
    ],
    "thick_beside": [
        "-- tables: books, shelves",
        "-- columns: books.pages, books.shelf_id, shelves.id, shelves.width",
        "-- plan: at 500 rows: books whole, once; shelves by index (id), for each row",
        "-- result type: integer (SQLAlchemy Integer)",
        "-- SQL cost: linear in the rows",
        "-- Python side: statements depend on the rows",
    ],
}


@pytest.fixture
def shelves(project):
    project.write("shop.py", MODELS)
    return project


def snapshots(project):
    return {path.stem: path.read_text("utf-8") for path in (project.path / "snapshots" / "shop").iterdir()}


def test_the_facts_are_the_same_in_any_run(shelves, monkeypatch):
    shelves.run("-k", "snapshot", "--hybrids-examples", "2")
    written = snapshots(shelves)
    assert {name: written[f"Book.{name}"].splitlines()[-6:] for name in FACTS} == FACTS
    assert "-- :param_1 int = (another each time)\n" in written["Book.seen"]
    monkeypatch.setenv("CI", "true")
    shelves.configure(settings="seed = 7")
    for alone in ("thick_beside", "seen"):
        result = shelves.run("-k", f"snapshot and {alone}", "--hybrids-examples", "3")
        assert result.ret == 0, result.stdout.str()
    assert snapshots(shelves) == written


PLANS = """
from sqlalchemy import ForeignKey, MetaData, func, or_, select
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import DeclarativeBase, Mapped, aliased, mapped_column, object_session, relationship

class Base(DeclarativeBase):
    pass

def below(start):
    tree = select(start.id.label("id")).correlate(start).cte("tree", recursive=True, nesting=True)
    child = aliased(Node)
    tree = tree.union(select(child.id).where(child.up == tree.c.id))
    return select(func.count()).select_from(tree).scalar_subquery()

class Node(Base):
    __tablename__ = "No.de"
    id: Mapped[int] = mapped_column(primary_key=True)
    up: Mapped[int | None] = mapped_column("Up", ForeignKey("No.de.id"), index=True)
    found: Mapped[int] = mapped_column(index=True)
    seen: Mapped[int] = mapped_column(index=True)
    lost: Mapped[int] = mapped_column(index=True)
    kept: Mapped[int] = mapped_column(index=True)
    sold: Mapped[int] = mapped_column(index=True)
    parts: Mapped[list["Part"]] = relationship()

    @hybrid_property
    def tree(self):
        return object_session(self).scalar(select(below(Node)).where(Node.id == self.id))

    @tree.inplace.expression
    @classmethod
    def _tree(cls):
        return below(cls)

    @hybrid_property
    def red(self):
        return any(part.colour == "red" for part in self.parts)

    @red.inplace.expression
    @classmethod
    def _red(cls):
        return cls.id.in_(select(Part.node_id).where(Part.colour == "red"))

    @hybrid_property
    def latest(self):
        return object_session(self).scalar(select(Node.found).order_by(Node.found.desc()).limit(1))

    @latest.inplace.expression
    @classmethod
    def _latest(cls):
        other = aliased(Node)
        return select(other.found).order_by(other.found.desc()).limit(1).scalar_subquery()

    @hybrid_property
    def one_or_two(self):
        return object_session(self).scalar(select(func.count()).where(or_(Node.found == 1, Node.found == 2)))

    @one_or_two.inplace.expression
    @classmethod
    def _one_or_two(cls):
        other = aliased(Node)
        return select(func.count()).where(or_(other.found == 1, other.found == 2)).scalar_subquery()

    @hybrid_property
    def alike(self):
        same = (Node.found == self.id, Node.seen == self.id, Node.lost == self.id, Node.kept == self.id, Node.sold == self.id)
        return object_session(self).scalar(select(func.count()).where(*same))

    @alike.inplace.expression
    @classmethod
    def _alike(cls):
        other = aliased(Node)
        same = (getattr(other, name) == cls.id for name in ("found", "seen", "lost", "kept", "sold"))
        return select(func.count()).where(*same).scalar_subquery()

    @hybrid_property
    def matched(self):
        child, part = (Node.id, Node.up, Node.found), (Part.id, Part.node_id)
        rows = object_session(self).execute(select(*child, *part).where(Node.id == Part.node_id, Node.found == Part.id))
        return any(row.Up == self.id for row in rows)

    @matched.inplace.expression
    @classmethod
    def _matched(cls):
        child = aliased(Node)
        parts = select(Part.id).where(Part.node_id == child.id).correlate(child)
        return select(child.id).where(child.up == cls.id, child.found.in_(parts)).correlate(cls).exists()

class Part(Base):
    __tablename__ = "part"
    __table_args__ = {"schema": "stock"}
    id: Mapped[int] = mapped_column(primary_key=True)
    node_id: Mapped[int] = mapped_column(ForeignKey("No.de.id"), index=True)
    colour: Mapped[str]
"""
PLANNED = {
    "tree": "No.de by index (Up), at each step; No.de whole, once",
    "red": "No.de whole, once; stock.part whole, once",
    "latest": "No.de in the order of an index, once; No.de whole, once",
    "alike": "No.de by index (sold), for each row; No.de whole, once",
    "one_or_two": "No.de by index (found), once; No.de whole, once",
}


def test_the_plan_is_the_same_on_any_server(project, monkeypatch, database_url):
    project.write("shop.py", PLANS)
    arguments = ("-k", "snapshot", "--hybrids-examples", "2")
    project.run(*arguments)
    written = snapshots(project)
    assert {name: written[f"Node.{name}"].splitlines()[-4] for name in PLANNED} == {
        name: f"-- plan: at 500 rows: {shown}" for name, shown in PLANNED.items()
    }
    assert written["Node.matched"].splitlines()[-4].startswith("-- plan: depends on the server's version, ")
    monkeypatch.setenv("CI", "true")
    settings = "-c seq_page_cost=0.01 -c random_page_cost=1.1 -c effective_cache_size=8kB"
    tuned = database_url.set(drivername="postgresql").update_query_dict({"options": settings})
    others = [tuned.render_as_string(hide_password=False)]
    with contextlib.ExitStack() as running:
        with contextlib.suppress(EnvironmentProblem):  # a machine that has none of its own
            of_machine = running.enter_context(binaries.start("a test"))
            url = of_machine.create_database().set(drivername="postgresql")
            others.append(url.render_as_string(hide_password=False))
        for other in others:
            result = project.run(*arguments, "--hybrids-database", other)
            assert result.ret == 0, result.stdout.str()
