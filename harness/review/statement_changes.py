"""What changed from one select to another: queries matched by name and place, their clauses compared one by one."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from sqlglot import exp

from harness.review.changes import Change, Kind
from harness.review.edits import paired
from harness.review.expression_changes import condition_changes, predicate_changes, regrouped, value_changes
from harness.review.statement import (
    QUERY,
    Query,
    Relation,
    conditions,
    described,
    key,
    label,
    listed,
    outer_references,
    queries_in,
    relations,
    selects_of,
    text,
    without_queries,
)

_COMPARED = frozenset(
    {
        "expressions",
        "from_",
        "joins",
        "where",
        "having",
        "group",
        "order",
        "distinct",
        "limit",
        "offset",
        "with_",
    }
)
_CLAUSES = (
    ("group", Kind.GROUPING, "GROUP BY"),
    ("order", Kind.ORDER, "ORDER BY"),
    ("limit", Kind.LIMIT, "LIMIT"),
    ("offset", Kind.LIMIT, "OFFSET"),
)
_WORDS = {"locks": "FOR UPDATE or FOR SHARE", "windows": "WINDOW"}


@dataclass(frozen=True, slots=True)
class Place:
    """Where in the statement: ``name`` for people, empty for the whole of it.

    ``recursive`` says that it is the body of a recursive CTE; ``untied`` are the outer relations that a correlated subquery
    around this place no longer refers to, which has been told.
    """

    name: str = ""
    recursive: bool = False
    untied: frozenset[str] = frozenset()

    @property
    def where(self) -> str:
        """The place as a part of a sentence."""
        return f" in {self.name}" if self.name else ""

    def inside(self, name: str, *, recursive: bool = False) -> "Place":
        """Return a place within this one."""
        return replace(self, name=name, recursive=recursive)


def statement_changes(before: Query, after: Query) -> list[Change]:
    """Tell in what ``after`` means something else than ``before``, the gravest first."""
    changes = dict.fromkeys(_query_changes(before, after, Place()))
    return sorted(changes, key=lambda change: change.rank)


def _query_changes(before: Query, after: Query, place: Place) -> Iterator[Change]:
    if key(before) == key(after):
        return
    yield from _cte_changes(before, after, place)
    if isinstance(before, exp.Select) and isinstance(after, exp.Select):
        yield from _select_changes(before, after, place)
    else:
        yield from _set_operation_changes(before, after, place)


def _cte_changes(before: Query, after: Query, place: Place) -> Iterator[Change]:
    olds, news = _ctes(before), _ctes(after)
    in_from = _queries_in_from(before)
    for name, new in news.items():
        if name in in_from and name not in olds:
            yield Change(Kind.CLAUSE, f"Subquery `{name}` in FROM became a CTE{place.where}.")
            yield from _query_changes(in_from[name], new.this, place.inside(f"CTE `{name}`"))
        elif name not in olds:
            yield Change(Kind.SUBQUERY_ADDED, f"CTE added{place.where}: `{name}`.")
        elif isinstance(olds[name].this, QUERY) and isinstance(new.this, QUERY):
            recursive = bool(new.parent and new.parent.args.get("recursive"))
            inner = place.inside(f"CTE `{name}`", recursive=recursive)
            yield from _query_changes(olds[name].this, new.this, inner)
            if olds[name].args.get("materialized") != new.args.get("materialized"):
                yield Change(Kind.CLAUSE, f"MATERIALIZED changed in {inner.name}.")
    in_from = _queries_in_from(after)
    for name, old in olds.items():
        if name in in_from and name not in news:
            yield Change(Kind.CLAUSE, f"CTE `{name}` became a subquery in FROM{place.where}.")
            yield from _query_changes(old.this, in_from[name], place.inside(f"the subquery `{name}`"))
        elif name not in news:
            yield Change(Kind.SUBQUERY_REMOVED, f"CTE removed{place.where}: `{name}`.")


def _ctes(query: Query) -> dict[str, exp.CTE]:
    with_ = query.args.get("with_")
    return {} if with_ is None else {cte.alias: cte for cte in with_.expressions}


def _queries_in_from(query: Query) -> dict[str, Query]:
    read = (relation for select in selects_of(query) for relation in relations(select))
    return {relation.name: relation.query for relation in read if relation.query is not None}


def _set_operation_changes(before: Query, after: Query, place: Place) -> Iterator[Change]:
    (words_before, olds), (words_after, news) = _branches(before), _branches(after)
    if len(olds) != len(news):
        yield from _branches_added_or_removed(olds, news, words_before or words_after, place)
        return
    for old, new in zip(words_before, words_after, strict=True):
        if old != new:
            effect = _effect(old, new, recursive=place.recursive)
            yield Change(Kind.SET_OPERATION, f"{old} became {new}{place.where}{effect}.")
    for number, (first, second) in enumerate(zip(olds, news, strict=True)):
        yield from _query_changes(first, second, place.inside(_branch_name(number, place)))
    yield from _clause_changes(before, after, place)


def _branches(query: exp.Expr) -> tuple[list[str], list[Query]]:
    """Return the words of the set operations, and the queries between them."""
    if isinstance(query, exp.Subquery):
        return _branches(query.unnest())
    if not isinstance(query, exp.SetOperation):
        return [], [query] if isinstance(query, exp.Select) else []
    (left_words, left), (right_words, right) = _branches(query.left), _branches(query.right)
    word = type(query).__name__.upper() + ("" if query.args.get("distinct") else " ALL")
    return [*left_words, word, *right_words], [*left, *right]


def _branch_name(number: int, place: Place) -> str:
    if place.recursive:
        return f"the {'recursive part' if number else 'start'} of {place.name}"
    return f"part {number + 1} of {place.name or 'the set operation'}"


def _effect(old: str, new: str, *, recursive: bool) -> str:
    if (old, new) == ("UNION", "UNION ALL"):
        return f": duplicates stay{', and a circle in the rows never ends' if recursive else ''}"
    if (old, new) == ("UNION ALL", "UNION"):
        return ": duplicates go"
    return ""


def _branches_added_or_removed(
    olds: Sequence[Query], news: Sequence[Query], words: Sequence[str], place: Place
) -> Iterator[Change]:
    word = words[0]
    changed, gone, new = paired(olds, news)
    for old, fresh in changed:
        yield from _query_changes(old, fresh, place)
    for query in gone:
        yield Change(Kind.SET_OPERATION, f"Part of {word} removed{place.where}: {_part(query)}.")
    for query in new:
        yield Change(Kind.SET_OPERATION, f"Part of {word} added{place.where}: {_part(query)}.")


def _part(query: Query) -> str:
    """What a part is about, or all of it where it reads from nothing."""
    return described(query) if any(map(relations, selects_of(query))) else text(query)


def _select_changes(before: exp.Select, after: exp.Select, place: Place) -> Iterator[Change]:
    yield from _relation_changes(before, after, place)
    yield from _projection_changes(before, after, place)
    yield from _distinct_changes(before, after, place)
    yield from _condition_changes(
        conditions(before.args.get("having")), conditions(after.args.get("having")), place, "HAVING condition"
    )
    yield from _clause_changes(before, after, place)
    for name in sorted((before.args.keys() | after.args.keys()) - _COMPARED):
        if key(before.args.get(name)) != key(after.args.get(name)):
            clause = _WORDS.get(name, name.strip("_").upper())
            yield Change(Kind.CLAUSE, f"{clause} changed{place.where}.")


def _relation_changes(before: exp.Select, after: exp.Select, place: Place) -> Iterator[Change]:
    """Joins, and the predicates of WHERE with those of inner joins, which are no different."""
    olds = {relation.name: relation for relation in relations(before)}
    news = {relation.name: relation for relation in relations(after)}
    gone = [relation for name, relation in olds.items() if name not in news]
    added = [relation for name, relation in news.items() if name not in olds]
    if len(gone) == len(added) == 1 and gone[0].join is None and added[0].join is None:
        became = f"{text(gone[0].node)} became {text(added[0].node)}"
        yield Change(Kind.FROM, f"FROM changed{place.where}: {became}.")
    else:
        for each in gone:
            yield Change(Kind.JOIN_REMOVED, f"{_told(each, 'removed', place, alone=not news)}.")
        for each in added:
            yield Change(Kind.JOIN_ADDED, f"{_told(each, 'added', place, alone=not olds)}.")
    both = [(relation, news[name]) for name, relation in olds.items() if name in news]
    inner = {old.name for old, new in both if not old.side and not new.side}
    pools = _pool(before, inner), _pool(after, inner)
    moved: set[str] = set()
    for old, new in both:
        if old.side and old.side == new.side:
            yield from _moves(old, new, pools, place, moved)
    for old, new in both:
        yield from _join_changes(old, new, place, moved)
    yield from _condition_changes(_but(pools[0], moved), _but(pools[1], moved), place, "Predicate")


def _moves(
    old: Relation, new: Relation, pools: tuple[list[exp.Expr], list[exp.Expr]], place: Place, moved: set[str]
) -> Iterator[Change]:
    """Conditions that an outer join no longer asks of a match but WHERE of a row, or the other way round; ``moved`` gets them."""
    before, after = (set(map(key, pool)) for pool in pools)
    on_before, on_after = set(map(key, old.on)), set(map(key, new.on))
    words = {"LEFT": "rows", "RIGHT": f"rows of `{new.name}`", "FULL": "rows"}
    ends = (
        (old.on, (on_before - on_after) & (after - before), "ON of `{}` to WHERE", "drop out"),
        (new.on, (on_after - on_before) & (before - after), "WHERE to ON of `{}`", "stay, with NULL"),
    )
    for conditions_, keys, way, end in ends:
        for each in (each for each in conditions_ if key(each) in keys):
            moved.add(key(each))
            told = f"{text(each)} from {way.format(new.name)}, so {words[new.side]} without a match {end}"
            yield Change(Kind.PREDICATE_CHANGED, f"Predicate moved{place.where}: {told}.")


def _but(pool: Sequence[exp.Expr], keys: set[str]) -> list[exp.Expr]:
    return [each for each in pool if key(each) not in keys]


def _told(relation: Relation, verb: str, place: Place, *, alone: bool) -> str:
    if alone and relation.join is None:
        return f"FROM {verb}{place.where}: {text(relation.node)}"
    bare = relation.join is not None and not relation.on
    kind = relation.kind.replace("JOIN", "CROSS JOIN", 1) if bare else relation.kind
    on = f" ON {' AND '.join(map(text, relation.on))}" if relation.on else ""
    return f"Join {verb}{place.where}: {kind} {text(relation.node)}{on}"


def _join_changes(old: Relation, new: Relation, place: Place, moved: set[str]) -> Iterator[Change]:
    name = f"`{new.name}`"
    if old.side != new.side:
        yield Change(
            Kind.JOIN_KIND,
            f"Join of {name} changed{place.where}: {old.kind} became {new.kind}{_join_effect(old, new)}.",
        )
    elif old.kind != new.kind:
        yield Change(Kind.JOIN_KIND, f"Join of {name} changed{place.where}: {old.kind} became {new.kind}.")
    if old.using != new.using:
        became = " became ".join(f"`USING ({', '.join(each.using)})`" for each in (old, new))
        yield Change(Kind.PREDICATE_CHANGED, f"Join condition of {name} changed{place.where}: {became}.")
    if old.side or new.side:
        noun = f"Join condition of {name}"
        yield from _condition_changes(_but(old.on, moved), _but(new.on, moved), place, noun)
    if old.query is not None and new.query is not None:
        yield from _nested_changes(old.query, new.query, place.inside(f"the subquery {name}"))
    elif (old.query is None) != (new.query is None) and old.source != new.source:
        was, now = ("a subquery" if each.query is not None else text(each.alone) for each in (old, new))
        yield Change(Kind.FROM, f"FROM changed{place.where}: {name} was {was} and is {now} now.")
    elif old.source != new.source:
        yield Change(
            Kind.FROM,
            f"{name} stands for another table{place.where}: `{old.source}` became `{new.source}`.",
        )
    elif old.query is new.query is None and key(old.alone) != key(new.alone):
        yield Change(Kind.FROM, f"FROM changed{place.where}: {text(old.alone)} became {text(new.alone)}.")


def _join_effect(old: Relation, new: Relation) -> str:
    words = {"LEFT": "rows", "RIGHT": f"rows of `{new.name}`"}
    ends = []
    for side, rows in words.items():
        kept_before, kept_after = old.side in {side, "FULL"}, new.side in {side, "FULL"}
        if kept_before != kept_after:
            ends.append(f"{rows} without a match {'stay, with NULL' if kept_after else 'drop out'}")
    return f", so {', and '.join(ends)}"


def _pool(select: exp.Select, joined: set[str]) -> list[exp.Expr]:
    on = [each for relation in relations(select) if relation.name in joined for each in relation.on]
    return [*conditions(select.args.get("where")), *on]


def _projection_changes(before: exp.Select, after: exp.Select, place: Place) -> Iterator[Change]:
    olds, news = before.expressions, after.expressions
    names = [node.alias_or_name for node in olds], [node.alias_or_name for node in news]
    if len(olds) == len(news):
        pairs = list(zip(olds, news, strict=True))
    else:
        pairs = [
            (old, news[names[1].index(name)])
            for old, name in zip(olds, names[0], strict=True)
            if name in names[1]
        ]
    told_old, told_new = {id(old) for old, _ in pairs}, {id(new) for _, new in pairs}
    for old, new in pairs:
        yield from _expression_changes(old.unalias(), new.unalias(), place)
        if old.alias_or_name != new.alias_or_name and key(old.unalias()) == key(new.unalias()):
            yield Change(
                Kind.NAMES,
                f"Column renamed{place.where}: `{old.alias_or_name}` is called `{new.alias_or_name}` now.",
            )
    for old in olds:
        if id(old) not in told_old:
            yield Change(Kind.VALUE, f"Result column removed{place.where}: {text(old)}.")
    for new in news:
        if id(new) not in told_new:
            yield Change(Kind.VALUE, f"Result column added{place.where}: {text(new)}.")


def _distinct_changes(before: exp.Select, after: exp.Select, place: Place) -> Iterator[Change]:
    old, new = before.args.get("distinct"), after.args.get("distinct")
    if old is not None and new is None:
        yield Change(Kind.DISTINCT_DROPPED, f"DISTINCT dropped{place.where}: rows that are alike all stay.")
    elif new is not None and old is None:
        yield Change(Kind.DISTINCT_ADDED, f"DISTINCT added{place.where}: of rows that are alike one stays.")
    elif old is not None and new is not None and key(old) != key(new):
        yield Change(Kind.CLAUSE, f"DISTINCT ON changed{place.where}: {text(old)} became {text(new)}.")


def _clause_changes(before: Query, after: Query, place: Place) -> Iterator[Change]:
    for name, kind, words in _CLAUSES:
        old, new = before.args.get(name), after.args.get(name)
        if key(old) == key(new):
            continue
        if new is None and old is not None:
            yield Change(kind, f"{words} dropped{place.where}: {_clause(old)}.")
        elif old is None and new is not None:
            yield Change(kind, f"{words} added{place.where}: {_clause(new)}.")
        elif old is not None and new is not None:
            yield Change(kind, f"{words} changed{place.where}: {_clause(old)} became {_clause(new)}.")


def _clause(node: exp.Expr) -> str:
    if isinstance(node, exp.Limit | exp.Offset):
        return text(node.expression)
    return ", ".join(map(text, node.expressions))


def _condition_changes(
    before: Sequence[exp.Expr], after: Sequence[exp.Expr], place: Place, noun: str
) -> Iterator[Change]:
    """Conditions that hold queries are matched first, by the words around the query."""
    if (other := regrouped(before, after, place.where, noun)) is not None:
        yield other
        return
    changed, gone, new = paired(before, after)
    plain_gone = [node for node in gone if not _refers(node, place.untied)]
    for old, fresh in changed:
        yield from _expression_changes(old, fresh, place, noun)
    yield from condition_changes(
        [without_queries(node) for node in plain_gone],
        [without_queries(node) for node in new],
        place.where,
        noun,
    )


def _refers(node: exp.Expr, names: frozenset[str]) -> bool:
    return any(column.table in names for column in node.find_all(exp.Column))


def _expression_changes(
    before: exp.Expr, after: exp.Expr, place: Place, noun: str | None = None
) -> Iterator[Change]:
    """Tell what changed in the queries inside, then in what is around them."""
    if key(before) == key(after):
        return
    words: dict[int, str] = {}
    for old, new in _matched(list(queries_in(before)), list(queries_in(after))):
        words[id(old)] = label(new)
        yield from _nested_changes(old, new, place.inside(described(new)))
    around_before, around_after = without_queries(before, words), without_queries(after)
    if key(around_before) == key(around_after):
        return
    if noun is None:
        yield from value_changes(around_before, around_after, place.where)
    else:
        yield from predicate_changes(around_before, around_after, place.where, noun)


def _matched(olds: list[Query], news: list[Query]) -> list[tuple[Query, Query]]:
    """Which query became which, those that stayed left out: of as many, that on the same table, or else in the same place."""
    if len(olds) != len(news):
        return paired(olds, news)[0]
    olds, news = _others(olds, news), _others(news, olds)
    pairs = []
    for old in list(olds):
        same = next((new for new in news if label(new) == label(old)), None)
        if same is not None:
            pairs.append((old, same))
            olds.remove(old)
            news.remove(same)
    return [*pairs, *zip(olds, news, strict=True)]


def _others(queries: list[Query], others: list[Query]) -> list[Query]:
    """Those of ``queries`` that are not among ``others``, one for one."""
    left = [key(each) for each in others]
    found = []
    for query in queries:
        if key(query) in left:
            left.remove(key(query))
        else:
            found.append(query)
    return found


def _nested_changes(before: Query, after: Query, place: Place) -> Iterator[Change]:
    """Tell whether a subquery still depends on the row around it, then what else changed in it."""
    if key(before) == key(after):
        return
    old, new = outer_references(before), outer_references(after)
    untied = [name for name in old if name not in new and name not in place.untied]
    tied = [name for name in new if name not in old]
    if untied and not new:
        # IN may compare with the outer row what the subquery no longer does.
        if _after_in(before) or not _after_in(after):
            sentence = f"Correlation lost: {place.name} {_lost(before, after, untied)}."
            yield Change(Kind.CORRELATION_LOST, sentence)
    elif untied:
        sentence = f"Correlation changed: {place.name} no longer refers to the outer {listed(untied)}."
        yield Change(Kind.CORRELATION_CHANGED, sentence)
    if tied:
        sentence = f"Correlation added: {place.name} refers to the outer {listed(tied)} now."
        yield Change(Kind.CORRELATION_CHANGED, sentence)
    yield from _query_changes(before, after, replace(place, untied=place.untied | set(untied)))


def _after_in(query: Query) -> bool:
    return isinstance(query.parent.parent if isinstance(query.parent, exp.Subquery) else query.parent, exp.In)


def _lost(before: Query, after: Query, untied: Sequence[str]) -> str:
    """How a subquery came to have nothing to do with the outer row."""
    own = {relation.name for select in after.find_all(exp.Select) for relation in relations(select)}
    left = {key(condition) for condition in _where(after)}
    ties = [each for each in _where(before) if _refers(each, frozenset(untied)) and key(each) not in left]
    if own.issuperset(untied):
        how = f"reads {listed(untied)} itself now, not the outer row's"
    elif ties:
        how = f"no longer has {' and '.join(map(text, ties))}"
    else:
        how = f"no longer refers to the outer {listed(untied)}"
    return f"{how}, so it gives the same for every row"


def _where(query: Query) -> list[exp.Expr]:
    """The conditions of all selects in ``query`` that hold no query themselves."""
    found = [each for select in query.find_all(exp.Select) for each in conditions(select.args.get("where"))]
    return [each for each in found if not any(queries_in(each))]
