"""The tree of an expression as plain facts: its operations, its subqueries, and what is known of their columns."""

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any

from sqlalchemy import Column, Dialect, Enum, Select, Table, TextClause, TypeDecorator
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.dialects.postgresql.base import PGDialect
from sqlalchemy.orm import ColumnProperty, Mapper
from sqlalchemy.sql import elements, operators, visitors
from sqlalchemy.sql.elements import (
    BinaryExpression,
    BindParameter,
    BooleanClauseList,
    Case,
    Cast,
    ClauseElement,
    ColumnClause,
    ExpressionClauseList,
    Extract,
    Grouping,
    Label,
    Over,
    UnaryExpression,
    WithinGroup,
)
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.sql.selectable import Exists, ScalarSelect

from harness.core.expression import ColumnFact, Correlation, Operand, Operation, Subquery

DIALECT: Dialect = PGDialect(paramstyle="named")  # type: ignore[no-untyped-call]
"""Shows a percent sign as it is; psycopg's own writes it twice."""
NAMES = {"inv": "not", "is_false": "not", "is_true": "is", "json_getitem": "->", "json_path_getitem": "#>"}
"""Operators that go by several names, or by one that says little."""
COMPARISONS = frozenset(
    {"eq", "ne", "lt", "le", "gt", "ge", "is", "is_not", "in", "not_in", "between", "not"}
)
CALLED = re.compile(r"\b([a-z_]\w*)\s*\(", re.IGNORECASE)
ORDERED = tuple(
    each for each in (WithinGroup, getattr(elements, "AggregateOrderBy", None)) if each is not None
)
"""What gives an aggregate an order from outside; SQLAlchemy 2.0 knows the first only."""
OPERATORS = (BinaryExpression, UnaryExpression, ExpressionClauseList, BooleanClauseList)
WRAPPERS = (Grouping, Label)
LISTING = (operators.in_op, operators.not_in_op)


def operations_in(expression: ClauseElement) -> tuple[Operation, ...]:
    """Every operation of the tree, outermost first."""
    return tuple(_operations(expression, 0, ordered=False))


def subqueries_in(expression: ClauseElement, own: frozenset[Any]) -> tuple[Subquery, ...]:
    """Every SELECT of the tree; columns of the un-aliased tables ``own`` are those of the row outside, unless it reads only those."""
    return tuple(_subqueries(expression, own, exists=False, listed=False))


def facts_about(mapper: Mapper[Any], tables: Iterable[Table]) -> Mapping[str, ColumnFact]:
    """The columns of ``tables`` by ``table.column``."""
    own = {each for each in mapper.tables if isinstance(each, Table)}
    attributes = _attributes(mapper)
    return {
        f"{table.fullname}.{column.name}": ColumnFact(
            attribute=attributes.get(column, f"{table.name}.{column.name}"),
            type_name=_type_name(column.type),
            nullable=bool(column.nullable),
            own=table in own,
            labels=tuple(column.type.enums)
            if isinstance(column.type, Enum) and column.type.native_enum
            else (),
            references=tuple(
                f"{key.column.table.fullname}.{key.column.name}" for key in _resolved(column.foreign_keys)
            ),
            decorator=type(column.type).__name__ if isinstance(column.type, TypeDecorator) else "",
        )
        for table in tables
        for column in table.columns
    }


def _attributes(mapper: Mapper[Any]) -> dict[Column[Any], str]:
    """``Class.attribute`` of every mapped column; the hybrid's own class speaks for its tables."""
    found: dict[Column[Any], str] = {}
    mappers = sorted(mapper.registry.mappers, key=lambda each: (each is not mapper, each.class_.__name__))
    for each in mappers:
        for prop in each.column_attrs if each.configured else ():
            for column in prop.columns if isinstance(prop, ColumnProperty) else ():
                if isinstance(column, Column) and (each is mapper or column.table is each.local_table):
                    found.setdefault(column, f"{each.class_.__name__}.{prop.key}")
    return found


def _resolved(keys: Iterable[Any]) -> Iterator[Any]:
    for key in keys:
        with suppress(Exception):  # points to a table that doesn't exist
            if key.column is not None:
                yield key


def _operations(node: Any, depth: int, *, ordered: bool) -> Iterator[Operation]:
    operation = _operation(node, depth, ordered=ordered)
    if operation is not None:
        yield operation
    yield from _literal_calls(node, depth)
    below = depth + isinstance(node, Select)
    for child in node.get_children():
        yield from _operations(child, below, ordered=isinstance(node, ORDERED))


def _operation(node: Any, depth: int, *, ordered: bool) -> Operation | None:
    if isinstance(node, FunctionElement):
        parts = list(node.clauses)
        return Operation(
            name=str(getattr(node, "name", "")).lower(),
            shown=shown_sql(node),
            type_name=_type_name(getattr(node, "type", None)),
            operands=tuple(_operand(each) for each in parts),
            depth=depth,
            distinct=any(_is_distinct(each) for each in parts),
            ordered=ordered or any(isinstance(each, aggregate_order_by) for each in parts),
        )
    named = _named(node)
    if named is None:
        return None
    name, parts = named
    modifiers = getattr(node, "modifiers", None) or {}
    return Operation(
        name=name,
        shown=shown_sql(node),
        type_name=_type_name(getattr(node, "type", None)),
        operands=tuple(_operand(each) for each in parts),
        depth=depth,
        escape=modifiers.get("escape") or modifiers.get("flags"),
    )


def _named(node: Any) -> tuple[str, list[Any]] | None:
    """The name and the operands of an operator, a cast or an extract."""
    if isinstance(node, Cast | Extract | Case | Over):
        return _construct(node)
    operator = getattr(node, "operator", None) or getattr(node, "modifier", None)
    if operator is None or not isinstance(node, OPERATORS) or _is_distinct(node):
        return None
    if isinstance(node, BinaryExpression):
        return _operator_name(operator), [node.left, node.right]
    return _operator_name(operator), [node.element] if isinstance(node, UnaryExpression) else list(
        node.clauses
    )


def _construct(node: Cast[Any] | Extract | Case[Any] | Over[Any]) -> tuple[str, list[Any]]:
    if isinstance(node, Cast):
        return "cast", [node.clause]
    if isinstance(node, Extract):
        return "extract", [BindParameter(None, str(node.field).lower(), unique=True), node.expr]
    if isinstance(node, Case):
        return "case", [] if node.else_ is None else [node.else_]
    return "over", [node.element]


def _operator_name(operator: Any) -> str:
    symbol = getattr(operator, "opstring", None)
    if symbol:
        return str(symbol)
    name = str(getattr(operator, "__name__", operator)).removesuffix("_op").rstrip("_")
    return NAMES.get(name, name)


def _literal_calls(node: Any, depth: int) -> Iterator[Operation]:
    """Functions that text() and literal_column() call."""
    if is_literal(node):
        text = str(node.text if isinstance(node, TextClause) else node.name)
        for name in CALLED.findall(text):
            yield Operation(name.lower(), text, depth=depth)


def is_literal(node: Any) -> bool:
    """Whether the part of the tree is SQL as text; numbers alone are none, nor is the ``*`` of EXISTS (SELECT * ...)."""
    if not (isinstance(node, TextClause) or (isinstance(node, ColumnClause) and node.is_literal)):
        return False
    text = str(node.text if isinstance(node, TextClause) else node.name)
    return text != "*" and not text.isdigit()


def _operand(node: Any) -> Operand:
    bare = _bare(node)
    literal = isinstance(bare, BindParameter)
    columns = tuple(dict.fromkeys(_columns_below(bare)))
    return Operand(
        shown=shown_sql(bare),
        type_name=_type_name(getattr(bare, "type", None)),
        column=_column_name(bare),
        columns=columns,
        literal=literal,
        value=bare.value if literal else None,
        parts=tuple(_operand(each) for each in bare.clauses)
        if isinstance(bare, ExpressionClauseList)
        else (),
    )


def _bare(node: Any) -> Any:
    while isinstance(node, WRAPPERS) or _is_distinct(node) or isinstance(node, aggregate_order_by):
        node = node.target if isinstance(node, aggregate_order_by) else node.element
    return node


def _is_distinct(node: Any) -> bool:
    return isinstance(node, UnaryExpression) and _operator_name(node.operator) == "distinct"


def _column_name(node: Any) -> str | None:
    """``table.column`` of a table's column, under an alias too."""
    if not isinstance(node, ColumnClause):
        return None
    bases = [
        each
        for each in getattr(node, "base_columns", ())
        if isinstance(each, Column) and isinstance(each.table, Table)
    ]
    return f"{bases[0].table.fullname}.{bases[0].name}" if len(bases) == 1 else None


def _columns_below(node: Any) -> Iterator[str]:
    name = _column_name(node)
    if name is not None:
        yield name
        return
    for child in node.get_children():
        yield from _columns_below(child)


def _subqueries(node: Any, own: frozenset[Any], *, exists: bool, listed: bool) -> Iterator[Subquery]:
    if isinstance(node, Select):
        yield _subquery(node, own, exists=exists, tied=listed or mentions(node, own))
    inside = exists if isinstance(node, Grouping | ScalarSelect) else isinstance(node, Exists)
    listed = listed or isinstance(node, Select) or getattr(node, "operator", None) in LISTING
    for child in node.get_children():
        yield from _subqueries(child, own, exists=inside, listed=listed)


def mentions(node: Any, own: frozenset[Any]) -> bool:
    """Whether a column of ``own`` is mentioned that is none of a subquery that joins the table anew."""
    if isinstance(node, Column):
        return node.table in own
    outer = own.difference(joined_in(node)) if isinstance(node, Select) else own
    return any(mentions(each, outer) for each in node.get_children())


def _subquery(query: Select[Any], own: frozenset[Any], *, exists: bool, tied: bool) -> Subquery:
    froms = _leaves(query.get_final_froms())
    joined = joined_in(query)
    inner = [each for each in froms if each not in own or each in joined] or froms
    correlations: list[Correlation] = []
    predicates: list[Operation] = []
    for criterion in query._where_criteria:  # noqa: SLF001 - has no public reader
        for each in _conjuncts(criterion):
            correlation = _correlation(each, own, inner)
            if correlation is not None:
                correlations.append(correlation)
            else:
                predicates += [
                    part for part in _operations(each, 1, ordered=False) if part.name in COMPARISONS
                ]
    return Subquery(
        tables=tuple(_table_name(each) for each in inner),
        correlations=tuple(correlations),
        predicates=tuple(predicates),
        selected=tuple(_operand(each) for each in query.selected_columns),
        exists=exists,
        limited=query._limit_clause is not None or query._fetch_clause is not None,  # noqa: SLF001 - the same
        ordered=bool(query._order_by_clauses),  # noqa: SLF001 - the same
        distinct=query._distinct,  # noqa: SLF001 - the same
        grouped=bool(query._group_by_clauses),  # noqa: SLF001 - the same
        unjoined=tuple(_table_name(each) for each in _unjoined(query, inner)),
        null_first=_null_first(query._order_by_clauses),  # noqa: SLF001 - the same
        order=_order(query._order_by_clauses),  # noqa: SLF001 - the same
        optional=tuple(_table_name(each) for each in _optional(query.get_final_froms())),
        tied=tied,
    )


def _unjoined(query: Select[Any], inner: list[Any]) -> list[Any]:
    """Of the tables in FROM those that no condition ties to the first, directly or through others or the row outside."""
    if not all(isinstance(getattr(each, "element", each), Table) for each in inner):
        return []  # a function or a subquery in FROM may read the others by itself
    conditions = [*query._where_criteria, *_onclauses(query.get_final_froms())]  # noqa: SLF001 - has no public reader
    parts = [part for condition in conditions for part in _conjuncts(condition)]
    tied = [{table for each in visitors.iterate(part) for table in _table_of(each)} for part in parts]
    reached = {inner[0]}
    while more := {table for each in tied if each & reached for table in each} - reached:
        reached |= more
    return [each for each in inner if each not in reached]


def _table_of(node: Any) -> Iterator[Any]:
    if isinstance(node, ColumnClause) and node.table is not None:
        yield node.table


def _onclauses(froms: Iterable[Any]) -> Iterator[Any]:
    for each in froms:
        if hasattr(each, "onclause"):
            yield each.onclause
            yield from _onclauses([each.left, each.right])


def _null_first(order: Iterable[Any]) -> str | None:
    """The column of ``ORDER BY column DESC``, without NULLS LAST."""
    first = next(iter(order), None)
    if not isinstance(first, UnaryExpression) or _operator_name(first.modifier) != "desc":
        return None
    return _column_name(_bare(first.element))


def _order(clauses: Iterable[Any]) -> tuple[str, ...]:
    """The columns that the rows are ordered by, where it is by columns alone."""
    columns = [_column_name(_bare(_undirected(each))) for each in clauses]
    return () if None in columns else tuple(each for each in columns if each is not None)


def _undirected(clause: Any) -> Any:
    while isinstance(clause, UnaryExpression) and clause.modifier is not None:
        clause = clause.element
    return clause


def _optional(froms: Iterable[Any]) -> list[Any]:
    """What outer joins take in, with rows of it or without."""
    found: list[Any] = []
    for each in froms:
        if hasattr(each, "onclause"):
            found += _leaves([each.right]) if each.isouter or each.full else []
            found += _optional([each.left, each.right])
    return found


def joined_in(query: Select[Any]) -> list[Any]:
    """The tables and aliases that joins in the FROM of ``query`` are made of, which are never correlated away."""
    return _leaves(each for each in query.get_final_froms() if hasattr(each, "onclause"))


def _leaves(froms: Iterable[Any]) -> list[Any]:
    """The tables and aliases that joins are made of."""
    found: list[Any] = []
    for each in froms:
        found += _leaves([each.left, each.right]) if hasattr(each, "onclause") else [each]
    return found


def _table_name(element: Any) -> str:
    base = getattr(element, "element", element)
    return base.fullname if isinstance(base, Table) else str(getattr(element, "name", ""))


def _conjuncts(criterion: Any) -> Iterator[Any]:
    bare = _bare(criterion)
    if isinstance(bare, BooleanClauseList) and _operator_name(bare.operator) == "and":
        for each in bare.clauses:
            yield from _conjuncts(each)
    else:
        yield bare


def _correlation(node: Any, own: frozenset[Any], inner: list[Any]) -> Correlation | None:
    if not (isinstance(node, BinaryExpression) and _operator_name(node.operator) == "eq"):
        return None
    left, right = node.left, node.right
    for mine, other in ((left, right), (right, left)):
        outer_table, inner_table = getattr(other, "table", None), getattr(mine, "table", None)
        if outer_table in own and outer_table not in inner and inner_table in inner:
            names = _column_name(mine), _column_name(other)
            if names[0] is not None and names[1] is not None:
                return Correlation(names[0], names[1])
    return None


def shown_sql(node: Any) -> str:
    """The SQL of a part of the tree on one line, with its literals in place where SQLAlchemy can write them."""
    for options in ({"literal_binds": True}, {}):
        with suppress(Exception):  # a type that has no literal; a part that does not compile by itself
            return " ".join(str(node.compile(dialect=DIALECT, compile_kwargs=options)).split())
    return ""


def _type_name(type_: Any) -> str:
    with suppress(Exception):  # NullType, and users' types without one
        return str(type_.compile(dialect=DIALECT))
    return ""
