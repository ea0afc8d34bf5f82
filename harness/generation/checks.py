"""CHECK constraints, read with sqlglot into predicates over a row, so that rows are drawn that pass.

What can't be read is left to the server, which is asked for single columns and refuses rows for several.
"""

import datetime as dt
import decimal
import functools
import itertools
import operator
import re
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import sqlglot
from sqlalchemy import CheckConstraint, Column, Table
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import Range
from sqlglot import exp
from sqlglot.errors import SqlglotError

Row = Mapping[str, Any]
Evaluate = Callable[[Row], Any]
"""A row, by column name, to a value; None is NULL, as in SQL."""


class Unreadable(Exception):
    """The constraint uses something that has no counterpart here."""


@dataclass(frozen=True, slots=True)
class Check:
    """One constraint: its text, the columns it reads, and whether a row passes, None where that can't be read.

    ``literals`` are the constants in its text, ``patterns`` the regular expressions.
    """

    sql: str
    columns: frozenset[str]
    predicate: Callable[[Row], bool] | None
    literals: tuple[Any, ...]
    patterns: tuple[str, ...]

    def passes(self, row: Row) -> bool:
        """Whether the server will take the row; it is not known to refuse what can't be read."""
        return self.predicate is None or self.predicate(row)


@dataclass(frozen=True, slots=True)
class Value:
    """An expression: the columns it reads and its value for a row, None where that can't be read."""

    columns: tuple[str, ...]
    value: Evaluate | None


@functools.lru_cache(maxsize=1000)
def read_checks(table: Table) -> tuple[Check, ...]:
    """The CHECK constraints of ``table``, those of its types included, in a stable order."""
    constraints = itertools.chain(table.constraints, *(column.constraints for column in table.columns))
    texts = sorted(_text(each.sqltext) for each in constraints if isinstance(each, CheckConstraint))
    return tuple(check for text in texts if (check := _read(text, table)) is not None)


@functools.lru_cache(maxsize=1000)
def computable(table: Table) -> tuple[Check, ...]:
    """That what the indexes of ``table`` compute can be computed: PostgreSQL stores no row for which it fails."""
    return tuple(check for text in sorted(_computed(table)) if (check := _read(text, table)) is not None)


def _computed(table: Table) -> Iterator[str]:
    """A criterion for each expression of an index that is more than a column."""
    for index in table.indexes:
        for expression in index.expressions:
            if not isinstance(expression, Column):
                yield f"coalesce(CAST(({_text(expression)}) AS TEXT), '') IS NOT NULL"


def read_condition(clause: Any, table: Table) -> Check | None:
    """The WHERE of an index or a constraint; None where it can't be read."""
    check = _read(_text(clause), table)
    return check if check is not None and check.predicate is not None else None


def read_value(element: Any, table: Table) -> Value:
    """A column or an expression over columns; of an index, whatever the order or collation it is in."""
    try:
        tree = _parse(_text(element), table, _ordered)
        columns = tuple(dict.fromkeys(_column_name(each, table) for each in tree.find_all(exp.Column)))
    except (SqlglotError, Unreadable):
        return Value((), None)
    try:
        return Value(columns, _compile(tree, table))
    except Unreadable:
        return Value(columns, None)


def _text(element: Any) -> str:
    if isinstance(element, Column):
        return f'"{element.name}"'
    compiled = element.compile(dialect=postgresql.dialect(), compile_kwargs={"literal_binds": True})  # type: ignore[no-untyped-call]
    return str(compiled).replace("%%", "%")


def _condition(sql: str) -> exp.Expr:
    return sqlglot.parse_one(sql, dialect="postgres")


def _ordered(sql: str) -> exp.Expr:
    """What an element of ORDER BY or of an index puts in order."""
    order = sqlglot.parse_one(f"SELECT 1 ORDER BY {sql}", dialect="postgres").find(exp.Ordered)
    if order is None:
        raise Unreadable(sql)
    tree: exp.Expr = order.this
    return tree.this if isinstance(tree, exp.Collate) else tree


def _parse(sql: str, table: Table, parse: Callable[[str], exp.Expr] = _condition) -> exp.Expr:
    """The tree of ``sql`` with what computed columns are computed from in their place."""

    def expanded(node: exp.Expr) -> exp.Expr:
        column = table.columns[_column_name(node, table)] if isinstance(node, exp.Column) else None
        if column is None or column.computed is None:
            return node
        return exp.Paren(this=_condition(_text(column.computed.sqltext)))

    return parse(sql).transform(expanded)


def _read(sql: str, table: Table) -> Check | None:
    try:
        tree = _parse(sql, table)
        columns = frozenset(_column_name(each, table) for each in tree.find_all(exp.Column))
    except (SqlglotError, Unreadable):
        return None
    return Check(sql, columns, _predicate(tree, table), tuple(_literals(tree)), tuple(_patterns(tree)))


def _predicate(tree: exp.Expr, table: Table) -> Callable[[Row], bool] | None:
    try:
        evaluate = _compile(tree, table)
    except Unreadable:
        return None
    return lambda row: _passes(evaluate, row)


def _passes(evaluate: Evaluate, row: Row) -> bool:
    """NULL passes, as in SQL; so does what can't be compared here: the server decides."""
    try:
        return evaluate(row) is not False
    except (TypeError, ValueError, ArithmeticError, re.error):
        return True


def _literals(tree: exp.Expr) -> Iterator[Any]:
    for literal in tree.find_all(exp.Literal):
        value = _literal(literal)
        yield value
        if isinstance(value, int):
            yield from (value - 1, value + 1)
        if isinstance(value, str):
            try:
                yield dt.date.fromisoformat(value)
            except ValueError:
                continue


def _patterns(tree: exp.Expr) -> Iterator[str]:
    for node in tree.find_all(exp.RegexpLike):
        if isinstance(node.expression, exp.Literal) and node.expression.is_string:
            yield node.expression.this


def _literal(literal: exp.Literal) -> Any:
    if literal.is_string:
        return literal.this
    return int(literal.this) if literal.this.isdigit() else decimal.Decimal(literal.this)


def _column_name(column: exp.Column, table: Table) -> str:
    name = column.name
    if name in table.columns:
        return name
    folded = {each.name.lower(): each.name for each in table.columns}
    if name.lower() not in folded:
        raise Unreadable(name)
    return folded[name.lower()]


def _compile(node: exp.Expr, table: Table) -> Evaluate:
    """A closure for ``node``. Raises Unreadable."""
    for kind, compile_node in NODES:
        if isinstance(node, kind):
            return compile_node(node, table)
    return _function(node, table)


def _column(node: Any, table: Table) -> Evaluate:
    name = _column_name(node, table)
    return lambda row: row.get(name)


def _constant(value: Any) -> Evaluate:
    return lambda _row: value


def _between(node: Any, table: Table) -> Evaluate:
    low = exp.GTE(this=node.this, expression=node.args["low"])
    high = exp.LTE(this=node.this, expression=node.args["high"])
    return _compile(exp.And(this=low, expression=high), table)


def _is(node: Any, table: Table) -> Evaluate:
    left, right = _compile(node.this, table), _compile(node.expression, table)
    negated = bool(node.args.get("negate"))
    return lambda row: (left(row) is right(row)) is not negated


def _connective(node: exp.And | exp.Or, table: Table) -> Evaluate:
    sides = [_compile(node.left, table), _compile(node.right, table)]
    decisive = isinstance(node, exp.Or)

    def evaluate(row: Row) -> bool | None:
        values = [side(row) for side in sides]
        if decisive in values:
            return decisive
        return None if None in values else not decisive

    return evaluate


def _in(node: exp.In, table: Table) -> Evaluate:
    if not node.expressions:
        raise Unreadable(node.sql())
    left = _compile(node.this, table)
    options = [_compile(each, table) for each in node.expressions]

    def evaluate(row: Row) -> bool | None:
        value = left(row)
        return None if value is None else any(operator.eq(*_alike(value, option(row))) for option in options)

    return evaluate


def _anonymous(node: Any, table: Table) -> Evaluate:
    """num_nonnulls() and num_nulls(), which say that exactly one of several columns is set; and ranges of two columns."""
    if node.name.lower() in RANGES:
        bounds = [_compile(each, table) for each in node.expressions]
        return lambda row: _range(*(bound(row) for bound in bounds))
    if node.name.lower() not in COUNTING:
        raise Unreadable(node.sql())
    counts_nulls = COUNTING[node.name.lower()]
    sides = [_compile(each, table) for each in node.expressions]
    return lambda row: sum((side(row) is None) == counts_nulls for side in sides)


def _range(lower: Any, upper: Any, bounds: Any = "[)") -> Range[Any]:
    """Raises ValueError as the server does where the lower bound is above the upper one."""
    if lower is not None and upper is not None and lower > upper:
        raise ValueError("range lower bound must be less than or equal to range upper bound")
    return Range(lower, upper, bounds=bounds)


def _coalesce(node: Any, table: Table) -> Evaluate:
    sides = [_compile(each, table) for each in (node.this, *node.expressions)]
    return lambda row: next((value for side in sides if (value := side(row)) is not None), None)


RANGES = frozenset({"int4range", "int8range", "numrange", "daterange", "tsrange", "tstzrange"})
COUNTING = {"num_nonnulls": False, "num_nulls": True}
NODES: tuple[tuple[type | tuple[type, ...], Callable[[Any, Table], Evaluate]], ...] = (
    ((exp.Paren, exp.Cast), lambda node, table: _compile(node.this, table)),
    (exp.Column, _column),
    (exp.Literal, lambda node, _table: _constant(_literal(node))),
    (exp.Boolean, lambda node, _table: _constant(bool(node.this))),
    (exp.Null, lambda _node, _table: _constant(None)),
    ((exp.And, exp.Or), _connective),
    (exp.In, _in),
    (exp.Between, _between),
    (exp.Is, _is),
    (exp.Coalesce, _coalesce),
    (exp.Anonymous, _anonymous),
)
"""What is not strict: these see NULL, or no value at all."""


def _compared(compare: Callable[[Any, Any], Any]) -> Callable[..., Any]:
    return lambda left, right: compare(*_alike(left, right))


def _alike(left: Any, right: Any) -> tuple[Any, Any]:
    """Two values that can be compared: a text literal takes the other side's type, as PostgreSQL reads it."""
    if isinstance(left, str) and not isinstance(right, str):
        right, left = _alike(right, left)
    elif isinstance(right, str) and not isinstance(left, str):
        right = _as(left, right)
    if isinstance(left, float) or isinstance(right, float):
        return (float(left), float(right)) if isinstance(left, decimal.Decimal | float) else (left, right)
    return left, right


def _as(value: Any, text: str) -> Any:
    if isinstance(value, dt.datetime):
        moment = dt.datetime.fromisoformat(text)
        return moment.replace(tzinfo=dt.UTC) if value.tzinfo and not moment.tzinfo else moment
    if isinstance(value, bool):
        return text.lower() in ("t", "true", "yes", "on", "1")
    for kind in (dt.date, dt.time):
        if isinstance(value, kind):
            return kind.fromisoformat(text)
    return type(value)(text) if isinstance(value, int | float | decimal.Decimal | uuid.UUID) else text


def _like(value: str, pattern: str) -> bool:
    translated = "".join({"%": ".*", "_": "."}.get(char, re.escape(char)) for char in pattern)
    return re.fullmatch(translated, value, re.DOTALL) is not None


FUNCTIONS: dict[type[exp.Expr], Callable[..., Any]] = {
    exp.EQ: _compared(operator.eq),
    exp.NEQ: _compared(operator.ne),
    exp.GT: _compared(operator.gt),
    exp.GTE: _compared(operator.ge),
    exp.LT: _compared(operator.lt),
    exp.LTE: _compared(operator.le),
    exp.Not: operator.not_,
    exp.Neg: operator.neg,
    exp.Add: operator.add,
    exp.Sub: operator.sub,
    exp.Mul: operator.mul,
    exp.Mod: lambda left, right: left - right * int(left / right),
    exp.Abs: abs,
    exp.Length: len,
    exp.Lower: str.lower,
    exp.Upper: str.upper,
    exp.Trim: str.strip,
    exp.Like: _like,
    exp.RegexpLike: lambda value, pattern: re.search(pattern, value) is not None,
}
"""Strict functions and operators: NULL in, NULL out."""


def _function(node: exp.Expr, table: Table) -> Evaluate:
    function = FUNCTIONS.get(type(node))
    if function is None:
        raise Unreadable(node.sql())
    arguments = [
        _compile(each, table) for each in (node.args.get("this"), node.args.get("expression")) if each
    ]

    def evaluate(row: Row) -> Any:
        values = [argument(row) for argument in arguments]
        return None if None in values else function(*values)

    return evaluate
