"""A snapshot's SQL as a tree: its queries, what they read, and the words in which people are told of them."""

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import count
from typing import ClassVar, Final

from sqlglot import exp
from sqlglot.dialects.postgres import Postgres
from sqlglot.errors import SqlglotError
from sqlglot.generators.postgres import PostgresGenerator

from harness.core.snapshot_file import Parameter

Query = exp.Select | exp.SetOperation
QUERY: Final = (exp.Select, exp.SetOperation)
_OPERATORS: Final = (exp.Binary, exp.Unary, exp.Between, exp.In, exp.Cast)
_UNORDERED: Final = (exp.EQ, exp.NEQ, exp.NullSafeEQ, exp.NullSafeNEQ, exp.Add, exp.Mul)
_TURNED: Final[dict[type, str]] = {exp.GT: "LT", exp.GTE: "LTE"}
_DENIED: Final[dict[type[exp.Expr], type[exp.Binary]]] = {
    exp.EQ: exp.NEQ,
    exp.NEQ: exp.EQ,
    exp.LT: exp.GTE,
    exp.GTE: exp.LT,
    exp.GT: exp.LTE,
    exp.LTE: exp.GT,
    exp.And: exp.Or,
    exp.Or: exp.And,
}
"""What NOT makes of an operator, for NULL too."""
_OWN_TYPES: Final = {
    "str": ("VARCHAR", "TEXT"),
    "int": ("INT",),
    "float": ("DOUBLE PRECISION",),
    "Decimal": ("DECIMAL",),
    "bool": ("BOOLEAN",),
}
"""PostgreSQL's types, in sqlglot's words, that a value of a Python type has anyway."""
_PERCENT: Final = re.compile(r"%%|%\(([^)]+)\)s")
_LONGEST: Final = 300
"""Characters of SQL in a sentence."""


class _Words(PostgresGenerator):
    """PostgreSQL's own names for types and NOT beside its operator, as they stand in the snapshots."""

    TYPE_MAPPING: ClassVar = {
        **PostgresGenerator.TYPE_MAPPING,
        exp.DType.INT: "INTEGER",
        exp.DType.DECIMAL: "NUMERIC",
    }

    def not_sql(self, expression: exp.Not) -> str:
        denied = expression.this
        if not isinstance(denied, exp.In | exp.Between | exp.Like | exp.ILike):
            return super().not_sql(expression)
        left = self.sql(denied, "this")
        return f"{left} NOT{self.sql(denied)[len(left) :]}"


class Unreadable(Exception):
    """The SQL can't be parsed."""


def parse(sql: str, parameters: Mapping[str, Parameter]) -> Query:
    """Return the tree of a select in which each parameter is its value. Raises Unreadable."""
    marker = next(name for name in (f"parameter{n}x" for n in count()) if name not in sql)
    names = list(parameters)
    if any(match[1] is not None and match[1] not in parameters for match in _PERCENT.finditer(sql)):
        raise Unreadable
    words = {f"{marker}{number}x": parameters[name] for number, name in enumerate(names)}
    source = _PERCENT.sub(lambda match: "%" if match[1] is None else f"{marker}{names.index(match[1])}x", sql)
    dialect = Postgres()
    try:
        trees = dialect.parser().parse(dialect.tokenize(source), source)
    except (SqlglotError, RecursionError):
        raise Unreadable from None
    if len(trees) != 1 or not isinstance(trees[0], QUERY):
        raise Unreadable
    tree = trees[0]
    for node in list(tree.find_all(exp.Identifier, exp.Var)):
        if node.name.startswith(marker):
            if node.name not in words:  # it ran into what stands next to it
                raise Unreadable
            _place_of(node, words[node.name]).replace(_literal(words[node.name]))
    for paren in list(tree.find_all(exp.Paren)):
        around = isinstance(paren.parent, _OPERATORS) and isinstance(paren.this, _OPERATORS)
        if not around and not isinstance(paren.parent, exp.Any | exp.All):
            paren.replace(paren.this)
    return tree


def _place_of(marker: exp.Expr, parameter: Parameter) -> exp.Expr:
    """What a parameter's value takes the place of: with the cast that SQLAlchemy writes and that says nothing."""
    column = marker.parent if isinstance(marker.parent, exp.Column) else marker
    cast = column.parent
    if isinstance(cast, exp.Cast) and cast.to.sql(dialect="postgres") in _OWN_TYPES.get(
        parameter.type_name, ()
    ):
        return cast
    return column


def _literal(parameter: Parameter) -> exp.Expr:
    if parameter.type_name == "str":
        try:
            return exp.Literal.string(ast.literal_eval(parameter.value))
        except (ValueError, SyntaxError):
            pass
    return exp.Literal(this=parameter.value, is_string=False)


def key(node: object) -> str:
    """Return the same text for what means the same.

    Parentheses, the order around AND, OR, =, + and *, in a list after IN and of the parts of a UNION, whether ON or WHERE has
    the condition of an inner join, NOT around a comparison or around AND and OR, and BETWEEN for two comparisons don't count.
    """
    if isinstance(node, exp.Paren | exp.Not | exp.Between):
        node = _spelt_out(node)
    if isinstance(node, exp.Connector):
        return f"{type(node).__name__}[{', '.join(sorted(map(key, _connected(node, type(node)))))}]"
    if isinstance(node, exp.Identifier):
        return f'"{node.name}"' if node.args.get("quoted") else node.name.lower()
    if isinstance(node, exp.Anonymous) and isinstance(node.this, str):
        return f"{node.this.lower()}({key(node.expressions)})"
    if isinstance(node, exp.Expr) and type(node) in _TURNED:
        return f"{_TURNED[type(node)]}(expression={key(node.this)}, this={key(node.expression)})"
    if isinstance(node, exp.Expr):
        parts, told = _without_order(node)
        parts += [
            f"{name}={key(part)}" for name, part in sorted(node.args.items()) if part and name not in told
        ]
        return f"{type(node).__name__}({', '.join(parts)})"
    return f"[{', '.join(map(key, node))}]" if isinstance(node, list) else repr(node)


def _spelt_out(node: exp.Expr) -> exp.Expr:
    """``node`` without parentheses, with NOT as far inside as it goes and comparisons in the place of BETWEEN."""
    if isinstance(node, exp.Paren):
        return _spelt_out(node.this)
    if isinstance(node, exp.Between) and not node.args.get("symmetric"):
        low, high = exp.GTE(this=node.this.copy()), exp.LTE(this=node.this.copy())
        low.set("expression", node.args["low"].copy())
        high.set("expression", node.args["high"].copy())
        return exp.And(this=low, expression=high)
    return _denied(_spelt_out(node.this)) or node if isinstance(node, exp.Not) else node


def _denied(node: exp.Expr) -> exp.Expr | None:
    """What NOT makes of ``node``, where there is an operator for it; ANY and ALL compare with many."""
    opposite = _DENIED.get(type(node))
    if isinstance(node, exp.Not):
        return _spelt_out(node.this)
    if opposite is None or isinstance(node.expression, exp.Any | exp.All):
        return None
    sides = node.this.copy(), node.expression.copy()
    left, right = sides if not isinstance(node, exp.Connector) else (exp.Not(this=side) for side in sides)
    return opposite(this=left, expression=right)


def _connected(node: exp.Expr, connector: type[exp.Connector]) -> list[exp.Expr]:
    """What a chain of ANDs, or of ORs, connects once it is spelt out."""
    node = _spelt_out(node)
    if not isinstance(node, connector):
        return [node]
    return [*_connected(node.left, connector), *_connected(node.right, connector)]


def _without_order(node: exp.Expr) -> tuple[list[str], frozenset[str]]:
    """The keys of what has no order in ``node``, and the names of the arguments in which that is."""
    if isinstance(node, (*_UNORDERED, exp.Union)):
        return sorted((key(node.this), key(node.expression))), frozenset({"this", "expression"})
    if isinstance(node, exp.In):
        return sorted(map(key, node.expressions)), frozenset({"expressions"})
    if isinstance(node, exp.Select) and _joins_freely(node):
        return _joined(node), frozenset({"from_", "joins", "where"})
    return [], frozenset()


def _joins_freely(select: exp.Select) -> bool:
    """Whether the order of its joins, and where their conditions stand, are nothing to the rows."""
    joins = select.args.get("joins") or ()
    return all(
        {name for name, value in join.args.items() if value} <= {"this", "on", "kind"} for join in joins
    )


def _joined(select: exp.Select) -> list[str]:
    read = relations(select)
    found = [*conditions(select.args.get("where")), *(each for relation in read for each in relation.on)]
    told = (part for each in found for part in _connected(each, exp.And))
    return [*sorted(key(relation.node) for relation in read), *sorted(map(key, told))]


def operands(node: exp.Expr | None, connector: type[exp.Connector]) -> list[exp.Expr]:
    """Return what a chain of ANDs, or of ORs, connects."""
    if isinstance(node, connector):
        return [*operands(node.this, connector), *operands(node.expression, connector)]
    if isinstance(node, exp.Paren) and isinstance(node.unnest(), connector):
        return operands(node.unnest(), connector)
    return [] if node is None else [node]


def conditions(node: exp.Expr | None) -> list[exp.Expr]:
    """Return the conditions that a WHERE, ON or HAVING asks for together."""
    inner = node.this if isinstance(node, exp.Where | exp.Having) else node
    return [each for each in operands(inner, exp.And) if not _is_true(each)]


def _is_true(node: exp.Expr) -> bool:
    return isinstance(node, exp.Boolean) and bool(node.this)


def text(node: exp.Expr) -> str:
    """Return ``node`` as one line of SQL in back quotes, queries inside it by name only."""
    return quoted(one_line(node))


def one_line(node: exp.Expr) -> str:
    """The same without the back quotes."""
    shown = without_queries(node)
    words = _Words(dialect="postgres", normalize_functions="lower", comments=False)
    return " ".join(words.generate(shown).split())


def quoted(sql: str) -> str:
    """Return ``sql`` between back quotes, which markdown reads as code."""
    shown = sql if len(sql) <= _LONGEST else f"{sql[:_LONGEST]} ..."
    return f"`` {shown} ``" if "`" in shown else f"`{shown}`"


def listed(names: Iterable[str]) -> str:
    """Return the names between back quotes, with commas and an ``and``."""
    *first, last = map(quoted, names)
    return f"{', '.join(first)} and {last}" if first else last


def without_queries(node: exp.Expr, names: Mapping[int, str] | None = None) -> exp.Expr:
    """Return a copy of ``node`` with a word in the place of each query; ``names`` has other words for some, by id."""
    words = [(names or {}).get(id(query)) or label(query) for query in queries_in(node)]
    copy = node.copy()
    for query, word in zip(list(queries_in(copy)), words, strict=True):
        query.replace(exp.Var(this=word))
    return copy


def queries_in(node: exp.Expr) -> Iterator[Query]:
    """Yield the queries inside ``node`` in the order of the text, not those inside of these."""
    for each in node.walk(bfs=False, prune=lambda inner: inner is not node and isinstance(inner, QUERY)):
        if each is not node and isinstance(each, QUERY):
            yield each


def selects_of(query: Query) -> list[exp.Select]:
    """Return the selects that a query's set operations connect, in their order."""
    if isinstance(query, exp.Select):
        return [query]
    sides = (side.unnest() for side in (query.left, query.right))
    return [select for side in sides if isinstance(side, QUERY) for select in selects_of(side)]


def label(query: Query) -> str:
    """Return what stands for a query inside of SQL."""
    return f"subquery on {source}" if (source := _main_source(query)) else "subquery"


def described(query: Query) -> str:
    """Return what people call a query that has no name."""
    return f"the subquery on {quoted(source)}" if (source := _main_source(query)) else "the subquery"


def _main_source(query: Query) -> str | None:
    selects = selects_of(query)
    read = relations(selects[0]) if selects else []
    return read[0].source if read else None


@dataclass(frozen=True, slots=True)
class Relation:
    """One member of a FROM: ``join`` is None for the first."""

    node: exp.Expr
    join: exp.Join | None

    @property
    def name(self) -> str:
        """What columns call it."""
        return self.node.alias_or_name or self.node.sql(dialect="postgres")

    @property
    def source(self) -> str:
        """The table with its schema, or the name of what is no table."""
        if isinstance(self.node, exp.Table) and isinstance(self.node.this, exp.Identifier):
            return table_name(self.node)
        return self.name

    @property
    def query(self) -> Query | None:
        """The query of a derived table."""
        inner = self.node.this if isinstance(self.node, exp.Lateral) else self.node
        inner = inner.unnest() if isinstance(inner, exp.Subquery) else inner
        return inner if isinstance(inner, QUERY) else None

    @property
    def side(self) -> str:
        """LEFT, RIGHT or FULL; empty for a join that keeps nothing without a match."""
        return "" if self.join is None else self.join.side

    @property
    def kind(self) -> str:
        """The words of the join."""
        words = [self.side, "JOIN", "LATERAL" if isinstance(self.node, exp.Lateral) else ""]
        return " ".join(word for word in words if word)

    @property
    def using(self) -> list[str]:
        """The columns of USING."""
        return [] if self.join is None else [each.name for each in self.join.args.get("using") or ()]

    @property
    def alone(self) -> exp.Expr:
        """The member without what parentheses join to it."""
        node = self.node.copy()
        node.set("joins", None)
        return node

    @property
    def on(self) -> list[exp.Expr]:
        """The conditions of ON."""
        return [] if self.join is None else conditions(self.join.args.get("on"))


def relations(select: exp.Select) -> list[Relation]:
    """Return what ``select`` reads from."""
    first = select.args.get("from_")
    found = [] if first is None else [Relation(first.this, None)]
    found += [Relation(join.this, join) for join in select.args.get("joins") or ()]
    return [member for relation in found for member in _members(relation)]


def _members(relation: Relation) -> Iterator[Relation]:
    """Yield a relation, or those that parentheses join."""
    inner = relation.node.unnest() if isinstance(relation.node, exp.Paren | exp.Subquery) else relation.node
    joins = [Relation(join.this, join) for join in inner.args.get("joins") or ()]
    if isinstance(inner, exp.Table) and joins:
        yield Relation(inner, relation.join)
        for each in joins:
            yield from _members(each)
    else:
        yield relation


def table_name(table: exp.Table) -> str:
    """Return a table's name with its schema."""
    return f"{table.db}.{table.name}" if table.db else table.name


def outer_references(query: Query) -> dict[str, None]:
    """Return the relations outside of ``query`` that its columns name, in the order in which they come up."""
    found: dict[str, None] = {}
    for column in query.find_all(exp.Column):
        if column.table and _reads_outside(column, query):
            found.setdefault(column.table)
    return found


def _reads_outside(column: exp.Column, query: Query) -> bool:
    return relation_of(column, query) is None


def relation_of(column: exp.Column, top: Query) -> Relation | None:
    """Return the relation that ``column`` names, looked up as far as ``top``; None where that is further out."""
    node: exp.Expr = column
    in_cte = False
    while node is not top and node.parent is not None:
        in_cte = in_cte or isinstance(node, exp.CTE)
        node = node.parent
        if isinstance(node, exp.Select):
            # A CTE sees none of what the select that it belongs to reads.
            found = [] if in_cte else [each for each in relations(node) if each.name == column.table]
            if found:
                return found[0]
            in_cte = False
    return None


def columns_read(query: Query) -> tuple[set[str], set[str]]:
    """Return the tables and the columns (``table.column``) that the SQL names."""
    ctes = {cte.alias for cte in query.find_all(exp.CTE)}
    tables = {
        table_name(table)
        for table in query.find_all(exp.Table)
        if isinstance(table.this, exp.Identifier) and (table.db or table.name not in ctes)
    }
    columns = set()
    for column in query.find_all(exp.Column):
        relation = relation_of(column, query)
        if relation is not None and relation.source in tables:
            columns.add(f"{relation.source}.{column.name}")
    return tables, columns
