"""list, explain, and those that are not there yet; and the help of all."""

import re

import pytest

from harness.core.flags import HELP
from harness.rules import RULES

MODELS = """
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

print("printed at import")

class Base(DeclarativeBase):
    pass

class Item(Base):
    __tablename__ = "item"
    id: Mapped[int] = mapped_column(primary_key=True)

    @hybrid_property
    def one(self):
        return self.id

    @hybrid_property
    def two(self):
        return self.id
"""


def test_list_prints_hybrids_and_nothing_else(command, tmp_path):
    (tmp_path / "shop.py").write_text(MODELS)
    ran = command(tmp_path, "list", "shop")
    assert (ran.status, ran.err) == (0, "printed at import\n")
    assert ran.out == "Item.one  shop.py:15\nItem.two  shop.py:19\n"


def test_explain_lists_every_rule(command, tmp_path):
    ran = command(tmp_path, "explain")
    assert (ran.status, ran.err) == (0, "")
    assert [line.split()[0] for line in ran.out.splitlines()] == [rule.code for rule in RULES]
    for line, rule in zip(ran.out.splitlines(), RULES, strict=True):
        assert line == f"{rule.code}  {rule.severity:<7}  {rule.name}: {rule.documentation.what}"


@pytest.mark.parametrize("wanted", ["HH207", "hh207", "null-against-value"])
def test_explain_a_rule(command, tmp_path, wanted):
    ran = command(tmp_path, "explain", wanted)
    page = next(rule.documentation for rule in RULES if rule.code == "HH207")
    assert (ran.status, ran.err) == (0, "")
    assert ran.out.splitlines() == [
        "HH207  null-against-value  (agreement, error)",
        "",
        f"What it reports   {page.what}",
        f"Why it is bad     {page.why}",
        f"Known limits      {page.limits}",
        f"Example           {page.example}",
        f"Use instead       {page.instead}",
    ]


@pytest.mark.parametrize(
    ("wanted", "meant"),
    [
        ("HH2O7", "Did you mean HH207? "),
        ("null-against-values", "Did you mean null-against-value? "),
        ("?", ""),
    ],
)
def test_explain_an_unknown_rule(command, tmp_path, wanted, meant):
    ran = command(tmp_path, "explain", wanted)
    assert (ran.status, ran.out) == (2, "")
    assert ran.err == (
        f"hybrid-harness: There is no rule {wanted!r}.\n"
        "  where: explain\n"
        f"  hint:  {meant}`hybrid-harness explain` lists all rules.\n"
    )


def test_help_tells_all_commands(command, tmp_path):
    ran = command(tmp_path, "--help")
    assert ran.status == 0
    commands = ran.out.partition("Commands:\n")[2]
    assert re.findall(r"^  (\w+)  +\S", commands, flags=re.MULTILINE) == [
        "check",
        "list",
        "explain",
        "diff",
        "replay",
        "mutate",
    ]


def test_every_option_of_check_has_its_help_line(command, tmp_path):
    ran = command(tmp_path, "check", "--help", COLUMNS="80")
    text = " ".join(ran.out.split())
    assert ran.status == 0
    assert set(re.findall(r"^  --([\w-]+)", ran.out, flags=re.MULTILINE)) == {
        *(name.replace("_", "-") for name in HELP),
        "help",
    }
    for help_line in HELP.values():
        assert help_line in text


def test_a_misspelt_option_gets_a_suggestion(command, tmp_path):
    ran = command(tmp_path, "check", "shop", "--exmaples", "3")
    assert (ran.status, ran.out) == (2, "")
    assert "No such option: --exmaples" in ran.err
    assert "--examples" in ran.err
