"""``hybrid-harness mutate``: a line for each hybrid, then the edits that nothing told apart."""

import sys
from collections.abc import Sequence

from rich.console import Console

from harness.cli.announcement import say_where
from harness.cli.streams import print_out, stdout_on_stderr
from harness.config import Options
from harness.core.strength import Strength, share
from harness.engine.mutation import measure_strength


def run_mutate(targets: Sequence[str], options: Options) -> None:
    """Measure, and print what was noticed and what was not."""
    say_where(options.database)
    console = Console(stderr=True)
    shown = console.is_terminal and sys.stderr.isatty()
    with console.status("starting") as status, stdout_on_stderr():
        if not shown:
            status.stop()
        strengths = measure_strength(targets, options, progress=status.update)
    print_out(rendered(strengths))


def rendered(strengths: Sequence[Strength]) -> str:
    """The report as text."""
    lines: list[str] = []
    for each in strengths:
        if each.reason is not None:
            lines.append(f"{each.hybrid.name}: not edited, {each.reason}")
            continue
        lines.append(
            f"{each.hybrid.name}: {each.noticed} of {each.effective} edits that change an answer were noticed, "
            f"{len(each.silent)} change none"
        )
        lines += [f"  missed   {edit}" for edit in each.missed]
        lines += [f"  no answer changed   {edit}" for edit in each.silent]
    noticed, effective = (
        sum(numbers) for numbers in zip(*((s.noticed, s.effective) for s in strengths), strict=True)
    )
    lines += ["", f"{noticed} of {effective} edits noticed ({share(strengths):.0%})"]
    return "\n".join(lines) + "\n"
