"""The survey: hybrids on one drawn dataset after the other."""

from collections.abc import Sequence

from hypothesis import HealthCheck, Phase, given, seed, settings
from sqlalchemy.orm import Session

from harness.core.dataset import Dataset
from harness.core.errors import EnvironmentProblem
from harness.core.observation import Example
from harness.core.outcome import stopped
from harness.engine.bench import Bench
from harness.engine.examinee import Examinee
from harness.evaluation.containment import ServerLost
from harness.evaluation.loader import Rejected
from harness.evaluation.python_side import Unloadable
from harness.generation import Drawn, Plan, draws, keeps_apart, together
from harness.rules import judge

MOST_LOSSES = 3
"""Times that the connection may break while one dataset is loaded: somebody's server may start again for a while."""
ALONE = 100
"""Datasets that have the tables to themselves: what comes of few rows or none shows there, and every position is asked."""
TOGETHER = 20
"""Further ones that share the tables; with more of them the server has more rows to look through for each."""
QUIET = settings(deadline=None, print_blob=False, suppress_health_check=[HealthCheck.too_slow])
"""Findings are reported by the harness; and how long a user's model takes is no health matter of the generator."""


def survey(
    examinees: Sequence[Examinee], plan: Plan, bench: Bench, *, examples: int, number: int
) -> list[Rejected]:
    """Evaluate all ``examinees`` on each of ``examples`` datasets, drawn by seed ``number``; findings go to ``found``.

    Returns why the server did not accept datasets, one reason for each. A hybrid whose evaluation had to be stopped is left out of the rest: every further dataset would cost as long.
    """
    surveyor = Surveyor(examinees, bench, shares_tables=keeps_apart(plan))

    @seed(number)
    @settings(QUIET, max_examples=examples, phases=[Phase.generate], database=None)
    @given(draws(plan))
    def look(drawn: Drawn) -> None:
        surveyor.look(drawn)

    look()
    surveyor.finish()
    return surveyor.rejections


class Surveyor:
    """Looks at datasets: the first ones alone, further ones several together as long as nothing comes of it.

    Loading rows and asking for them costs far more for each dataset than for each row. Where something new shows on
    several datasets, each is looked at alone, and what shows on none of them is kept as what the larger one showed.
    """

    def __init__(self, examinees: Sequence[Examinee], bench: Bench, *, shares_tables: bool) -> None:
        self.rejections: list[Rejected] = []
        self._active = list(examinees)
        self._bench = bench
        self._shares_tables = shares_tables
        self._looked = 0
        self._waiting: list[Drawn] = []
        self._problems: list[EnvironmentProblem] = []

    def look(self, drawn: Drawn) -> None:
        """Evaluate all hybrids on the dataset, now or with the next ones; nothing any more where there is no server."""
        if self._problems:
            return
        self._looked += 1
        if self._looked <= ALONE or not self._shares_tables:
            self._look_alone(drawn.dataset, self._able)
            return
        self._waiting.append(drawn)
        if len(self._waiting) == TOGETHER:
            self._look_together()

    def finish(self) -> None:
        """Evaluate what still waits. Raises EnvironmentProblem where the server went away and there is no other."""
        if self._waiting and not self._problems:
            self._look_together()
        if self._problems:
            raise self._problems[0]

    @property
    def _able(self) -> list[Examinee]:
        return [examinee for examinee in self._active if not examinee.loss]

    def _look_together(self) -> None:
        several, self._waiting = self._waiting, []
        news = self._seen_together(several)
        for drawn in several:
            self._look_alone(drawn.dataset, list(news))
        for examinee, seen in news.items():
            if seen is not None:
                examinee.keep(judge(seen))

    def _seen_together(self, several: Sequence[Drawn]) -> dict[Examinee, Example | None]:
        """The hybrids that have to be looked at on each dataset alone, with what was new of them on all if that is known."""
        news: dict[Examinee, Example | None] = dict.fromkeys(self._able)
        dataset = together(several)
        try:
            with self._bench.session(dataset, [each.sides().python for each in news]) as session:
                for examinee in list(news):
                    seen = examinee.example(session, dataset)
                    if was_stopped(seen):
                        self._shares_tables = False
                    elif examinee.shows_new(seen):
                        news[examinee] = seen
                    else:
                        examinee.record(seen, datasets=len(several))
                        del news[examinee]
        except Rejected:
            self._shares_tables = False
        except ServerLost:
            self._shares_tables = False
            self._recover()
        return news

    def _look_alone(self, dataset: Dataset, waiting: list[Examinee]) -> None:
        waiting = [examinee for examinee in waiting if examinee in self._able]
        losses = 0
        while waiting and not self._problems:
            loaded = False
            try:
                sides = [examinee.sides(dataset.arguments).python for examinee in waiting]
                with self._bench.session(dataset, sides) as session:
                    loaded = True
                    while waiting:
                        if not _keeps_going(waiting[0], session, dataset):
                            self._active.remove(waiting[0])
                        waiting.pop(0)
            except Rejected as rejection:
                self.rejections.append(rejection)
                return
            except ServerLost:
                self._recover()
                losses += not loaded
                if losses == MOST_LOSSES:  # the rows themselves do that
                    return
                waiting = [examinee for examinee in waiting if not examinee.loss]

    def _recover(self) -> None:
        """Collect what stands in the way: raised inside a test function, Hypothesis would take it for a failing example."""
        try:
            self._bench.recover()
        except EnvironmentProblem as problem:
            self._problems.append(problem)


def _keeps_going(examinee: Examinee, session: Session, dataset: Dataset) -> bool:
    """Evaluate and record; False where the hybrid had to be stopped."""
    try:
        seen = examinee.example(session, dataset)
        if was_stopped(seen):  # a machine that stood still for once is no defect of the hybrid
            seen = examinee.example(session, dataset)
    except ServerLost as loss:
        examinee.lose(str(loss))
        raise
    except Unloadable as problem:
        examinee.unloadable.append(problem)
        return True
    examinee.record(seen)
    return not was_stopped(seen)


def was_stopped(seen: Example) -> bool:
    """Whether the time limit ended one of the evaluations."""
    outcomes = [
        seen.select,
        *(answer.outcome for answer in seen.answers),
        *(match.found for match in seen.matches),
        *seen.python.values(),
    ]
    return any(map(stopped, outcomes))
