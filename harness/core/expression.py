"""What the SQL of a hybrid is made of, free of SQLAlchemy's objects: operations, subqueries, columns."""

from dataclasses import dataclass, field
from typing import Any

LONGEST = 120
"""Characters of SQL in a message."""


@dataclass(frozen=True, slots=True)
class Operand:
    """What an operation is applied to.

    ``column`` is set where the operand is a column and nothing else, ``columns`` are all that it mentions, both as
    ``table.column``. ``value`` is that of a bound literal. ``type_name`` is PostgreSQL's, empty where SQLAlchemy knows none. ``parts`` are
    the two bounds of BETWEEN, which are one operand.
    """

    shown: str
    type_name: str = ""
    column: str | None = None
    columns: tuple[str, ...] = ()
    literal: bool = False
    value: Any = None
    parts: tuple["Operand", ...] = ()


@dataclass(frozen=True, slots=True)
class Operation:
    """An operator, a function call or a cast.

    ``name`` is the operator's in SQLAlchemy without its ending (``floordiv``, ``contains``, ``not_in``, ``not``), the
    symbol of a custom one (``@>``), the function's in lower case, or ``cast``. ``distinct`` and ``ordered`` are said of an
    aggregate's arguments. The operand of a ``case`` is what its ELSE gives, and there is none without one. ``depth`` counts the subqueries around it, those of literal SQL not included. ``escape`` is that of LIKE, or the
    flags of a regular expression.
    """

    name: str
    shown: str
    type_name: str = ""
    operands: tuple[Operand, ...] = ()
    depth: int = 0
    distinct: bool = False
    ordered: bool = False
    escape: str | None = None

    @property
    def brief(self) -> str:
        """``shown`` cut to what a message can hold."""
        return self.shown if len(self.shown) <= LONGEST else f"{self.shown[: LONGEST - 3]}..."

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column that the operands mention."""
        return tuple(dict.fromkeys(column for operand in self.operands for column in operand.columns))


@dataclass(frozen=True, slots=True)
class Correlation:
    """``inner = outer``: a column that a subquery reads against one of the row that it is evaluated for."""

    inner: str
    outer: str


@dataclass(frozen=True, slots=True)
class Subquery:
    """A SELECT inside the expression.

    ``tables`` are those of its FROM, ``correlations`` tie it to the row, ``predicates`` are the other comparisons of its WHERE, and
    ``selected`` what it gives. ``unjoined`` are tables that no condition ties to the others. ``null_first`` is the column that
    its order begins with, where NULL comes before all values. ``order`` are the columns that it is ordered by, empty where it is
    ordered by something else too. ``tied``: it mentions the row outside, or stands under IN, and needs not. ``optional`` are tables that an outer join takes in, without a row of them too.
    """

    tables: tuple[str, ...]
    correlations: tuple[Correlation, ...] = ()
    predicates: tuple[Operation, ...] = ()
    selected: tuple[Operand, ...] = ()
    exists: bool = False
    limited: bool = False
    ordered: bool = False
    distinct: bool = False
    grouped: bool = False
    unjoined: tuple[str, ...] = ()
    null_first: str | None = None
    order: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    tied: bool = True


@dataclass(frozen=True, slots=True)
class ColumnFact:
    """What the mapping says of a column: the attribute that shows it, as ``Class.attribute``, and its type.

    ``own`` is said of the columns of the hybrid's class. ``labels`` are those of a native enum, in its order. ``references`` are
    the columns that its foreign keys point to. ``decorator`` is the TypeDecorator that makes Python's values of what is stored.
    """

    attribute: str
    type_name: str
    nullable: bool = True
    own: bool = True
    labels: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    decorator: str = ""


@dataclass(frozen=True, slots=True)
class PythonCode:
    """What the byte code of the getter uses, with that of the functions and methods of the user's that it calls.

    ``names`` are functions, methods and attributes; ``operators`` are written as in Python: ``//``, ``in``, ``or``, ``if``,
    ``not``, ``[:]`` for a slice, ``{}`` for a set, ``f''`` for text put together. ``columns`` are read for certain, as
    ``table.column``; ``own`` are those of ``self``, ``tested`` those of them whose truth or None decides. ``constants``
    are the plain values in it.
    """

    names: frozenset[str] = frozenset()
    operators: frozenset[str] = frozenset()
    columns: tuple[str, ...] = ()
    own: tuple[str, ...] = ()
    tested: tuple[str, ...] = ()
    constants: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class Override:
    """A subclass that defines the hybrid anew, and the values of the discriminator that its rows and its subclasses' have."""

    class_name: str
    identities: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class DefaultsApart:
    """A parameter's default on each side, as Python shows it."""

    parameter: str
    getter: str
    expression: str


@dataclass(frozen=True, slots=True)
class Wiring:
    """How the two sides are attached.

    ``expression``: there is one apart from the getter. ``expression_of``: the class whose expression is kept beside a
    getter of the hybrid's own class. ``update_expression``, ``comparator``: there is one too. ``overrides`` are told apart by the column
    ``discriminator``. ``elsewhere``: another class of the inheritance has a hybrid of its own by this name. ``defaults_apart`` are
    parameters of a method that the two sides have other defaults for.
    """

    expression: bool = False
    expression_of: str | None = None
    update_expression: bool = False
    comparator: bool = False
    overrides: tuple[Override, ...] = ()
    discriminator: str | None = None
    elsewhere: bool = False
    defaults_apart: tuple[DefaultsApart, ...] = ()


@dataclass(frozen=True, slots=True)
class OwnTable:
    """A table of the hybrid's class and the columns of its primary key, in the order of the mapper's."""

    name: str
    key: tuple[str, ...] = field(default=())
