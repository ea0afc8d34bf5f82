"""Subcommands, their flags, and the exit status: 0 clean, 1 findings, 2 usage, 3 environment, 4 a bug of ours."""

import errno
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from harness.cli.streams import (
    discard_unprintable,
    no_room,
    prepare_streams,
    print_out,
    stdout_on_stderr,
    tell,
)
from harness.cli.worker import in_worker
from harness.config import DATABASES, FORMATS, Options, checked, overridden, read_options, severity
from harness.core.errors import EnvironmentProblem, HarnessError, UsageProblem
from harness.core.flags import HELP

FINDINGS, BUG, INTERRUPTED = 1, 4, 130
NO_ROOM = {errno.ENOSPC, errno.EDQUOT}
DEFAULTS = Options()


class _Interruptible(TyperGroup):
    """Says that it was interrupted; typer would end with the status of findings."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            tell("interrupted; nothing that it started is left.")
            raise typer.Exit(INTERRUPTED) from None


app = typer.Typer(
    name="hybrid-harness",
    cls=_Interruptible,
    help="Checks that both sides of every SQLAlchemy hybrid agree: Python on an instance, SQL on a real PostgreSQL.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def main() -> None:
    """Run the command; an error is one message on stderr."""
    prepare_streams()
    sys.exit(_with_errors_told(lambda: in_worker(lambda: _with_errors_told(_run))))


def _with_errors_told(work: Callable[[], int]) -> int:
    try:
        return work()
    except HarnessError as error:
        tell(str(error))
        return error.exit_code
    except Exception as error:  # noqa: BLE001 - the outermost boundary
        if isinstance(error, OSError) and error.errno in NO_ROOM:
            discard_unprintable()
            tell(str(no_room(error)))
            return EnvironmentProblem.exit_code
        with suppress(OSError):
            traceback.print_exc()
        tell("this is a bug of the harness; please report it with the lines above.")
        return BUG


def _run() -> int:
    _make_importable(_working_folder())
    try:
        app()
    except SystemExit as end:  # what typer ends with, always
        return int(end.code or 0)
    return 0


def _working_folder() -> str:
    try:
        return str(Path.cwd())
    except FileNotFoundError:
        raise EnvironmentProblem(
            "The working folder is gone.", hint="Go to a folder that is there, and run it again."
        ) from None


def _make_importable(folder: str) -> None:
    if folder not in sys.path:
        sys.path.insert(0, folder)


def _print_version(wanted: bool) -> None:  # noqa: FBT001 - typer's signature
    if wanted:
        print_out(f"hybrid-harness {version('hybrid-harness')}\n")
        raise typer.Exit


@app.callback()
def _options(
    *,
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    """Checks that both sides of every SQLAlchemy hybrid agree: Python on an instance, SQL on a real PostgreSQL."""


def _flag(name: str, shown: object) -> str:
    return f"{HELP[name]} [default: {shown}]"


Targets = Annotated[
    list[str],
    typer.Argument(
        metavar="TARGET...", help="pkg.module, pkg.module:Base, pkg.module:Class, or path/to/file.py[:Base]."
    ),
]
Database = Annotated[
    str | None,
    typer.Option(help=_flag("database", DEFAULTS.database), metavar="|".join((*DATABASES, "URL"))),
]
Examples = Annotated[int | None, typer.Option(help=_flag("examples", DEFAULTS.examples))]
Seed = Annotated[int | None, typer.Option(help=_flag("seed", DEFAULTS.seed))]
Only = Annotated[list[str] | None, typer.Option(help=HELP["only"], metavar="GLOB")]
Skip = Annotated[list[str] | None, typer.Option(help=HELP["skip"], metavar="GLOB")]
Timeout = Annotated[float | None, typer.Option(help=_flag("timeout", DEFAULTS.timeout), metavar="SECONDS")]
Output = Annotated[str | None, typer.Option(help=HELP["output"], metavar="FILE")]
Setup = Annotated[str | None, typer.Option(help=HELP["setup"], metavar="PLACE:FUNCTION")]


@app.command()
def check(
    targets: Targets,
    *,
    database: Database = None,
    examples: Examples = None,
    seed: Seed = None,
    only: Only = None,
    skip: Skip = None,
    select: Annotated[list[str] | None, typer.Option(help=HELP["select"], metavar="RULE")] = None,
    ignore: Annotated[list[str] | None, typer.Option(help=HELP["ignore"], metavar="RULE")] = None,
    fail_on: Annotated[
        str | None, typer.Option(help=_flag("fail_on", DEFAULTS.fail_on), metavar="error|warning")
    ] = None,
    timeout: Timeout = None,
    scale: Annotated[int | None, typer.Option(help=_flag("scale", DEFAULTS.scale), metavar="ROWS")] = None,
    fan_out: Annotated[
        int | None, typer.Option(help=_flag("fan_out", DEFAULTS.fan_out), metavar="ROWS")
    ] = None,
    depth: Annotated[int | None, typer.Option(help=_flag("depth", DEFAULTS.depth), metavar="ROWS")] = None,
    childless: Annotated[
        float | None, typer.Option(help=_flag("childless", DEFAULTS.childless), metavar="SHARE")
    ] = None,
    skew: Annotated[float | None, typer.Option(help=_flag("skew", DEFAULTS.skew), metavar="NUMBER")] = None,
    format: Annotated[  # noqa: A002 - the flag's name
        str | None, typer.Option(help=_flag("format", DEFAULTS.format), metavar="|".join(FORMATS))
    ] = None,
    output: Output = None,
    setup: Setup = None,
    baseline: Annotated[
        str | None, typer.Option(help=_flag("baseline", DEFAULTS.baseline), metavar="FILE")
    ] = None,
    write_baseline: Annotated[
        bool,
        typer.Option("--write-baseline", help=HELP["write_baseline"]),
    ] = False,
    strict: Annotated[bool, typer.Option("--strict", help=HELP["strict"])] = False,
    create_extensions: Annotated[
        bool, typer.Option("--create-extensions", help=HELP["create_extensions"])
    ] = False,
) -> None:
    """Check every hybrid of the targets, print a table, then each finding."""
    given = {
        "database": database,
        "examples": examples,
        "seed": seed,
        "only": tuple(only or ()),
        "skip": tuple(skip or ()),
        "select": tuple(select or ()),
        "ignore": tuple(ignore or ()),
        "fail_on": None if fail_on is None else severity(fail_on, "--fail-on"),
        "timeout": timeout,
        "scale": scale,
        "fan_out": fan_out,
        "depth": depth,
        "childless": childless,
        "skew": skew,
        "format": format,
        "output": output,
        "setup": setup,
        "baseline": baseline,
        "strict": strict or None,
        "create_extensions": create_extensions or None,
    }
    options = checked(overridden(read_options(Path.cwd()), given), where="the command line")
    from harness.cli.check import run_check

    if run_check(targets, options, write_baseline=write_baseline):
        raise typer.Exit(FINDINGS)


@app.command(name="list")
def list_hybrids(targets: Targets, *, setup: Setup = None) -> None:
    """Print every hybrid of the targets with its file and line; needs no database."""
    options = overridden(read_options(Path.cwd()), {"setup": setup})
    from harness.discovery import discover, load_target, prepared

    with stdout_on_stderr(), prepared(options.setup) as folder:
        found = [each.hybrid for spec in targets for each in discover(load_target(spec, folder))]
    for hybrid in found:
        others = f"  (also on {', '.join(hybrid.shown_by[1:])})" if len(hybrid.shown_by) > 1 else ""
        print_out(f"{hybrid.name}  {hybrid.file}:{hybrid.line}{others}\n")


@app.command()
def explain(
    rule: Annotated[str | None, typer.Argument(help="A rule's code or name; all rules if left out.")] = None,
) -> None:
    """Say what a rule reports, why that is bad, and what to write instead."""
    from harness.cli.explain import explanation

    print_out(f"{explanation(rule)}\n")


@app.command()
def diff(
    base: Annotated[str | None, typer.Argument(help="A git revision. [default: HEAD]")] = None,
    head: Annotated[str | None, typer.Argument(help="A git revision. [default: the working tree]")] = None,
    *,
    impact: Annotated[
        str | None,
        typer.Option(
            metavar="TABLE.COLUMN",
            help="List the hybrids whose SQL reads this column instead, in BASE or else in the working tree.",
        ),
    ] = None,
    format: Annotated[  # noqa: A002 - the flag's name
        str, typer.Option(help="What to print: text, markdown or json.", metavar="text|markdown|json")
    ] = "text",
    output: Output = None,
) -> None:
    """Say what changed in the meaning of hybrids' SQL between two git revisions, by their snapshots."""
    from harness.cli.diff import run_diff, run_impact

    if impact is None:
        run_diff(base, head, form=format, output=output)
    elif head is not None:
        raise UsageProblem(
            "--impact reads one side's snapshots, not two.",
            where=f"hybrid-harness diff {base} {head}",
            hint=f"Leave out one of {base} and {head}.",
        )
    else:
        run_impact(impact, base, form=format, output=output)


@app.command()
def replay(
    finding: Annotated[
        str,
        typer.Argument(
            help="TARGET::Class.hybrid::RULE::position, as reports print it, or a file under .hybrid-harness."
        ),
    ],
    *,
    database: Database = None,
    examples: Examples = None,
    seed: Seed = None,
    timeout: Timeout = None,
    setup: Setup = None,
    emit: Annotated[
        Path | None,
        typer.Option(help="Write the finding as a pytest file of its own instead.", metavar="FILE"),
    ] = None,
) -> None:
    """Run a finding's counterexample again: FIXED, FAILS STILL or CANNOT RUN."""
    given = {"database": database, "examples": examples, "seed": seed, "timeout": timeout, "setup": setup}
    options = checked(overridden(read_options(Path.cwd()), given), where="the command line")
    from harness.cli.replay import run_replay, write_test

    if emit is not None:
        write_test(finding, emit)
        return
    status = run_replay(finding, options)
    if status:
        raise typer.Exit(status)


@app.command()
def mutate(
    targets: Targets,
    *,
    database: Database = None,
    examples: Examples = None,
    seed: Seed = None,
    only: Only = None,
    skip: Skip = None,
    timeout: Timeout = None,
    setup: Setup = None,
) -> None:
    """Edit the SQL of each hybrid and count the edits that the generated data tells apart."""
    given = {
        "database": database,
        "examples": examples,
        "seed": seed,
        "only": tuple(only or ()),
        "skip": tuple(skip or ()),
        "timeout": timeout,
        "setup": setup,
    }
    options = checked(overridden(read_options(Path.cwd()), given), where="the command line")
    from harness.cli.mutate import run_mutate

    run_mutate(targets, options)
