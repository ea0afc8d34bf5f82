"""The command ``hybrid-harness``."""

from harness.cli.main import main

__all__ = ["main"]
