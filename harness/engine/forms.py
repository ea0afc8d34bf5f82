"""The forms that the plain select of a hybrid takes: one for an attribute, for a method one for each SQL that arguments lead to."""

import enum
import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from harness.core.observation import Compiled, QueryPlan, Structure
from harness.core.outcome import Returned, TimedOut
from harness.evaluation.containment import contained
from harness.evaluation.structure import structure_of
from harness.evaluation.subject import Subject
from harness.evaluation.translation import bound

MOST_FORMS = 4
MOST_CALLS = 100
"""Arguments that a method is tried with to see what SQL it gives."""
PLAIN = int | float | str | bytes


@dataclass(eq=False, slots=True)
class Form:
    """``subject`` has the first arguments that gave this ``select``. ``plan`` is None until the server was asked."""

    subject: Subject
    select: Compiled
    structure: Structure
    plan: QueryPlan | None = None

    @property
    def arguments(self) -> tuple[Any, ...]:
        """Those of a method; none of an attribute."""
        return self.subject.arguments or ()


def forms_of(
    subject: Subject, values: Sequence[Sequence[Any]], structure: Structure, *, seconds: float
) -> tuple[Form, ...]:
    """The forms of ``subject``, that of its own arguments first; none where it can't be bound.

    ``values`` are those that each parameter takes, ``structure`` is that of the first form.
    """
    first = contained(lambda: bound(subject.select()), seconds=seconds)
    if not isinstance(first, Returned):
        return ()
    found = {first.value.sql: Form(subject, first.value, structure)}
    for arguments in itertools.islice(_calls(values), MOST_CALLS if values else 0):
        called = subject.called_with(arguments)
        built = contained(lambda called=called: bound(called.select()), seconds=seconds)  # type: ignore[misc]
        if isinstance(built, TimedOut):
            break
        if isinstance(built, Returned) and built.value.sql not in found:
            seen = contained(lambda called=called: structure_of(called, called.element, ()), seconds=seconds)  # type: ignore[misc]
            if isinstance(seen, Returned):
                found[built.value.sql] = Form(called, built.value, seen.value)
        if len(found) == MOST_FORMS:
            break
    return tuple(found.values())


def _calls(values: Sequence[Sequence[Any]]) -> Iterator[tuple[Any, ...]]:
    """Arguments of every kind with each other, then one value after the other beside the plainest."""
    yield from itertools.product(*map(_of_each_kind, values))
    plainest = tuple(several[0] for several in values)
    for place, several in enumerate(values):
        for value in several:
            yield (*plainest[:place], value, *plainest[place + 1 :])


def _of_each_kind(values: Iterable[Any]) -> list[Any]:
    """The first value of each type, and of those that code asks whether they are empty; every member of an Enum."""
    kinds: dict[Any, Any] = {}
    for value in values:
        empty = isinstance(value, PLAIN) and not value
        kinds.setdefault(str(value) if isinstance(value, enum.Enum) else (type(value), empty), value)
    return list(kinds.values())
