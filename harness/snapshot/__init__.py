"""Reviewed SQL: one file for each hybrid, compared, accepted and counted through syrupy.

Importing this package loads syrupy.
"""

from harness.core.snapshot_file import snapshot_text
from harness.snapshot.review import (
    SnapshotMismatchError,
    assert_reviewed,
    expect_snapshot,
    install,
    refuse_update_in_ci,
)

__all__ = [
    "SnapshotMismatchError",
    "assert_reviewed",
    "expect_snapshot",
    "install",
    "refuse_update_in_ci",
    "snapshot_text",
]
