"""Whether what the two sides gave is the same."""

from harness.comparison.rows import RowDifference, compare_rows
from harness.comparison.values import drift, same

__all__ = ["RowDifference", "compare_rows", "drift", "same"]
