"""What an expression's tree says before any data: tables and columns read, and the marks of known mistakes."""

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any

from sqlalchemy import (
    Alias,
    Column,
    Date,
    DateTime,
    Interval,
    Select,
    Table,
    Time,
    TypeDecorator,
    not_,
    select,
)
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import QueryableAttribute
from sqlalchemy.sql import operators, visitors
from sqlalchemy.sql.elements import (
    BinaryExpression,
    ClauseElement,
    CollationClause,
    ColumnElement,
    Label,
    _anonymous_label,
)
from sqlalchemy.sql.selectable import CTE, CompoundSelect

from harness.core.observation import Structure
from harness.evaluation.operations import (
    facts_about,
    is_literal,
    mentions,
    operations_in,
    shown_sql,
    subqueries_in,
)
from harness.evaluation.subject import Subject

TEMPORAL = (DateTime, Date, Time, Interval)
ORDERINGS = frozenset({operators.lt, operators.le, operators.gt, operators.ge, operators.between_op})
BY_CODE_POINT = re.compile(r"(C|POSIX|ucs_basic|pg_c_utf8|pg_unicode_fast|C\..*)", re.IGNORECASE)
"""Collations that order text as Python does."""
ENCLOSED = re.compile(r"'[^']*'|\"[^\"]*\"|\([^()]*\)|\bCASE\b((?!\bCASE\b).)*?\bEND\b", re.IGNORECASE)
"""Parts of SQL that hold together: texts, names, what is in parentheses, CASE."""
JOINED = re.compile(r"\b(AND|OR)\b", re.IGNORECASE)


def structure_of(subject: Subject, expression: ClauseElement, unbound: tuple[str, ...]) -> Structure:
    """The facts of ``expression``, which is the hybrid's on the un-aliased class."""
    own = frozenset(subject.mapper.tables)
    columns = sorted({f"{column.table.fullname}.{column.name}" for column in columns_in(expression)})
    return Structure(
        foreign_tables=_foreign_tables(expression, own),
        own_table_under_alias=_left_behind(subject, own),
        self_correlated=tuple(_self_correlated(expression, own)),
        unbound=unbound,
        union_all_recursion=tuple(_union_all_recursion(expression)),
        tables=tuple(sorted({table.fullname for table in tables_in(expression)})),
        columns=tuple(columns),
        declared_type=type(getattr(expression, "type", None)).__name__,
        type_name=type(_plain(getattr(expression, "type", None))).__name__,
        temporal=_temporal(expression),
        relationships=tuple(_related(subject, tables_in(expression) - own)),
        label_of_column=_label_of_column(subject, expression),
        collated_order=tuple(_collated_order(expression)),
        uncorrelated_alone=_uncorrelated_alone(expression, own),
        operations=operations_in(expression),
        subqueries=subqueries_in(expression, own),
        facts=facts_about(
            subject.mapper, [each for each in own | tables_in(expression) if isinstance(each, Table)]
        ),
        literal=any(map(is_literal, visitors.iterate(expression))),
        correlates_to_class=_correlates_to_class(subject, own),
        depends_on_row=mentions(expression, own),
        expression_ignored=_expression_ignored(subject, expression),
        unparenthesized=_unparenthesized(expression),
    )


def _expression_ignored(subject: Subject, expression: ClauseElement) -> bool:
    """Whether the expression of the hybrid, called by hand, is other SQL than the class answers with."""
    descriptor = subject.mapper.all_orm_descriptors.get(subject.attribute)
    if not isinstance(descriptor, hybrid_property) or descriptor.expr is None or subject.compares:
        return False
    attached = descriptor.expr(subject.entity)
    return isinstance(attached, ClauseElement | QueryableAttribute) and shown_sql(attached) != shown_sql(
        expression
    )


def _unparenthesized(expression: ClauseElement) -> str:
    """The SQL where it falls apart beside an operator: text with OR in it, an operator of the user's that claims to bind tightly."""
    while isinstance(expression, Label):
        expression = expression.element
    if not isinstance(expression, ColumnElement):
        return ""
    sql = shown_sql(expression)
    outside = sql
    while (without := ENCLOSED.sub("", outside)) != outside:
        outside = without
    if JOINED.search(outside) is None:
        return ""
    with suppress(Exception):  # a comparator is the user's code
        if shown_sql(not_(expression)) == f"NOT {sql}" or shown_sql(expression.is_(None)) == f"{sql} IS NULL":
            return sql
    return ""


def columns_in(element: ClauseElement) -> frozenset[Column[Any]]:
    """Every table column that the tree mentions, through aliases, subqueries and CTEs."""
    found: set[Column[Any]] = set()
    for each in visitors.iterate(element):
        for base in getattr(each, "base_columns", ()):
            if isinstance(base, Column) and isinstance(base.table, Table):
                found.add(base)
    return frozenset(found)


def tables_in(element: ClauseElement) -> frozenset[Table]:
    """Every table that the tree reads."""
    named = {each for each in visitors.iterate(element) if isinstance(each, Table)}
    return frozenset(
        named | {column.table for column in columns_in(element) if isinstance(column.table, Table)}
    )


def _label_of_column(subject: Subject, expression: ClauseElement) -> str | None:
    name = expression.name if isinstance(expression, Label) else None
    taken = {prop.key for prop in subject.mapper.column_attrs} | {c.key for c in subject.mapper.columns}
    return name if name in taken and name != subject.attribute else None


def _collated_order(expression: ClauseElement) -> Iterator[str]:
    for each in visitors.iterate(expression):
        if not (isinstance(each, BinaryExpression) and each.operator in ORDERINGS):
            continue
        sides = (each.left, each.right)
        named = [*filter(None, map(_explicit_collation, sides)), *filter(None, map(_column_collation, sides))]
        if named and not BY_CODE_POINT.fullmatch(named[0]):
            yield shown_sql(each)


def _explicit_collation(operand: Any) -> str | None:
    if isinstance(operand, BinaryExpression) and isinstance(operand.right, CollationClause):
        return str(operand.right.collation)
    return None


def _column_collation(operand: Any) -> str | None:
    return getattr(_plain(getattr(operand, "type", None)), "collation", None)


def _uncorrelated_alone(expression: ClauseElement, own: frozenset[Any]) -> bool:
    if not isinstance(expression, ColumnElement) or next(iter(_selects(expression)), None) is None:
        return False  # nor can all parts of PostgreSQL's SQL, such as slices, be looked at in this way
    mentioned = {column.table for column in columns_in(expression)}
    froms = select(expression).columns_clause_froms
    return bool(mentioned & own) and not any(own & tables_in(each) for each in froms)


def _related(subject: Subject, tables: frozenset[Any]) -> list[str]:
    """Relationships of the class to the tables that the expression reads, without options that forbid a join."""
    return sorted(each.key for each in subject.mapper.relationships if each.mapper.local_table in tables)


def _temporal(expression: ClauseElement) -> bool:
    """Whether any part of the tree is a date, a time or a span."""
    types = (getattr(each, "type", None) for each in visitors.iterate(expression))
    columns = (column.type for column in columns_in(expression))
    return any(isinstance(_plain(each), TEMPORAL) for each in (*types, *columns))


def _plain(type_: Any) -> Any:
    return _plain(type_.impl_instance) if isinstance(type_, TypeDecorator) else type_


def _foreign_tables(expression: ClauseElement, own: frozenset[Any]) -> tuple[str, ...]:
    froms = getattr(expression, "_from_objects", ())
    tables = {each for each in froms if isinstance(each, Table) and each not in own}
    return tuple(sorted(table.fullname for table in tables))


def _left_behind(subject: Subject, own: frozenset[Any]) -> tuple[str, ...]:
    """Columns of the un-aliased table that remain when the hybrid is built on an alias."""
    return tuple(
        sorted(
            {
                f"{each.table.fullname}.{each.name}"
                for element in _on_alias(subject)
                for each in visitors.iterate(element)
                if isinstance(each, Column) and each.table in own
            }
        )
    )


def _on_alias(subject: Subject) -> Iterator[Any]:
    """The hybrid's expression on an alias; nothing where it raises there, which the position under an alias tells."""
    with suppress(Exception):
        yield subject.alias().element


def _correlates_to_class(subject: Subject, own: frozenset[Any]) -> bool:
    """Whether a subquery names the un-aliased table to correlate to when the hybrid is built on an alias."""
    selects = (each for element in _on_alias(subject) for each in _selects(element))
    return any(own.intersection(each._correlate) for each in selects)  # noqa: SLF001 - has no public reader


def _self_correlated(expression: ClauseElement, own: frozenset[Any]) -> Iterator[str]:
    """Predicates inside a subquery that compare two columns of the class's own un-aliased table."""
    for query in _selects(expression):
        for criterion in query._where_criteria:  # noqa: SLF001 - has no public reader
            for each in visitors.iterate(criterion):
                if isinstance(each, BinaryExpression) and _both_own(each, own):
                    yield shown_sql(each)


def _selects(expression: ClauseElement) -> Iterable[Select[Any]]:
    return (each for each in visitors.iterate(expression) if isinstance(each, Select))


def _both_own(binary: BinaryExpression[Any], own: frozenset[Any]) -> bool:
    left, right = getattr(binary.left, "table", None), getattr(binary.right, "table", None)
    return left is not None and left in own and right is left and binary.left is not binary.right


def _union_all_recursion(expression: ClauseElement) -> Iterator[str]:
    for each in visitors.iterate(expression):
        cte = each.element if isinstance(each, Alias) else each
        if not (isinstance(cte, CTE) and cte.recursive and isinstance(cte.element, CompoundSelect)):
            continue
        if "ALL" in cte.element.keyword.name:
            yield "" if isinstance(cte.name, _anonymous_label) else cte.name
