"""``hybrid-harness diff``: the snapshots of two revisions, or the hybrids that read a column."""

import shutil
from pathlib import Path

from harness.cli.files import deliver, refuse_unwritable
from harness.core.errors import UsageProblem
from harness.core.snapshot_file import FOLDER
from harness.review import FORMATS, Comparison, changed_hybrids, impact_of, render_comparison, render_impact
from harness.review.revisions import Side, at_revision, in_working_tree


def run_diff(base: str | None, head: str | None, *, form: str, output: str | None) -> None:
    """Print or write what changed from ``base`` (HEAD) to ``head`` (the working tree)."""
    _check(form, output)
    before = at_revision(Path.cwd(), "HEAD" if base is None else base)
    after = _side(head)
    if not before.snapshots and not after.snapshots:
        raise _no_snapshots(f"{before.name} and {after.name}")
    hybrids = changed_hybrids(before, after)
    unchanged = len(before.snapshots.keys() | after.snapshots.keys()) - len(hybrids)
    comparison = Comparison(before.name, after.name, hybrids, unchanged)
    deliver(render_comparison(comparison, form, width=shutil.get_terminal_size().columns), output)


def run_impact(column: str, revision: str | None, *, form: str, output: str | None) -> None:
    """Print or write which hybrids read ``column`` at ``revision`` (the working tree)."""
    _check(form, output)
    side = _side(revision)
    if not side.snapshots:
        raise _no_snapshots(side.name)
    deliver(render_impact(impact_of(column, side.snapshots), form), output)


def _side(revision: str | None) -> Side:
    return in_working_tree(Path.cwd()) if revision is None else at_revision(Path.cwd(), revision)


def _check(form: str, output: str | None) -> None:
    if form not in FORMATS:
        raise UsageProblem(
            f"There is no format {form!r}.", where="--format", hint=f"Choose one of {', '.join(FORMATS)}."
        )
    if output is not None:
        refuse_unwritable(Path(output), "report", "--output")


def _no_snapshots(where: str) -> UsageProblem:
    return UsageProblem(
        "There are no snapshots to read.",
        where=f"{Path.cwd() / FOLDER} ({where})",
        hint="Run it in the project's folder; `pytest` writes the snapshots where there are none.",
    )
