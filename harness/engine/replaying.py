"""One finding again: on the rows that were kept of it, or, where none were, by looking for it anew."""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from harness.config import Options
from harness.core.address import Address
from harness.core.errors import HarnessError, UsageProblem
from harness.core.finding import Finding, Severity
from harness.core.hybrid import Hybrid
from harness.core.observation import Example, Translation
from harness.discovery import Discovered, discover, load_target, prepared
from harness.engine.bench import Servers
from harness.engine.examination import Examination
from harness.engine.kept_findings import KeptFinding
from harness.engine.run import check, running_servers
from harness.evaluation.containment import ServerLost
from harness.evaluation.loader import Rejected
from harness.evaluation.positions import POSITIONS, SELECT, TIME_ZONES, TRUTHS
from harness.rules import RULES

BESIDES = ("select alone", "class", "bulk update", "before flush")
"""Where rules find something that is no place in a query."""
PLACES = (SELECT, *(each.name for each in (*POSITIONS, *TRUTHS, *TIME_ZONES)), *BESIDES)


class Outcome(StrEnum):
    """What became of the finding."""

    FIXED = "FIXED"
    FAILS = "FAILS STILL"
    CANNOT = "CANNOT RUN"


@dataclass(frozen=True, slots=True)
class Replayed:
    """``findings`` are those of ``hybrid`` that the replay showed; ``why`` is a sentence about how that was found out.

    ``fails_no_check``: it is there, as an info, or accepted.
    """

    outcome: Outcome
    why: str
    hybrid: Hybrid | None = None
    findings: tuple[Finding, ...] = ()
    fails_no_check: bool = False

    @property
    def badness(self) -> int:
        """How bad that is, the larger the worse."""
        return 0 if self.outcome is not Outcome.FAILS else 2 - self.fails_no_check


def replay_finding(address: Address, kept: KeptFinding | None, options: Options) -> Replayed:
    """Run the counterexample of ``address`` again, all other hybrids left alone. Raises UsageProblem for a rule that isn't there."""
    if not any(rule.code == address.rule for rule in RULES):
        raise UsageProblem(
            f"There is no rule {address.rule!r}.",
            where=str(address),
            hint="`hybrid-harness explain` lists all rules; codes are written as in HH207.",
        )
    if not _is_place(address.position):
        near = difflib.get_close_matches(address.position, PLACES, n=1)
        raise UsageProblem(
            f"There is no position {address.position!r}.",
            where=str(address),
            hint=f"{f'Did you mean {near[0]!r}? ' if near else ''}Reports print the whole address of a finding.",
        )
    try:
        if kept is not None and _by_rows(address.rule):
            return _on_rows(address, kept, options)
        return _anew(address, options)
    except HarnessError as problem:
        return Replayed(Outcome.CANNOT, " ".join(f"{problem.what} {problem.hint}".split()))


def _is_place(position: str) -> bool:
    return position in PLACES or position.startswith("joined to ")


def _by_rows(code: str) -> bool:
    """Whether the rule says it of the SQL alone, or of both sides on one dataset."""
    return any(rule.code == code and rule.reads in (Example, Translation) for rule in RULES)


def _on_rows(address: Address, kept: KeptFinding, options: Options) -> Replayed:
    with prepared(options.setup) as folder, running_servers(options) as servers:
        found = discover(load_target(address.target, folder))
        named = [each for each in found if each.hybrid.name == address.hybrid]
        if not named:
            return _gone(address)
        replays = [_of(each, address, kept, servers, options) for each in _same_function(named[0], found)]
    return max(replays, key=lambda each: each.badness)


def _same_function(discovered: Discovered, found: Iterable[Discovered]) -> Iterable[Discovered]:
    """All classes of the target that show the hybrid: its report is one, under the first class's name."""
    place = (discovered.hybrid.file, discovered.hybrid.line, discovered.hybrid.attribute)
    return [each for each in found if (each.hybrid.file, each.hybrid.line, each.hybrid.attribute) == place]


def _of(
    discovered: Discovered, address: Address, kept: KeptFinding, servers: Servers, options: Options
) -> Replayed:
    examination = Examination([discovered], servers, replace(options, only=(), skip=(), select=(), ignore=()))
    try:
        findings = examination.on_rows(kept.statements, kept.columns, kept.shape, address.position)
    except Rejected as refused:
        return Replayed(
            Outcome.CANNOT, f"The database does not take the rows any more: {str(refused).splitlines()[0]}."
        )
    except ServerLost as lost:
        return Replayed(Outcome.FAILS, f"The connection to PostgreSQL broke: {lost}.", discovered.hybrid)
    finally:
        examination.close()
    return _judged(address, discovered.hybrid, findings, "on the rows that were kept")


def _anew(address: Address, options: Options) -> Replayed:
    only = (address.hybrid.replace("[", "[[]"),)
    report = check([address.target], replace(options, only=only, skip=(), select=(), ignore=()))
    (found,) = report.hybrids[:1]
    if found.reason is not None:
        return Replayed(Outcome.CANNOT, f"{found.hybrid.name} was not tested: {found.reason}")
    return _judged(
        address,
        found.hybrid,
        found.findings,
        f"on {found.stats.examples} datasets drawn by seed {report.seed}",
    )


def _judged(address: Address, hybrid: Hybrid, findings: Iterable[Finding], where: str) -> Replayed:
    same = tuple(each for each in findings if each.identity == (address.rule, address.position))
    if same and all(each.severity is Severity.INFO for each in same):
        why = f"It is there {where}, as info, which fails no check."
        return Replayed(Outcome.FAILS, why, hybrid, same, fails_no_check=True)
    if same:
        return Replayed(Outcome.FAILS, f"It is there {where}.", hybrid, same)
    others = tuple(each for each in findings if each.severity is not Severity.INFO)
    if others:
        return Replayed(
            Outcome.FAILS, f"It is gone {where}, but something else is wrong there.", hybrid, others
        )
    return Replayed(Outcome.FIXED, f"It is gone {where}.", hybrid)


def _gone(address: Address) -> Replayed:
    return Replayed(
        Outcome.CANNOT,
        f"{address.target} has no hybrid {address.hybrid} any more. `hybrid-harness list {address.target}` prints what it has.",
    )
