"""What the tenancy hybrids cost in SQL beside one statement for the whole table: `python tests/benchmarks/tenancy_sql.py`.

10,000 tenants, mean subtree about 17, 50,000 usage rows. Runs are interleaved, so that a busy machine slows all alike;
take the ratios, not the absolutes. The naive form, usage joined to the subtree, runs once in each state: PostgreSQL reads all
usage for each tenant, until VACUUM lets it answer from the covering index alone.
"""

import argparse
import random
import statistics
import sys
import time
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Executable, create_engine, insert, select, text

sys.path.insert(0, str(Path(__file__).parents[2]))

from harness.database import start_server
from models.tenancy import AI_FEATURES, AIFeatureUsage, Base, Tenant, tenant_metrics

TENANTS = 10_000
ROOTS = 30
USAGE_ROWS = 50_000
BULK = "closure: tenant_metrics()"

NAIVE = text("""
    SELECT tenants.id, (
        WITH RECURSIVE subtree(id) AS (
            SELECT tenants.id
            UNION
            SELECT child.id FROM tenants AS child JOIN subtree ON child.parent_id = subtree.id)
        SELECT coalesce(sum(usage.inference_cost), 0)
        FROM subtree JOIN ai_feature_usage AS usage ON usage.tenant_id = subtree.id)
    FROM tenants""")


def statements() -> dict[str, Executable]:
    metrics = tenant_metrics().subquery()
    hybrids: list[Any] = [
        Tenant.feature_adoption_rate,
        Tenant.total_inference_cost,
        Tenant.permission_inheritance_depth,
    ]
    return {
        BULK: tenant_metrics(),
        "closure: total_inference_cost only": select(metrics.c.id, metrics.c.total_inference_cost),
        **{f"hybrid: {hybrid.key}": select(Tenant.id, hybrid) for hybrid in hybrids},
        "hybrids: all three": select(Tenant.id, *hybrids),
    }


def random_parents(chance: random.Random) -> list[int | None]:
    """Draw a parent for each tenant; the cube root favours late ones, which makes trees deep."""
    return [None if i < ROOTS else int(i * chance.random() ** (1 / 3)) for i in range(TENANTS)]


def mean_subtree(parents: Iterable[int | None]) -> float:
    """Give the mean number of tenants in a subtree, which is the mean number of tenants on a path to the root."""
    paths: list[int] = []
    for parent in parents:
        paths.append(1 if parent is None else paths[parent] + 1)
    return statistics.mean(paths)


def load(connection: Connection, parents: list[int | None], chance: random.Random) -> None:
    Base.metadata.create_all(connection)
    connection.execute(
        insert(Tenant),
        [{"id": i, "name": f"tenant {i}", "parent_id": parent} for i, parent in enumerate(parents)],
    )
    names = [*AI_FEATURES, "retired_feature", ""]
    connection.execute(
        insert(AIFeatureUsage),
        [
            {
                "tenant_id": chance.randrange(TENANTS),
                "feature_name": chance.choice(names),
                "inference_cost": chance.choice([None, Decimal(chance.randrange(10**6)) / 10**4]),
            }
            for _ in range(USAGE_ROWS)
        ],
    )


def seconds(connection: Connection, statement: Executable) -> float:
    start = time.perf_counter()
    connection.execute(statement).all()
    return time.perf_counter() - start


def measure(connection: Connection, candidates: dict[str, Executable], runs: int) -> dict[str, float]:
    timings: dict[str, list[float]] = {name: [] for name in candidates}
    for _ in range(runs):
        for name, statement in candidates.items():
            timings[name].append(seconds(connection, statement))
    return {name: statistics.median(each) for name, each in timings.items()}


def check_equal(connection: Connection) -> None:
    def rows(statement: Any) -> list[tuple[Any, ...]]:
        return sorted(map(tuple, connection.execute(statement)))

    if rows(tenant_metrics()) != rows(statements()["hybrids: all three"]):
        sys.exit("The closure and the hybrids disagree.")


def maintain(engine: Engine, command: str) -> None:
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(command))


def report(title: str, medians: dict[str, float]) -> None:
    sys.stdout.write(f"\n{title}\n{'statement':<38}{'median s':>10}{'x closure':>11}\n")
    for name, median in medians.items():
        sys.stdout.write(f"{name:<38}{median:>10.3f}{median / medians[BULK]:>11.2f}\n")
    sys.stdout.flush()


def run(engine: Engine, runs: int, *, naive: bool) -> None:
    chance = random.Random(0)
    parents = random_parents(chance)
    sys.stdout.write(
        f"{TENANTS} tenants, mean subtree {mean_subtree(parents):.1f}, {USAGE_ROWS} usage rows\n"
    )
    with engine.begin() as connection:
        load(connection, parents, chance)
    with engine.connect() as connection:
        check_equal(connection)
    for state in ("never analysed", "ANALYZE", "VACUUM ANALYZE"):
        if state != "never analysed":
            maintain(engine, state)
        with engine.connect() as connection:
            medians = measure(connection, statements(), runs)
            if naive and state != "never analysed":  # there it takes minutes
                medians["naive join, one run"] = seconds(connection, NAIVE)
        report(f"{state}, median of {runs} runs", medians)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=9)
    parser.add_argument("--no-naive", dest="naive", action="store_false", help="leave out the slow one")
    options = parser.parse_args()
    with start_server("auto") as server:
        sys.stdout.write(f"PostgreSQL {server.version} ({server.provider})\n")
        engine = create_engine(server.create_database())
        run(engine, options.runs, naive=options.naive)
        engine.dispose()


if __name__ == "__main__":
    main()
