"""``hybrid-harness replay``: one finding again, or as a test of its own."""

from pathlib import Path

from harness.cli.announcement import say_where
from harness.cli.emit import test_source
from harness.cli.files import replace_file
from harness.cli.streams import print_out, stdout_on_stderr, tell
from harness.config import Options
from harness.core.errors import UsageProblem
from harness.engine.kept_findings import read_kept
from harness.engine.replaying import Outcome, replay_finding
from harness.reporting import finding_text

STATUS = {Outcome.FIXED: 0, Outcome.FAILS: 1, Outcome.CANNOT: 3}


def run_replay(finding: str, options: Options) -> int:
    """Replay, say FIXED, FAILS STILL or CANNOT RUN first, and return the exit status."""
    address, kept = read_kept(finding)
    say_where(options.database)
    with stdout_on_stderr():
        replayed = replay_finding(address, kept, options)
    print_out(f"{replayed.outcome.value}  {address}\n  {replayed.why}\n")
    for each in replayed.findings:
        assert replayed.hybrid is not None
        print_out(f"\n{finding_text(each, replayed.hybrid)}\n")
    return 0 if replayed.fails_no_check else STATUS[replayed.outcome]


def write_test(finding: str, path: Path) -> None:
    """Write the finding as a pytest file that needs the models and a session only."""
    address, kept = read_kept(finding)
    if kept is None:
        raise UsageProblem(
            f"No rows are kept of {address}.",
            where="--emit",
            hint=f"Run `hybrid-harness check {address.target} --only {address.hybrid}` here first: it keeps them.",
        )
    replace_file(path, test_source(kept), "test", "--emit")
    tell(f"{path} is written; it needs a fixture `session` of yours.")
