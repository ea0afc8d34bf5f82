"""The command as people start it, reports made by hand, and a real browser to open them in."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, replace

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service

from harness.core.dataset import Dataset
from harness.core.finding import Counterexample, Family, Finding, Severity
from harness.core.hybrid import Hybrid, Kind, SelfReference, Source
from harness.core.observation import Growth
from harness.core.report import HybridReport, RunReport, Stats

SETTINGS = ("COLUMNS", "FORCE_COLOR", "NO_COLOR", "PYTHONIOENCODING")


@dataclass(frozen=True)
class Ran:
    status: int
    out: str
    err: str


def environment(**changes):
    """This process's, without what would change a report."""
    return {name: value for name, value in os.environ.items() if name not in SETTINGS} | changes


def run(cwd, *arguments, **changes):
    done = subprocess.run(
        [sys.executable, "-m", "harness", *arguments],
        cwd=cwd,
        env=environment(**changes),
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    return Ran(done.returncode, done.stdout, done.stderr)


@pytest.fixture(scope="session")
def command():
    """command(folder, "check", "shop", NO_COLOR="1") runs it there and returns status, out and err."""
    return run


HYBRID = Hybrid(
    target="shop:Base",
    module="shop",
    class_name="Node",
    attribute="total",
    kind=Kind.HYBRID_PROPERTY,
    file="app/shop.py",
    line=7,
    shown_by=("Node",),
    primary_key=("id",),
    table="nodes",
    key_columns=("id",),
    self_references=(SelfReference("nodes", ("parent_id",), ("id",)),),
    python_source=Source("app/shop.py", 6, "@hybrid_property\ndef total(self):\n    return self.cost  # own"),
    sql_source=Source("app/shop.py", 10, "@total.inplace.expression\ndef _total(cls):\n    return cls.cost"),
)


class Make:
    """Parts of a report, right but for what a test changes."""

    hybrid = staticmethod(lambda **changes: replace(HYBRID, **changes))

    @staticmethod
    def rows(**tables):
        return Dataset({name: tuple(rows) for name, rows in tables.items()})

    @staticmethod
    def example(dataset=None, *, instance=None, python="1", sql="None"):
        dataset = dataset or Make.rows(nodes=[{"id": 1, "parent_id": None, "cost": 1}])
        return Counterexample(dataset, instance or {"id": 1}, python, sql)

    @staticmethod
    def finding(**changes):
        finding = Finding(
            rule="HH208",
            name="values-differ",
            family=Family.AGREEMENT,
            severity=Severity.ERROR,
            position="select",
            message="Python gives 1, SQL gives None.",
            hint="Say the same in `_total`.",
            counterexample=Make.example(),
        )
        return replace(finding, **changes)

    @staticmethod
    def of(*findings, reason=None, **changes):
        """A hybrid's report."""
        growth = Growth(HYBRID, (25, 100), (26, 101), ("Node.children",))
        sql = "SELECT nodes.id, nodes.cost\nFROM nodes"
        return HybridReport(
            Make.hybrid(**changes), findings, reason, Stats(100, 1200, 50, 3, growth, 0.5), select_sql=sql
        )

    @staticmethod
    def run(*hybrids, notices=(), problems=()):
        return RunReport(("shop:Base",), 7, "embedded", "18.6", hybrids, 2.5, notices, problems)


@pytest.fixture(scope="session")
def make():
    """make.run(make.of(make.finding(severity=...), attribute="..."), ...) and its like."""
    return Make


@pytest.fixture(scope="session")
def browser(tmp_path_factory):
    """Headless Chromium, driven through its own driver."""
    names = ("chromium", "chromium-browser", "google-chrome")
    program = next((found for name in names if (found := shutil.which(name))), None)
    driver = shutil.which("chromedriver")
    if program is None or driver is None:
        pytest.skip("no Chromium with chromedriver on this machine: the HTML report is not opened")
    options = webdriver.ChromeOptions()
    options.binary_location = program
    for argument in (
        "--headless=new",
        "--no-sandbox",  # root has none, and the page is ours
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--disable-background-networking",
        "--no-first-run",
        "--window-size=1280,1000",
        f"--user-data-dir={tmp_path_factory.mktemp('chromium')}",
    ):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    opened = webdriver.Chrome(options=options, service=Service(driver))
    yield opened
    opened.quit()
