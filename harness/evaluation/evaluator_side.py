"""A third opinion on a difference: SQLAlchemy's own evaluator, which computes an expression in Python on an instance."""

from collections.abc import Callable, Collection, Mapping
from functools import cached_property
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlalchemy.sql.elements import Label
from sqlalchemy.sql.operators import ColumnOperators

from harness.core.observation import Key
from harness.core.outcome import Outcome, Returned
from harness.evaluation.containment import contained
from harness.evaluation.subject import Subject
from harness.evaluation.transaction import back_to_loaded


class EvaluatorSide:
    """Evaluates the class-level expression of one hybrid without the server, as far as SQLAlchemy's evaluator goes."""

    def __init__(self, subject: Subject, *, seconds: float) -> None:
        self._subject = subject
        self._seconds = seconds

    def evaluate(self, session: Session, keys: Collection[Key]) -> Mapping[Key, Outcome]:
        """What the expression gives on the instances of ``keys``: Returned, or Raised; those that it can't tell of are left out."""
        evaluate = self._evaluator
        if not isinstance(evaluate, Returned):
            return {}
        instances = contained(lambda: self._instances(session, keys), seconds=self._seconds)
        if not isinstance(instances, Returned):
            back_to_loaded(session.connection())
            return {}
        outcomes = {key: self._value(evaluate.value, each) for key, each in instances.value.items()}
        return {key: each for key, each in outcomes.items() if not _is_unknown(each)}

    @cached_property
    def _evaluator(self) -> Outcome:
        """A function of an instance; Raised where the evaluator does not know a part of the expression."""
        return contained(self._compiled, seconds=self._seconds)

    def _compiled(self) -> Callable[[Any], Any]:
        # Private, so imported late: a release without it costs a sentence of some messages.
        from sqlalchemy.orm.evaluator import _EvaluatorCompiler

        element = self._subject.element
        while isinstance(element, Label):
            element = element.element
        compiler = _EvaluatorCompiler(self._subject.mapper.class_)  # type: ignore[no-untyped-call]
        evaluate: Callable[[Any], Any] = compiler.process(element)  # type: ignore[no-untyped-call]
        return evaluate

    def _instances(self, session: Session, keys: Collection[Key]) -> dict[Key, Any]:
        loaded = session.scalars(select(self._subject.entity)).unique().all()
        by_key = {tuple(self._subject.mapper.primary_key_from_instance(each)): each for each in loaded}
        return {key: by_key[key] for key in keys if key in by_key}

    def _value(self, evaluate: Callable[[Any], Any], instance: Any) -> Outcome:
        return contained(lambda: evaluate(instance), seconds=self._seconds)


def _is_unknown(outcome: Outcome) -> bool:
    """Whether the evaluator gave its mark of an attribute that isn't loaded in the place of a value."""
    return isinstance(outcome, Returned) and isinstance(outcome.value, ColumnOperators)
