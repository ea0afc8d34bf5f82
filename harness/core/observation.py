"""Evidence: what the engine saw, frozen, before anyone judges it."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from harness.core.dataset import Dataset
from harness.core.expression import ColumnFact, Operation, Subquery
from harness.core.hybrid import Hybrid
from harness.core.outcome import Outcome, Returned
from harness.core.policy import EXACT, Policy

COMPARISON = "comparison"
"""The form of a hybrid that has no value to select, but can be compared."""
Key = tuple[Any, ...]
"""A primary key's values, in the order of the mapper's primary key."""


@dataclass(frozen=True, slots=True)
class ClassLevel:
    """The value of ``Class.hybrid``: Python source of its repr, and what SQLAlchemy takes it for.

    ``form`` is one of ``expression`` (composes), ``select`` (a bare Select), ``comparison`` (a comparator or a relationship),
    ``text`` (a TextClause), ``none``, ``constant`` (any other Python value).
    """

    form: str
    type_name: str
    shown: str


@dataclass(frozen=True, slots=True)
class Structure:
    """What the expression's tree says, without running it.

    ``foreign_tables``: tables that the expression adds to the FROM of a select of the class. ``own_table_under_alias``:
    columns of the un-aliased table that remain when the expression is built on an alias. ``self_correlated``: predicates
    that compare two columns of the outer row inside a subquery that also meant to read the table itself. ``unbound``: bind
    parameters without a value. ``union_all_recursion``: names of recursive CTEs that use UNION ALL, empty where people gave none. ``tables``/``columns``: all that the SQL
    reads, columns as ``table.column``. ``declared_type``: SQLAlchemy's result type, ``type_name``: beneath decorators. ``temporal``: dates or times are read, asked of
    the clock, or the result. ``relationships``: those of the class to tables that the SQL reads. ``label_of_column``: another mapped attribute whose name the expression's label takes. ``collated_order``: comparisons
    that order text by the collation of a language. ``uncorrelated_alone``: whether the select of the hybrid and nothing else
    has a FROM without the class's own table, which the expression meant to correlate to. ``operations`` and ``subqueries``
    are those of the whole tree, outermost first; ``facts`` are about the columns of the tables in it and of the class.
    ``literal``: parts of it are SQL as text, whose columns are not known. ``expression_ignored``: the expression attached last is not the one that the class answers with.
    ``correlates_to_class``: built on an alias, a subquery still says that it correlates to the un-aliased class.
    ``depends_on_row``: a column of the un-aliased class is mentioned somewhere, and not of the table as a subquery joins it anew. ``unparenthesized``: the SQL, where AND or OR joins
    its parts and SQLAlchemy puts no parentheses around it beside NOT or IS NULL. ``unread`` is why nothing but ``unbound`` is known, if so.
    """

    foreign_tables: tuple[str, ...] = ()
    own_table_under_alias: tuple[str, ...] = ()
    self_correlated: tuple[str, ...] = ()
    unbound: tuple[str, ...] = ()
    union_all_recursion: tuple[str, ...] = ()
    tables: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    declared_type: str = ""
    type_name: str = ""
    temporal: bool = False
    relationships: tuple[str, ...] = ()
    label_of_column: str | None = None
    collated_order: tuple[str, ...] = ()
    uncorrelated_alone: bool = False
    operations: tuple[Operation, ...] = ()
    subqueries: tuple[Subquery, ...] = ()
    facts: Mapping[str, ColumnFact] = field(default_factory=dict)
    literal: bool = False
    expression_ignored: bool = False
    correlates_to_class: bool = False
    depends_on_row: bool = True
    unparenthesized: str = ""
    unread: str = ""


@dataclass(frozen=True, slots=True)
class Compiled:
    """A statement as the psycopg dialect renders it, with its parameters as people read them.

    ``bound`` are the same as their types hand them to the driver; None where that makes no difference.
    """

    sql: str
    parameters: Mapping[str, Any]
    bound: Mapping[str, Any] | None = None

    @property
    def sent(self) -> dict[str, Any]:
        """The parameters for the driver."""
        return dict(self.parameters if self.bound is None else self.bound)


@dataclass(frozen=True, slots=True)
class Translation:
    """What became of the SQL side before any data: the class-level value, and each position's compiled statement.

    ``class_level`` is Returned(ClassLevel), Raised or TimedOut; ``statements`` maps a position to Returned(Compiled) or
    Raised, and is empty where there is no class-level value.
    """

    hybrid: Hybrid
    class_level: Outcome
    statements: Mapping[str, Outcome] = field(default_factory=dict)
    structure: Structure = field(default_factory=Structure)

    @property
    def compares(self) -> bool:
        """Whether there is no value to select, only one to compare with."""
        return isinstance(self.class_level, Returned) and self.class_level.value.form == COMPARISON

    @property
    def runs(self) -> bool:
        """Whether the plain select can be sent to a server."""
        return (
            isinstance(self.class_level, Returned)
            and self.class_level.value.form in ("expression", "select", COMPARISON)
            and isinstance(self.statements.get("select"), Returned)
            and not self.structure.unbound
        )


@dataclass(frozen=True, slots=True)
class Answer:
    """What one position gave on one dataset.

    ``expected`` are the rows that the plain select's values imply, ``outcome`` is Returned(rows), Raised or TimedOut; rows
    are tuples, compared with multiplicity. ``ordered`` says that the order of the rows matters too.
    """

    position: str
    outcome: Outcome
    expected: tuple[tuple[Any, ...], ...]
    ordered: bool = False


@dataclass(frozen=True, slots=True)
class Match:
    """What ``where(Class.attr == value)`` found in a position, for a value that the getter gave.

    ``member``: it was ``where(Class.attr.contains(value))``, for a member of a collection.
    ``expected`` are the rows whose getter gives the same, ``known`` those of which Python can tell; ``found`` is
    Returned(keys), Raised or TimedOut.
    """

    position: str
    value: str
    expected: frozenset[Key]
    known: frozenset[Key]
    found: Outcome
    member: bool = False


@dataclass(frozen=True, slots=True)
class Example:
    """Both sides of one hybrid on one dataset.

    ``python`` has an outcome for each instance; ``select`` is Returned(rows of (key, value)), Raised or TimedOut;
    ``answers`` are the other positions, empty where the select itself gave no rows. Of a hybrid that has no value to
    select there are ``matches`` in the place of both, and ``python`` has what went wrong only. ``evaluated`` is what
    SQLAlchemy's own evaluator makes of the expression in Python on instances on which the sides are apart, where it can.
    ``policy`` says what of the plain select and Python counts as equal.
    """

    hybrid: Hybrid
    structure: Structure
    dataset: Dataset
    python: Mapping[Key, Outcome]
    select: Outcome
    answers: tuple[Answer, ...] = ()
    matches: tuple[Match, ...] = ()
    policy: Policy = EXACT
    evaluated: Mapping[Key, Outcome] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Survey:
    """What a run over many datasets reached, for judging whether it tested anything.

    ``constant``: neither side reads anything of the row, as the SQL and the getter's code show.
    """

    hybrid: Hybrid
    examples: int
    comparisons: int
    distinct_values: int
    nulls: int
    only_value: str | None = None
    python_varies: bool = False
    sides: tuple[str, ...] = ()
    constant: bool = False


@dataclass(frozen=True, slots=True)
class Growth:
    """Statements that the Python side sends for ``rows`` instances, at two sizes; of a method called with ``arguments``.

    ``causes`` are the relationships whose loads are more for more instances, as ``Class.relationship``, most statements first.
    ``sql_side`` says whether the SQL side answered the same rows in one statement. ``for_one`` are the statements for one
    instance; None where the rows' values make a difference to how many statements there are.
    """

    hybrid: Hybrid
    rows: tuple[int, int]
    queries: tuple[int, int]
    causes: tuple[str, ...] = ()
    sql_side: bool = True
    for_one: int | None = None
    arguments: tuple[Any, ...] = ()

    @property
    def shown(self) -> str:
        """The hybrid by name, with the arguments of a method."""
        return self.hybrid.called_with(self.arguments)

    @property
    def per_row(self) -> float:
        """Statements added for each further instance."""
        (few, many), (less, more) = self.rows, self.queries
        return (more - less) / (many - few) if many > few else 0.0


@dataclass(frozen=True, slots=True)
class ServerLoss:
    """The server or the connection to it went away during a hybrid's evaluation."""

    hybrid: Hybrid
    message: str


@dataclass(frozen=True, slots=True)
class ProcessEnd:
    """The process ended during a hybrid's evaluation; ``how`` is an exit status, a signal, or why it was killed."""

    hybrid: Hybrid
    how: str


@dataclass(frozen=True, slots=True)
class Write:
    """One value stored in one row, by the setter and by a bulk UPDATE: Returned(columns by name) or Raised."""

    key: Key
    value: Any
    by_setter: Outcome
    by_update: Outcome


@dataclass(frozen=True, slots=True)
class Writes:
    """What a hybrid with a setter stored, in all the ways there are.

    ``attribute`` is what the hybrid is on its class, where that is a mapped attribute and nothing more: SQLAlchemy then sets
    the attribute, and asks no update_expression.
    """

    hybrid: Hybrid
    dataset: Dataset
    writes: tuple[Write, ...]
    attribute: str | None = None


class IndexedExpression(str):
    """SQL over the columns of a table, in parentheses, where an index has it in the place of a column."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class RepeatedScan:
    """A table that a plan reads from end to end ``loops`` times, ``rows`` rows each time.

    ``columns`` are those that it is looked through for, the correlated ones first, ``expressions`` what is looked for that
    is made of columns. ``recursive``: it is read by each step of a recursive query. ``condition`` is the plan's for its rows.
    """

    table: str
    loops: int
    rows: int
    columns: tuple[str, ...] = ()
    recursive: bool = False
    schema: str | None = None
    expressions: tuple[IndexedExpression, ...] = ()
    condition: str = ""


@dataclass(frozen=True, slots=True)
class IndexLookup:
    """What a plan looks up in ``index`` of ``table`` ``loops`` times, reading ``pages`` of the index each time.

    ``columns`` are those that must equal something, ``bounded`` those that its condition compares otherwise.
    """

    table: str
    index: str
    loops: int
    pages: float
    columns: tuple[str, ...]
    schema: str | None = None
    bounded: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Execution:
    """What the server did for the plain select of ``rows`` rows: the rows and the 8 kB pages that all nodes of its plan handled.

    ``seconds`` are information, nothing to judge by. ``spilled`` are nodes that wrote to disk, ``jit_functions`` those that were
    compiled for it.
    """

    rows: int
    handled: int
    pages: int
    seconds: float
    repeated: tuple[RepeatedScan, ...] = ()
    spilled: tuple[str, ...] = ()
    jit_functions: int = 0
    lookups: tuple[IndexLookup, ...] = ()


@dataclass(frozen=True, slots=True)
class TriedIndex:
    """An index on ``columns`` of ``table`` that ``statement`` creates, and how many rows and pages the plan handled with it.

    ``instead_of`` is the index that was read without it, where it spares pages of that and not rows.
    """

    name: str
    table: str
    columns: tuple[str, ...]
    statement: str
    handled: int
    pages: int
    schema: str | None = None
    instead_of: str | None = None


@dataclass(frozen=True, slots=True)
class Cost:
    """Executions on two populations of one shape, and the index that makes the second cheaper, if one does."""

    few: Execution
    many: Execution
    index: TriedIndex | None = None

    @property
    def exponent(self) -> float:
        """The power of the number of rows that the rows handled grow with: 1 is linear, 2 quadratic."""
        return self._exponent(self.few.handled, self.many.handled)

    @property
    def page_exponent(self) -> float:
        """The same of the pages."""
        return self._exponent(self.few.pages, self.many.pages)

    def _exponent(self, few: int, many: int) -> float:
        if self.many.rows <= self.few.rows or not few or not many:
            return 1.0
        return math.log(many / few) / math.log(self.many.rows / self.few.rows)


@dataclass(frozen=True, slots=True, order=True)
class TableRead:
    """How a plan reads a table: ``how`` in words, with the columns that are looked up in an index, and ``often``."""

    table: str
    how: str
    often: str


@dataclass(frozen=True, slots=True)
class PlanShape:
    """How the plan of the plain select reads tables, on a population of ``rows``."""

    rows: int
    reads: tuple[TableRead, ...]


@dataclass(frozen=True, slots=True)
class QueryPlan:
    """Tables that the plan of the plain select reads whole for each row as no index spares it, and what that costs.

    ``cost`` is None where it could not be measured; ``volatile`` are functions that the server calls for each row.
    ``arguments`` are those that a method is called with.
    """

    hybrid: Hybrid
    tables_scanned_per_row: tuple[str, ...]
    cost: Cost | None = None
    volatile: tuple[str, ...] = ()
    arguments: tuple[Any, ...] = ()

    @property
    def shown(self) -> str:
        """The hybrid by name, with the arguments of a method."""
        return self.hybrid.called_with(self.arguments)


@dataclass(frozen=True, slots=True)
class LeftBehind:
    """What evaluating the hybrid changed, each time, of what all code of a process shares; in words."""

    hybrid: Hybrid
    changes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Unflushed:
    """The getter on a new instance without the columns ``defaulted``."""

    defaulted: tuple[str, ...]
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Rounded:
    """The getter on an instance with numbers of too many decimals ``assigned``, before the flush and after a refresh."""

    key: Key
    assigned: Mapping[str, Any]
    before: Outcome
    after: Outcome


@dataclass(frozen=True, slots=True)
class BeforeDatabase:
    """What a getter makes of instances that the database hasn't seen, or not yet with these values."""

    hybrid: Hybrid
    dataset: Dataset
    unflushed: tuple[Unflushed, ...]
    rounded: tuple[Rounded, ...]
