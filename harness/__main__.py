"""``python -m harness`` is ``hybrid-harness``."""

from harness.cli import main

main()
