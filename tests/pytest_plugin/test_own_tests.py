"""What people use in tests that they write themselves."""

import importlib

import pytest
from hypothesis import HealthCheck, given, settings
from sqlalchemy import ForeignKey, create_engine, func, insert, select
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship

import harness
from harness import HarnessError, check_hybrid, datasets


class Base(DeclarativeBase):
    pass


class Author(Base):
    __tablename__ = "authors"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    mentor_id: Mapped[int | None] = mapped_column(ForeignKey("authors.id"))
    poems: Mapped[list["Poem"]] = relationship()

    @hybrid_property
    def productivity(self):
        return len(self.poems)

    @productivity.inplace.expression
    @classmethod
    def _productivity(cls):
        own = select(func.count(Poem.id)).where(Poem.author_id == cls.id)
        return own.correlate_except(Poem).scalar_subquery()

    @hybrid_property
    def alive(self):
        return self.name != ""

    @hybrid_property
    def age(self):
        return self.id

    @age.inplace.expression
    @classmethod
    def _age(cls):
        return None

    @alive.inplace.expression
    @classmethod
    def _alive(cls):
        return cls.name == ""


class Poem(Base):
    __tablename__ = "poems"
    id: Mapped[int] = mapped_column(primary_key=True)
    author_id: Mapped[int] = mapped_column(ForeignKey("authors.id"))


class Novelist(Author):
    """Shows the hybrids of its base."""


def test_everything_that_is_exported_is_there():
    for name in harness.__all__:
        assert getattr(harness, name) is getattr(importlib.import_module("harness"), name)
    namespace = {}
    exec("from harness import *", namespace)
    assert set(harness.__all__) < set(namespace)
    with pytest.raises(AttributeError, match="module 'harness' has no attribute 'check_hybrids'"):
        harness.check_hybrids  # noqa: B018


def test_check_hybrid_passes_or_tells_the_findings(database_url):
    options = {"database": database_url.render_as_string(hide_password=False), "examples": 10}
    check_hybrid(Author.productivity, **options)
    check_hybrid(Novelist.productivity, **options)
    with pytest.raises(AssertionError, match=r"HH2\d\d error  Author\.alive  \[select\]"):
        check_hybrid(Author.alive, **options)
    check_hybrid(Author.alive, ignore=("HH2",), **options)
    with pytest.raises(AssertionError, match=r"HH103 error  Author\.age  \[select\]"):
        check_hybrid(Author.age, **options)


@pytest.mark.parametrize("attribute", [Author.name, Author, None, "Author.alive"])
def test_check_hybrid_refuses_what_is_no_hybrid(attribute):
    with pytest.raises(HarnessError, match="is no hybrid of a mapped class") as refusal:
        check_hybrid(attribute)
    assert "check_hybrid(Tenant.total_inference_cost)" in refusal.value.hint


def test_datasets_fill_every_table_in_a_session_of_ones_own(server):
    url = server.create_database()
    engine = create_engine(url)
    Base.metadata.create_all(engine)
    seen = set()

    @settings(max_examples=30, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(datasets(Base))
    def counts_all_poems(dataset):
        with Session(engine) as session:
            for name, rows in dataset.tables.items():
                if rows:
                    session.execute(insert(Base.metadata.tables[name]), list(rows))
            total = sum(author.productivity for author in session.scalars(select(Author)))
            assert total == len(dataset.tables["poems"])
            seen.update((name, bool(rows)) for name, rows in dataset.tables.items())

    counts_all_poems()
    assert seen == {("authors", False), ("authors", True), ("poems", False), ("poems", True)}
    engine.dispose()
    server.drop_database(url)


def test_datasets_takes_a_base_a_registry_or_a_metadata():
    for base in (Base, Base.registry, Base.metadata):
        assert datasets(base).example
    with pytest.raises(HarnessError, match="has no tables") as refusal:
        datasets(Author.name)
    assert refusal.value.hint == "Give a declarative base, a registry or a MetaData."


def test_a_hybrid_is_checked_in_a_test_of_ones_own(project):
    project.configure(ini="")
    project.models("wrong")
    project.write(
        "test_wrong.py",
        "import harness, shop\n\ndef test_wrong(): harness.check_hybrid(shop.Shelf.wrong, examples=10)\n",
    )
    result = project.run()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["E*HH208 error  Shelf.wrong*values-differ"])
    (folder,) = project.servers()
    assert not folder.exists()
