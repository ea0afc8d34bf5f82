"""What columns of a query are called, which says nothing about the rows: labels that nobody reads, and those that changed."""

from collections.abc import Iterator

from sqlglot import exp

from harness.review.statement import QUERY, Query, Relation, relation_of, relations, selects_of

_NO_ROWS_MORE = (exp.Column, exp.Literal, exp.Null, exp.Star, exp.Boolean)
"""What a select list may hold without a say in how many rows there are."""


def without_idle_labels(query: Query) -> Query:
    """Return ``query``, changed in place, without labels that no name refers to, and with 1 for all that EXISTS selects."""
    for select in list(query.find_all(exp.Select)):
        idle = _unnamed_outside(select)
        for each in list(select.expressions):
            if isinstance(each, exp.Alias) and (_as_the_column(each) or (idle and not _read(each, select))):
                each.replace(each.this)
    for exists in query.find_all(exp.Exists):
        select = exists.this
        if isinstance(select, exp.Select) and all(isinstance(e, _NO_ROWS_MORE) for e in select.expressions):
            select.set("expressions", [exp.Literal.number(1)])
    return query


def _as_the_column(alias: exp.Alias) -> bool:
    column = alias.this
    return isinstance(column, exp.Column) and column.this == alias.args["alias"]


def _read(alias: exp.Alias, select: exp.Select) -> bool:
    """Whether a name without a table, as in ORDER BY, may be this label."""
    return any(column.name == alias.alias and not column.table for column in select.find_all(exp.Column))


def _unnamed_outside(select: exp.Select) -> bool:
    """Whether the columns of ``select`` have no names for what is around it: a scalar subquery, or the second part of a UNION."""
    node: exp.Expr = select
    while node.parent is not None:
        if isinstance(node.parent, exp.SetOperation):
            if node.arg_key == "expression":
                return True
        elif isinstance(node.parent, exp.CTE | exp.Subquery | exp.Lateral):
            if _columns_of_alias(node.parent):
                return True
        else:
            return not isinstance(node.parent, exp.From | exp.Join | exp.With)
        node = node.parent
    return False


def _columns_of_alias(node: exp.Expr) -> list[exp.Expr]:
    alias = node.args.get("alias")
    return list(alias.args.get("columns") or ()) if isinstance(alias, exp.TableAlias) else []


def with_labels_of(before: Query, after: Query) -> tuple[Query, dict[str, str]]:
    """Return ``before`` with the columns of its CTEs and its queries in FROM called as ``after`` calls them, and what changed.

    Columns belong together that have one name, and of the others those in the same place, where as many are left on both sides.
    """
    copy = before.copy()
    told: dict[str, str] = {}
    olds, news = _definitions(copy), _definitions(after)
    for name in [name for name in olds if len(olds[name]) == len(news.get(name, ()))]:
        for old, new in zip(olds[name], news[name], strict=True):
            renames = _renames(_labels(old), _labels(new))
            told |= {f"{name}.{was}": f"{name}.{now}" for was, now in renames.items()}
            for column in [each for each in copy.find_all(exp.Column) if _is_of(each, old, copy)]:
                if column.name in renames:
                    column.set("this", exp.to_identifier(renames[column.name]))
            _relabel(old, renames)
    return copy, told


def _definitions(query: Query) -> dict[str, list[exp.Expr]]:
    """The nodes that give a name to a query inside of ``query``: CTEs, and what FROM has in parentheses."""
    found: dict[str, list[exp.Expr]] = {}
    for cte in query.find_all(exp.CTE):
        found.setdefault(cte.alias, []).append(cte)
    for select in query.find_all(exp.Select):
        for relation in relations(select):
            if relation.query is not None:
                found.setdefault(relation.name, []).append(relation.node)
    return found


def _first_select(definition: exp.Expr) -> exp.Select | None:
    query = definition.this if isinstance(definition, exp.CTE) else Relation(definition, None).query
    selects = selects_of(query) if isinstance(query, QUERY) else []
    return selects[0] if selects else None


def _labels(definition: exp.Expr) -> list[str]:
    columns = _columns_of_alias(definition)
    if columns:
        return [each.name for each in columns]
    select = _first_select(definition)
    return [] if select is None else [each.alias_or_name for each in select.expressions]


def _renames(olds: list[str], news: list[str]) -> dict[str, str]:
    gone = [name for name in olds if name not in news]
    fresh = [name for name in news if name not in olds]
    return dict(zip(gone, fresh, strict=True)) if len(gone) == len(fresh) else {}


def _is_of(column: exp.Column, definition: exp.Expr, top: Query) -> bool:
    """Whether ``column`` is one of what ``definition`` defines."""
    relation = relation_of(column, top)
    return relation is not None and (relation.node is definition or _cte_of(relation.node) is definition)


def _cte_of(relation: exp.Expr) -> exp.Expr | None:
    """The CTE that a table names: of several with its name, the one of the innermost query around it."""
    node: exp.Expr | None = relation if isinstance(relation, exp.Table) and not relation.db else None
    while node is not None:
        with_ = node.args.get("with_")
        found: list[exp.Expr] = [] if with_ is None else with_.expressions
        for cte in found:
            if cte.alias == relation.name:
                return cte
        node = node.parent
    return None


def _relabel(definition: exp.Expr, renames: dict[str, str]) -> None:
    columns = _columns_of_alias(definition)
    for each in columns or _outputs(definition):
        new = renames.get(each.name if columns else each.alias_or_name)
        if new is None:
            continue
        if isinstance(each, exp.Identifier):
            each.set("this", new)
        else:
            each.replace(exp.alias_(each.unalias().copy(), new))


def _outputs(definition: exp.Expr) -> Iterator[exp.Expr]:
    select = _first_select(definition)
    yield from list(select.expressions) if select is not None else ()
