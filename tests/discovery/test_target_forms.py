"""Every form of a target, and what its modules may hold besides models."""

import pytest

MODELS = """
from types import SimpleNamespace

from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, registry


class Base(DeclarativeBase):
    pass


class Thing(Base):
    __tablename__ = "thing"
    id: Mapped[int] = mapped_column(primary_key=True)

    @hybrid_property
    def number(self):
        return self.id


class Other(Base):
    __tablename__ = "other"
    id: Mapped[int] = mapped_column(primary_key=True)

    @hybrid_property
    def digit(self):
        return self.id


db = SimpleNamespace(Model=Base)
names = SimpleNamespace(inner=SimpleNamespace(Base=Base))
apart = registry()


@apart.mapped
class Apart:
    __tablename__ = "thing"
    id: Mapped[int] = mapped_column(primary_key=True)

    @hybrid_property
    def alone(self):
        return self.id
"""
OF_BASE = ["Thing.number", "Other.digit"]


def names_in(out):
    return [line.split()[0] for line in out.splitlines()]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("project")
    (made / "app").mkdir()
    (made / "app" / "__init__.py").write_text("")
    (made / "app" / "models.py").write_text(MODELS)
    (made / "app" / "entry.py").write_text("from app.models import Base\n")
    for side in ("left", "right"):
        (made / side).mkdir()
        (made / side / "helper.py").write_text("")
        (made / side / "same.py").write_text(MODELS.replace("digit", f"{side}_digit"))
    return made


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("app.models", [*OF_BASE, "Apart.alone"]),
        ("app.models:Base", OF_BASE),
        ("app.models:Base.registry", OF_BASE),
        ("app.models:apart", ["Apart.alone"]),
        ("app.models:db", OF_BASE),
        ("app.models:names.inner.Base", OF_BASE),
        ("app.models:Other", ["Other.digit"]),
        ("app.entry", OF_BASE),
        ("app/models.py:Thing", ["Thing.number"]),
        ("left/same.py", ["Thing.number", "Other.left_digit", "Apart.alone"]),
    ],
)
def test_form(command, folder, target, expected):
    ran = command(folder, "list", target)
    assert (ran.status, ran.err) == (0, "")
    assert names_in(ran.out) == expected


def test_many_at_once_even_of_one_stem_and_repeated(command, folder):
    targets = ["left/same.py:Other", "right/same.py:Other", str(folder / "right" / "same.py"), "same:Thing"]
    ran = command(folder, "list", *targets)
    assert (ran.status, ran.err) == (0, "")
    assert ran.out.splitlines() == [
        "Other.left_digit  left/same.py:26",
        "Other.right_digit  right/same.py:26",
        "Thing.number  right/same.py:17",
        "Other.right_digit  right/same.py:26",
        "Apart.alone  right/same.py:41",
        "Thing.number  left/same.py:17",
    ]


def test_targets_whose_tables_share_names_are_checked_each_on_its_own(command, folder):
    targets = ["left/same.py:Base", "right/same.py:Base", "app.models:apart"]
    ran = command(folder, "check", *targets, "--examples", "5")
    assert (ran.status, ran.err) == (0, "")
    rows = [line.split()[:2] for line in ran.out.splitlines()[1:6]]
    assert rows == [
        ["Thing.number", "ok"],
        ["Other.left_digit", "ok"],
        ["Thing.number", "ok"],
        ["Other.right_digit", "ok"],
        ["Apart.alone", "ok"],
    ]


def test_objects_that_raise_when_looked_at_are_passed_over(command, folder):
    (folder / "web.py").write_text("""
from app.models import Other


class Proxy:
    def __getattr__(self, name):
        raise RuntimeError("Working outside of application context.")


current_app = Proxy()
""")
    ran = command(folder, "list", "web:Other", "web")
    assert (ran.status, ran.err) == (0, "")
    assert set(names_in(ran.out)) >= {"Other.digit"}


def test_a_file_may_import_its_neighbours(command, folder):
    (folder / "right" / "user.py").write_text("import helper\nfrom same import Base, Other\n")
    ran = command(folder, "list", "right/user.py:Other")
    assert (ran.status, ran.err) == (0, "")
    assert names_in(ran.out) == ["Other.right_digit"]
