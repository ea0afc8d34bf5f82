"""0 clean, 1 findings, 2 usage, 3 environment, 4 a bug of ours."""

import subprocess
import sys

import pytest

MODELS = """
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import UserDefinedType


class Odd(UserDefinedType):
    cache_ok = True

    def get_col_spec(self, **kw):
        return "point"


class Base(DeclarativeBase):
    pass


class Item(Base):
    __tablename__ = "item"
    id: Mapped[int] = mapped_column(primary_key=True)
    price: Mapped[int]

    @hybrid_property
    def cheap(self):
        return self.price < 10

    @hybrid_property
    def opposite(self):
        return -self.price

    @opposite.inplace.expression
    @classmethod
    def _opposite_expression(cls):
        return cls.price

    @hybrid_property
    def ninth(self):
        return self.price / 9


class Place(Base):
    __tablename__ = "place"
    id: Mapped[int] = mapped_column(primary_key=True)
    where = mapped_column(Odd(), nullable=False)

    @hybrid_property
    def position(self):
        return self.where
"""


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shop")
    (folder / "shop.py").write_text(MODELS)
    return folder


@pytest.fixture(scope="module")
def check(command, shop):
    def run(*arguments):
        return command(shop, "check", "shop", "--examples", "10", *arguments)

    return run


def test_no_error_is_0(check):
    ran = check("--skip", "*.opposite")
    assert (ran.status, ran.err) == (0, "")
    assert "HH209 warning  Item.ninth" in ran.out
    assert "Place.position was not tested: " in ran.out
    assert "Item.opposite" not in ran.out
    assert "\n3 hybrids: 1 ok, 1 with errors or warnings, 1 untested; PostgreSQL " in ran.out


def test_an_error_is_1(check):
    ran = check("--only", "*.opp*", "--only", "*.cheap")
    assert (ran.status, ran.err) == (1, "")
    assert "HH208 error  Item.opposite" in ran.out
    assert "\n2 hybrids: 1 ok, 1 with errors or warnings, 0 untested; " in ran.out


@pytest.mark.parametrize("only", ["*.ninth", "Place.*"], ids=["warning", "untested"])
def test_under_warning_a_warning_and_an_untested_hybrid_are_1(check, only):
    assert check("--only", only, "--fail-on", "warning").status == 1


def test_select_and_ignore_choose_rules(check):
    ran = check("--only", "*.opposite", "--only", "*.ninth", "--select", "HH20", "--ignore", "HH208")
    assert ran.status == 0
    assert "HH209 warning  Item.ninth" in ran.out
    assert "HH208" not in ran.out


@pytest.mark.parametrize(("flag", "value"), [("--select", "hh207"), ("--ignore", "HH999")])
def test_a_rule_that_is_not_there_is_2(check, flag, value):
    ran = check("--only", "*.opposite", flag, value)
    assert (ran.status, ran.out) == (2, "")
    assert ran.err == (
        f"hybrid-harness: No rule's code begins with {value!r}.\n"
        f"  where: {flag}\n"
        "  hint:  `hybrid-harness explain` lists all rules; codes are written as in HH207.\n"
    )


def test_usage_is_2(command, tmp_path):
    assert command(tmp_path).status == 2
    assert command(tmp_path, "check").status == 2
    assert command(tmp_path, "chekc", "shop").status == 2
    assert command(tmp_path, "check", "shop", "--exmaples", "3").status == 2
    assert command(tmp_path, "check", "shop", "--examples", "three").status == 2


def test_models_that_do_not_import_are_3(command, tmp_path):
    (tmp_path / "broken.py").write_text("1 / 0\n")
    assert command(tmp_path, "list", "broken").status == 3


def test_a_bug_of_ours_is_4_and_loud(tmp_path):
    sabotage = """
import sys
import harness.cli.explain
harness.cli.explain.RULES = None
sys.argv[1:] = ["explain"]
harness.cli.main()
"""
    ran = subprocess.run(
        [sys.executable, "-c", sabotage], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (ran.returncode, ran.stdout) == (4, "")
    assert ran.stderr.startswith("Traceback (most recent call last):\n")
    assert ran.stderr.endswith(
        "TypeError: 'NoneType' object is not iterable\n"
        "hybrid-harness: this is a bug of the harness; please report it with the lines above.\n"
    )


def test_a_class_that_is_mapped_to_a_query_is_no_bug_of_ours(command, tmp_path):
    (tmp_path / "views.py").write_text("""
from sqlalchemy import select
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class Item(Base):
    __tablename__ = "item"
    id: Mapped[int] = mapped_column(primary_key=True)
    price: Mapped[int]


class Dear(Base):
    __table__ = select(Item.id, Item.price).where(Item.price > 3).subquery()

    @hybrid_property
    def cost(self):
        return self.price
""")
    ran = command(tmp_path, "check", "views", "--examples", "5")
    assert ran.status in {0, 1}, ran.err
