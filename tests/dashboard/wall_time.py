"""What a dashboard's metrics cost, side by side: `python tests/dashboard/wall_time.py`.

One request to /tenants/metrics, in this process, the same metric computed in Python and pushed to SQL. Runs are interleaved,
so that a busy machine slows all alike; take the ratios, not the absolutes.
"""

import argparse
import statistics
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from application import WAYS, Metric, Row, application
from fastapi.testclient import TestClient
from sqlalchemy import Engine, create_engine
from tenants import SIZES, load

from harness.database import start_server
from harness.pytest_plugin.budget import QueryBudget


def ask(client: TestClient, metrics: list[Metric]) -> list[Row]:
    response = client.get("/tenants/metrics", params={"metric": metrics}).raise_for_status()
    return [Row(**row) for row in response.json()]


def seconds(client: TestClient, metrics: list[Metric]) -> float:
    start = time.perf_counter()
    client.get("/tenants/metrics", params={"metric": metrics}).raise_for_status()
    return time.perf_counter() - start


def statements(clients: dict[str, TestClient], metrics: list[Metric]) -> dict[str, int]:
    """Count what each way sends, once, which also warms it up; all have to answer the same."""
    sent = {}
    answers = []
    for way, client in clients.items():
        with QueryBudget(sys.maxsize) as budget:
            answers.append(ask(client, metrics))
        sent[way] = len(budget.statements)
    if any(answer != answers[0] for answer in answers):
        sys.exit("The ways disagree.")
    return sent


def measure(clients: dict[str, TestClient], metrics: list[Metric], runs: int) -> dict[str, float]:
    timings: dict[str, list[float]] = {way: [] for way in clients}
    for _ in range(runs):
        for way, client in clients.items():
            timings[way].append(seconds(client, metrics))
    return {way: statistics.median(each) for way, each in timings.items()}


def report(engine: Engine, number: int, metrics: list[Metric], runs: int) -> None:
    clients = {name: TestClient(application(engine, way)) for name, way in WAYS.items()}
    sent = statements(clients, metrics)
    medians = measure(clients, metrics, runs)
    for way, median in medians.items():
        ratio = medians["Python"] / median
        asked = metrics[0] if len(metrics) == 1 else "all three"
        sys.stdout.write(f"{asked:<23}{number:>7}  {way:<15}{sent[way]:>10}{median:>9.4f}{ratio:>9.1f}\n")
    sys.stdout.flush()


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=9)
    options = parser.parse_args()
    with start_server("auto") as server:
        sys.stdout.write(f"PostgreSQL {server.version} ({server.provider}), median of {options.runs} runs\n")
        sys.stdout.write(
            f"{'metric':<23}{'tenants':>7}  {'computed by':<15}{'statements':>10}{'seconds':>9}{'speed-up':>9}\n"
        )
        for number in SIZES:
            engine = create_engine(server.create_database())
            with engine.begin() as connection:
                load(connection, number)
            for metrics in ([Metric.FEATURE_ADOPTION_RATE], list(Metric)):
                report(engine, number, metrics, options.runs)
            engine.dispose()


if __name__ == "__main__":
    main()
