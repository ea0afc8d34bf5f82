"""What a Python side reads: an estimate from its byte code that may name too much, never too little."""

import datetime as dt
import decimal
import dis
import sys
import types
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sqlalchemy import Column, Table
from sqlalchemy.ext.hybrid import hybrid_method, hybrid_property
from sqlalchemy.orm import ColumnProperty, Mapper, RelationshipProperty

DYNAMIC = frozenset({"getattr", "__getattribute__", "__dict__", "vars", "attrgetter", "inspect"})
"""Names that read attributes whose names the byte code doesn't show."""

LOADS_CONSTANTS = ("LOAD_CONST", "LOAD_SMALL_INT", "KW_NAMES", "PRECALL", "PUSH_NULL")
"""Instructions, by how their names begin, that prepare a call with constants."""
PLAIN = (str, int, float, decimal.Decimal, dt.date, dt.timedelta)
MOST_CONSTANTS = 50
"""Members of one collection that are taken over."""
LONGEST = 40
"""Characters; what is longer is a docstring or a message."""


@dataclass(frozen=True, slots=True)
class PythonReads:
    """Mappers that the Python side can get to, relationships and columns whose names it mentions there.

    ``constants`` are the plain values in its code and in the module-level collections it names: what columns are compared
    with, most often.
    """

    mappers: tuple[Mapper[Any], ...]
    relationships: tuple[RelationshipProperty[Any], ...]
    columns: frozenset[Column[Any]]
    constants: tuple[Any, ...]


def python_reads(mapper: Mapper[Any], getter: Any) -> PythonReads:
    """Follow ``getter`` from ``mapper`` through relationships, methods, properties and other hybrids."""
    return _Walk(mapper, getter).reads()


class _Walk:
    """Grows names and mappers until neither brings a new one."""

    def __init__(self, mapper: Mapper[Any], getter: Any) -> None:
        self.names: set[str] = set()
        self.mappers: dict[Mapper[Any], None] = {}
        self.seen: set[tuple[types.CodeType, bool]] = set()
        self.sees_rows = True
        self.constants: dict[tuple[type, Any], Any] = {}
        self._reach(mapper)
        self._read(getter)
        if getter is not None and not any(functions_behind(getter)):
            self.names |= DYNAMIC  # a partial or an attrgetter: its code can't be read

    def reads(self) -> PythonReads:
        size = (0, 0)
        while size != (len(self.names), len(self.mappers)):
            size = (len(self.names), len(self.mappers))
            for mapper in self._configured():
                for relationship in self._named(mapper.relationships):
                    self._reach(relationship.mapper)
                self._read_attributes(mapper.class_)
        relationships = [r for mapper in self._configured() for r in self._named(mapper.relationships)]
        columns = {
            column
            for mapper in self._configured()
            for prop in self._named(mapper.column_attrs)
            if isinstance(prop, ColumnProperty)
            for column in prop.columns
            if isinstance(column, Column) and isinstance(column.table, Table)
        }
        return PythonReads(
            tuple(self.mappers),
            tuple(dict.fromkeys(relationships)),
            frozenset(columns),
            tuple(self.constants.values()),
        )

    def _configured(self) -> list[Mapper[Any]]:
        """Those whose relationships can be followed; SQLAlchemy may have given up on one."""
        return [mapper for mapper in self.mappers if mapper.configured]

    def _named(self, properties: Any) -> Iterator[Any]:
        everything = bool(self.names & DYNAMIC)
        return (prop for prop in properties if everything or prop.key in self.names)

    def _reach(self, mapper: Mapper[Any]) -> None:
        for each in mapper.self_and_descendants:
            self.mappers.setdefault(each)

    def _read_attributes(self, class_: type) -> None:
        """Read the functions behind those attributes of a mapped class whose names have come up."""
        for name in list(self.names):
            for owner in class_.__mro__:
                if name in vars(owner):
                    self._read(vars(owner)[name])

    def _read(self, value: object) -> None:
        for function in functions_behind(value):
            self._read_code(function.__code__, function.__globals__)

    def _read_code(self, code: types.CodeType, namespace: dict[str, Any]) -> None:
        if (code, self.sees_rows) in self.seen:
            return
        self.seen.add((code, self.sees_rows))
        instructions = list(dis.get_instructions(code))
        constant = constant_attributes(instructions)
        known = (
            DYNAMIC if not self.sees_rows else {"getattr"} if None not in constant.values() else frozenset()
        )
        self.names |= (set(code.co_names) - known) | {each.name for each in constant.values() if each}
        for place, instruction in enumerate(instructions):
            if instruction.opname == "LOAD_GLOBAL":
                helper = namespace.get(instruction.argval)
                if isinstance(helper, types.FunctionType) and not is_library(helper):
                    self._read_helper(helper, sees_rows=not _takes_constants(instructions[place + 1 :]))
                self._note(helper)
        for each in code.co_consts:
            if isinstance(each, types.CodeType):
                self._read_code(each, namespace)
            else:
                self._note(each)

    def _read_helper(self, helper: types.FunctionType, *, sees_rows: bool) -> None:
        """Read it; one that gets nothing but constants, as in ``now("UTC")``, reads no attribute of a row by whatever name."""
        before, self.sees_rows = self.sees_rows, self.sees_rows and sees_rows
        self._read(helper)
        self.sees_rows = before

    def _note(self, value: object) -> None:
        """Keep plain values, those in collections too, and lists of texts as paths into documents."""
        if isinstance(value, str) and len(value) > LONGEST:
            return
        if isinstance(value, PLAIN) and not isinstance(value, bool):
            self.constants.setdefault((type(value), value), value)
        elif isinstance(value, tuple | list | set | frozenset | dict):
            if isinstance(value, list) and len(value) > 1 and all(isinstance(key, str) for key in value):
                self.constants.setdefault((tuple, tuple(value)), tuple(value))
            for item in list(value)[:MOST_CONSTANTS]:
                self._note(item)


@dataclass(frozen=True, slots=True)
class ConstantAttribute:
    """``getattr(owner, "name")``: what ``owner`` is loaded from, if it is a local variable, and the place after the call."""

    name: str
    owner: dis.Instruction
    after: int


def constant_attributes(instructions: Sequence[dis.Instruction]) -> dict[int, ConstantAttribute | None]:
    """The places that load getattr; None for one whose attribute's name is not known."""
    return {
        place: _constant_attribute(instructions, place)
        for place, each in enumerate(instructions)
        if each.opname.startswith(("LOAD_GLOBAL", "LOAD_NAME")) and each.argval == "getattr"
    }


def _constant_attribute(instructions: Sequence[dis.Instruction], place: int) -> ConstantAttribute | None:
    """Where a value, its attributes, a text and at most one more value are loaded, and called at once."""
    following = [
        (index, each)
        for index, each in enumerate(instructions[place + 1 : place + 20], place + 1)
        if not each.opname.startswith(("PUSH_NULL", "CACHE", "PRECALL", "KW_NAMES"))
    ]
    call = next((nth for nth, (_, each) in enumerate(following) if each.opname.startswith("CALL")), None)
    if call is None:
        return None
    loads = [each for _, each in following[:call]]
    if any(not each.opname.startswith("LOAD_") or _loads_several(each) for each in loads):
        return None
    values = [each for each in loads if not each.opname.startswith(("LOAD_ATTR", "LOAD_METHOD"))]
    if len(values) not in (2, 3) or not isinstance(values[1].argval, str) or values[1].opname != "LOAD_CONST":
        return None
    owner = values[0] if loads[1] is values[1] else loads[loads.index(values[1]) - 1]
    return ConstantAttribute(values[1].argval, owner, following[call][0] + 1)


def _loads_several(instruction: dis.Instruction) -> bool:
    return isinstance(instruction.argval, tuple) and not instruction.opname.startswith("LOAD_CONST")


def _takes_constants(following: Sequence[dis.Instruction]) -> bool:
    """Whether what was loaded is called at once, with constants alone."""
    for instruction in following:
        if instruction.opname.startswith("CALL"):
            return True
        if not instruction.opname.startswith(LOADS_CONSTANTS):
            return False
    return False


def is_library(function: types.FunctionType) -> bool:
    """Whether it comes with Python or SQLAlchemy and is none of the user's."""
    package = (function.__module__ or "").partition(".")[0]
    return package == "sqlalchemy" or package in sys.stdlib_module_names


def functions_behind(value: object) -> Iterator[types.FunctionType]:
    """The Python-side functions behind a class attribute, a function included."""
    if isinstance(value, types.FunctionType):
        yield value
        if wrapped := getattr(value, "__wrapped__", None):
            yield from functions_behind(wrapped)
        for cell in value.__closure__ or ():
            if isinstance(content := _content(cell), types.FunctionType) and content is not value:
                yield content
    elif isinstance(value, property | hybrid_property) and value.fget is not None:
        yield from functions_behind(value.fget)
    elif isinstance(value, staticmethod | classmethod):
        yield from functions_behind(value.__func__)
    elif isinstance(value, hybrid_method | cached_property):
        yield from functions_behind(value.func)


def _content(cell: types.CellType) -> object:
    try:
        return cell.cell_contents
    except ValueError:  # a cell that is filled later
        return None
