"""What a position gave in place of what the plain select implies, as messages and counterexamples tell it."""

from harness.comparison import RowDifference
from harness.core.finding import Counterexample
from harness.core.observation import Answer, Example
from harness.core.outcome import Returned
from harness.rules.base import counterexample, shown


def rows_said(answer: Answer, apart: RowDifference | None) -> str:
    """The rows expected and those that came; what became of the statement where none came."""
    if apart is None:
        return str(answer.outcome)
    expected = f"expected {_rows(apart.missing)}" if apart.missing else "expected nothing"
    return f"{expected}, got {_rows(apart.extra)}" if apart.extra else f"{expected}, which did not come"


def position_example(seen: Example, answer: Answer, apart: RowDifference | None) -> Counterexample:
    """The data, and the instance of the first row that is missing or too many."""
    row = first_apart(apart) if apart is not None else None
    key = tuple(row[: len(seen.hybrid.primary_key)]) if row is not None else None
    python = seen.python.get(key) if key is not None else None
    value = shown(python.value) if isinstance(python, Returned) else "-"
    return counterexample(seen.hybrid, seen.dataset, key, value, rows_said(answer, apart))


def first_apart(apart: RowDifference) -> tuple[object, ...]:
    """The first row that is missing, or else too many."""
    return (*apart.missing, *apart.extra)[0]


def _rows(rows: tuple[tuple[object, ...], ...], most: int = 3) -> str:
    listed = ", ".join(shown(row) for row in rows[:most])
    return listed if len(rows) <= most else f"{listed} and {len(rows) - most} more"
