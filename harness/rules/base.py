"""What a rule is: a permanent code, its documentation, and a pure function from one observation to findings."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Generic, TypeVar

from harness.core.dataset import Dataset
from harness.core.finding import Counterexample, Family, Finding, Severity
from harness.core.hybrid import Hybrid
from harness.core.observation import Key

Seen = TypeVar("Seen")


@dataclass(frozen=True, slots=True)
class Documentation:
    """What ``explain`` prints: what the rule reports, why that is bad, what it can't see, an example, what to write instead."""

    what: str
    why: str
    limits: str
    example: str
    instead: str


class Rule(ABC, Generic[Seen]):
    """One way in which a hybrid goes wrong. ``reads`` is the observation type that ``judge`` takes."""

    code: ClassVar[str]
    name: ClassVar[str]
    family: ClassVar[Family]
    severity: ClassVar[Severity] = Severity.ERROR
    reads: ClassVar[type]
    documentation: ClassVar[Documentation]

    @abstractmethod
    def judge(self, seen: Seen) -> Iterator[Finding]:
        """The findings of this rule on one observation; none where all is well."""

    def finding(
        self,
        position: str,
        message: str,
        hint: str,
        counterexample: Counterexample | None = None,
        *,
        also: tuple[str, ...] = (),
    ) -> Finding:
        """A finding under this rule's code."""
        return Finding(
            self.code, self.name, self.family, self.severity, position, message, hint, counterexample, also
        )


def counterexample(
    hybrid: Hybrid, dataset: Dataset, key: Key | None, python: object, sql: object
) -> Counterexample:
    """The data of a finding; ``python`` and ``sql`` are shown as text already."""
    instance = None if key is None else dict(zip(hybrid.primary_key, key, strict=True))
    return Counterexample(dataset, instance, str(python), str(sql))


def shown(value: object) -> str:
    """``repr`` cut to a line, contained, for it may be the user's code."""
    try:
        text = repr(value)
    except Exception as error:  # noqa: BLE001 - __repr__ is the user's code
        return f"<{type(value).__name__} whose repr raises {type(error).__name__}>"
    return text if len(text) <= 200 else f"{text[:197]}..."  # noqa: PLR2004 - a line or two of a terminal
