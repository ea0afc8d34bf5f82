"""The aliases of one statement as another calls them: a name says nothing about the rows."""

from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import islice, permutations

from sqlglot import exp

from harness.review.statement import QUERY, Query, Relation, conditions, key, relations

_MOST_TRIALS = 24
"""Ways to match the aliases of one table that are tried."""


def with_names_of(before: Query, after: Query) -> tuple[Query, dict[str, str]]:
    """Return ``before`` with the names that ``after`` has for the same CTEs and aliases, and those that changed.

    Where a table has several aliases, those belong together under which most conditions are the same.
    """
    changed: dict[str, str] = {}
    before, after = _with_own_aliases(before), _with_own_aliases(after)
    for names in (_ctes, _aliases):
        renames: dict[str, str] = {}
        olds, news = names(before), names(after)
        for source in [source for source in olds if source in news]:
            if olds[source] != news[source] or len(olds[source]) > 1:
                renames |= _best(before, after, renames, olds[source], news[source])
        new = {old: now for old, now in renames.items() if old != now}
        taken = {name for each in (_ctes, _aliases) for found in each(before).values() for name in found}
        if not (taken - new.keys()) & set(new.values()):
            before, changed = _renamed(before, new), changed | new
    return _without_own_aliases(before), changed


def _with_own_aliases(query: Query) -> Query:
    """A copy in which a table without an alias is its own, where nothing else has its name."""
    copy = query.copy()
    names = Counter(relation.name for select in copy.find_all(exp.Select) for relation in relations(select))
    names.update(cte.alias for cte in copy.find_all(exp.CTE))
    for table in copy.find_all(exp.Table):
        if not table.alias and isinstance(table.this, exp.Identifier) and names[table.name] == 1:
            table.set("alias", exp.TableAlias(this=table.this.copy()))
    return copy


def _without_own_aliases(query: Query) -> Query:
    for table in query.find_all(exp.Table):
        if table.alias == table.name:
            table.set("alias", None)
    return query


def _ctes(query: Query) -> dict[str, list[str]]:
    return {"with": list(dict.fromkeys(cte.alias for cte in query.find_all(exp.CTE)))}


def _aliases(query: Query) -> dict[str, list[str]]:
    """Return the aliases by what they stand for: a table or a CTE, or a query in FROM (as ``(``)."""
    found: dict[str, dict[str, None]] = {}
    for select in query.find_all(exp.Select):
        for relation in relations(select):
            if relation.node.alias:
                source = relation.source if isinstance(relation.node, exp.Table) else "("
                found.setdefault(source, {}).setdefault(relation.name)
    return {source: list(names) for source, names in found.items()}


def _best(
    before: Query, after: Query, fixed: Mapping[str, str], olds: list[str], news: list[str]
) -> dict[str, str]:
    """Return the matching of ``olds`` to ``news`` under which the statements have most in common, the plainest first."""
    wanted = _parts(after)

    def in_common(matching: Mapping[str, str]) -> int:
        parts = _parts(_renamed(before, {**fixed, **matching}))
        return (parts & wanted).total()

    return max(islice(_matchings(olds, news), _MOST_TRIALS), key=in_common)


def _matchings(olds: list[str], news: list[str]) -> Iterator[dict[str, str]]:
    same = [name for name in olds if name in news]
    yield {name: name for name in same} | dict(
        zip(
            [name for name in olds if name not in same],
            [name for name in news if name not in same],
            strict=False,
        )
    )
    if len(olds) <= len(news):
        yield from (dict(zip(olds, chosen, strict=True)) for chosen in permutations(news, len(olds)))
    else:
        yield from (dict(zip(chosen, news, strict=True)) for chosen in permutations(olds, len(news)))


def _parts(query: Query) -> Counter[str]:
    parts: Counter[str] = Counter()
    for select in query.find_all(exp.Select):
        pieces = [*conditions(select.args.get("where")), *select.expressions]
        pieces += [condition for relation in relations(select) for condition in _of(relation)]
        parts.update(key(piece) for piece in pieces if not any(piece.find_all(*QUERY)))
    return parts


def _of(relation: Relation) -> list[exp.Expr]:
    return [relation.node, *relation.on]


def _renamed(query: Query, renames: Mapping[str, str]) -> Query:
    copy = query.copy()
    ctes = {cte.alias for cte in copy.find_all(exp.CTE)}
    for identifier in copy.find_all(exp.Identifier):
        place = (type(identifier.parent), identifier.arg_key)
        of_cte = place == (exp.Table, "this") and identifier.name in ctes
        if of_cte or place in {(exp.TableAlias, "this"), (exp.Column, "table")}:
            identifier.set("this", renames.get(identifier.name, identifier.name))
    return copy
