"""What a hybrid stores: its setter on an instance, flushed, against a bulk UPDATE of the hybrid, read back from the row."""

from collections.abc import Callable, Collection
from typing import Any, Final

from sqlalchemy import Column, Connection, event, inspect, select, update
from sqlalchemy.orm import QueryableAttribute, Session

from harness.core.observation import Key, Write
from harness.core.outcome import Outcome
from harness.evaluation.containment import contained
from harness.evaluation.subject import Subject
from harness.evaluation.transaction import back_to_loaded

UNDONE: Final = "create_savepoint"
"""A flush that fails rolls the session's transaction back: with this mode to a savepoint of its own, not the loaded rows."""


class WriteSide:
    """Assigns values to one hybrid in both ways, each undone before the next."""

    def __init__(self, subject: Subject, *, seconds: float) -> None:
        self._subject = subject
        self._seconds = seconds

    @property
    def assignable(self) -> bool:
        """Whether the hybrid has a setter."""
        descriptor = self._subject.mapper.all_orm_descriptors.get(self._subject.attribute)
        return getattr(descriptor, "fset", None) is not None

    @property
    def attribute(self) -> str | None:
        """The mapped attribute that the hybrid is on its class, if it is one and nothing more."""
        comparator = getattr(self._subject.value, "comparator", None)
        expression = getattr(comparator, "expression", None)
        return expression.key if isinstance(expression, QueryableAttribute) else None

    def write(self, connection: Connection, key: Key, value: Any) -> Write:
        """Store ``value`` in the row of ``key`` by the setter and by UPDATE; the loaded rows stay as they were.

        What listeners to a flush set is left out: they are asked for any change, and a bulk UPDATE never asks them.
        """
        listeners: set[str] = set()
        by_setter = self._stored(
            connection, key, lambda: self._set(connection, key, value, listeners), listeners
        )
        by_update = self._stored(connection, key, lambda: self._update(connection, key, value), listeners)
        return Write(key, value, by_setter, by_update)

    def _stored(
        self, connection: Connection, key: Key, store: Callable[[], None], listeners: Collection[str]
    ) -> Outcome:
        """The row's columns after ``store``, by name, but for those that ``listeners`` set."""

        def run() -> dict[str, Any]:
            store()
            return {name: each for name, each in self._row(connection, key).items() if name not in listeners}

        outcome = contained(run, seconds=self._seconds)
        back_to_loaded(connection)
        return outcome

    def _set(self, connection: Connection, key: Key, value: Any, listeners: set[str]) -> None:
        """Assign and flush; the attributes that change in the flush only go to ``listeners``."""
        with Session(bind=connection, join_transaction_mode=UNDONE) as session:
            instance = session.get(self._subject.mapper.class_, key)
            setattr(instance, self._subject.attribute, value)
            assigned = self._changed(instance)
            event.listen(
                session, "after_flush", lambda *_: listeners.update(self._changed(instance) - assigned)
            )
            session.commit()

    def _changed(self, instance: Any) -> set[str]:
        attributes = inspect(instance).attrs
        return {prop.key for prop in self._columns() if attributes[prop.key].history.has_changes()}

    def _update(self, connection: Connection, key: Key, value: Any) -> None:
        statement = (
            update(self._subject.mapper.class_).where(*self._is(key)).values({self._subject.value: value})
        )
        with Session(bind=connection, join_transaction_mode=UNDONE) as session:
            session.execute(statement, execution_options={"synchronize_session": False})
            session.commit()

    def _row(self, connection: Connection, key: Key) -> dict[str, Any]:
        attributes = [getattr(self._subject.mapper.class_, prop.key) for prop in self._columns()]
        row = connection.execute(select(*attributes).where(*self._is(key))).one()
        return dict(zip((prop.key for prop in self._columns()), row, strict=True))

    def _columns(self) -> list[Any]:
        """All but the version counter, which a flush moves on and a bulk UPDATE never does, whatever is set."""
        mapper = self._subject.mapper
        columns = [prop for prop in mapper.column_attrs if isinstance(prop.columns[0], Column)]
        return [prop for prop in columns if prop.columns[0] is not mapper.version_id_col]

    def _is(self, key: Key) -> list[Any]:
        return [attribute == part for attribute, part in zip(self._subject.key, key, strict=True)]
