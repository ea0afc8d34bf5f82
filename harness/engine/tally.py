"""How much was compared, and how much it varied."""

from harness.core.hybrid import Hybrid
from harness.core.observation import Example, Structure, Survey
from harness.core.outcome import Returned
from harness.rules.base import shown

MOST_VALUES = 1000
"""Distinct values are counted up to here."""


class Tally:
    """Counts over the examples of one hybrid."""

    def __init__(self) -> None:
        self.examples = 0
        self.rejected = 0
        self.comparisons = 0
        self.nulls = 0
        self._values: set[str] = set()
        self._python_values: set[str] = set()

    @property
    def distinct_values(self) -> int:
        """Values that SQL gave, by their text, up to MOST_VALUES."""
        return len(self._values)

    def count(self, example: Example, *, datasets: int = 1) -> None:
        """Add what one example, of so many datasets, compared: each row with Python, and each further position."""
        self.examples += datasets
        self.comparisons += len(example.answers) + len(example.matches)
        self._values.update(match.value for match in example.matches)
        if not isinstance(example.select, Returned):
            return
        self.comparisons += len(example.select.value)
        if len(self._values) <= 1:  # else it varies, and that is all that is asked
            returned = (each.value for each in example.python.values() if isinstance(each, Returned))
            self._python_values.update(map(shown, returned))
        for row in example.select.value:
            if row[-1] is None:
                self.nulls += 1
            if len(self._values) < MOST_VALUES:
                self._values.add(shown(row[-1]))

    def survey(self, hybrid: Hybrid, structure: Structure) -> Survey:
        """The counts as an observation."""
        only = next(iter(self._values)) if len(self._values) == 1 else None
        code = hybrid.python
        constant = not (structure.columns or structure.tables or code.columns or code.names)
        return Survey(
            hybrid,
            self.examples,
            self.comparisons,
            self.distinct_values,
            self.nulls,
            only,
            python_varies=len(self._python_values) > 1,
            constant=constant,
        )
