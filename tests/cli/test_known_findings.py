"""What a project lives with: policies in pyproject.toml, and the baseline."""

import json

import pytest

MODELS = """
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

class Base(DeclarativeBase):
    pass

class Item(Base):
    __tablename__ = "items"
    id: Mapped[int] = mapped_column(primary_key=True)
    sold: Mapped[bool | None]
    price: Mapped[float]

    @hybrid_property
    def gone(self):
        return bool(self.sold)

    @gone.inplace.expression
    @classmethod
    def _gone(cls):
        return cls.sold

    @hybrid_property
    def dear(self):
        return self.price * 1.001

    @dear.inplace.expression
    @classmethod
    def _dear(cls):
        return cls.price
"""
BASELINE = "hybrid-harness-baseline.json"


@pytest.fixture
def shop(tmp_path):
    (tmp_path / "shop.py").write_text(MODELS)
    return tmp_path


def policy(folder, **settings):
    lines = "\n".join(f"{name} = {value}" for name, value in settings.items())
    (folder / "pyproject.toml").write_text(f"[[tool.hybrid-harness.hybrid]]\n{lines}\n")


def by_name(ran):
    return {each["name"]: each for each in json.loads(ran.out)["hybrids"]}


def test_policies_say_what_is_equal_and_what_is_accepted(command, shop):
    check = ("check", "shop", "--examples", "20", "--format", "json")
    (shop / "pyproject.toml").write_text(
        '[[tool.hybrid-harness.hybrid]]\nmatch = "Item.gone"\nreason = "sold is set late"\nnull = "false"\n'
        '[[tool.hybrid-harness.hybrid]]\nmatch = "Item.d*"\nreason = "an estimate"\ntolerance = 0.01\n'
    )
    ran = command(shop, *check)
    assert ran.status == 0
    assert [each["findings"] for each in by_name(ran).values()] == [[], []]

    policy(shop, match='"Item.*"', reason='"ticket 7"', accept='["HH2"]')
    ran = command(shop, *check)
    assert ran.status == 0
    findings = [finding for each in by_name(ran).values() for finding in each["findings"]]
    assert {each["severity"] for each in findings} == {"info"}
    assert all(each["message"].endswith("Accepted by pyproject.toml: ticket 7.") for each in findings)
    assert {each["verdict"] for each in by_name(ran).values()} == {"ok"}


def test_a_policy_for_nothing_fails(command, shop):
    policy(shop, match='"Tenant.*"', reason='"moved"', null='"zero"')
    ran = command(shop, "check", "shop", "--examples", "3")
    assert (ran.status, ran.out) == (2, "")
    assert ran.err.startswith(
        "hybrid-harness: It matches no hybrid of these targets.\n  where: the policy for 'Tenant.*'"
    )

    policy(shop, match='"Item.*"', reason='"for now"', null='"zero"', expires="2020-01-31")
    ran = command(shop, "check", "shop", "--examples", "3")
    assert (ran.status, ran.out) == (2, "")
    assert ran.err.startswith("hybrid-harness: It expired on 2020-01-31.")

    policy(shop, match='"Item.*"', reason='"ticket 7"', accept='["HH2", "HH301"]')
    ran = command(shop, "check", "shop", "--examples", "20")
    assert ran.status == 1
    assert "problem: pyproject.toml accepts HH301 of Item.*, which no longer occurs: remove it.\n" in ran.out


def test_the_baseline_is_written_and_lived_with(command, shop):
    check = ("check", "shop", "--examples", "20", "--scale", "20")
    ran = command(shop, *check, "--write-baseline")
    assert ran.status == 0
    assert ran.err == f"hybrid-harness: 2 findings recorded in {BASELINE}.\n"
    entries = json.loads((shop / BASELINE).read_text())["findings"]
    assert [(each["hybrid"], each["position"]) for each in entries] == [
        ("Item.dear", "select"),
        ("Item.gone", "select"),
    ]

    # It is replayed as what it is told as, on the rows that were kept and on others.
    finding = f"shop::Item.gone::{entries[1]['rule']}::select"
    kept = command(shop, "replay", finding, "--examples", "20")
    for path in (shop / ".hybrid-harness").glob("*Item.gone*.json"):
        path.unlink()
    for ran in (kept, command(shop, "replay", finding, "--examples", "20")):
        assert (ran.status, ran.out.partition("  ")[0]) == (0, "FAILS STILL"), ran.out
        assert f"Accepted by {BASELINE}." in " ".join(ran.out.split())

    # A new mistake fails; a line that moved does not.
    text = MODELS.replace("class Item", "# moved\nclass Item")
    (shop / "shop.py").write_text(text)
    assert command(shop, *check).status == 0
    (shop / "shop.py").write_text(text.replace("bool(self.sold)", "self.sold is None"))
    entries[1]["rule"] = "HH999"
    (shop / BASELINE).write_text(json.dumps({"version": 1, "findings": entries}))
    assert command(shop, *check).status == 1

    # What no longer occurs is told, and fails under --strict; the reasons of others survive a new writing.
    entries[0]["reason"] = "an estimate"
    (shop / BASELINE).write_text(json.dumps({"version": 1, "findings": entries}))
    (shop / "shop.py").write_text(text.replace("bool(self.sold)", "self.sold"))
    gone = f"{BASELINE} accepts HH999 of Item.gone [select], which no longer occurs: remove it.\n"
    ran = command(shop, *check)
    assert (ran.status, f"notice: {gone}" in ran.out) == (0, True)
    ran = command(shop, *check, "--strict")
    assert (ran.status, f"problem: {gone}" in ran.out) == (1, True)
    assert command(shop, *check, "--write-baseline").status == 0
    assert [each["reason"] for each in json.loads((shop / BASELINE).read_text())["findings"]] == [
        "an estimate"
    ]


def test_a_baseline_without_an_end(command, shop):
    ran = command(shop, "check", "shop", "--baseline", "/dev/zero")
    assert (ran.status, ran.out) == (2, "")
    assert ran.err.startswith(
        "hybrid-harness: The baseline can't be read: it is a device, which may have no end.\n  where: /dev/zero\n"
    )


def test_a_baseline_that_cant_be_read(command, shop):
    (shop / "known.json").write_text("<<<<<<< HEAD\n")
    ran = command(shop, "check", "shop", "--examples", "3", "--baseline", "known.json")
    assert (ran.status, ran.out) == (2, "")
    assert ran.err.startswith("hybrid-harness: The baseline can't be read: ")
    assert "  where: known.json\n" in ran.err
