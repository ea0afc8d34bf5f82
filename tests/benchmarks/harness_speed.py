"""How fast the harness is beside what can't be avoided and beside what people write: `python tests/benchmarks/harness_speed.py`.

*floor*: the same datasets sent by raw psycopg: one multi-row INSERT for each table, one SELECT with all hybrids, ROLLBACK.
*plain*: a Session, add_all, flush, expire, one SELECT for each hybrid, lazy loads in Python.
*harness*: `check`, everything from drawing the datasets to the report.
All in one process, in turns, on one server. Take the ratios, not the absolutes. `--only flat,many,...` runs some of the parts.
"""

import argparse
import contextlib
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import psycopg
from hypothesis import HealthCheck, Phase, given, seed, settings
from sqlalchemy import Connection, create_engine, select
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.orm import Session

sys.path.insert(0, str(Path(__file__).parents[2]))

from harness.config import Options
from harness.core.dataset import Dataset
from harness.database import start_server
from harness.engine import check
from harness.generation import Plan, PopulationShape, datasets, plan_dataset, population
from models.tenancy import AI_FEATURES, AIFeatureUsage, Base, Tenant

ROOT = Path(__file__).parents[2]
HYBRIDS = ("feature_adoption_rate", "total_inference_cost", "permission_inheritance_depth")
CLASSES = {"tenants": Tenant, "ai_feature_usage": AIFeatureUsage}
MANY_CLASSES, HYBRIDS_EACH = 50, 10


def plan() -> Plan:
    tenants, usage = Tenant.__table__, AIFeatureUsage.__table__
    read = [tenants.c.parent_id, usage.c.tenant_id, usage.c.feature_name, usage.c.inference_cost]
    return plan_dataset([tenants, usage], read, constants=AI_FEATURES)


def drawn(number: int) -> list[Dataset]:
    found: list[Dataset] = []

    @seed(0)
    @settings(
        max_examples=number,
        phases=[Phase.generate],
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(datasets(plan()))
    def collect(dataset: Dataset) -> None:
        found.append(dataset)

    collect()
    return found


def floor(driver: psycopg.Connection[Any], examples: Sequence[Dataset]) -> None:
    """Rows in one INSERT for each table, the hybrids in one SELECT."""
    statement = select(Tenant.id, *(getattr(Tenant, name) for name in HYBRIDS))
    compiled = statement.compile(dialect=PGDialect_psycopg(), compile_kwargs={"render_postcompile": True})
    for dataset in examples:
        with psycopg.ClientCursor(driver) as cursor:
            for table, rows in dataset.tables.items():
                if rows:
                    one = f"({', '.join(['%s'] * len(rows[0]))})"
                    into = f"INSERT INTO {table} ({', '.join(rows[0])}) VALUES {', '.join([one] * len(rows))}"
                    cursor.execute(into.encode(), [value for row in rows for value in row.values()])
            cursor.execute(str(compiled).encode(), compiled.params)
            cursor.fetchall()
        driver.rollback()


def plain(connection: Connection, examples: Sequence[Dataset]) -> None:
    """What people write in a test of their own."""
    for dataset in examples:
        with Session(connection) as session:
            for table, rows in dataset.tables.items():
                session.add_all([CLASSES[table](**row) for row in rows])
                session.flush()
            session.expire_all()
            for name in HYBRIDS:
                in_sql = dict(session.execute(select(Tenant.id, getattr(Tenant, name))).all())
                in_python = {tenant.id: getattr(tenant, name) for tenant in session.scalars(select(Tenant))}
                assert in_sql.keys() == in_python.keys()
            session.rollback()


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


@contextlib.contextmanager
def tables(server: Any) -> Iterator[Any]:
    url = server.create_database()
    engine = create_engine(url)
    Base.metadata.create_all(engine)
    try:
        yield engine
    finally:
        engine.dispose()
        server.drop_database(url)


def throughput(server: Any, examples: int) -> None:
    made = drawn(examples)
    url = server.create_database().render_as_string(hide_password=False)
    taken: dict[str, list[float]] = {"floor": [], "plain": [], "harness": []}
    options = Options(database=url, examples=examples)
    with tables(server) as engine, engine.connect() as connection:
        raw = engine.raw_connection()
        for _ in range(3):
            taken["floor"].append(seconds(lambda: floor(raw.driver_connection, made)))
            connection.rollback()
            taken["plain"].append(seconds(lambda: plain(connection, made)))
            taken["harness"].append(seconds(lambda: check(["models.tenancy"], options)))
        raw.close()
    medians = {name: statistics.median(each) for name, each in taken.items()}
    say(f"{examples} examples, all three hybrids, median of 3 turns", "examples/s", "of floor")
    for name, median in medians.items():
        say(name, f"{examples / median:.0f}", f"{medians['floor'] / median:.3f}")


def flat(server: Any, examples: int) -> None:
    url = server.create_database().render_as_string(hide_password=False)
    moments: list[float] = []
    from harness.engine import survey

    surveyor = survey.Surveyor
    original = surveyor.look

    def noted(*arguments: Any) -> None:
        moments.append(time.perf_counter())
        original(*arguments)

    surveyor.look = noted  # type: ignore[method-assign]
    try:
        check(["models.tenancy"], Options(database=url, examples=examples, only=("*cost",), scale=1))
    finally:
        surveyor.look = original  # type: ignore[method-assign]
    tenth = examples // 10
    first, last = moments[tenth] - moments[0], moments[examples - 1] - moments[examples - 1 - tenth]
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    say(f"first and last tenth of {examples} examples", f"{last / first:.2f} x", f"{memory:.0f} MB at most")


def large(server: Any, tenants: int) -> None:
    """All hybrids compared on one large population, beside the SQL and the loading of all rows by the ORM themselves."""
    from harness.discovery import discover, load_target
    from harness.engine.bench import Bench, Servers
    from harness.engine.examinee import Examinee

    examinees = [Examinee(each, seconds=600.0) for each in discover(load_target("models.tenancy"))]
    rows = population(plan(), PopulationShape(tenants, fan_out=5))
    bench = Bench(Servers(lambda: server), [Base.metadata], seconds=600.0)
    bench.prepare(list(Base.metadata.sorted_tables))
    with bench.populated(rows) as connection:

        def themselves() -> None:
            for each in examinees:
                connection.execute(each.subject.select()).all()
            with Session(connection) as session:
                held = [*session.scalars(select(Tenant)), *session.scalars(select(AIFeatureUsage))]
                assert held

        def compared() -> None:
            from harness.evaluation.python_side import loaded_session

            sides = [each.sides().python for each in examinees]
            with loaded_session(connection, sides, seconds=600.0) as session:
                for each in examinees:
                    each.record(each.example(session, rows, positions=frozenset()))

        base, whole = seconds(themselves), seconds(compared)
    bench.close()
    assert not [finding for each in examinees for finding in each.findings()]
    usages = len(rows.tables["ai_feature_usage"])
    say(
        f"{tenants} tenants, {usages} usage rows, all compared",
        f"{whole:.1f} s",
        f"{whole / base:.1f} x SQL and load",
    )


MODEL = """
class C{number}(Base):
    __tablename__ = "c{number}"
    id: Mapped[int] = mapped_column(primary_key=True)
    a: Mapped[int]
    b: Mapped[int | None]
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("{owner}.id"), index=True)
"""
HYBRID = """
    @hybrid_property
    def h{number}(self):
        return self.a > {number}
"""


def many(_server: Any, examples: int) -> None:
    source = "from sqlalchemy import ForeignKey\nfrom sqlalchemy.ext.hybrid import hybrid_property\n"
    source += "from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column\n\nclass Base(DeclarativeBase):\n    pass\n"
    for number in range(MANY_CLASSES):
        source += MODEL.format(number=number, owner=f"c{max(number - 1, 0)}")
        source += "".join(HYBRID.format(number=each) for each in range(HYBRIDS_EACH))
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "shop.py").write_text(source)
        Path(folder, "pyproject.toml").write_text("[tool.pytest.ini_options]\n")
        taken = {}
        for workers in ("0", "2"):
            command = ["-m", "pytest", "-q", "-n", workers, "-p", "no:cacheprovider", "--hybrids", "shop"]
            command += ["--hybrids-examples", str(examples), "-k", "not snapshot"]
            taken[workers] = seconds(lambda command=command: run(command, folder))
    number = MANY_CLASSES * HYBRIDS_EACH
    say(
        f"{number} hybrids in {MANY_CLASSES} classes, {examples} examples",
        f"{taken['0']:.0f} s",
        f"-n 2: {taken['2']:.0f} s",
    )


def workers(_server: Any, examples: int) -> None:
    taken = {}
    for number in ("0", "2"):
        command = [
            "-m",
            "pytest",
            "-q",
            "-n",
            number,
            "-p",
            "no:cacheprovider",
            "--hybrids",
            "models.tenancy",
        ]
        command += ["--hybrids-examples", str(examples), "-k", "not snapshot", "conftest.py"]
        taken[number] = seconds(lambda command=command: run(command, ROOT))
    say(
        f"models.tenancy under pytest, {examples} examples",
        f"-n 2: {taken['0'] / taken['2']:.2f} x",
        "as fast as one process",
    )


def startup(_server: Any, _examples: int) -> None:
    """Warm: bytecode and the template database are there."""
    command = [
        "-m",
        "harness",
        "check",
        "models.tenancy",
        "--only",
        "*depth",
        "--examples",
        "1",
        "--scale",
        "1",
    ]
    whole = statistics.median(seconds(lambda: run(command, ROOT)) for _ in range(5))
    say("the command with one example, start to end", f"{whole:.2f} s")
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "test_nothing.py").write_text("def test_nothing():\n    pass\n")
        pytest = ["-m", "pytest", "-q", "-p", "no:cacheprovider"]
        pairs = [
            seconds(lambda: run(pytest, folder))
            - seconds(lambda: run([*pytest, "-p", "no:hybrid-harness"], folder))
            for _ in range(9)
        ]
    say("a pytest run without hybrids pays for the plugin", f"{1000 * statistics.median(pairs):.0f} ms")


def run(arguments: Sequence[str], folder: Path | str) -> None:
    """Start Python and have it do its work; what it says is not wanted."""
    subprocess.run([sys.executable, *arguments], cwd=folder, check=True, capture_output=True, env=os.environ)


def say(*cells: str) -> None:
    sys.stdout.write(f"| {' | '.join(cells)} |\n")
    sys.stdout.flush()


PARTS: dict[str, tuple[Callable[[Any, int], None], int]] = {
    "throughput": (throughput, 1_000),
    "flat": (flat, 20_000),
    "large": (large, 10_000),
    "many": (many, 50),
    "workers": (workers, 300),
    "startup": (startup, 1),
}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", default=",".join(PARTS), help="parts, separated by commas")
    parser.add_argument("--size", type=int, help="in place of each part's own number of examples or rows")
    options = parser.parse_args()
    with start_server("auto") as server:
        say(json.dumps({"python": sys.version.split()[0], "postgres": server.version}), "", "")
        for name in options.only.split(","):
            part, size = PARTS[name]
            part(server, options.size or size)


if __name__ == "__main__":
    main()
