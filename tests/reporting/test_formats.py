"""The reports of one run: JSON key by key as the contract has it, the text, and the command that shows a finding again."""

import copy
import io
import json
import shlex

import pytest
from rich.console import Console

from harness.config import FORMATS
from harness.core.finding import Severity
from harness.reporting import print_text
from harness.reporting.formats import RENDERERS

MODELS = """
from decimal import Decimal

from sqlalchemy import Numeric, String, text
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
    name: Mapped[str | None] = mapped_column(String(30))
    price: Mapped[Decimal] = mapped_column(Numeric(8, 2))

    @hybrid_property
    def named(self):
        return self.name is not None

    @named.inplace.expression
    @classmethod
    def _named_expression(cls):
        return cls.name.is_not(None)

    @hybrid_property
    def opposite(self):
        return -self.price

    @opposite.inplace.expression
    @classmethod
    def _opposite_expression(cls):
        return cls.price

    @hybrid_property
    def pasted(self):
        return self.price

    @pasted.inplace.expression
    @classmethod
    def _pasted_expression(cls):
        return text("price")


class Place(Base):
    __tablename__ = "place"
    id: Mapped[int] = mapped_column(primary_key=True)
    where = mapped_column(Odd(), nullable=False)

    @hybrid_property
    def position(self):
        return self.where
"""
LINES = MODELS.splitlines()

INTEGER, NUMBER, TEXT, OPTIONAL = (int,), (int, float), (str,), (str, type(None))
FINDING = {
    "rule": TEXT,
    "name": TEXT,
    "family": {"translation", "agreement", "composition", "scale", "containment", "vacuity", "hygiene"},
    "severity": {"error", "warning", "info"},
    "position": TEXT,
    "message": TEXT,
    "hint": TEXT,
    "file": TEXT,
    "line": INTEGER,
    "counterexample": (dict, type(None)),
    "reproduce": TEXT,
}
HYBRID = {
    "target": TEXT,
    "name": TEXT,
    "kind": {"hybrid_property", "hybrid_method", "column_property"},
    "file": TEXT,
    "line": INTEGER,
    "verdict": {"ok", "findings", "untested"},
    "reason": OPTIONAL,
    "stats": {
        "examples": INTEGER,
        "comparisons": INTEGER,
        "distinct_values": INTEGER,
        "nulls": INTEGER,
        "python_queries": (dict, type(None)),
        "sql_cost": (dict, type(None)),
        "seconds": NUMBER,
    },
    "sql": {"select": OPTIONAL},
    "findings": [FINDING],
}
REPORT = {
    "version": INTEGER,
    "target": [TEXT],
    "seed": INTEGER,
    "database": {"provider": TEXT, "server_version": TEXT},
    "hybrids": [HYBRID],
    "summary": {
        "hybrids": INTEGER,
        "ok": INTEGER,
        "findings": INTEGER,
        "untested": INTEGER,
        "seconds": NUMBER,
    },
}
COST = {"rows": [INTEGER], "handled": [INTEGER], "pages": [INTEGER], "seconds": [NUMBER], "exponent": NUMBER}
GROWTH = {"rows": [INTEGER], "queries": [INTEGER], "per_row": NUMBER}


def conform(value, shape, path="$"):
    """Every key in the contract's order, nothing missing, nothing more, and each value of its type."""
    if isinstance(shape, dict):
        assert list(value) == list(shape), path
        for key, inner in shape.items():
            conform(value[key], inner, f"{path}.{key}")
    elif isinstance(shape, list):
        assert isinstance(value, list), path
        for number, item in enumerate(value):
            conform(item, shape[0], f"{path}[{number}]")
    elif isinstance(shape, set):
        assert value in shape, path
    else:
        assert isinstance(value, shape), path
        assert not isinstance(value, bool), path


def line(text):
    (number,) = (number for number, found in enumerate(LINES, start=1) if text in found)
    return number


def without_times(report):
    """The report but for how long it took."""
    if isinstance(report, dict):
        return {key: without_times(value) for key, value in report.items() if key != "seconds"}
    return [without_times(each) for each in report] if isinstance(report, list) else report


@pytest.fixture(scope="module")
def checked(command, tmp_path_factory):
    """Check the models in a folder of their own, which remembers nothing of earlier runs."""

    def check(*arguments, **changes):
        folder = tmp_path_factory.mktemp("shop")
        (folder / "shop.py").write_text(MODELS)
        return command(folder, *arguments, **changes)

    return check


@pytest.fixture(scope="module")
def report(checked):
    ran = checked("check", "shop", "--examples", "10", "--format", "json")
    assert (ran.status, ran.err) == (1, "")
    return json.loads(ran.out)


@pytest.fixture(scope="module")
def text(checked):
    ran = checked("check", "shop", "--examples", "10", COLUMNS="80")
    assert (ran.status, ran.err) == (1, "")
    return ran.out


def hybrid(report, name):
    (found,) = (each for each in report["hybrids"] if each["name"] == name)
    return found


def opposite(report):
    """A fresh copy of the finding that this module follows through the formats."""
    (found,) = (each for each in hybrid(report, "Item.opposite")["findings"] if each["rule"] == "HH208")
    return copy.deepcopy(found)


def test_json_is_the_contract_key_by_key(report):
    conform(report, REPORT)
    for each in report["hybrids"]:
        if each["stats"]["python_queries"] is not None:
            conform(each["stats"]["python_queries"], GROWTH)
        if each["stats"]["sql_cost"] is not None:
            conform(each["stats"]["sql_cost"], COST)
            assert len(each["stats"]["python_queries"]["rows"]) == 2
            assert len(each["stats"]["python_queries"]["queries"]) == 2


def test_json_heads_and_counts(report):
    assert (report["version"], report["target"], report["seed"]) == (1, ["shop"], 0)
    assert report["database"]["provider"] == "embedded"
    assert report["database"]["server_version"].partition(".")[0].isdigit()
    summary = {key: value for key, value in report["summary"].items() if key != "seconds"}
    assert summary == {"hybrids": 4, "ok": 1, "findings": 2, "untested": 1}
    assert [(each["name"], each["verdict"]) for each in report["hybrids"]] == [
        ("Item.named", "ok"),
        ("Item.opposite", "findings"),
        ("Item.pasted", "findings"),
        ("Place.position", "untested"),
    ]


def test_json_of_a_clean_hybrid(report):
    clean = hybrid(report, "Item.named")
    assert (clean["target"], clean["kind"], clean["reason"]) == ("shop", "hybrid_property", None)
    assert (clean["file"], clean["line"]) == ("shop.py", line("def named(self)"))
    assert clean["findings"] == []
    assert "item.name IS NOT NULL" in " ".join(clean["sql"]["select"].split())
    assert 1 <= clean["stats"]["examples"] <= 10
    assert clean["stats"]["comparisons"] > clean["stats"]["examples"]
    assert (clean["stats"]["distinct_values"], clean["stats"]["nulls"]) == (2, 0)
    assert clean["stats"]["python_queries"]["per_row"] == 0


def test_json_of_a_finding(report):
    finding = opposite(report)
    assert finding["name"] == "values-differ"
    assert (finding["family"], finding["severity"], finding["position"]) == ("agreement", "error", "select")
    assert (finding["file"], finding["line"]) == ("shop.py", line("def opposite(self)"))
    example = finding["counterexample"]
    assert list(example) == ["rows", "instance", "python", "sql"]
    ((key, _, price),) = (row.values() for row in example["rows"]["item"])
    assert list(example["rows"]["item"][0]) == ["id", "name", "price"]
    assert example["instance"] == {"id": key}
    assert isinstance(price, str), "a decimal is written exactly"
    assert example["sql"] == f"Decimal({price!r})"
    assert example["python"].startswith("Decimal('")


def test_json_of_hybrids_without_data(report):
    pasted, untested = hybrid(report, "Item.pasted"), hybrid(report, "Place.position")
    assert [(each["rule"], each["counterexample"]) for each in pasted["findings"]] == [("HH105", None)]
    assert pasted["stats"]["python_queries"] is None
    assert untested["reason"].startswith("No values are known for the type Odd()")
    assert (untested["findings"], untested["stats"]["examples"]) == ([], 0)


def test_same_seed_same_report(report, checked):
    ran = checked("check", "shop", "--examples", "10", "--format", "json", "--seed", "0")
    assert without_times(json.loads(ran.out)) == without_times(report)


def test_reproduce_shows_the_same_finding_elsewhere(report, checked):
    name, *arguments = shlex.split(opposite(report)["reproduce"])
    assert (name, arguments) == ("hybrid-harness", ["replay", "shop::Item.opposite::HH208::select"])
    ran = checked(*arguments)
    assert ran.status == 1
    assert "FAILS STILL" in ran.out


def test_text_has_the_table_then_the_findings_then_the_sum(text):
    lines = text.splitlines()
    assert lines[0].split()[:2] == ["hybrid", "verdict"]
    assert [row.split()[0] for row in lines[1:5]] == [
        "Item.named",
        "Item.opposite",
        "Item.pasted",
        "Place.position",
    ]
    assert lines[1].split()[1] == "ok"
    assert lines[4].split()[1] == "untested"
    assert lines[5] == ""
    at = [
        text.index(start) for start in ("\nHH208 error", "\nHH105 error", "\nPlace.position was not tested: ")
    ]
    assert at == sorted(at)
    assert lines[-1].startswith("4 hybrids: 1 ok, 2 with errors or warnings, 1 untested; PostgreSQL ")


def test_text_of_a_finding(text, report):
    story = text.partition("\nHH208 error")[2].partition("\n\n")[0].splitlines()
    finding = opposite(report)
    example = finding["counterexample"]
    row = example["rows"]["item"][0]
    assert story[0] == "  Item.opposite  [select]  values-differ"
    assert story[1] == f"  shop.py:{line('def opposite(self)')}"
    assert f"    item: id={row['id']}, name={row['name']!r}, price={row['price']}" in story
    assert f"    on id={row['id']}:" in story
    assert f"    Python  {example['python']}" in story
    assert f"    SQL     {example['sql']}" in story
    assert story[-1] == f"  again: {finding['reproduce']}"
    assert " ".join(finding["hint"].split()) in " ".join(" ".join(story).split())


def test_text_fits_80_columns_and_is_plain(text):
    whole = ("  again: ", "  shop.py:", "4 hybrids: ")
    assert [each for each in text.splitlines() if len(each) > 80 and not each.startswith(whole)] == []
    assert [each for each in text.splitlines()[5:] if each != each.rstrip()] == []
    assert "\x1b" not in text


def printed(report, *, width=80, encoding="utf-8"):
    """What a terminal of that width and encoding shows."""
    file = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    print_text(report, Console(file=file, width=width, highlight=False, force_terminal=False))
    file.seek(0)
    return file.read()


def forest(make):
    nodes = [
        {"id": 1, "parent_id": None, "cost": 5},
        {"id": 2, "parent_id": 1, "cost": 3},
        {"id": 3, "parent_id": 1, "cost": None},
        {"id": 4, "parent_id": 2, "cost": 0},
    ]
    rows = make.rows(nodes=nodes, usages=[{"id": 1, "node_id": 4}])
    return make.finding(counterexample=make.example(rows, instance={"id": 2}))


def test_text_draws_a_forest_and_marks_the_failing_row(make):
    story = printed(make.run(make.of(forest(make)))).partition("\n\n")[2].partition("\n\n")[0]
    assert story.splitlines() == [
        "HH208 error  Node.total  [select]  values-differ",
        "  app/shop.py:7",
        "  Python gives 1, SQL gives None.",
        "    nodes, by parent_id:",
        "      id=1, cost=5",
        "      ├── id=2, cost=3  <- here",
        "      │   └── id=4, cost=0",
        "      └── id=3, cost=NULL",
        "    usages: id=1, node_id=4",
        "    on id=2:",
        "    Python  1",
        "    SQL     NULL",
        "  hint: Say the same in `_total`.",
        "  again: hybrid-harness replay shop:Base::Node.total::HH208::select --seed 7",
    ]


def test_a_terminal_without_lines_gets_others(make):
    assert "      +-- id=2, cost=3  <- here\n" in printed(make.run(make.of(forest(make))), encoding="ascii")


@pytest.mark.parametrize("severity", ["error", "warning", "info"])
def test_the_last_line_of_every_story_is_the_command(make, severity):
    text = printed(make.run(make.of(make.finding(severity=Severity(severity)))))
    assert text.split("\n\n")[1].splitlines()[-1].startswith("  again: hybrid-harness replay ")


def test_a_title_too_long_for_the_line_goes_on_in_the_next(make):
    finding = make.finding(position="joined to ai_features")
    text = printed(make.run(make.of(finding, class_name="Organisation", attribute="number_of_children")))
    assert (
        "\nHH208 error  Organisation.number_of_children\n  [joined to ai_features]  values-differ\n" in text
    )


def test_there_is_a_renderer_for_every_format():
    assert tuple(RENDERERS) == FORMATS


@pytest.mark.parametrize(
    ("name", "beginning"),
    [
        ("sarif", '{\n  "$schema": "https://'),
        ("markdown", "## Hybrids of shop\n"),
        ("html", "<!doctype html>\n"),
        ("github", f"::error file=shop.py,line={line('def opposite(self)')},title=HH208 "),
    ],
)
def test_the_command_writes_every_format(checked, tmp_path, name, beginning):
    file = tmp_path / "report"
    ran = checked("check", "shop", "--examples", "10", "--format", name, "--output", str(file))
    assert (ran.status, ran.out) == (1, "")
    assert ran.err.startswith("hybrid-harness: 4 hybrids: ")
    assert ran.err.endswith(f"; written to {file}\n")
    written = file.read_text(encoding="utf-8")
    assert written.startswith(beginning)
    assert "HH208" in written
    if name == "html":
        for source in ("return</span> -", "cls.price", "item.price"):
            assert source in written, "both sides and the SQL"
