"""One finding again, from the rows that a run kept of it or without them, and as a test of its own."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import harness.rules
from harness.cli.replay import write_test
from harness.core.errors import UsageProblem
from harness.engine.kept_findings import read_kept
from harness.engine.replaying import PLACES
from harness.evaluation.positions import POSITIONS, TIME_ZONES, TRUTHS

MODELS = """
import decimal
from sqlalchemy import Numeric
from sqlalchemy.ext.hybrid import hybrid_method, hybrid_property
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

class Base(DeclarativeBase):
    pass

class Item(Base):
    __tablename__ = "items"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str | None]
    price: Mapped[decimal.Decimal] = mapped_column(Numeric(8, 2))

    @hybrid_property
    def label(self):
        return self.name or "100% \\\\ 'none': it"

    @label.inplace.expression
    @classmethod
    def _label(cls):
        return cls.name

    @hybrid_method
    def beyond(self, limit: int):
        return self.price >= limit

    @beyond.inplace.expression
    @classmethod
    def _beyond(cls, limit):
        return cls.price > limit
"""
LABEL = "shop::Item.label::HH247::select"
CONFTEST = """
import pytest
from sqlalchemy import create_engine
from sqlalchemy.orm import Session
from shop import Base

@pytest.fixture
def session():
    engine = create_engine(URL)
    with engine.connect() as connection:
        Base.metadata.create_all(connection)
        with Session(connection) as session:
            yield session
        connection.rollback()
"""


@pytest.fixture(scope="module")
def url(server):
    url = server.create_database()
    yield url
    server.drop_database(url)


@pytest.fixture(scope="module")
def checked_shop(tmp_path_factory, command):
    folder = tmp_path_factory.mktemp("shop")
    (folder / "shop.py").write_text(MODELS)
    ran = command(folder, "check", "shop", "--examples", "20", "--format", "json")
    assert ran.status == 1, ran.err
    findings = [finding for each in json.loads(ran.out)["hybrids"] for finding in each["findings"]]
    assert f"hybrid-harness replay {LABEL}" in [each["reproduce"] for each in findings]
    return folder


@pytest.fixture
def shop(tmp_path, checked_shop):
    """A folder after a run: the models and what was kept of the findings."""
    return shutil.copytree(checked_shop, tmp_path, dirs_exist_ok=True)


def change(folder, old, new):
    text = (folder / "shop.py").read_text()
    assert old in text
    (folder / "shop.py").write_text(text.replace(old, new))


def test_a_finding_fails_still_is_fixed_or_cannot_run(command, shop):
    ran = command(shop, "replay", LABEL)
    assert (ran.status, ran.err) == (1, "")
    assert ran.out.startswith(
        f"FAILS STILL  {LABEL}\n  It is there on the rows that were kept.\n\nHH247 error  Item.label"
    )
    (kept,) = (shop / ".hybrid-harness").glob("HH247-Item.label-*.json")
    assert command(shop, "replay", str(kept)).out == ran.out

    change(shop, "return cls.name", "return cls.name + 'x'")
    ran = command(shop, "replay", LABEL)
    assert ran.status == 1
    change(shop, "return cls.name + 'x'", "return cls.price")
    ran = command(shop, "replay", LABEL)
    assert ran.status == 1
    assert "It is gone on the rows that were kept, but something else is wrong there." in ran.out

    change(shop, "return cls.price\n", "return cls.name\n")
    change(shop, """return self.name or "100% \\\\ 'none': it\"""", "return self.name")
    ran = command(shop, "replay", LABEL)
    assert (ran.status, ran.out) == (0, f"FIXED  {LABEL}\n  It is gone on the rows that were kept.\n")

    change(shop, "price: Mapped", "amount: Mapped")
    ran = command(shop, "replay", LABEL)
    assert (ran.status, ran.out.splitlines()[0]) == (3, f"CANNOT RUN  {LABEL}")
    assert ran.out.splitlines()[1].startswith("  The database does not take the rows any more: ")
    text = (shop / "shop.py").read_text()
    (shop / "shop.py").write_text(text.replace("label", "title"))
    ran = command(shop, "replay", LABEL)
    assert (ran.status, ran.out.splitlines()[1]) == (
        3,
        "  shop has no hybrid Item.label any more. `hybrid-harness list shop` prints what it has.",
    )


ODD = """
import decimal
from sqlalchemy.types import UserDefinedType

class Odd(UserDefinedType):
    cache_ok = True

    def get_col_spec(self):
        return "no_such_type"
"""


def test_a_hybrid_that_can_no_longer_be_tested_is_not_fixed(command, shop):
    address = "shop::Item.beyond::HH208::select"
    change(shop, "def beyond(self, limit: int)", "def beyond(self, limit: decimal.Context)")
    ran = command(shop, "replay", address, "--examples", "5")
    said = (
        "  Item.beyond was not tested: nothing says what the parameter 'limit' takes: register a strategy, "
        "harness.register_strategy(Context, st.builds(Context)), or give it a default"
    )
    assert (ran.status, ran.out) == (3, f"CANNOT RUN  {address}\n{said}\n")
    change(shop, "decimal.Decimal] = mapped_column(Numeric(8, 2))", "decimal.Decimal] = mapped_column(Odd)")
    change(shop, "import decimal\n", ODD)
    ran = command(shop, "replay", LABEL)
    assert (ran.status, ran.out.splitlines()[0]) == (3, f"CANNOT RUN  {LABEL}")
    assert ran.out.splitlines()[1].startswith("  items can't be created: ")


def test_rows_of_rules_that_were_not_looked_for_stay(command, shop):
    def kept():
        return list((shop / ".hybrid-harness").glob("HH247-*.json"))

    assert kept()
    change(shop, """return self.name or "100% \\\\ 'none': it\"""", "return self.name")
    assert (
        command(shop, "check", "shop", "--examples", "5", "--only", "*.label", "--ignore", "HH247").status
        == 0
    )
    assert kept()
    assert (
        command(shop, "check", "shop", "--examples", "5", "--only", "*.label", "--select", "HH2").status == 0
    )
    assert not kept()


def test_a_finding_without_kept_rows_is_looked_for(command, shop):
    found = command(shop, "replay", "shop::Item.beyond::HH298::select", "--examples", "30")
    assert found.status == 1, found.out
    assert "It is there on " in found.out
    mistyped = command(shop, "replay", "shop::Item.label::HH2O8::select")
    assert (mistyped.status, mistyped.out) == (2, "")
    assert mistyped.err.startswith(
        "hybrid-harness: There is no rule 'HH2O8'.\n  where: shop::Item.label::HH2O8::select\n"
    )
    mistyped = command(shop, "replay", "shop::Item.label::HH208::selct")
    assert (mistyped.status, mistyped.out) == (2, "")
    assert mistyped.err.endswith(
        "hint:  Did you mean 'select'? Reports print the whole address of a finding.\n"
    )
    missing = command(shop, "replay", "nothing::Item.label::HH247::select")
    assert missing.status == 3
    assert missing.out.splitlines()[1].startswith("  There is no module 'nothing' to import.")


def test_an_info_that_is_there_fails_nothing(command, tmp_path):
    counted = """return object_session(self).scalar(select(func.count(Item.id)))

    @label.inplace.expression
    @classmethod
    def _label(cls):
        return select(func.count(aliased(Item).id)).scalar_subquery()
"""
    head, _ = MODELS.split("    @hybrid_property\n", 1)
    imports = "from sqlalchemy import func, select\nfrom sqlalchemy.orm import aliased, object_session\n"
    models = f"{imports}{head}    @hybrid_property\n    def label(self):\n        {counted}"
    (tmp_path / "shop.py").write_text(models)
    finding = "shop::Item.label::HH401::select"
    ran = command(tmp_path, "replay", finding, "--examples", "5")
    assert (ran.status, ran.err) == (0, "")
    assert ran.out.splitlines()[:2] == [
        f"FAILS STILL  {finding}",
        "  It is there on 5 datasets drawn by seed 0, as info, which fails no check.",
    ]


def test_a_fixed_finding_is_not_kept(command, shop):
    kept = shop / ".hybrid-harness"
    assert (kept / ".gitignore").read_text() == "*\n"
    assert list(kept.glob("HH247-*.json"))
    change(shop, """return self.name or "100% \\\\ 'none': it\"""", "return self.name")
    assert command(shop, "check", "shop", "--examples", "5", "--only", "*.label").status == 0
    assert not list(kept.glob("*label*.json"))


def test_a_finding_as_a_test_of_its_own(command, shop, url):
    ran = command(shop, "replay", LABEL, "--emit", "test_label.py")
    assert (ran.status, ran.err) == (
        0,
        "hybrid-harness: test_label.py is written; it needs a fixture `session` of yours.\n",
    )
    assert "harness" not in (shop / "test_label.py").read_text()
    (shop / "conftest.py").write_text(
        CONFTEST.replace("URL", repr(url.render_as_string(hide_password=False)))
    )

    def run():
        arguments = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_label.py"]
        return subprocess.run(arguments, cwd=shop, capture_output=True, text=True, check=False)

    failed = run()
    assert failed.returncode == 1, failed.stdout + failed.stderr
    assert "1 failed" in failed.stdout
    assert "AssertionError" in failed.stdout
    change(shop, """return self.name or "100% \\\\ 'none': it\"""", "return self.name")
    passed = run()
    assert passed.returncode == 0, passed.stdout
    ran = command(shop, "replay", "shop::Item.label::HH401::select", "--emit", "test_other.py")
    assert ran.status == 2
    assert "No rows are kept of shop::Item.label::HH401::select." in ran.err


def test_every_position_that_a_rule_names_is_one():
    sources = [path.read_text() for path in Path(harness.rules.__file__).parent.rglob("*.py")]
    named = {name for text in sources for name in re.findall(r"\.finding\(\s*\"([^\"]+)\",", text)}
    assert named > {"select", "class", "before flush"}
    assert named <= set(PLACES)


@pytest.mark.parametrize("text", ["", "HH247", "shop::Item.label::HH247", "a::b::c::d::e", "::::::"])
def test_what_is_no_finding(tmp_path, text):
    with pytest.raises(UsageProblem, match="is no finding"):
        read_kept(text, tmp_path)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
NAMES = [
    "version",
    "finding",
    "message",
    "python",
    "sql",
    "shape",
    "columns",
    "statements",
    "module",
]
NEARLY = st.fixed_dictionaries(
    dict.fromkeys(NAMES[2:], JSON) | {"version": st.just(1), "finding": st.just(LABEL)}
)


@given((JSON | NEARLY).map(json.dumps).map(str.encode) | st.binary(max_size=30))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=80)
def test_any_other_file_is_refused(tmp_path, data):
    path = tmp_path / "finding.json"
    path.write_bytes(data)
    refusal = None
    try:
        read_kept(str(path))
    except UsageProblem as problem:
        refusal = problem
    assert refusal is not None or all(
        isinstance(json.loads(data)[name], str) for name in ("message", "python", "sql")
    )


ALIASED = """
from sqlalchemy import ForeignKey, func, select
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

class Base(DeclarativeBase):
    pass

class Node(Base):
    __tablename__ = "nodes"
    id: Mapped[int] = mapped_column(primary_key=True)
    parts: Mapped[list["Part"]] = relationship()

    @hybrid_property
    def most(self):
        return max((part.number for part in self.parts), default=None)

    @most.inplace.expression
    @classmethod
    def _most(cls):
        return select(func.max(Part.number)).where(Part.node_id == Node.id).scalar_subquery()

class Part(Base):
    __tablename__ = "parts"
    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int]
    node_id: Mapped[int] = mapped_column(ForeignKey("nodes.id"))
"""


class Emitted:
    """The finding under alias, as a test for any position: written as the command writes it, without its start each time."""

    def __init__(self, command, folder, url):
        self._folder = folder
        (folder / "shop.py").write_text(ALIASED)
        ran = command(folder, "check", "shop", "--examples", "20", "--format", "json")
        assert ran.status == 1, ran.err
        (self._kept,) = (folder / ".hybrid-harness").glob("HH*-Node.most-*-aliased.json")
        conftest = CONFTEST.replace("URL", repr(url.render_as_string(hide_password=False)))
        (folder / "conftest.py").write_text(conftest)

    def write(self, position):
        kept = json.loads(self._kept.read_text())
        kept["finding"] = f"{kept['finding'].rpartition('::')[0]}::{position}"
        (self._folder / "kept.json").write_text(json.dumps(kept))
        name = "test_" + "".join(letter if letter.isalnum() else "_" for letter in position) + ".py"
        write_test(str(self._folder / "kept.json"), self._folder / name)
        assert "harness" not in (self._folder / name).read_text()

    def outcomes(self):
        arguments = [sys.executable, "-m", "pytest", "-v", "-p", "no:cacheprovider", "."]
        ran = subprocess.run(arguments, cwd=self._folder, capture_output=True, text=True, check=False)
        found = re.findall(r"^test_(\w+)\.py::\S+ (PASSED|FAILED|ERROR)", ran.stdout, re.MULTILINE)
        return dict(found), ran.stdout


def test_a_finding_in_any_position_as_a_test_of_its_own(command, tmp_path, url):
    emitted = Emitted(command, tmp_path, url)
    positions = [each.name for each in (*POSITIONS, *TRUTHS, *TIME_ZONES)]
    for position in ("select", *positions, "joined to parts"):
        emitted.write(position)
    outcomes, said = emitted.outcomes()
    truths = {"where_true", "where_not", "where__"}  # a number is no criterion
    under_alias = {"aliased", "self_join", "exists"}
    others = {"group_by__accessed_twice", "joined_to_parts"}
    assert len(outcomes) == len(set(positions)) + 2
    assert {
        name for name, outcome in outcomes.items() if outcome != "PASSED"
    } == truths | under_alias | others, said
    assert "assert Counter(" in said


def test_a_condition_in_its_places_as_a_test_of_its_own(command, tmp_path, url):
    emitted = Emitted(command, tmp_path, url)
    change(tmp_path, "return max((part.number for part in self.parts), default=None)", "return self.id > 1")
    change(
        tmp_path,
        "return select(func.max(Part.number)).where(Part.node_id == Node.id).scalar_subquery()",
        "return cls.id > 1",
    )
    for position in (each.name for each in (*POSITIONS, *TRUTHS)):
        emitted.write(position)
    outcomes, said = emitted.outcomes()
    failed = {name for name, outcome in outcomes.items() if outcome != "PASSED"}
    assert failed == {"group_by__accessed_twice"}, said  # each access has a parameter of its own


def test_what_is_no_place_in_a_query_is_no_test(command, tmp_path, url):
    emitted = Emitted(command, tmp_path, url)
    with pytest.raises(UsageProblem, match="Findings about a place in a query can, such as select, where,"):
        emitted.write("before flush")
