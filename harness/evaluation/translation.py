"""The SQL side before any data: what the class-level attribute is, and what each position compiles to."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

from sqlalchemy import Dialect, TextClause
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.sql.selectable import SelectBase

from harness.core.hybrid import Hybrid
from harness.core.observation import COMPARISON, ClassLevel, Compiled, Structure, Translation
from harness.core.outcome import Returned
from harness.evaluation.containment import contained
from harness.evaluation.positions import POSITIONS, SELECT, Statement
from harness.evaluation.structure import structure_of
from harness.evaluation.subject import Subject

DIALECT: Dialect = PGDialect_psycopg()  # type: ignore[no-untyped-call]
PROBE = 5
"""The value that positions compare with while there is no data yet."""


def translate(hybrid: Hybrid, subject: Subject, *, seconds: float) -> Translation:
    """Build and compile the hybrid in every position; each step has ``seconds``."""
    built = contained(lambda: _class_level(subject), seconds=seconds)
    if not isinstance(built, Returned):
        return Translation(hybrid, built)
    element, class_level = built.value
    statements = {SELECT: contained(lambda: compiled(subject.select()), seconds=seconds)}
    for position in (each for each in POSITIONS if each.possible(subject)):
        build = _builder(position.statement, subject)
        statements[position.name] = contained(lambda: compiled(build()), seconds=seconds)  # noqa: B023 - called at once
    structure = Structure()
    if isinstance(element, ColumnElement | SelectBase | TextClause):
        unbound = contained(lambda: _unbound(element), seconds=seconds)
        structure = Structure(unbound=unbound.value if isinstance(unbound, Returned) else ())
    if isinstance(element, ColumnElement | SelectBase):
        seen = contained(lambda: structure_of(subject, element, structure.unbound), seconds=seconds)
        structure = seen.value if isinstance(seen, Returned) else replace(structure, unread=str(seen))
    return Translation(hybrid, Returned(class_level), statements, structure)


def _builder(statement: Callable[[Subject, Any], Statement], subject: Subject) -> Callable[[], Statement]:
    return lambda: statement(subject, PROBE)


def compiled(statement: Statement) -> Compiled:
    """``statement`` as psycopg would be sent it, its parameters as people read them.

    A parameter that nobody bound is None.
    """
    return _expanded(_compiler(statement))


def bound(statement: Statement) -> Compiled:
    """The same with the values that the types of the parameters hand to the driver; raises what a type raises."""
    result = _compiler(statement)
    shown = _expanded(result)
    processors = {
        name: bind.type.dialect_impl(DIALECT).bind_processor(DIALECT)
        for name, bind in result.binds.items()
        if name in shown.parameters and not bind.expanding and not bind.required
    }
    return replace(shown, bound=_processed(shown.parameters, processors))


def _compiler(statement: Statement) -> SQLCompiler:
    result = statement.compile(dialect=DIALECT)
    assert isinstance(result, SQLCompiler)
    return result


def _expanded(result: SQLCompiler) -> Compiled:
    unbound = {name: None for name, bind in result.binds.items() if bind.required}
    state = result.construct_expanded_state(unbound)
    return Compiled(state.statement, _processed(state.parameters, state.processors))


def _processed(values: Mapping[str, Any], processors: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: value if (process := processors.get(name)) is None else process(value)
        for name, value in values.items()
    }


def _class_level(subject: Subject) -> tuple[Any, ClassLevel]:
    """The raw value behind ``Class.hybrid`` and what it is."""
    element = subject.element
    form = COMPARISON if subject.compares else _form(element)
    return element, ClassLevel(form, type(element).__name__, _shown(element))


def _form(element: Any) -> str:
    if element is None:
        return "none"
    if isinstance(element, TextClause):
        return "text"
    if isinstance(element, SelectBase):
        return "select"
    return "expression" if isinstance(element, ColumnElement) else "constant"


def _shown(element: Any) -> str:
    text = repr(element)
    if isinstance(element, ColumnElement | SelectBase | TextClause):
        with suppress(Exception):  # what doesn't compile is seen in the statements
            text = str(element.compile(dialect=DIALECT))
    return " ".join(text.split())


def _unbound(element: Any) -> tuple[str, ...]:
    """Bind parameters that nobody gave a value."""
    binds = element.compile(dialect=DIALECT).binds
    return tuple(sorted(name for name, bind in binds.items() if bind.required and bind.value is None))
