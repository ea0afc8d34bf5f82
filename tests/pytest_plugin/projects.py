"""A project of somebody else's: models with the hybrids that a test needs, and pytest run in it."""

import re
from pathlib import Path

import pytest

HEAD = """
from __future__ import annotations

import time
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, Numeric, cast, func, select
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, object_session, relationship


class Base(DeclarativeBase):
    pass


class Book(Base):
    __tablename__ = "books"
    id: Mapped[int] = mapped_column(primary_key=True)
    shelf_id: Mapped[int] = mapped_column(ForeignKey("shelves.id"))


class Shelf(Base):
    __tablename__ = "shelves"
    id: Mapped[int] = mapped_column(primary_key=True)
    width: Mapped[int | None]
    books: Mapped[list[Book]] = relationship()
"""

HYBRIDS = {
    # Both sides are the same.
    "room": ("return self.width or 0", "return func.coalesce(cls.width, 0)"),
    "number": ("return self.id", "return cls.id"),
    # The agreement is broken.
    "wrong": ("return (self.width or 0) != 0", "return func.coalesce(cls.width, 0) == 0"),
    # Right, until somebody aliases the class.
    "bound": (
        "return len(self.books)",
        "return select(func.count(Book.id)).where(Book.shelf_id == Shelf.id).scalar_subquery()",
    ),
    # No SQL.
    "nothing": ("return self.width", "return None"),
    # Right today: a Decimal where Python has an int.
    "drifting": (
        "return float(self.width or 0)",
        "return cast(func.coalesce(cls.width, 0), Numeric)",
    ),
    # Never ends.
    "endless": ('open("endless", "w").close()\n        while True: time.sleep(0.01)', "return cls.id"),
}

UNFILLABLE = """
class Crate(Base):
    __tablename__ = "crates"
    __table_args__ = (CheckConstraint("no_such_function(id)"),)
    id: Mapped[int] = mapped_column(primary_key=True)

    @hybrid_property
    def untestable(self):
        return self.id
"""

CONFTEST = """
from sqlalchemy import Engine, event

def note(connection, record):
    if hasattr(connection, "info"):
        with open("servers", "a") as file:
            file.write(f"{connection.info.host}\\n")

def pytest_configure():
    event.listen(Engine, "connect", note)

def pytest_unconfigure():
    event.remove(Engine, "connect", note)
"""

OUTCOME = re.compile(
    r"^(?:\[gw\d+\] \[ *\d+%\] (?P<worker_outcome>[A-Z]+) )?(?P<id>hybrids::\S+|\S+\.py::\S+)(?: (?P<outcome>[A-Z]+))?",
    re.MULTILINE,
)


def models(*hybrids: str, more: str = "") -> str:
    parts = [HEAD]
    for name in hybrids:
        python, sql = HYBRIDS[name]
        parts.append(
            f"""
    @hybrid_property
    def {name}(self):
        {python}

    @{name}.inplace.expression
    @classmethod
    def _{name}(cls):
        {sql}
"""
        )
    return "".join([*parts, more])


def line_of(name: str, text: str) -> int:
    return next(number for number, line in enumerate(text.splitlines(), 1) if f"def {name}(" in line)


class Project:
    def __init__(self, pytester: pytest.Pytester) -> None:
        self.pytester = pytester
        self.path = pytester.path
        pytester.makeconftest(CONFTEST)
        self.configure()

    def configure(self, *, ini: str = 'hybrids = ["shop"]', settings: str = "") -> None:
        self.write(
            "pyproject.toml",
            f'[tool.pytest.ini_options]\n{ini}\nfilterwarnings = ["error"]\npythonpath = ["."]\n'
            f"[tool.hybrid-harness]\nexamples = 10\nscale = 50\n{settings}\n",
        )

    def write(self, name: str, text: str) -> Path:
        file = self.path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")
        return file

    def models(self, *hybrids: str, file: str = "shop.py", more: str = "") -> str:
        text = models(*hybrids, more=more)
        self.write(file, text)
        return text

    def run(self, *arguments: str) -> pytest.RunResult:
        """In this process, which has all modules loaded but those of the project."""
        return self.pytester.runpytest_inprocess("-v", "-ra", *arguments)

    def run_alone(self, *arguments: str) -> pytest.RunResult:
        """In a process of its own, as from a shell."""
        return self.pytester.runpytest_subprocess("-v", "-ra", *arguments)

    def collected(self, *arguments: str) -> list[str]:
        """Node ids of what a run would run."""
        result = self.pytester.runpytest_inprocess(
            "--collect-only", "-q", "-p", "no:cacheprovider", *arguments
        )
        assert result.ret in {pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED}, result.stdout.str()
        return [line for line in result.outlines if "::" in line]

    def servers(self) -> set[Path]:
        """The folders of all servers that the project's runs connected to."""
        file = self.path / "servers"
        return {Path(line) for line in file.read_text("utf-8").splitlines()} if file.exists() else set()


def outcomes(result: pytest.RunResult) -> dict[str, str]:
    """What a verbose run says of each item."""
    return {
        match["id"]: outcome
        for match in OUTCOME.finditer(result.stdout.str())
        if (outcome := match["outcome"] or match["worker_outcome"])
    }


def left_of(folder: Path) -> list[str]:
    """What there still is of a server: its folder, and processes that work in it."""
    left = [str(folder)] if folder.exists() else []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if (process / "cwd").readlink().is_relative_to(folder):
                left.append((process / "cmdline").read_text())
        except OSError:
            continue
    return left
