"""Two lists of rows, compared with multiplicity."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from harness.comparison.values import equal, same

Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class RowDifference:
    """Rows that were expected and did not come, and rows that came and were not expected."""

    missing: tuple[Row, ...]
    extra: tuple[Row, ...]


def compare_rows(
    expected: Sequence[Row], got: Sequence[Row], *, ordered: bool = False
) -> RowDifference | None:
    """None where both hold the same rows, each as often, and in the same order where that is asked for."""
    if equal(tuple(expected), tuple(got)):
        return None
    if ordered and len(expected) == len(got):
        apart = next(((e, g) for e, g in zip(expected, got, strict=True) if not same(e, g)), None)
        return None if apart is None else RowDifference((apart[0],), (apart[1],))
    extra = list(got)
    missing = []
    for row in expected:
        index = next((i for i, other in enumerate(extra) if equal(row, other) or same(row, other)), None)
        if index is None:
            missing.append(row)
        else:
            del extra[index]
    return RowDifference(tuple(missing), tuple(extra)) if missing or extra else None
