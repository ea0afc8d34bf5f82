"""The select of a hybrid as people read it in reports and snapshots, and the lines of facts below it."""

from functools import cached_property

from harness.core.observation import Compiled, Growth, PlanShape, Structure
from harness.core.outcome import Returned
from harness.core.snapshot_file import COLUMNS, GROWTH, PLAN, RESULT_TYPE, STATEMENTS, TABLES
from harness.evaluation.canonical import CanonicalSQL, canonical_sql
from harness.evaluation.containment import contained
from harness.evaluation.plan_shape import depends_on_version
from harness.evaluation.subject import Subject
from harness.evaluation.translation import compiled

BY_VERSION = "depends on the server's version, as 17 and later join what a correlated IN selects"


class ShownSql:
    """The plain select of ``subject``; ``source`` is what the compiler renders, ``seconds`` bounds building it again.

    ``differs`` is set where the server was seen to give other rows for the readable form, and ``result_type`` to the server's
    name for the value's type.
    """

    def __init__(self, subject: Subject, source: Compiled, *, seconds: float) -> None:
        self._subject = subject
        self._seconds = seconds
        self.source = source
        self.differs = False
        self.result_type: str | None = None

    @cached_property
    def readable(self) -> CanonicalSQL:
        """The form that people read, whether the server gives the same rows for it or not."""
        return canonical_sql(self.source.sql, self.source.parameters)

    @property
    def compiled(self) -> Compiled:
        """The readable form, or as the compiler renders it where the server gives other rows."""
        return self.source if self.differs else Compiled(self.readable.text, self.readable.parameters)

    @property
    def unreadable(self) -> str | None:
        """Why the SQL for people is the compiler's own text; None where it isn't."""
        if self.differs:
            return "as compiled: the server gives other rows for its readable form"
        return None if self.readable.canonical else f"as compiled: {self.readable.reason}"

    @property
    def varying(self) -> frozenset[str]:
        """Parameters that have another value each time that the select is built, such as Python's now."""
        again = contained(lambda: compiled(self._subject.select()), seconds=self._seconds)
        if not isinstance(again, Returned):
            return frozenset()
        now = again.value if self.differs else canonical_sql(again.value.sql, again.value.parameters)
        shown = self.compiled.parameters
        return frozenset(
            name for name, value in shown.items() if repr(value) != repr(now.parameters.get(name, value))
        )

    def facts(
        self,
        structure: Structure,
        growth: Growth | None,
        plan: PlanShape | None,
        *,
        own_row_only: bool,
        faster_than_rows: bool | None,
    ) -> dict[str, str | tuple[str, ...]]:
        """What a snapshot says below the SQL, as far as it is known; ``own_row_only`` of an expression over the row's columns."""
        said: dict[str, str | tuple[str, ...]] = {TABLES: structure.tables, COLUMNS: structure.columns}
        if own_row_only:
            said[PLAN] = "the row itself"
        elif plan is not None:
            said[PLAN] = BY_VERSION if depends_on_version(self.source.sql) else _planned(plan)
        if self.result_type is not None:
            said[RESULT_TYPE] = f"{self.result_type} (SQLAlchemy {structure.declared_type})"
        if faster_than_rows is not None:
            said[GROWTH] = "grows faster than the rows" if faster_than_rows else "linear in the rows"
        if growth is not None:
            said[STATEMENTS] = _sent(growth)
        return said


def _planned(plan: PlanShape) -> str:
    """How often each table is read, and by what, at the size that was planned for."""
    reads = "; ".join(f"{each.table} {each.how}, {each.often}" for each in plan.reads)
    return f"at {plan.rows} rows: {reads or 'no table'}"


def _sent(growth: Growth) -> str:
    """The statements of the Python side in words that are the same whatever values were drawn."""
    if growth.for_one is None:
        return "statements depend on the rows"
    shown = f"{growth.for_one} statement{'' if growth.for_one == 1 else 's'}"
    if {growth.for_one} == set(growth.queries):
        return f"{shown}, however many rows"
    return f"{shown} for 1 row, {growth.queries[1]} for {growth.rows[1]}"
