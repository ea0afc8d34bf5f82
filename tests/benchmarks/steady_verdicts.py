"""Whether a busy machine changes a verdict: `python tests/benchmarks/steady_verdicts.py [TARGET...]`.

Checks the targets (the reference models if none are given) 20 times, every other time beside a busy loop on each core, and
counts the different lists of findings. Exit status 1 where there is more than one.
"""

import json
import multiprocessing
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parents[2]
RUNS = 20
TARGETS = ("models.tenancy", "models.pitfalls")


def busy() -> None:
    while True:
        pass


def verdicts(targets: Sequence[str]) -> str:
    """The rules, positions and severities of each hybrid, as text; figures in messages are left out."""
    command = [sys.executable, "-m", "harness", "check", *targets, "--examples", "20", "--format", "json"]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    hybrids = json.loads(ran.stdout)["hybrids"]
    told = {
        f"{each['target']}::{each['name']}": sorted(
            (finding["rule"], finding["position"], finding["severity"]) for finding in each["findings"]
        )
        for each in hybrids
    }
    return json.dumps(told, indent=1, sort_keys=True)


def beside_busy_loops(targets: Sequence[str]) -> str:
    loops = [multiprocessing.Process(target=busy, daemon=True) for _ in range(multiprocessing.cpu_count())]
    for loop in loops:
        loop.start()
    try:
        return verdicts(targets)
    finally:
        for loop in loops:
            loop.kill()


def main() -> None:
    targets = [
        str(Path(each).resolve()) if each.endswith(".py") else each for each in sys.argv[1:] or TARGETS
    ]
    seen: Counter[str] = Counter()
    for number in range(RUNS):
        start = time.monotonic()
        seen[beside_busy_loops(targets) if number % 2 else verdicts(targets)] += 1
        sys.stdout.write(
            f"run {number + 1}: {time.monotonic() - start:.0f} s, {len(seen)} verdict{'s'[: len(seen) > 1]}\n"
        )
        sys.stdout.flush()
    for told, times in seen.most_common():
        sys.stdout.write(f"{times} of {RUNS} runs:\n{told if len(seen) > 1 else ''}\n")
    sys.exit(len(seen) > 1)


if __name__ == "__main__":
    main()
