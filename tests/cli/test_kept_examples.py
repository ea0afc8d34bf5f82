"""What Hypothesis keeps between runs: where it can't, and where another version of it did."""

import json
import subprocess
import sys

import pytest

MODELS = """
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

class Base(DeclarativeBase):
    pass

class Item(Base):
    __tablename__ = "items"
    id: Mapped[int] = mapped_column(primary_key=True)
    amount: Mapped[int | None]

    @hybrid_property
    def shown(self):
        return self.amount

    @shown.inplace.expression
    @classmethod
    def _shown(cls):
        return cls.amount % 1000
"""
NOTICE = "What fails is not kept for the next run: .hypothesis can't be written."
FEW = ("--examples", "20", "--scale", "20")


@pytest.fixture
def shop(tmp_path, monkeypatch):
    monkeypatch.delenv("CI", raising=False)  # Hypothesis keeps nothing there
    (tmp_path / "shop.py").write_text(MODELS)
    return tmp_path


def test_a_folder_that_can_not_be_written_is_told_in_one_sentence(command, shop):
    (shop / ".hypothesis").write_text("a file stands in its place")
    ran = command(shop, "check", "shop", *FEW)
    assert (ran.status, ran.err) == (1, "")
    assert ran.out.count(f"notice: {NOTICE}\n") == 1


def test_nor_is_it_an_error_where_warnings_are(shop):
    (shop / ".hypothesis").write_text("a file stands in its place")
    (shop / "conftest.py").touch()
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-W",
        "error",
        "-p",
        "no:cacheprovider",
        "--hybrids",
        "shop",
        "-k",
        "translates",
    ]
    ran = subprocess.run(command, cwd=shop, capture_output=True, text=True, check=False)
    assert "1 passed" in ran.stdout, ran.stdout


def test_a_run_that_tries_what_was_kept_says_what_the_first_one_said(command, shop):
    """Hints at each place in a query included: trying a kept failure again counts as no dataset."""
    (shop / "shop.py").write_text(MODELS.replace("% 1000", "% 1000 + 1"))
    first, second = (command(shop, "check", "shop", "--format", "json", *FEW).out for _ in range(2))
    told = [
        [(each["rule"], each["position"]) for each in json.loads(out)["hybrids"][0]["findings"]]
        for out in (first, second)
    ]
    assert told[1] == told[0]
    assert ("HH306", "group by, accessed twice") in told[0]


@pytest.mark.parametrize("content", [b"", b"\xff" * 64, b"[", b'["HH208"]', b"\x00\x01\x80"])
def test_what_another_version_kept_changes_nothing(command, shop, content):
    def findings():
        ran = command(shop, "check", "shop", "--format", "json", *FEW)
        assert ran.status == 1, ran.err
        return json.loads(ran.out)["hybrids"][0]["findings"]

    first = findings()
    kept = [each for each in (shop / ".hypothesis" / "examples").rglob("*") if each.is_file()]
    assert kept
    for file in kept:
        file.write_bytes(content)
    assert findings() == first
