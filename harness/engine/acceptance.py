"""What the project lives with: findings of a policy's ``accept`` or of the baseline are told as info and fail nothing."""

import datetime as dt
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path

from harness.config import Options
from harness.config.baseline import read_baseline
from harness.core.errors import UsageProblem
from harness.core.finding import Finding, Severity
from harness.core.policy import EXACT, Acceptance, HybridPolicy, Policy

PYPROJECT = "pyproject.toml"


def today() -> dt.date:
    """The day by which policies and baseline entries expire."""
    return dt.datetime.now(tz=dt.UTC).date()


def policy_of(name: str, policies: Iterable[HybridPolicy]) -> Policy:
    """How the values of the hybrid ``name`` are compared; of several policies that say it, the first."""
    own = [each for each in policies if fnmatchcase(name, each.match) and not expired(each.expires)]
    null = next((each.null for each in own if each.null is not None), None)
    tolerance = next((each.tolerance for each in own if each.tolerance is not None), None)
    return Policy(null, tolerance) if own else EXACT


def expired(date: dt.date | None) -> bool:
    """Whether ``date`` is over."""
    return date is not None and date < today()


def refuse_idle_policies(policies: Sequence[HybridPolicy], names: Collection[str]) -> None:
    """Raise UsageProblem for a policy that matches none of the hybrids ``names``, or is over."""
    for policy in policies:
        where = f"the policy for {policy.match!r} in {PYPROJECT}"
        if not any(fnmatchcase(name, policy.match) for name in names):
            raise UsageProblem(
                "It matches no hybrid of these targets.",
                where=where,
                hint="Remove it, or mend `match`: a glob on Class.hybrid. `hybrid-harness list TARGET` prints the names.",
            )
        if expired(policy.expires):
            raise UsageProblem(
                f"It expired on {policy.expires}.",
                where=where,
                hint=f"Mend what it was for ({policy.reason}) and remove it, or give it another date.",
            )


class Acceptances:
    """The findings that a project accepts, and which of them came."""

    def __init__(self, options: Options) -> None:
        self._accepted = (*_of_policies(options.hybrid), *_of_baseline(options.baseline))
        self._used: set[Acceptance] = set()

    def told(self, name: str, finding: Finding) -> Finding:
        """``finding`` of the hybrid ``name``: as info, with the reason, where it is accepted."""
        accepted = next((each for each in self._accepted if _covers(each, name, finding)), None)
        if accepted is None or finding.severity is Severity.INFO:
            return finding
        self._used.add(accepted)
        because = f"Accepted by {accepted.source}{f': {accepted.reason}' if accepted.reason else ''}"
        return replace(finding, severity=Severity.INFO, message=f"{finding.message} {because.rstrip('.')}.")

    def idle(self, examined: Collection[str]) -> set[Acceptance]:
        """Those for nothing but hybrids ``examined`` that accepted no finding, or are over."""
        return {
            each
            for each in self._accepted
            if each not in self._used and any(fnmatchcase(name, each.match) for name in examined)
        }


def _covers(accepted: Acceptance, name: str, finding: Finding) -> bool:
    return (
        finding.rule.startswith(accepted.rule)
        and fnmatchcase(name, accepted.match)
        and accepted.position in (None, finding.position)
        and not expired(accepted.expires)
    )


def described(accepted: Acceptance) -> str:
    """Why an idle acceptance is told, in a sentence."""
    what = f"{accepted.rule} of {accepted.match}{f' [{accepted.position}]' if accepted.position else ''}"
    if expired(accepted.expires):
        return f"{accepted.source} accepts {what} until {accepted.expires}, which is over."
    return f"{accepted.source} accepts {what}, which no longer occurs: remove it."


def _of_policies(policies: Iterable[HybridPolicy]) -> Iterable[Acceptance]:
    return (
        Acceptance(rule, each.match, None, each.reason, each.expires, PYPROJECT)
        for each in policies
        for rule in each.accept
    )


def _of_baseline(path: str) -> Iterable[Acceptance]:
    return (
        Acceptance(
            each.rule, _literally(each.hybrid), each.position, each.reason, each.expires, Path(path).name
        )
        for each in read_baseline(Path(path))
    )


def _literally(name: str) -> str:
    return name.replace("[", "[[]").replace("*", "[*]").replace("?", "[?]")
