"""How much a comparison of one hybrid can see: which edits of its SQL the generated data told apart."""

from collections.abc import Sequence
from dataclasses import dataclass

from harness.core.hybrid import Hybrid


@dataclass(frozen=True, slots=True)
class Strength:
    """``noticed`` edits changed an answer on the datasets of a check; ``missed`` changed one on further data only.

    ``silent`` edits changed nothing anywhere: they say the same, as far as was seen. ``missed`` and ``silent`` are told as
    text. ``reason`` says why nothing was edited.
    """

    hybrid: Hybrid
    noticed: int = 0
    missed: tuple[str, ...] = ()
    silent: tuple[str, ...] = ()
    reason: str | None = None

    @property
    def effective(self) -> int:
        """Edits that change some answer."""
        return self.noticed + len(self.missed)


def share(strengths: Sequence[Strength]) -> float:
    """Of all edits that change some answer, how many were noticed, from 0 to 1; 1 where there are none."""
    effective = sum(each.effective for each in strengths)
    return sum(each.noticed for each in strengths) / effective if effective else 1.0
