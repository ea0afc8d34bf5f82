"""Two expressions side by side: sqlglot's tree diff, told which nodes stand in the same place."""

from collections.abc import Iterator, Sequence
from typing import TypeVar

from sqlglot import exp
from sqlglot.diff import Insert, Keep, Remove, Update, diff

from harness.review.statement import key, operands

E = TypeVar("E", bound=exp.Expr)
_WRAPPERS = (exp.Coalesce, exp.Cast, exp.Filter, exp.Distinct, exp.Paren)
_SAME = 0.5
"""Share of nodes that two expressions have in common, from which on one is called a change of the other."""


class Edits:
    """What sqlglot's diff finds, from which rules take what they have words for; ``left`` is what nobody took."""

    def __init__(self, before: exp.Expr, after: exp.Expr) -> None:
        self._kept: dict[int, exp.Expr] = {}
        self._removed: dict[int, exp.Expr] = {}
        self._inserted: dict[int, exp.Expr] = {}
        self._updated: dict[int, tuple[exp.Expr, exp.Expr]] = {}
        self._before = list(before.walk())
        for edit in diff(before, after, matchings=list(_aligned(before, after)), dialect="postgres"):
            if isinstance(edit, Remove):
                self._removed[id(edit.expression)] = edit.expression
            elif isinstance(edit, Insert):
                self._inserted[id(edit.expression)] = edit.expression
            elif isinstance(edit, Update) and not _only_inside(edit):
                self._updated[id(edit.source)] = (edit.source, edit.target)
                self._kept[id(edit.source)] = edit.target
            elif isinstance(edit, Update | Keep):
                self._kept[id(edit.source)] = edit.target

    @property
    def left(self) -> bool:
        """Whether there are edits that no rule took."""
        return bool(self._removed or self._inserted or self._updated)

    @property
    def kept_share(self) -> float:
        """Share of the nodes that both have."""
        kept = len(self._kept) - len(self._updated)
        nodes = 2 * len(self._kept) + len(self._removed) + len(self._inserted)
        return 2 * kept / nodes if nodes else 0.0

    def removed(self, type_: type[E]) -> list[E]:
        """Return the nodes of a type that only the first has."""
        return [node for node in self._removed.values() if isinstance(node, type_)]

    def inserted(self, type_: type[E]) -> list[E]:
        """Return the nodes of a type that only the second has."""
        return [node for node in self._inserted.values() if isinstance(node, type_)]

    def updated(self, type_: type[E]) -> list[tuple[E, E]]:
        """Return the nodes of a type that both have with other contents."""
        return [
            (old, new)
            for old, new in self._updated.values()
            if isinstance(old, type_) and isinstance(new, type_)
        ]

    def kept(self, type_: type[E]) -> list[tuple[E, E]]:
        """Return the pairs of nodes of a type that both have, whatever is inside them."""
        pairs = ((node, self._kept.get(id(node))) for node in self._before)
        return [(old, new) for old, new in pairs if isinstance(old, type_) and isinstance(new, type_)]

    def come_or_go(self, before: exp.Expr, after: exp.Expr) -> bool:
        """Whether anything inside ``before`` is gone, or anything inside ``after`` new."""
        return any(id(node) in self._removed for node in before.walk()) or any(
            id(node) in self._inserted for node in after.walk()
        )

    def stays(self, node: exp.Expr) -> bool:
        """Whether anything inside ``node``, of either side, is in both."""
        both = self._kept.keys() | {id(now) for now in self._kept.values()}
        return any(id(each) in both for each in node.walk())

    def differ(self, before: exp.Expr) -> bool:
        """Whether anything inside ``before`` has other contents."""
        return any(id(node) in self._updated for node in before.walk())

    def take(self, *nodes: exp.Expr | None, whole: bool = True) -> None:
        """Take the edits of ``nodes``, and of all inside them unless told otherwise."""
        for top in nodes:
            for node in () if top is None else top.walk() if whole else (top,):
                self._removed.pop(id(node), None)
                self._inserted.pop(id(node), None)
                self._updated.pop(id(node), None)


def _only_inside(edit: Update) -> bool:
    """Whether all that differs is nodes of their own, for which there are edits of their own."""
    old, new = (
        {name: value for name, value in node.args.items() if isinstance(value, str | bool | int)}
        for node in (edit.source, edit.target)
    )
    return isinstance(edit.source, exp.Window | exp.Lambda | exp.Alias) and old == new


def likeness(before: exp.Expr, after: exp.Expr) -> float:
    """Return how much of two expressions sqlglot's diff calls the same, from 0 to 1."""
    return Edits(before.copy(), after.copy()).kept_share


def paired(before: Sequence[E], after: Sequence[E]) -> tuple[list[tuple[E, E]], list[E], list[E]]:
    """Return which of ``before`` became which of ``after``, what is gone and what is new; what is the same is left out."""
    gone = _without(before, [key(node) for node in after])
    new = _without(after, [key(node) for node in before])
    scores = sorted(
        ((likeness(old, fresh), -i, -j) for i, old in enumerate(gone) for j, fresh in enumerate(new)),
        reverse=True,
    )
    pairs: dict[int, int] = {}
    for score, i, j in scores:
        if score >= _SAME and -i not in pairs and -j not in pairs.values():
            pairs[-i] = -j
    return (
        [(gone[i], new[j]) for i, j in sorted(pairs.items())],
        [node for i, node in enumerate(gone) if i not in pairs],
        [node for j, node in enumerate(new) if j not in pairs.values()],
    )


def _without(nodes: Sequence[E], keys: list[str]) -> list[E]:
    left = []
    for node in nodes:
        own = key(node)
        if own in keys:
            keys.remove(own)
        else:
            left.append(node)
    return left


def _aligned(before: exp.Expr, after: exp.Expr) -> Iterator[tuple[exp.Expr, exp.Expr]]:
    """Yield the nodes that stand in the same place of both, through calls and casts that only one side has."""
    if isinstance(before, exp.Identifier) or isinstance(after, exp.Identifier):
        return
    if type(before) is type(after):
        yield before, after
    elif isinstance(before, _WRAPPERS):
        yield from _aligned(_inside(before), after)
        return
    elif isinstance(after, _WRAPPERS):
        yield from _aligned(before, _inside(after))
        return
    if isinstance(before, exp.Connector) and type(before) is type(after):
        yield from _aligned_lists(*(operands(each, type(before)) for each in (before, after)))
        return
    for name, old in before.args.items():
        new = after.args.get(name)
        if isinstance(old, exp.Expr) and isinstance(new, exp.Expr):
            yield from _aligned(old, new)
        elif isinstance(old, list) and isinstance(new, list):
            yield from _aligned_lists(old, new)


def _aligned_lists(before: list[exp.Expr], after: list[exp.Expr]) -> Iterator[tuple[exp.Expr, exp.Expr]]:
    if len(before) == len(after):
        for old, new in zip(before, after, strict=True):
            yield from _aligned(old, new)
        return
    keys = [key(node) for node in after]
    for old in before:
        if key(old) in keys:
            at = keys.index(key(old))
            keys[at] = ""
            yield from _aligned(old, after[at])


def _inside(wrapper: exp.Expr) -> exp.Expr:
    inner = wrapper.expressions[0] if isinstance(wrapper, exp.Distinct) else wrapper.this
    assert isinstance(inner, exp.Expr)
    return inner
