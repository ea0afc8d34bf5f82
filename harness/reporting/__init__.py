"""The output formats."""

from harness.reporting.as_json import render_json
from harness.reporting.as_text import finding_text, print_text, render_text

__all__ = ["finding_text", "print_text", "render_json", "render_text"]
