"""The output formats by the names that ``--format`` takes."""

from collections.abc import Callable, Mapping

from harness.core.report import RunReport
from harness.reporting.as_github import render_github
from harness.reporting.as_json import render_json
from harness.reporting.as_markdown import render_markdown
from harness.reporting.as_sarif import render_sarif
from harness.reporting.as_text import render_text


def _render_html(report: RunReport) -> str:
    """Loads what makes pages only where one is asked for."""
    from harness.reporting.as_html import render_html

    return render_html(report)


RENDERERS: Mapping[str, Callable[[RunReport], str]] = {
    "text": render_text,
    "json": render_json,
    "sarif": render_sarif,
    "markdown": render_markdown,
    "html": _render_html,
    "github": render_github,
}
