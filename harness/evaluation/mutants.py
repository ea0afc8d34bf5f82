"""Edits of a statement's tree, one at a time, each of which makes the SQL say something else.

How many of them a comparison notices tells how much it can see: the data, not the code, is on trial.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from harness.core.observation import Compiled

PLACEHOLDER = re.compile(r"%\((\w+)\)s|%%")
MARKER = "hybrid_harness_parameter_"
Columns = Mapping[str, Mapping[str, str]]
"""Column names of each table, with a word for the type: only columns of one type stand in for each other."""
Edit = tuple[str, Callable[[exp.Expr], exp.Expr | None]]
"""What is done, the node's text added where it doesn't name a part, and what gives its replacement; None takes it away."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """``edit`` says what was done to which part, ``statement`` is what came of it."""

    edit: str
    statement: Compiled


def mutants(compiled: Compiled, columns: Columns) -> list[Mutant]:
    """All edits of the hybrid's own part of the plain select: its last column, and the CTEs.

    Empty where sqlglot can't read the statement.
    """
    try:
        tree = sqlglot.parse_one(_plain(compiled.sql), dialect="postgres")
    except SqlglotError:
        return []
    found: dict[str, Mutant] = {}
    for number, node in enumerate(tree.walk()):
        if not _belongs_to_the_hybrid(node, tree):
            continue
        for what, change in _edits(node, columns):
            mutant = _mutant(tree, number, what, change, compiled.parameters)
            found.setdefault(mutant.statement.sql, mutant)
        found.update(
            (f"{each.edit} {number}", each) for each in _of_parameter(tree, node, compiled.parameters)
        )
    return list(found.values())


def regenerated(compiled: Compiled) -> Compiled | None:
    """The statement through sqlglot and back, which must answer as before for its mutants to mean anything."""
    try:
        tree = sqlglot.parse_one(_plain(compiled.sql), dialect="postgres")
    except SqlglotError:
        return None
    return Compiled(_driven(tree), compiled.parameters)


def _plain(sql: str) -> str:
    return PLACEHOLDER.sub(lambda match: f"{MARKER}{match[1]}" if match[1] else "%", sql)


def _driven(tree: exp.Expr) -> str:
    text = tree.sql(dialect="postgres").replace("%", "%%")
    return re.sub(rf'"?{MARKER}(\w+)"?', r"%(\1)s", text)


def _belongs_to_the_hybrid(node: exp.Expr, tree: exp.Expr) -> bool:
    """Whether the node lies in the last selected expression or in a WITH; the rest is the frame around it."""
    selected = tree.selects[-1] if isinstance(tree, exp.Select) else tree
    around: exp.Expr | None = node
    while around is not None and around is not tree:
        if around is selected or isinstance(around, exp.CTE):
            return True
        around = around.parent
    return False


def _mutant(
    tree: exp.Expr,
    number: int,
    what: str,
    change: Callable[[exp.Expr], exp.Expr | None],
    parameters: Mapping[str, Any],
) -> Mutant:
    changed = tree.copy()
    node = next(each for position, each in enumerate(changed.walk()) if position == number)
    before = _shown(node)
    replacement = change(node)
    if replacement is None:
        node.pop()
    elif replacement is not node:
        node.replace(replacement)
    return Mutant(what if ": " in what else f"{what}: {before}", Compiled(_driven(changed), parameters))


def _shown(node: exp.Expr) -> str:
    text = " ".join(node.sql(dialect="postgres").replace(MARKER, ":").split())
    return text if len(text) <= 70 else f"{text[:67]}..."  # noqa: PLR2004 - one line of a terminal


def _of_parameter(tree: exp.Expr, node: exp.Expr, parameters: Mapping[str, Any]) -> Iterator[Mutant]:
    if not (isinstance(node, exp.Column) and node.name.startswith(MARKER)):
        return
    name = node.name.removeprefix(MARKER)
    value = parameters.get(name)
    other: Any = None
    if isinstance(value, int | float) and not isinstance(value, bool):
        other = value + 1
    elif isinstance(value, str):
        other = f"{value}x"
    elif isinstance(value, list) and value:
        other = value[1:]
    if other is not None:
        yield Mutant(
            f"constant changed: {value!r} to {other!r}", Compiled(_driven(tree), {**parameters, name: other})
        )


SWAPPED: Sequence[tuple[type[exp.Expr], tuple[type[exp.Expr], ...], str]] = (
    (exp.EQ, (exp.NEQ,), "comparison flipped"),
    (exp.NEQ, (exp.EQ,), "comparison flipped"),
    (exp.LT, (exp.GTE, exp.LTE), "comparison flipped"),
    (exp.LTE, (exp.GT, exp.LT), "comparison flipped"),
    (exp.GT, (exp.LTE, exp.GTE), "comparison flipped"),
    (exp.GTE, (exp.LT, exp.GT), "comparison flipped"),
    (exp.And, (exp.Or,), "AND turned into OR"),
    (exp.Or, (exp.And,), "OR turned into AND"),
    (exp.Add, (exp.Sub,), "plus turned into minus"),
    (exp.Sub, (exp.Add,), "minus turned into plus"),
    (exp.Mul, (exp.Div,), "times turned into divided by"),
    (exp.Div, (exp.Mul,), "divided by turned into times"),
    (exp.Sum, (exp.Max, exp.Count), "aggregate swapped"),
    (exp.Avg, (exp.Sum, exp.Max), "aggregate swapped"),
    (exp.Max, (exp.Min,), "aggregate swapped"),
    (exp.Min, (exp.Max,), "aggregate swapped"),
    (exp.LogicalOr, (exp.LogicalAnd,), "aggregate swapped"),
    (exp.LogicalAnd, (exp.LogicalOr,), "aggregate swapped"),
    (exp.Greatest, (exp.Least,), "greatest and least swapped"),
    (exp.Least, (exp.Greatest,), "greatest and least swapped"),
)
WRAPPERS = (exp.Lower, exp.Upper, exp.Trim, exp.Abs, exp.Round, exp.Ceil, exp.Floor)
"""Functions without which their argument still makes sense."""
CLAUSES = (exp.Where, exp.Having, exp.Filter)


def _edits(node: exp.Expr, columns: Columns) -> Iterator[Edit]:
    for kind, others, what in SWAPPED:
        if type(node) is kind:
            yield from ((what, _turned_into(other)) for other in others)
    yield from _dropped(node)
    yield from _other_column(node, columns)
    if isinstance(node, exp.Literal) and node.is_number and "." not in node.name:
        yield "constant off by one", lambda each: exp.Literal.number(int(each.name) + 1)
    if isinstance(node, exp.Join):
        yield "join kind changed", _other_join
    if isinstance(node, exp.Union) and node.args.get("distinct"):
        yield "UNION turned into UNION ALL", _set("distinct", value=False)
    if isinstance(node, exp.Ordered):
        yield "order turned around", lambda each: _set("desc", value=not each.args.get("desc"))(each)
    if isinstance(node, exp.Exists) and not isinstance(node.parent, exp.Not):
        yield "EXISTS turned into NOT EXISTS", lambda each: exp.Not(this=each.copy())
    if isinstance(node, exp.Is):
        yield "IS turned into IS NOT", lambda each: exp.Not(this=exp.Paren(this=each.copy()))


def _turned_into(kind: type[exp.Expr]) -> Callable[[exp.Expr], exp.Expr]:
    return lambda node: kind(**{name: part for name, part in node.args.items() if name in kind.arg_types})


def _set(name: str, *, value: Any) -> Callable[[exp.Expr], exp.Expr]:
    def change(node: exp.Expr) -> exp.Expr:
        node.set(name, value)
        return node

    return change


def _other_join(node: exp.Expr) -> exp.Expr:
    node.set("side", None if node.args.get("side") else "LEFT")
    node.set("kind", None)
    return node


def _dropped(node: exp.Expr) -> Iterator[Edit]:
    """What can be left out: COALESCE, DISTINCT, NOT, a branch of CASE, a predicate."""
    if isinstance(node, exp.Coalesce):
        yield "COALESCE dropped", lambda each: each.this
    if isinstance(node, WRAPPERS):
        yield f"{node.sql_name()} dropped", lambda each: each.this
    if isinstance(node, exp.Not):
        yield "NOT dropped", lambda each: each.this
    if isinstance(node, exp.Distinct):
        if isinstance(node.parent, exp.Select):
            yield "DISTINCT dropped", lambda _: None
        elif len(node.expressions) == 1:
            yield "DISTINCT dropped", lambda each: each.expressions[0]
    if isinstance(node, exp.If) and isinstance(node.parent, exp.Case) and len(node.parent.args["ifs"]) > 1:
        yield "branch of CASE dropped", lambda _: None
    if isinstance(node, CLAUSES) and not isinstance(node.this, exp.And):
        yield "predicate dropped", _nothing_left
    if isinstance(node, exp.And):
        yield f"predicate dropped: {_shown(node.args['expression'])}", lambda each: each.args["this"]
        yield f"predicate dropped: {_shown(node.args['this'])}", lambda each: each.args["expression"]


def _nothing_left(node: exp.Expr) -> exp.Expr | None:
    """A FILTER without a condition is its aggregate alone."""
    return node.this if isinstance(node, exp.Filter) else None


def _other_column(node: exp.Expr, columns: Columns) -> Iterator[Edit]:
    """Another column of the same table and type, in a comparison: what correlates or joins by the wrong one."""
    if not (isinstance(node, exp.Column) and isinstance(node.parent, exp.Predicate) and node.table):
        return
    own = columns.get(_table(node), {})
    kind = own.get(node.name)
    for name, other in own.items():
        if kind is not None and other == kind and name != node.name:
            yield f"compared with {name} instead", _named(name)


def _named(name: str) -> Callable[[exp.Expr], exp.Expr]:
    return lambda node: exp.column(name, table=node.text("table"))


def _table(column: exp.Column) -> str:
    """The name of the table behind the column's qualifier, which may be an alias."""
    root = column.root()
    for table in root.find_all(exp.Table):
        if column.table in (table.alias, table.name):
            return str(table.name)
    return str(column.table)
