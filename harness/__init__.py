"""Checks that both sides of SQLAlchemy hybrids agree: Python on an instance, SQL on a real PostgreSQL."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from harness.core.errors import HarnessError
    from harness.generation.types import register_strategy
    from harness.pytest_plugin.testing import check_hybrid, datasets

__all__ = ["HarnessError", "check_hybrid", "datasets", "register_strategy"]

HOMES = {
    "HarnessError": "harness.core.errors",
    "check_hybrid": "harness.pytest_plugin.testing",
    "datasets": "harness.pytest_plugin.testing",
    "register_strategy": "harness.generation.types",
}


def __getattr__(name: str) -> Any:
    """Load on first use: pytest imports this package in every project that has it installed."""
    if name not in HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(HOMES[name]), name)
