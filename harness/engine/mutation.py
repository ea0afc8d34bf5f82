"""The SQL of each hybrid edited and run beside the original, to see whether the generated data tells the two apart."""

from collections.abc import Callable, Iterator, Sequence

from hypothesis import HealthCheck, Phase, given, seed, settings
from sqlalchemy import Connection

from harness.comparison import compare_rows
from harness.config import Options
from harness.core.dataset import Dataset
from harness.core.observation import Compiled
from harness.core.outcome import Outcome, Returned
from harness.core.strength import Strength
from harness.discovery import prepared
from harness.engine.bench import Bench, SchemaProblem
from harness.engine.examination import Examination, no_warnings
from harness.engine.examinee import Examinee
from harness.engine.run import examinations_of, running_servers
from harness.evaluation.containment import ServerLost, contained
from harness.evaluation.loader import Rejected
from harness.evaluation.mutants import Columns, mutants, regenerated
from harness.evaluation.transaction import back_to_loaded
from harness.generation import (
    Plan,
    PopulationShape,
    Ungeneratable,
    cycles,
    datasets,
    has_self_reference,
    population,
)

FURTHER = 3
"""Times the examples of a check that a surviving edit is tried on."""
POPULATIONS = 4
"""Larger sets of rows that it is tried on as well."""
ROWS = 60
Progress = Callable[[str], None]


def measure_strength(targets: Sequence[str], options: Options, *, progress: Progress) -> list[Strength]:
    """Edit the SQL of every hybrid of ``targets`` that is selected. Raises as ``check`` does."""
    with prepared(options.setup) as folder, running_servers(options) as servers:
        strengths: list[Strength] = []
        for examination in examinations_of(targets, options, servers, folder):
            try:
                for examinee in examination.examinees:
                    progress(examinee.hybrid.name)
                    strengths.append(_strength(examinee, examination))
            finally:
                examination.close()
        return strengths


def _strength(examinee: Examinee, examination: Examination) -> Strength:
    if examinee.end is not None:
        return Strength(examinee.hybrid, reason=f"evaluating it ends the process: {examinee.end.how}")
    with no_warnings():
        if not examinee.testable or examinee.arguments or examinee.translation.compares:
            reason = examinee.reason or "there is no SQL of its own to edit"
            return Strength(examinee.hybrid, reason=reason)
        try:
            bench, plan = examination.ready([examinee])
        except (Ungeneratable, SchemaProblem) as problem:
            return Strength(examinee.hybrid, reason=f"{problem.what} {problem.hint}")
        built = contained(lambda: examinee.bound_select, seconds=examination.options.timeout)
        if not isinstance(built, Returned):
            return Strength(examinee.hybrid, reason=f"its SQL can't be sent: {built}")
        original = Compiled(built.value.sql, built.value.sent)
        trial = _Trial(examinee, original, bench, plan, examination.options)
        return trial.strength()


class _Trial:
    """The edits of one hybrid that nothing has told apart yet."""

    def __init__(
        self, examinee: Examinee, original: Compiled, bench: Bench, plan: Plan, options: Options
    ) -> None:
        self._examinee = examinee
        self._bench = bench
        self._plan = plan
        self._options = options
        self._original = original
        self._alive = mutants(self._original, _columns(examinee))
        self._number = len(self._alive)

    def strength(self) -> Strength:
        """Run the edits on the datasets of a check, and those that are left on more."""
        again = regenerated(self._original)
        if again is None or not self._alive:
            return Strength(self._examinee.hybrid, reason="there is nothing in its SQL to edit")
        self._try_on(self._drawn(self._options.examples, self._options.seed), again)
        if has_self_reference(self._plan, self._examinee.table):
            self._try_on(cycles(self._plan, self._examinee.table), again)
        survivors = list(self._alive)
        self._try_on(self._drawn(FURTHER * self._options.examples, self._options.seed + 1), again)
        shape = PopulationShape(ROWS, fan_out=2)
        self._try_on((population(self._plan, shape, seed=number) for number in range(POPULATIONS)), again)
        missed = tuple(each.edit for each in survivors if each not in self._alive)
        silent = tuple(each.edit for each in self._alive)
        return Strength(self._examinee.hybrid, self._number - len(survivors), missed, silent)

    def _drawn(self, examples: int, number: int) -> Iterator[Dataset]:
        """All datasets at once: a generator can't be called back."""
        drawn: list[Dataset] = []

        @seed(number)
        @settings(
            max_examples=examples,
            phases=[Phase.generate],
            database=None,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow],
        )
        @given(datasets(self._plan))
        def collect(dataset: Dataset) -> None:
            drawn.append(dataset)

        collect()
        return iter(drawn)

    def _try_on(self, data: Iterator[Dataset], again: Compiled) -> None:
        for dataset in data:
            if not self._alive:
                return
            try:
                self._tell_apart(dataset, again)
            except Rejected:
                continue
            except ServerLost:
                self._bench.recover()

    def _tell_apart(self, dataset: Dataset, again: Compiled) -> None:
        """Take out the edits that answer otherwise, or that don't answer; one that breaks the connection ends the dataset."""
        with self._bench.loaded(dataset) as connection:
            expected = self._rows(connection, self._original)
            if not isinstance(expected, Returned) or not _same(expected, self._rows(connection, again)):
                return
            for mutant in list(self._alive):
                try:
                    same = _same(expected, self._rows(connection, mutant.statement))
                except ServerLost:
                    self._alive.remove(mutant)
                    raise
                if not same:
                    self._alive.remove(mutant)

    def _rows(self, connection: Connection, compiled: Compiled) -> Outcome:
        def run() -> tuple[tuple[object, ...], ...]:
            result = connection.exec_driver_sql(compiled.sql, compiled.sent)
            return tuple(map(tuple, result.all()))

        outcome = contained(run, seconds=self._options.timeout)
        if not isinstance(outcome, Returned):
            back_to_loaded(connection)
        return outcome


def _same(expected: Returned, outcome: Outcome) -> bool:
    return isinstance(outcome, Returned) and compare_rows(expected.value, outcome.value) is None


def _columns(examinee: Examinee) -> Columns:
    return {
        table.name: {column.name: type(column.type).__name__ for column in table.columns}
        for table in examinee.tables
    }
