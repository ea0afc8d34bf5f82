"""The rule about hybrids that have no value to select: whether WHERE finds the rows that Python says it should."""

from collections.abc import Iterator
from typing import ClassVar

from harness.core.finding import Family, Finding
from harness.core.observation import Example, Match
from harness.core.outcome import Returned
from harness.rules.base import Documentation, Rule, counterexample, shown


class ComparisonDiffers(Rule[Example]):
    """``where(Class.attr == instance.attr)`` finds other rows than those whose attribute is that."""

    code = "HH214"
    name = "comparison-differs"
    family: ClassVar[Family] = Family.AGREEMENT
    reads: ClassVar[type] = Example
    documentation = Documentation(
        what="The hybrid has a comparator of its own or is a relationship, and comparing it in WHERE with what an instance "
        "has for it finds other rows than those that have the same.",
        why="`where(M.h == x.h)` misses rows that `[m for m in all if m.h == x.h]` has, or finds more.",
        limits="Only ==, and contains() for collections; values whose own == gives no bool are looked for, but not compared.",
        example="a getter that returns self.word.lower(), with a comparator that compares the word as it is",
        instead="a comparator that does to both sides what the getter does: func.lower(...) == func.lower(other)",
    )

    def judge(self, seen: Example) -> Iterator[Finding]:
        """At most one finding for each position, and one for a difference that is the same in both."""
        first: dict[str, tuple[Match, str]] = {}
        for match in seen.matches:
            what = _difference(match)
            if what is not None:
                first.setdefault(match.position, (match, what))
        positions: dict[tuple[str, str], list[str]] = {}
        for position, (match, what) in first.items():
            positions.setdefault((match.value, what), []).append(position)
        for (_, what), (position, *others) in positions.items():
            yield self._finding(seen, first[position][0], what, also=tuple(others))

    def _finding(self, seen: Example, match: Match, what: str, also: tuple[str, ...]) -> Finding:
        name = seen.hybrid.name
        criterion = f"{name}.contains({match.value})" if match.member else f"{name} == {match.value}"
        on = (
            f"an alias of {seen.hybrid.class_name}" if match.position == "aliased" else seen.hybrid.class_name
        )
        return self.finding(
            match.position,
            f"`where({criterion})` on {on} {what}.",
            f"Make the class-level comparison of {name} do what its getter does, built from `cls` alone.",
            counterexample(seen.hybrid, seen.dataset, None, _listed(match.expected), _listed_outcome(match)),
            also=also,
        )


def _difference(match: Match) -> str | None:
    """What is wrong with the rows that were found, if anything is."""
    if not isinstance(match.found, Returned):
        return f"fails: {match.found}"
    missing = match.expected - match.found.value
    extra = (match.found.value & match.known) - match.expected
    if missing:
        return f"does not find {_listed(missing)}, whose attribute is that in Python"
    return f"finds {_listed(extra)}, whose attribute is something else in Python" if extra else None


def _listed_outcome(match: Match) -> str:
    return _listed(match.found.value) if isinstance(match.found, Returned) else str(match.found)


def _listed(keys: frozenset[tuple[object, ...]]) -> str:
    texts = sorted(shown(key[0] if len(key) == 1 else key) for key in keys)
    return f"row {', '.join(texts)}" if texts else "no row"
