"""One readable, stable text for the SQL that SQLAlchemy compiles, proved to say the same.

sqlglot tokenizes, parses, and tells which names the compiler made up. Its generator is not used: that rewrites ``x::INTEGER``
as ``CAST(x AS INT)``, ``x IS NOT true`` as ``NOT x IS TRUE``, ``tags[i]`` as ``tags[i + 0]``, and differs from one of its
releases to the next. Every token stays as the compiler wrote it; only white space and made-up names change.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count, pairwise
from typing import Final

from sqlglot import Token, TokenType, exp
from sqlglot.dialects.postgres import Postgres
from sqlglot.errors import SqlglotError

from harness.evaluation.sql_layout import Word, lay_out

_PERCENT: Final = re.compile(r"%%|%\(([^)]+)\)s|%")
_NUMBERED: Final = re.compile(r"(.+)_([1-9][0-9]*)", re.DOTALL)
_WHITE: Final = " \t\r\n\f\v"
_LITERALS: Final = frozenset(
    {
        TokenType.STRING,
        TokenType.BIT_STRING,
        TokenType.BYTE_STRING,
        TokenType.HEX_STRING,
        TokenType.HEREDOC_STRING,
        TokenType.NATIONAL_STRING,
        TokenType.UNICODE_STRING,
    }
)
_VERBATIM: Final = _LITERALS | {TokenType.IDENTIFIER, TokenType.NUMBER}


@dataclass(frozen=True, slots=True)
class CanonicalSQL:
    """A statement's text and parameters, as psycopg takes them.

    ``canonical`` is False where the text is the compiler's own, and ``reason`` then says why, in words that don't depend on
    sqlglot's version.
    """

    text: str
    parameters: dict[str, object]
    canonical: bool
    reason: str | None = None


def canonical_sql(sql: str, parameters: Mapping[str, object]) -> CanonicalSQL:
    """Return ``sql`` laid out for reading, the names that SQLAlchemy made up numbered in order of appearance.

    ``sql`` and ``parameters`` are ``str(compiled)`` and ``compiled.params`` of SQLAlchemy's psycopg dialect, compiled with
    ``render_postcompile``. The names of the result's columns, and any name that is not certainly made up, stay. Canonical
    text is its own canonical text. ``parameters`` that the text doesn't name are left out.

    Raises KeyError where the text names a parameter that ``parameters`` lacks.
    """
    try:
        text, names = _canonical(sql)
    except _Unfit as problem:
        names = {name: name for name in _parameter_names(sql)}
        return CanonicalSQL(sql, _renamed(parameters, names), canonical=False, reason=str(problem))
    return CanonicalSQL(text, _renamed(parameters, names), canonical=True)


def parsed(sql: str) -> exp.Expr | None:
    """The tree of what SQLAlchemy's psycopg dialect compiles; None where sqlglot can't read it."""
    try:
        return _read(sql).tree
    except _Unfit:
        return None


class _Unfit(Exception):
    """The text can't be made canonical; the message is the reason."""


@dataclass(frozen=True, slots=True)
class _Statement:
    """Tokens and tree of a text in which each parameter is a plain name, ``marker`` and its number."""

    source: str
    tokens: list[Token]
    tree: exp.Expr
    marker: str
    parameters: list[str]

    def parameter(self, token: Token) -> str | None:
        """Return the name of the parameter that ``token`` stands for."""
        text = token.text
        if token.token_type is not TokenType.VAR or not text.startswith(self.marker):
            return None
        return self.parameters[int(text.removeprefix(self.marker))]

    def written(self, token: Token) -> str:
        """Return ``token`` as the source has it; white space within a keyword (GROUP BY) is one blank."""
        text = self.source[token.start : token.end + 1]
        return text if token.token_type in _VERBATIM else " ".join(text.split())


def _canonical(sql: str) -> tuple[str, dict[str, str]]:
    statement = _read(sql)
    made_up = _MadeUpNames.of(statement)
    renames = made_up.renames([token.text for token in statement.tokens])
    parameters = _numbered(statement.parameters, made_up.kept)
    try:
        text = lay_out(_words(statement, renames, parameters))
    except RecursionError:
        raise _Unfit("it is nested too deeply to lay out") from None
    _prove(statement, _read(text), renames)
    return text, parameters


def _renamed(values: Mapping[str, object], names: Mapping[str, str]) -> dict[str, object]:
    return {new: values[old] for old, new in names.items()}


def _parameter_names(sql: str) -> list[str]:
    return list(dict.fromkeys(match[1] for match in _PERCENT.finditer(sql) if match[1]))


def _read(sql: str) -> _Statement:
    if "__[POSTCOMPILE_" in sql:
        raise _Unfit("it was compiled without render_postcompile")
    parameters = _parameter_names(sql)
    marker = next(name for name in (f"parameter{n}x" for n in count()) if name not in sql)
    places = [match[0] for match in _PERCENT.finditer(sql)]
    if "%" in places:
        raise _Unfit("it has a % that is neither a parameter nor doubled")
    source = _PERCENT.sub(lambda m: f"{marker}{parameters.index(m[1])}" if m[1] else "%", sql)
    tokens, tree = _parse(source)
    statement = _Statement(source, tokens, tree, marker, parameters)
    if sum(statement.parameter(token) is not None for token in tokens) != len(places) - places.count("%%"):
        raise _Unfit("it has a parameter inside a literal or a name")
    _check_white_space(statement)
    return statement


def _parse(source: str) -> tuple[list[Token], exp.Expr]:
    dialect = Postgres()
    try:
        tokens = dialect.tokenize(source)
        trees = dialect.parser().parse(tokens, source)
    except SqlglotError:
        raise _Unfit("sqlglot can't parse it") from None
    except RecursionError:
        raise _Unfit("it is nested too deeply for sqlglot") from None
    tree = trees[0] if len(trees) == 1 else None
    if tree is None or tree.find(exp.Command):
        raise _Unfit("sqlglot can't parse it")
    return tokens, tree


def _gaps(statement: _Statement) -> Iterator[str]:
    """Yield what stands before each token, and after the last."""
    end = -1
    for token in statement.tokens:
        yield statement.source[end + 1 : token.start]
        end = token.end
    yield statement.source[end + 1 :]


def _check_white_space(statement: _Statement) -> None:
    gaps = list(_gaps(statement))
    if any(gap.strip(_WHITE) for gap in gaps):
        raise _Unfit("it has comments")
    pairs = pairwise(statement.tokens)
    # PostgreSQL joins 'a' and 'b' where a line ends between them, and only there.
    if any({left.token_type, right.token_type} <= _LITERALS for left, right in pairs):
        raise _Unfit("it has a literal in several parts")


@dataclass(frozen=True, slots=True)
class _MadeUpNames:
    """The names that only the compiler can have made up, each with its stem, and all others in lower case.

    Scopes need no resolving: a renaming that maps different names to different names, none of which the statement has in
    another role, keeps every reference where it was.
    """

    stems: dict[str, str]
    kept: frozenset[str]

    @classmethod
    def of(cls, statement: _Statement) -> "_MadeUpNames":
        roles = _roles(statement.tree)
        relations = {name for name, found in roles.items() if found & {"relation", "table"}} | {"anon"}
        words = {token.text.lower() for token in statement.tokens} | {"anon", "param"}
        has_star = any(select.is_star for select in statement.tree.find_all(exp.Select))
        stems = {}
        for name, found in roles.items():
            match = _NUMBERED.fullmatch(name)
            if match is None:
                continue
            is_relation = found == {"relation"} and match[1] in relations
            is_label = found <= {"label", "derived column"} and match[1].lower() in words and not has_star
            if is_relation or is_label:
                stems[name] = match[1]
        kept = frozenset(token.text.lower() for token in statement.tokens if token.text not in stems)
        return cls(stems, kept)

    def renames(self, words: Iterable[str]) -> dict[str, str]:
        """Return the made-up names with new numbers, in the order in which ``words`` shows them."""
        free: dict[str, Iterator[str]] = {}
        renames: dict[str, str] = {}
        for word in words:
            if word in self.stems and word not in renames:
                numbers = free.setdefault(self.stems[word], _free_names(self.stems[word], self.kept))
                renames[word] = next(numbers)
        return renames


def _free_names(stem: str, kept: frozenset[str]) -> Iterator[str]:
    return (name for name in (f"{stem}_{number}" for number in count(1)) if name.lower() not in kept)


def _numbered(parameters: Sequence[str], kept: frozenset[str]) -> dict[str, str]:
    fixed = frozenset(name.lower() for name in parameters if not _NUMBERED.fullmatch(name))
    free: dict[str, Iterator[str]] = {}
    names: dict[str, str] = {}
    for name in parameters:
        stem = _stem(name, kept)
        names[name] = name if stem is None else next(free.setdefault(stem, _free_names(stem, fixed)))
    return names


def _stem(parameter: str, kept: frozenset[str]) -> str | None:
    match = _NUMBERED.fullmatch(parameter)
    if match is None:
        return None
    # The values of an IN list are x_1_1, x_1_2 ...; but address_2_1 belongs to a column address_2.
    inner = _NUMBERED.fullmatch(match[1])
    return inner[1] if inner is not None and match[1].lower() not in kept else match[1]


def _roles(tree: exp.Expr) -> dict[str, set[str]]:
    """Return each name with what it is in the statement, somewhere."""
    ctes = {cte.alias for cte in tree.find_all(exp.CTE)}
    aliases = list(tree.find_all(exp.TableAlias))
    of_tables = {alias.name for alias in aliases if _names_table(alias, ctes)}
    derived = (ctes | {alias.name for alias in aliases}) - of_tables
    outputs = {id(column) for select in _output_selects(tree) for column in select.expressions}
    roles: dict[str, set[str]] = {}
    for identifier in tree.find_all(exp.Identifier):
        roles.setdefault(identifier.name, set()).add(_role(identifier, ctes, derived, outputs))
    return roles


def _names_table(alias: exp.TableAlias, ctes: set[str]) -> bool:
    relation = alias.parent
    return isinstance(relation, exp.Table) and (bool(relation.db) or relation.name not in ctes)


def _output_selects(tree: exp.Expr) -> Iterator[exp.Select]:
    """Yield the selects whose labels name the columns of the statement's result."""
    waiting: list[object] = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, exp.Select):
            yield node
        elif isinstance(node, exp.SetOperation):
            waiting += [node.left, node.right]
        elif isinstance(node, exp.Subquery | exp.Paren):
            waiting.append(node.this)


def _role(identifier: exp.Identifier, ctes: set[str], derived: set[str], outputs: set[int]) -> str:
    place = (type(identifier.parent), identifier.arg_key)
    parent = identifier.parent
    if place in {(exp.TableAlias, "this"), (exp.Column, "table")}:
        return "relation"
    if isinstance(parent, exp.Table):
        return "relation" if parent.name in ctes and not parent.db else "table"
    if place == (exp.Alias, "alias"):
        return "other" if id(parent) in outputs else "label"
    if place == (exp.TableAlias, "columns"):
        return "label"
    if place == (exp.Column, "this") and isinstance(parent, exp.Column) and parent.table in derived:
        return "derived column"
    return "other"


def _words(
    statement: _Statement, renames: Mapping[str, str], parameters: Mapping[str, str]
) -> Iterator[Word]:
    after_dot = False
    for token, gap in zip(statement.tokens, _gaps(statement), strict=False):
        name = statement.parameter(token)
        if name is None:
            text = _rename(statement.written(token), token.text, renames).replace("%", "%%")
        else:
            text = f"%({parameters[name]})s"
        plain = not after_dot and name is None and token.token_type not in _VERBATIM
        yield Word(text, bool(gap), text.upper() if plain else "")
        after_dot = token.token_type is TokenType.DOT


def _rename(written: str, name: str, renames: Mapping[str, str]) -> str:
    if name not in renames:
        return written
    quote = '"' if written.endswith('"') else ""
    number = renames[name].rpartition("_")[2]
    return written.removesuffix(quote).rpartition("_")[0] + "_" + number + quote


def _prove(first: _Statement, second: _Statement, renames: Mapping[str, str]) -> None:
    """Check that ``second`` is ``first`` under ``renames``: token by token, and as sqlglot parses it."""
    expected = [_rename(first.written(token), token.text, renames) for token in first.tokens]
    tree = first.tree.copy()
    for identifier in tree.find_all(exp.Identifier):
        identifier.set("this", renames.get(identifier.name, identifier.name))
    if expected != [second.written(token) for token in second.tokens] or tree != second.tree:
        raise _Unfit("the text laid out does not read back as the same statement")
