"""What a run can be told: one table that feeds the command's flags, pytest's, pyproject.toml and the documentation."""

import re
from dataclasses import dataclass, field, fields, replace
from typing import Any

from harness.core.errors import UsageProblem
from harness.core.finding import Severity
from harness.core.policy import HybridPolicy

DATABASES = ("auto", "embedded", "docker")
FORMATS = ("text", "json", "sarif", "markdown", "html", "github")
SHORTEST, LONGEST = 0.001, 86_400.0
"""Seconds of a timeout: PostgreSQL counts milliseconds, and 0 of them would mean no limit."""

MOST_SCALE = 250_000
"""A million rows in the larger population."""
MOST_REFERRING = 750_000
"""Three million rows of a table that refers to others."""


@dataclass(frozen=True, slots=True)
class Options:
    """A run's settings. ``timeout`` is in seconds, for one evaluation; ``only`` and ``skip`` are globs on Class.hybrid.

    ``scale`` are the rows of each table that refers to no other, in the smaller of two populations; ``fan_out``, ``depth``,
    ``childless`` and ``skew`` are the shape of both. ``hybrid`` are policies for some hybrids, which pyproject.toml alone can set.
    """

    database: str = field(default="auto", repr=False)  # may hold a password
    examples: int = 100
    seed: int = 0
    only: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    fail_on: Severity = Severity.ERROR
    timeout: float = 5.0
    scale: int = 500
    fan_out: int = 3
    depth: int = 6
    childless: float = 0.2
    skew: float = 1.0
    format: str = "text"
    output: str | None = None
    setup: str | None = None
    baseline: str = "hybrid-harness-baseline.json"
    strict: bool = False
    create_extensions: bool = False
    hybrid: tuple[HybridPolicy, ...] = ()

    def looks_for(self, rule: str) -> bool:
        """Whether findings of the rule with this code are wanted."""
        return (not self.select or rule.startswith(self.select)) and not (
            self.ignore and rule.startswith(self.ignore)
        )


def checked(options: Options, *, where: str) -> Options:
    """``options`` if every value can be meant. Raises UsageProblem that names the option and its limits."""
    _at_least(options.examples, 1, "examples", where)
    _at_least(options.seed, 0, "seed", where)
    if not SHORTEST <= options.timeout <= LONGEST:  # nan and inf included
        raise UsageProblem(
            f"timeout is {options.timeout:g}, but it must be from {SHORTEST:g} to {LONGEST:g} seconds.",
            where=where,
            hint="Give seconds, for instance 5.",
        )
    if not 1 <= options.scale <= MOST_SCALE:
        raise UsageProblem(
            f"scale is {options.scale}, but it must be from 1 to {MOST_SCALE}.",
            where=where,
            hint="Give rows, for instance 500: the larger of the two populations has four times as many.",
        )
    _within(options.fan_out, 1, 1_000, "fan-out", where, hint="Give rows for each parent, for instance 3.")
    _within(options.depth, 1, 10_000, "depth", where, hint="Give rows from a root to a leaf, for instance 6.")
    _within(
        options.childless, 0, 0.99, "childless", where, hint="Give a share of the rows, for instance 0.2."
    )
    _within(options.skew, 0, 1, "skew", where, hint="Give 0 for equal families, 1 for very unequal ones.")
    if options.scale * options.fan_out > MOST_REFERRING:
        raise UsageProblem(
            f"scale {options.scale} times fan-out {options.fan_out} is {options.scale * options.fan_out:,}, but it must be at "
            f"most {MOST_REFERRING:,}.",
            where=where,
            hint="Lower one of them: the larger of the two populations has four times as many rows of each table.",
        )
    if options.format not in FORMATS:
        raise UsageProblem(
            f"There is no format {options.format!r}.",
            where=where,
            hint=f"Choose one of {', '.join(FORMATS)}.",
        )
    if options.database not in DATABASES and "://" not in options.database:
        # A URL without its scheme may hold a password: only what looks like a name is shown.
        shown = repr(options.database) if re.fullmatch(r"[\w-]{1,40}", options.database) else "What is given"
        raise UsageProblem(
            f"{shown} is no database.",
            where=where,
            hint=f"Give {', '.join(DATABASES)}, or a URL such as postgresql://user@host/name.",
        )
    return options


def _at_least(value: int, least: int, name: str, where: str) -> None:
    if value < least:
        raise UsageProblem(
            f"{name} is {value}, but it must be at least {least}.", where=where, hint=f"Give {least} or more."
        )


def _within(value: float, least: float, most: float, name: str, where: str, *, hint: str) -> None:
    if not least <= value <= most:  # nan included
        raise UsageProblem(
            f"{name} is {value:g}, but it must be from {least:g} to {most:g}.", where=where, hint=hint
        )


def overridden(options: Options, given: dict[str, Any]) -> Options:
    """``options`` with those values of ``given`` that were set (not None, not empty)."""
    names = {each.name for each in fields(Options)}
    return replace(options, **{k: v for k, v in given.items() if k in names and v is not None and v != ()})
