"""What a snapshot says below the SQL: the same, whichever hybrids a run examines and wherever."""

import pytest

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
        "-- scanned for each row: none",
        "-- result type: boolean (SQLAlchemy Boolean)",
        "-- SQL cost: linear in the rows",
        "-- Python side: 1 statement, however many rows",
    ],
    "beside": [
        "-- tables: books, shelves",
        "-- columns: books.shelf_id, shelves.id, shelves.width",
        "-- scanned for each row: none",
        "-- result type: integer (SQLAlchemy Integer)",
        "-- SQL cost: linear in the rows",
        "-- Python side: 2 statements for 1 row, 101 for 100",
    ],
    "thick_beside": [
        "-- tables: books, shelves",
        "-- columns: books.pages, books.shelf_id, shelves.id, shelves.width",
        "-- scanned for each row: none",
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
