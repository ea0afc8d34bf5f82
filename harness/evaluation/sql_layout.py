"""Where the lines of a SQL statement break: white space only, so that the words stay as the compiler wrote them.

A unit (a call, a CASE, a clause) is broken exactly when its own one-line form is longer than ``WIDTH`` or holds a query,
wherever it stands; so an edit moves no line but those it touches.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

WIDTH: Final = 72
_INDENT: Final = "  "

_CLOSERS: Final = {"(": ")", "[": "]", "CASE": "END"}
_SET_OPERATIONS: Final = frozenset({"UNION", "INTERSECT", "EXCEPT"})
_LISTS: Final = frozenset({"FROM", "GROUP BY", "ORDER BY", "VALUES", "SET", "RETURNING"})
_CLAUSES: Final = (
    _SET_OPERATIONS
    | _LISTS
    | {"SELECT", "WHERE", "HAVING", "WINDOW", "LIMIT", "OFFSET", "FETCH", "FOR", "UPDATE", "DELETE", "INSERT"}
)
_JOIN_WORDS: Final = frozenset({"NATURAL", "INNER", "LEFT", "RIGHT", "FULL", "OUTER", "CROSS"})


@dataclass(frozen=True, slots=True)
class Word:
    """One token: its text, whether white space stood before it, and its upper-case text if it may be a keyword."""

    text: str
    space: bool
    keyword: str


@dataclass(frozen=True, slots=True)
class _Group:
    opener: Word
    body: tuple["_Node", ...]
    closer: Word

    @property
    def space(self) -> bool:
        return self.opener.space


_Node = Word | _Group


def lay_out(words: Iterable[Word]) -> str:
    """Return ``words`` as lines of text without a newline at the end; laying out the result again changes nothing."""
    return "\n".join(_query(_nest(words)))


def _nest(words: Iterable[Word]) -> list[_Node]:
    levels: list[list[_Node]] = [[]]
    openers: list[Word] = []
    for word in words:
        if openers and word.keyword == _CLOSERS[openers[-1].keyword]:
            body = tuple(levels.pop())
            levels[-1].append(_Group(openers.pop(), body, word))
        elif word.keyword in _CLOSERS:
            openers.append(word)
            levels.append([])
        else:
            levels[-1].append(word)
    while openers:  # a label may be called CASE
        body = tuple(levels.pop())
        levels[-1] += [openers.pop(), *body]
    return levels[0]


def _keyword(nodes: Sequence[_Node], index: int) -> str:
    if not 0 <= index < len(nodes):
        return ""
    node = nodes[index]
    return node.keyword if isinstance(node, Word) else ""


def _gap(previous: _Node | None, node: _Node) -> str:
    if previous is None or (isinstance(node, Word) and node.text == ","):
        return ""
    after_comma = isinstance(previous, Word) and previous.text == ","
    return " " if node.space or after_comma else ""


def _is_query(body: Sequence[_Node]) -> bool:
    keywords = {_keyword(body, index) for index in range(len(body))}
    return _keyword(body, 0) == "WITH" or bool(keywords & (_SET_OPERATIONS | {"SELECT", "VALUES", "JOIN"}))


def _flat(nodes: Sequence[_Node]) -> str | None:
    """Return the nodes on one line, or None where a query among them demands lines of its own."""
    text = ""
    previous = None
    for node in nodes:
        piece = node.text if isinstance(node, Word) else _flat_group(node)
        if piece is None:
            return None
        text += _gap(previous, node) + piece
        previous = node
    return text


def _flat_group(group: _Group) -> str | None:
    inside = None if _is_query(group.body) else _flat(group.body)
    if inside is None:
        return None
    pad = " " if group.opener.keyword == "CASE" else ""
    return f"{group.opener.text}{pad}{inside}{pad}{group.closer.text}"


def _fits(nodes: Sequence[_Node]) -> str | None:
    flat = _flat(nodes)
    return flat if flat is not None and len(flat) <= WIDTH else None


def _indented(lines: Iterable[str]) -> list[str]:
    return [_INDENT + line for line in lines]


def _flow(nodes: Sequence[_Node]) -> list[str]:
    lines = [""]
    previous = None
    for node in nodes:
        first, *rest = [node.text] if isinstance(node, Word) else _group(node)
        lines[-1] += _gap(previous, node) + first
        lines += rest
        previous = node
    return lines


def _group(group: _Group) -> list[str]:
    flat = _fits([group])
    if flat is not None:
        return [flat]
    opener, closer = group.opener.text, group.closer.text
    if group.opener.keyword == "CASE":
        return _case(group)
    if _is_query(group.body):
        return [opener, *_indented(_query(group.body)), closer]
    items, conditions = _items(group.body), _conditions(group.body)
    if len(items) > 1:
        return [opener, *_indented(_list(items)), closer]
    if len(conditions) > 1:
        return [opener, *_indented(line for part in conditions for line in _flow(part)), closer]
    first, *rest = _flow(group.body)
    lines = [opener + first, *rest]
    lines[-1] += closer
    return lines


def _case(group: _Group) -> list[str]:
    branches: list[list[_Node]] = [[]]
    for index, node in enumerate(group.body):
        if _keyword(group.body, index) in {"WHEN", "ELSE"}:
            branches.append([])
        branches[-1].append(node)
    operand, *branches = branches
    head = _flow([group.opener, *operand])
    return [*head, *_indented(line for branch in branches for line in _flow(branch)), group.closer.text]


def _items(nodes: Sequence[_Node]) -> list[list[_Node]]:
    items: list[list[_Node]] = [[]]
    for node in nodes:
        if isinstance(node, Word) and node.text == ",":
            items.append([])
        else:
            items[-1].append(node)
    return items


def _list(items: Sequence[Sequence[_Node]]) -> list[str]:
    lines: list[str] = []
    for index, item in enumerate(items):
        lines += _flow(item)
        if index < len(items) - 1:
            lines[-1] += ","
    return lines


def _conditions(nodes: Sequence[_Node]) -> list[list[_Node]]:
    """Split at AND and OR, each of which begins a part; the AND of BETWEEN does not."""
    parts: list[list[_Node]] = [[]]
    between = False
    for index, node in enumerate(nodes):
        keyword = _keyword(nodes, index)
        if keyword == "BETWEEN":
            between = True
        elif keyword == "AND" and between:
            between = False
        elif keyword in {"AND", "OR"} and parts[-1]:
            parts.append([])
        parts[-1].append(node)
    return parts


def _query(nodes: Sequence[_Node]) -> list[str]:
    return [line for clause in _clauses(nodes) for line in _clause(clause)]


def _clauses(nodes: Sequence[_Node]) -> list[list[_Node]]:
    clauses: list[list[_Node]] = [[]]
    join_ends = 0
    for index, node in enumerate(nodes):
        if index >= join_ends:
            join_ends = _join_end(nodes, index)
            if clauses[-1] and (join_ends or _starts_clause(nodes, index)):
                clauses.append([])
        clauses[-1].append(node)
    return clauses


def _join_end(nodes: Sequence[_Node], start: int) -> int:
    """Return the index after the JOIN that begins at ``start``, or 0 where none does (``left(x, 1)`` is a call)."""
    index = start
    while _keyword(nodes, index) in _JOIN_WORDS:
        index += 1
    return index + 1 if _keyword(nodes, index) == "JOIN" else 0


def _starts_clause(nodes: Sequence[_Node], index: int) -> bool:
    keyword = _keyword(nodes, index)
    is_distinct_from = (
        keyword == "FROM"
        and _keyword(nodes, index - 1) == "DISTINCT"
        and _keyword(nodes, index - 2) in {"IS", "NOT"}
    )
    return keyword in _CLAUSES and not is_distinct_from


def _clause(nodes: Sequence[_Node]) -> list[str]:
    keyword = _keyword(nodes, 0)
    if _join_end(nodes, 0):
        return _join(nodes)
    return _LAYOUTS.get(keyword, _flow)(nodes)


def _with(nodes: Sequence[_Node]) -> list[str]:
    return _list(_items(nodes))


def _broken_list(nodes: Sequence[_Node], head: int = 1) -> list[str]:
    items = _items(nodes[head:])
    flat = _fits(nodes)
    if flat is not None:
        return [flat]
    if len(items) == 1:
        return _flow(nodes)
    return [*_flow(nodes[:head]), *_indented(_list(items))]


def _select(nodes: Sequence[_Node]) -> list[str]:
    head = 1
    if _keyword(nodes, head) in {"DISTINCT", "ALL"}:
        head += 3 if _keyword(nodes, head + 1) == "ON" else 1
    items = _items(nodes[head:])
    if len(items) == 1:
        return _broken_list(nodes, head)
    return [*_flow(nodes[:head]), *_indented(_list(items))]


def _restriction(nodes: Sequence[_Node]) -> list[str]:
    parts = _conditions(nodes[1:])
    if len(parts) == 1:
        return _flow(nodes)
    return [*_flow(nodes[:1]), *_indented(line for part in parts for line in _flow(part))]


def _set_operation(nodes: Sequence[_Node]) -> list[str]:
    head = 2 if _keyword(nodes, 1) in {"ALL", "DISTINCT"} else 1
    rest = _flow(nodes[head:]) if nodes[head:] else []
    return [*_flow(nodes[:head]), *rest]


def _join(nodes: Sequence[_Node]) -> list[str]:
    on = next((index for index in range(len(nodes)) if _keyword(nodes, index) == "ON"), len(nodes))
    parts = _conditions(nodes[on + 1 :])
    flat = _fits(nodes)
    if flat is not None and len(parts) == 1:
        return [flat]
    if on == len(nodes):
        return _flow(nodes)
    parts[0] = [nodes[on], *parts[0]]
    return [*_flow(nodes[:on]), *_indented(line for part in parts for line in _flow(part))]


_LAYOUTS: Final[Mapping[str, Callable[[Sequence[_Node]], list[str]]]] = {
    "SELECT": _select,
    "WITH": _with,
    "WHERE": _restriction,
    "HAVING": _restriction,
    **dict.fromkeys(_SET_OPERATIONS, _set_operation),
    **dict.fromkeys(_LISTS, _broken_list),
}
