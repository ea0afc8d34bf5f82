"""How people name one finding: on a command line, in a report, in a file."""

from dataclasses import dataclass

from harness.core.errors import UsageProblem
from harness.core.finding import Finding
from harness.core.hybrid import Hybrid

SEPARATOR = "::"
FORM = "TARGET::Class.hybrid::RULE::position"


@dataclass(frozen=True, slots=True)
class Address:
    """One finding of one hybrid, as ``TARGET::Class.hybrid::RULE::position``."""

    target: str
    hybrid: str
    rule: str
    position: str

    def __str__(self) -> str:
        return SEPARATOR.join((self.target, self.hybrid, self.rule, self.position))


def address_of(finding: Finding, hybrid: Hybrid) -> Address:
    """The address of ``finding``."""
    return Address(hybrid.target, hybrid.name, finding.rule, finding.position)


def parsed(text: str) -> Address:
    """The address that ``text`` is. Raises UsageProblem for anything else."""
    parts = text.split(SEPARATOR)
    if len(parts) != FORM.count(SEPARATOR) + 1 or not all(parts):
        raise UsageProblem(
            f"{text!r} is no finding.",
            where="FINDING",
            hint=f"A finding is {FORM}, as reports print it, or the file that a run kept of it.",
        )
    return Address(*parts)
