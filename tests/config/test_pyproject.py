"""[tool.hybrid-harness]: the flags' names, and messages that say which file, which key, and what would be right."""

import json
from dataclasses import fields

import pytest

from harness.config import Options, read_options
from harness.core.errors import UsageProblem
from harness.core.finding import Severity

SETTINGS = ", ".join(field.name.replace("_", "-") for field in fields(Options))
MODELS = """
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

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
SECTION = """
[tool.hybrid-harness]
only = ["Item.one"]
examples = 3
seed = 7
format = "json"
fail-on = "warning"
output = "report.json"
"""


def refused(folder, text):
    (folder / "pyproject.toml").write_text(text, encoding="utf-8")
    with pytest.raises(UsageProblem) as caught:
        read_options(folder)
    return str(caught.value)


def test_no_file_and_no_section_leave_the_defaults(tmp_path):
    defaults = read_options(tmp_path)
    for text in ("", "tool = 3", "[tool.ruff]\nline-length = 9", "[tool.hybrid-harness]"):
        (tmp_path / "pyproject.toml").write_text(text)
        assert read_options(tmp_path) == defaults
    assert (defaults.examples, defaults.seed, defaults.timeout) == (100, 0, 5.0)
    assert (defaults.database, defaults.format, defaults.output) == ("auto", "text", None)
    assert defaults.fail_on is Severity.ERROR


def test_every_setting_is_taken(tmp_path):
    (tmp_path / "pyproject.toml").write_text(
        '[tool.hybrid-harness]\ndatabase = "embedded"\nexamples = 5\nseed = 6\nonly = ["A.*"]\nskip = ["B.*"]\n'
        'select = ["HH2"]\nignore = ["HH208"]\nfail-on = "warning"\ntimeout = 2\nformat = "json"\noutput = "r.json"\n'
        "scale = 20\nfan-out = 4\ndepth = 3\nchildless = 0\nskew = 0.5\n"
    )
    options = read_options(tmp_path)
    assert (options.database, options.examples, options.seed) == ("embedded", 5, 6)
    assert (options.only, options.skip) == (("A.*",), ("B.*",))
    assert (options.select, options.ignore) == (("HH2",), ("HH208",))
    assert (options.fail_on, options.timeout) == (Severity.WARNING, 2)
    assert (options.format, options.output) == ("json", "r.json")
    shape = (options.scale, options.fan_out, options.depth, options.childless, options.skew)
    assert shape == (20, 4, 3, 0, 0.5)


@pytest.mark.parametrize(
    ("line", "what", "hint"),
    [
        (
            "exmaples = 3",
            "There is no setting 'exmaples'.",
            f"Did you mean 'examples'? Settings are {SETTINGS}.",
        ),
        (
            "fail_on = 'error'",
            "There is no setting 'fail_on'.",
            f"Did you mean 'fail-on'? Settings are {SETTINGS}.",
        ),
        ("x = 3", "There is no setting 'x'.", f"Settings are {SETTINGS}."),
        ("examples = 0", "examples is 0, but it must be at least 1.", "Give 1 or more."),
        (
            "examples = '3'",
            "examples is '3', but it must be a whole number.",
            "Write a whole number after `examples =`.",
        ),
        (
            "examples = 3.5",
            "examples is 3.5, but it must be a whole number.",
            "Write a whole number after `examples =`.",
        ),
        (
            "seed = true",
            "seed is True, but it must be a whole number.",
            "Write a whole number after `seed =`.",
        ),
        ("timeout = '5'", "timeout is '5', but it must be a number.", "Write a number after `timeout =`."),
        (
            "timeout = inf",
            "timeout is inf, but it must be from 0.001 to 86400 seconds.",
            "Give seconds, for instance 5.",
        ),
        (
            "only = 'Item.*'",
            "only is 'Item.*', but it must be a list of strings.",
            "Write a list of strings after `only =`.",
        ),
        (
            "skip = [1]",
            "skip is [1], but it must be a list of strings.",
            "Write a list of strings after `skip =`.",
        ),
        (
            "scale = 250001",
            "scale is 250001, but it must be from 1 to 250000.",
            "Give rows, for instance 500: the larger of the two populations has four times as many.",
        ),
        (
            "fan-out = 0",
            "fan-out is 0, but it must be from 1 to 1000.",
            "Give rows for each parent, for instance 3.",
        ),
        (
            "depth = 0",
            "depth is 0, but it must be from 1 to 10000.",
            "Give rows from a root to a leaf, for instance 6.",
        ),
        (
            "childless = 1",
            "childless is 1, but it must be from 0 to 0.99.",
            "Give a share of the rows, for instance 0.2.",
        ),
        (
            "skew = nan",
            "skew is nan, but it must be from 0 to 1.",
            "Give 0 for equal families, 1 for very unequal ones.",
        ),
        (
            "scale = 2000\nfan-out = 400",
            "scale 2000 times fan-out 400 is 800,000, but it must be at most 750,000.",
            "Lower one of them: the larger of the two populations has four times as many rows of each table.",
        ),
        ("output = 3", "output is 3, but it must be a string.", "Write a string after `output =`."),
        (
            "format = 'yaml'",
            "There is no format 'yaml'.",
            "Choose one of text, json, sarif, markdown, html, github.",
        ),
        ("fail-on = 'info'", "fail-on is 'info', which is no threshold.", "Choose error or warning."),
        ("fail-on = 1", "fail-on is 1, but it must be a string.", "Write a string after `fail-on =`."),
        (
            "database = 'me:s3cret@db'",
            "What is given is no database.",
            "Give auto, embedded, docker, or a URL such as postgresql://user@host/name.",
        ),
    ],
)
def test_setting_that_cannot_be_meant(tmp_path, line, what, hint):
    where = f"[tool.hybrid-harness] of {tmp_path}/pyproject.toml"
    message = refused(tmp_path, f"[tool.hybrid-harness]\n{line}\n")
    assert message == f"{what}\n  where: {where}\n  hint:  {hint}"


def test_section_that_is_no_table(tmp_path):
    assert refused(tmp_path, "tool.hybrid-harness = 3") == (
        f"[tool.hybrid-harness] is not a table.\n  where: {tmp_path}/pyproject.toml\n"
        "  hint:  Write [tool.hybrid-harness] on a line."
    )


def test_file_that_is_not_utf8(tmp_path):
    (tmp_path / "pyproject.toml").write_bytes(b"name = '\xe9'")
    with pytest.raises(UsageProblem, match=r"^pyproject\.toml can't be read: ") as caught:
        read_options(tmp_path)
    assert caught.value.where == f"{tmp_path}/pyproject.toml"
    assert caught.value.hint == "Make it readable UTF-8 text."


def test_broken_toml_is_refused_by_the_command(command, tmp_path):
    (tmp_path / "pyproject.toml").write_text("[tool.hybrid-harness]\nexamples = \n")
    ran = command(tmp_path, "check", "shop")
    assert (ran.status, ran.out) == (2, "")
    assert ran.err == (
        "hybrid-harness: pyproject.toml is not valid TOML: Invalid value (at line 2, column 12)\n"
        f"  where: {tmp_path}/pyproject.toml\n"
        "  hint:  Mend the line it names.\n"
    )


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shop")
    (folder / "shop.py").write_text(MODELS)
    (folder / "pyproject.toml").write_text(SECTION)
    return folder


def test_the_command_takes_its_settings_from_there(command, shop):
    ran = command(shop, "check", "shop")
    assert (ran.status, ran.out) == (0, "")
    assert ran.err.endswith(" s; written to report.json\n")
    report = json.loads((shop / "report.json").read_text())
    assert report["seed"] == 7
    assert [each["name"] for each in report["hybrids"]] == ["Item.one"]
    assert report["hybrids"][0]["stats"]["examples"] <= 3


def test_flags_override_it(command, shop):
    flags = ["--only", "Item.two", "--seed", "8", "--format", "text", "--output", "report.txt"]
    ran = command(shop, "check", "shop", *flags)
    assert (ran.status, ran.out) == (0, "")
    assert ran.err.endswith(" s; written to report.txt\n")
    text = (shop / "report.txt").read_text()
    assert "Item.two" in text
    assert "Item.one" not in text
    assert "seed 8" in text


def test_a_flag_does_not_excuse_a_setting_that_cannot_be_meant(command, tmp_path):
    (tmp_path / "pyproject.toml").write_text("[tool.hybrid-harness]\nexamples = 0\n")
    ran = command(tmp_path, "check", "shop", "--examples", "5")
    assert ran.status == 2
    assert ran.err.startswith("hybrid-harness: examples is 0, but it must be at least 1.\n")
