"""Hybrids that have no value to select, comparators and relationships: held against ``where(Class.attr == instance.attr)``."""

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import Connection, Select, inspect, select
from sqlalchemy.orm import InstanceState

from harness.core.observation import Key, Match
from harness.core.outcome import Outcome, Returned
from harness.evaluation.containment import contained
from harness.evaluation.subject import Subject
from harness.evaluation.transaction import back_to_loaded

COLLECTIONS = (list, set, tuple, frozenset)


class ComparisonSide:
    """Looks for the rows of each value that Python gave."""

    def __init__(self, subject: Subject, *, seconds: float) -> None:
        self._subjects = {"where": subject, "aliased": subject.alias()}
        self._seconds = seconds

    def matches(self, connection: Connection, outcomes: Mapping[Key, Outcome]) -> Iterator[Match]:
        """For each different value the rows that should be found, as far as Python can tell, and those that were."""
        values = {key: each.value for key, each in outcomes.items() if isinstance(each, Returned)}
        for sought in _different(values.values()):
            alike = {key: _has(value, sought) for key, value in values.items()}
            expected = frozenset(key for key, same in alike.items() if same)
            known = frozenset(key for key, same in alike.items() if same is not None)
            member = _is_member(values.values(), sought)
            for position, subject in self._subjects.items():
                found = self._found(connection, subject, sought, member=member)
                yield Match(position, _label(sought), expected, known, found, member)

    def _found(self, connection: Connection, subject: Subject, sought: Any, *, member: bool) -> Outcome:
        def run() -> frozenset[Key]:
            statement: Select[Any] = select(*subject.key)
            attribute = subject.value
            criterion = attribute.contains(sought) if member else attribute == sought
            return frozenset(map(tuple, connection.execute(statement.where(criterion)).all()))

        outcome = contained(run, seconds=self._seconds)
        if not isinstance(outcome, Returned):
            back_to_loaded(connection)
        return outcome


def _different(values: Any) -> Iterator[Any]:
    """Each value once, the members of collections in their place; nothing is like NULL."""
    seen: list[Any] = []
    for value in values:
        for sought in value if isinstance(value, COLLECTIONS) else [value]:
            if sought is not None and not any(_same(sought, other) for other in seen):
                seen.append(sought)
                yield sought


def _is_member(values: Any, sought: Any) -> bool:
    return any(isinstance(value, COLLECTIONS) and any(each is sought for each in value) for value in values)


def _has(value: Any, sought: Any) -> bool | None:
    """Whether a row with ``value`` should be found; None where Python can't tell."""
    if not isinstance(value, COLLECTIONS):
        return _same(value, sought)
    answers = [_same(each, sought) for each in value]
    return True if True in answers else (None if None in answers else False)


def _same(one: Any, other: Any) -> bool | None:
    """None where the class's own comparison gives something else than an answer, such as SQL."""
    if one is other:
        return True
    answer = contained(lambda: one == other, seconds=1)
    return answer.value if isinstance(answer, Returned) and isinstance(answer.value, bool) else None


def _label(value: Any) -> str:
    """The value for people: a mapped instance by its key."""
    state = inspect(value, raiseerr=False)
    if isinstance(state, InstanceState):
        return f"{type(value).__name__}{state.identity}"
    return repr(value)
