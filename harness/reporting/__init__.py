"""The output formats, a module for each; ``formats`` has them all and loads what they need."""

from harness.reporting.as_text import finding_text, print_text

__all__ = ["finding_text", "print_text"]
