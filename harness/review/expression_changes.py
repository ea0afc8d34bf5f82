"""What changed inside one expression: rules that turn the edits of a tree diff into sentences."""

from collections.abc import Callable, Iterator, Sequence

from sqlglot import exp

from harness.review.changes import Change, Kind
from harness.review.edits import Edits, paired
from harness.review.statement import conditions, key, one_line, quoted, text

_OWN_WORDS = (exp.Bracket, exp.Interval)
"""What a number alone doesn't tell: sqlglot counts an array's elements from 0, and an interval has a unit."""
Rule = Callable[[Edits, str], Iterator[Change]]
"""Takes the edits that it has words for; the second argument is where, as `` in the subquery on x``, or nothing."""


def value_changes(before: exp.Expr, after: exp.Expr, where: str) -> Iterator[Change]:
    """Tell how the value ``before`` became ``after``, which are not the same and hold no query."""
    olds, news = conditions(before), conditions(after)
    if isinstance(before, exp.And) != isinstance(after, exp.And) and not set(map(key, olds)) & set(
        map(key, news)
    ):
        olds = news = []
    if len(olds) > 1 or len(news) > 1:
        yield from condition_changes(_copies(olds), _copies(news), where, "Condition")
        return
    edits = Edits(before, after)
    changes = [change for rule in (*_RULES, _columns) for change in rule(edits, where)]
    yield from changes
    if edits.left or not changes:
        old, new = _narrowed(before, after)
        yield Change(Kind.VALUE, f"Value changed{where}: {text(old)} became {text(new)}.")


def _narrowed(before: exp.Expr, after: exp.Expr) -> tuple[exp.Expr, exp.Expr]:
    """The smallest parts in the same place of both that hold all the difference."""
    while type(before) is type(after) and before.args.keys() == after.args.keys():
        differing = [name for name, old in before.args.items() if key(old) != key(after.args[name])]
        inner = [(before.args[name], after.args[name]) for name in differing]
        if len(inner) != 1 or not all(isinstance(each, exp.Condition) for each in inner[0]):
            break
        before, after = inner[0]
    return before, after


def predicate_changes(before: exp.Expr, after: exp.Expr, where: str, noun: str) -> Iterator[Change]:
    """The same for a condition, which is told as a whole unless the rules have words for all of it."""
    edits = Edits(before, after)
    changes = [change for rule in _RULES for change in rule(edits, where)]
    if edits.left or not changes:
        changes = [
            Change(Kind.PREDICATE_CHANGED, f"{noun} changed{where}: {text(before)} became {text(after)}.")
        ]
    yield from changes


def condition_changes(
    before: Sequence[exp.Expr], after: Sequence[exp.Expr], where: str, noun: str = "Predicate"
) -> Iterator[Change]:
    """Tell which conditions came, went and changed; none of them holds a query."""
    if (other := regrouped(before, after, where, noun)) is not None:
        yield other
        return
    changed, gone, new = paired(before, after)
    for old, fresh in changed:
        yield from predicate_changes(old, fresh, where, noun)
    for old in gone:
        yield Change(Kind.PREDICATE_REMOVED, f"{noun} removed{where}: {text(old)}.")
    for fresh in new:
        yield Change(Kind.PREDICATE_ADDED, f"{noun} added{where}: {text(fresh)}.")


def regrouped(before: Sequence[exp.Expr], after: Sequence[exp.Expr], where: str, noun: str) -> Change | None:
    """Tell of several conditions that OR connects now, or did before, in one sentence; None where there are none."""
    gone = [each for each in before if key(each) not in map(key, after)]
    new = [each for each in after if key(each) not in map(key, before)]
    for one, several in ((gone, new), (new, gone)):
        if len(one) == 1 < len(several) and isinstance(one[0].unnest(), exp.Or):
            inside = set(map(key, one[0].walk()))
            if all(key(each) in inside for each in several):
                old, now = (text(exp.and_(*side).unnest()) for side in (gone, new))
                return Change(Kind.PREDICATE_CHANGED, f"{noun} changed{where}: {old} became {now}.")
    return None


def _aggregates(edits: Edits, where: str) -> Iterator[Change]:
    pairs = list(zip(edits.removed(exp.AggFunc), edits.inserted(exp.AggFunc), strict=False))
    pairs += [(old, new) for old, new in edits.kept(exp.AggFunc) if edits.come_or_go(old, new)]
    for old, new in pairs:
        yield Change(Kind.AGGREGATE, f"Aggregate changed{where}: {text(old)} became {text(new)}.")
        edits.take(old, new)


def _coalesce(edits: Edits, where: str) -> Iterator[Change]:
    for old in filter(lambda each: edits.stays(each.this), edits.removed(exp.Coalesce)):
        default = text(old.expressions[-1]) if old.expressions else "a value"
        yield Change(
            Kind.COALESCE_DROPPED,
            f"COALESCE dropped{where}: NULL of {text(old.this)} is no longer {default}.",
        )
        edits.take(old, whole=False)
        edits.take(*old.expressions)
    for new in filter(lambda each: edits.stays(each.this), edits.inserted(exp.Coalesce)):
        default = text(new.expressions[-1]) if new.expressions else "a value"
        yield Change(
            Kind.COALESCE_ADDED, f"COALESCE added{where}: NULL of {text(new.this)} is {default} now."
        )
        edits.take(new, whole=False)
        edits.take(*new.expressions)


def _distinct(edits: Edits, where: str) -> Iterator[Change]:
    for old in edits.removed(exp.Distinct):
        call = old.find_ancestor(exp.AggFunc)
        if call is not None:
            yield Change(
                Kind.DISTINCT_DROPPED,
                f"DISTINCT dropped{where} from {text(call)}: what is there twice counts twice.",
            )
            edits.take(old, whole=False)
    for new in edits.inserted(exp.Distinct):
        call = new.find_ancestor(exp.AggFunc)
        if call is not None:
            yield Change(
                Kind.DISTINCT_ADDED, f"DISTINCT added{where}: {text(call)} counts what is there twice once."
            )
            edits.take(new, whole=False)


def _filters(edits: Edits, where: str) -> Iterator[Change]:
    for old in edits.removed(exp.Filter):
        sentence = f"FILTER dropped{where} from {text(old.this)}: {text(old.expression.this)}."
        yield Change(Kind.PREDICATE_REMOVED, sentence)
        edits.take(old, whole=False)
        edits.take(old.expression)
    for new in edits.inserted(exp.Filter):
        sentence = f"FILTER added{where} to {text(new.this)}: {text(new.expression.this)}."
        yield Change(Kind.PREDICATE_ADDED, sentence)
        edits.take(new, whole=False)
        edits.take(new.expression)
    for kept, now in edits.kept(exp.Filter):
        before, after = conditions(kept.expression), conditions(now.expression)
        noun = f"FILTER condition of {text(now.this)}"
        yield from condition_changes(_copies(before), _copies(after), where, noun)
        edits.take(kept.expression, now.expression)


def _cases(edits: Edits, where: str) -> Iterator[Change]:
    for old, new in edits.kept(exp.Case):
        before, after = old.args.get("default"), new.args.get("default")
        if before is not None and after is None:
            yield Change(Kind.VALUE, f"ELSE dropped from CASE{where}: NULL in place of {text(before)}.")
            edits.take(before)
        elif after is not None and before is None:
            yield Change(Kind.VALUE, f"ELSE added to CASE{where}: {text(after)} in place of NULL.")
            edits.take(after)
        yield from _branches(edits, old, new, where)
    for kept, now in edits.kept(exp.If):
        before, after = _copies(conditions(kept.this)), _copies(conditions(now.this))
        if edits.come_or_go(kept.this, now.this) or edits.differ(kept.this):
            yield from condition_changes(before, after, where, "WHEN condition")
            edits.take(kept.this, now.this)


def _branches(edits: Edits, old: exp.Case, new: exp.Case, where: str) -> Iterator[Change]:
    """Branches that only came or only went, or that are tried in another order."""
    olds, news = old.args["ifs"], new.args["ifs"]
    before, after = list(map(key, olds)), list(map(key, news))
    gone = [each for each in olds if key(each) not in after]
    fresh = [each for each in news if key(each) not in before]
    if not gone and not fresh and before != after:
        yield Change(Kind.VALUE, f"Order of WHEN changed{where}: {text(old)} became {text(new)}.")
        edits.take(*olds, *news)
    elif not (gone and fresh):
        for each in gone:
            yield Change(Kind.VALUE, f"Branch removed from CASE{where}: {_branch(each)}.")
        for each in fresh:
            yield Change(Kind.VALUE, f"Branch added to CASE{where}: {_branch(each)}.")
        edits.take(*gone, *fresh)


def _branch(branch: exp.If) -> str:
    return quoted(f"WHEN {one_line(branch.this)} THEN {one_line(branch.args['true'])}")


def _copies(nodes: Sequence[exp.Expr]) -> list[exp.Expr]:
    return [node.copy() for node in nodes]


def _in_lists(edits: Edits, where: str) -> Iterator[Change]:
    for old, new in edits.kept(exp.In):
        before, after = ({text(each): None for each in node.expressions} for node in (old, new))
        lost = [each for each in before if each not in after]
        gained = [each for each in after if each not in before]
        words = [
            f"{verb} {', '.join(names)}" for verb, names in (("gained", gained), ("lost", lost)) if names
        ]
        if words:
            yield Change(Kind.CONSTANT, f"IN list of {text(new.this)}{where} {' and '.join(words)}.")
        edits.take(*old.expressions, *new.expressions)


def _casts(edits: Edits, where: str) -> Iterator[Change]:
    for old, new in edits.updated(exp.DataType):
        if isinstance(old.parent, exp.Cast) and isinstance(new.parent, exp.Cast):
            sentence = f"Cast changed{where}: {text(old)} became {text(new)} in {text(new.parent)}."
            yield Change(Kind.CAST, sentence)
            edits.take(old, new)
    for gone in filter(lambda each: edits.stays(each.this), edits.removed(exp.Cast)):
        yield Change(
            Kind.CAST, f"Cast dropped{where}: {text(gone.this)} is no longer cast to {text(gone.to)}."
        )
        edits.take(gone, whole=False)
        edits.take(gone.to)
    for fresh in filter(lambda each: edits.stays(each.this), edits.inserted(exp.Cast)):
        yield Change(Kind.CAST, f"Cast added{where}: {text(fresh.this)} is cast to {text(fresh.to)} now.")
        edits.take(fresh, whole=False)
        edits.take(fresh.to)


def _constants(edits: Edits, where: str) -> Iterator[Change]:
    for old, new in edits.updated(exp.Literal):
        if isinstance(new.parent, _OWN_WORDS):
            continue
        yield Change(Kind.CONSTANT, f"Constant changed{where}: {text(old)} became {text(new)}{_around(new)}.")
        edits.take(old, new)


def _columns(edits: Edits, where: str) -> Iterator[Change]:
    pairs = edits.updated(exp.Column)
    turned = {(text(new), text(old)) for old, new in pairs}
    for old, new in pairs:
        if (text(old), text(new)) in turned:
            continue
        yield Change(Kind.COLUMN, f"Column changed{where}: {text(old)} became {text(new)}{_around(new)}.")
        edits.take(old, new)


def _around(node: exp.Expr) -> str:
    outer = node.find_ancestor(exp.Condition)
    return f", in {text(outer)}" if outer is not None and text(outer) != text(node) else ""


_RULES: tuple[Rule, ...] = (
    _coalesce,
    _filters,
    _cases,
    _distinct,
    _aggregates,
    _in_lists,
    _casts,
    _constants,
)
