"""--setup: what runs before the models are imported."""

import pytest

MODELS = """
import os

from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

class Base(DeclarativeBase):
    pass

class Item(Base):
    __tablename__ = os.environ["ITEM_TABLE"]
    id: Mapped[int] = mapped_column(primary_key=True)

    @hybrid_property
    def number(self):
        return self.id
"""
SETUP = """
import os

def prepare():
    os.environ["ITEM_TABLE"] = "item"

def around():
    prepare()
    yield
    print("over")

def fails():
    raise KeyError("SECRET_KEY")

def elsewhere():
    os.environ["ITEM_TABLE"] = "item"
    os.mkdir("work")
    os.chdir("work")

async def later():
    pass
"""
FORMS = "pkg.module:function or path/to/file.py:function, of a function that takes nothing"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("app")
    (made / "models.py").write_text(MODELS)
    (made / "prepare.py").write_text(SETUP)
    return made


def test_runs_before_the_models_are_imported(command, folder):
    without = command(folder, "list", "models")
    assert without.status == 3
    assert "KeyError: 'ITEM_TABLE'" in without.err
    for setup, printed in (("prepare:prepare", ""), ("prepare.py:around", "over\n")):
        ran = command(folder, "list", "models", "--setup", setup)
        assert (ran.status, ran.out, ran.err) == (0, "Item.number  models.py:15\n", printed)


def test_may_change_the_working_folder(command, tmp_path):
    """Paths that the user gave are still based on the folder that the command runs in."""
    for file, text in (("models.py", MODELS), ("prepare.py", SETUP)):
        (tmp_path / file).write_text(text)
    ran = command(tmp_path, "list", "models.py", "--setup", "prepare.py:elsewhere")
    assert (ran.status, ran.out, ran.err) == (0, "Item.number  models.py:15\n", "")
    (tmp_path / "work").rmdir()
    ran = command(
        tmp_path, "check", "models.py", "--setup", "prepare.py:elsewhere", "--examples", "2", "--format", "json",
        "--output", "report.json",
    )  # fmt: skip
    assert ran.status == 0
    assert ran.err.endswith(" s; written to report.json\n")
    assert (tmp_path / "report.json").exists()


def test_is_taken_from_pyproject(command, folder, tmp_path):
    for file in ("models.py", "prepare.py"):
        (tmp_path / file).write_text((folder / file).read_text())
    (tmp_path / "pyproject.toml").write_text("[tool.hybrid-harness]\nsetup = 'prepare:prepare'\n")
    ran = command(tmp_path, "list", "models")
    assert (ran.status, ran.out, ran.err) == (0, "Item.number  models.py:15\n", "")


@pytest.mark.parametrize(
    ("setup", "said"),
    [("prepare:nope", "'prepare:nope' is nothing to call."), ("prepare:later", "'prepare:later' is async.")],
)
def test_that_names_nothing_to_call(command, folder, setup, said):
    ran = command(folder, "list", "models", "--setup", setup)
    assert (ran.status, ran.out) == (2, "")
    assert ran.err == f"hybrid-harness: {said}\n  where: setup {setup!r}\n  hint:  A setup is {FORMS}.\n"


def test_that_fails(command, folder):
    ran = command(folder, "list", "models", "--setup", "prepare:fails")
    assert (ran.status, ran.out) == (3, "")
    assert ran.err == (
        "hybrid-harness: The setup 'prepare:fails' failed: KeyError: 'SECRET_KEY'\n"
        f"  where: {folder}/prepare.py:13\n"
        "  hint:  It runs before the models are imported; mend it, or leave the option out.\n"
    )
