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


@dataclass(frozen=True, slots=True)
class Options:
    """A run's settings. ``timeout`` is in seconds, for one evaluation; ``only`` and ``skip`` are globs on Class.hybrid.

    ``scale`` are the rows of each table that refers to no other, in the smaller of two populations. ``hybrid`` are policies for some hybrids, which pyproject.toml alone can set.
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


def overridden(options: Options, given: dict[str, Any]) -> Options:
    """``options`` with those values of ``given`` that were set (not None, not empty)."""
    names = {each.name for each in fields(Options)}
    return replace(options, **{k: v for k, v in given.items() if k in names and v is not None and v != ()})
