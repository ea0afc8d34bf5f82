"""Looking for the smallest dataset on which a hybrid goes wrong as it did in the survey, or in an earlier run."""

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from unittest import SkipTest

from hypothesis import Phase, given, seed, settings
from hypothesis.errors import Flaky

from harness.core.dataset import Dataset
from harness.core.finding import Finding
from harness.engine.bench import Bench
from harness.engine.examinee import Examinee
from harness.engine.known_failures import Rewriting
from harness.engine.survey import QUIET
from harness.evaluation.loader import Rejected
from harness.generation import Drawn, Plan, draws
from harness.rules import judge

SHRINK_SECONDS = 20.0
"""After this the smallest failing dataset so far is taken."""
Identity = tuple[str, str]


class _Shown(Exception):
    """A dataset showed the finding that is being shrunk."""


class _Enough(BaseException):
    """The time for shrinking is over: Hypothesis, which catches Exception only, would go on for minutes in large blocks."""


def smallest(
    examinee: Examinee, plans: Sequence[Plan], bench: Bench, identity: Identity, *, examples: int, number: int
) -> Finding | None:
    """The finding ``identity`` on the smallest dataset that shows it, by the first of ``plans`` that has one; None where none has.

    Datasets kept from earlier runs come first; new ones are those of the survey by the same seed, which is that of the last plan.
    """
    for plan in plans:
        attempt = _Attempt(examinee, plan, bench, identity)
        exploration = _Exploration(attempt, examples, number)
        exploration.run(Phase.reuse)
        if attempt.drawn is None and plan is plans[-1]:
            attempt.only = _data(examinee.found[identity])
            exploration.run(Phase.generate)
            attempt.only = None
        if attempt.drawn is None:
            exploration.run(Phase.generate)
        exploration.shrink()
        if attempt.best is not None:
            return attempt.best
    return None


def _data(finding: Finding) -> Dataset | None:
    return None if finding.counterexample is None else finding.counterexample.dataset


def replay_known(examinee: Examinee, plans: Sequence[Plan], bench: Bench, *, number: int) -> None:
    """Try the failures of earlier runs again; those that still occur are recorded, shrunk, the others forgotten."""
    for identity in examinee.known.identities():
        for plan in plans:
            attempt = _Attempt(examinee, plan, bench, identity)
            exploration = _Exploration(attempt, 1, number)
            exploration.run(Phase.reuse)
            exploration.shrink()
            if attempt.best is not None:
                examinee.shrunk[identity] = attempt.best
                break
        else:
            examinee.known.forget(identity)


class _Exploration:
    """Runs Hypothesis on one attempt, phase by phase, all with the examples of its finding."""

    def __init__(self, attempt: "_Attempt", examples: int, number: int) -> None:
        self._attempt = attempt
        self._examples = examples
        self._number = number
        self._database = attempt.examples

    def run(self, *phases: Phase) -> None:
        """Up to the first dataset that shows the finding, or with Phase.shrink to the smallest."""

        # Outermost: seed() takes the database out of the settings that it finds.
        @settings(
            QUIET,
            max_examples=self._examples,
            phases=phases,
            database=self._database,
            report_multiple_bugs=False,
        )
        @seed(self._number)
        @given(draws(self._attempt.plan))
        def look(drawn: Drawn) -> None:
            self._attempt(drawn)

        _until_shown(look)

    def shrink(self) -> None:
        """From what shows the finding, if anything does: rows and choices go first, then Hypothesis has the values."""
        found = self._attempt.drawn
        if found is not None:
            reduced = found.reduced(self._attempt.shows)
            self._database = Rewriting(self._database, found.block, reduced.block)
            self.run(Phase.reuse, Phase.shrink)


def _until_shown(look: Callable[[], None]) -> None:
    """Hypothesis reports the smallest dataset by raising from it; a hybrid that is not deterministic it calls flaky.

    Asked to replay only, and with no example kept, it skips.
    """
    with suppress(_Shown, _Enough, Flaky, SkipTest):
        look()


class _Attempt:
    """Raises on datasets that show the finding, and keeps the last one that did: the smallest."""

    def __init__(self, examinee: Examinee, plan: Plan, bench: Bench, identity: Identity) -> None:
        self.plan = plan
        self._examinee = examinee
        self._bench = bench
        self._identity = identity
        self._until = time.monotonic() + SHRINK_SECONDS
        self._found: dict[str, Finding | None] = {}
        self.examples = examinee.known.examples(identity, (table.name for table in plan.tables))
        self.only: Dataset | None = None
        self.drawn: Drawn | None = None
        self.best: Finding | None = None

    def __call__(self, drawn: Drawn) -> None:
        if self._late:
            raise _Enough
        if self.only is not None and _content(drawn.dataset) != _content(self.only):
            return
        if self.shows(drawn):
            raise _Shown

    @property
    def _late(self) -> bool:
        return self.best is not None and time.monotonic() > self._until

    def shows(self, drawn: Drawn) -> bool:
        """Whether the finding occurs on ``drawn``, which then is the smallest so far; never once the time is over."""
        if self._late:
            return False
        same = _content(drawn.dataset)
        if same not in self._found:
            self._found[same] = self._finding(drawn.dataset)
        if (finding := self._found[same]) is None:
            return False
        self.best, self.drawn = finding, drawn
        return True

    def _finding(self, dataset: Dataset) -> Finding | None:
        _, position = self._identity
        try:
            with self._bench.session(dataset, [self._examinee.sides(dataset.arguments).python]) as session:
                seen = self._examinee.example(session, dataset, positions=frozenset({position}))
        except Rejected:
            return None
        return next((each for each in judge(seen) if each.identity == self._identity), None)


def _content(dataset: Dataset) -> str:
    """The same for datasets of the same rows: many choices, as those for rows that aren't there, change nothing."""
    return repr((dataset.tables, dataset.arguments))
