"""Judgements: what a rule says about an observation."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from harness.core.dataset import Dataset


class Severity(StrEnum):
    """*error*: wrong answers or none; *warning*: right today, hurts later; *info*: worth knowing."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"

    @property
    def rank(self) -> int:
        """0 for info, 1 for warning, 2 for error."""
        return ("info", "warning", "error").index(self.value)


class Family(StrEnum):
    """What a rule is about, and by that, which pytest item fails."""

    TRANSLATION = "translation"
    AGREEMENT = "agreement"
    COMPOSITION = "composition"
    SCALE = "scale"
    CONTAINMENT = "containment"
    VACUITY = "vacuity"
    HYGIENE = "hygiene"


@dataclass(frozen=True, slots=True)
class Counterexample:
    """The smallest data that shows a finding.

    ``instance`` is the primary key of the row by column name; ``python`` and ``sql`` are the two values as text.
    ``statements`` insert the rows, where they can be inserted by SQL alone.
    """

    dataset: Dataset
    instance: Mapping[str, Any] | None
    python: str | None
    sql: str | None
    statements: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """One defect of one hybrid by one rule, seen in one position and ``also`` in others, where it has the same cause."""

    rule: str
    name: str
    family: Family
    severity: Severity
    position: str
    message: str
    hint: str
    counterexample: Counterexample | None = None
    also: tuple[str, ...] = ()

    @property
    def identity(self) -> tuple[str, str]:
        """What makes two findings of one hybrid the same: the rule and the position."""
        return self.rule, self.position

    def overlaps(self, other: "Finding") -> bool:
        """Whether both tell of one defect: the same rule in a position that they share."""
        return self.rule == other.rule and not {self.position, *self.also}.isdisjoint(
            (other.position, *other.also)
        )

    def with_positions_of(self, other: "Finding") -> "Finding":
        """This finding, seen in the positions of ``other`` too."""
        known = (self.position, *self.also)
        added = (each for each in (other.position, *other.also) if each not in known)
        return replace(self, also=(*self.also, *added))
