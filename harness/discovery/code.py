"""What a getter's byte code uses: names, operators, and the columns that it reads for certain."""

import dis
import types
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Column, Table
from sqlalchemy.orm import ColumnProperty, Mapper

from harness.core.expression import PythonCode
from harness.discovery.reads import PythonReads, constant_attributes, functions_behind, is_library

ATTRIBUTES = frozenset({"LOAD_ATTR", "LOAD_METHOD"})
FORMATS = frozenset({"FORMAT_VALUE", "FORMAT_SIMPLE", "FORMAT_WITH_SPEC"})
SETS = frozenset({"BUILD_SET", "SET_ADD", "SET_UPDATE"})
SLICES = frozenset({"BUILD_SLICE", "BINARY_SLICE"})
BETWEEN = frozenset({"COPY", "TO_BOOL", "CACHE", "NOT_TAKEN"})
"""Instructions that stand between a value and the jump that it decides."""


def python_code(mapper: Mapper[Any], getter: Any, reads: PythonReads) -> PythonCode:
    """Follow ``getter`` through what it calls on ``self``, helpers of the user's, and properties of related classes."""
    walk = _Walk(mapper)
    walk.follow(getter, mapper)
    walk.follow_related(reads)
    return PythonCode(
        names=frozenset(walk.names),
        operators=frozenset(walk.operators),
        columns=tuple(sorted({*walk.own, *_related_columns(walk.others, mapper, reads)})),
        own=tuple(sorted(walk.own)),
        tested=tuple(sorted(walk.tested)),
        constants=tuple(walk.constants.values()),
    )


class _Walk:
    """Collects; each code object once."""

    def __init__(self, mapper: Mapper[Any]) -> None:
        self._mapper = mapper
        self._seen: set[types.CodeType] = set()
        self.names: set[str] = set()
        self.others: set[str] = set()
        self.operators: set[str] = set()
        self.own: set[str] = set()
        self.tested: set[str] = set()
        self.constants: dict[tuple[type, Any], Any] = {}

    def follow(self, value: object, owner: Mapper[Any] | None) -> None:
        """Read the functions behind ``value``, whose ``self`` is an instance of ``owner`` where that is known."""
        for function in functions_behind(value):
            code = function.__code__
            name = code.co_varnames[0] if code.co_argcount and owner is not None else None
            self._read(code, function.__globals__, owner, name)

    def follow_related(self, reads: PythonReads) -> None:
        """The properties and methods of related classes whose names came up."""
        for relationship in reads.relationships:
            for name in sorted(self.others):
                value = _attribute(relationship.mapper.class_, name)
                if value is not None:
                    self.follow(value, relationship.mapper)

    def _read(
        self,
        code: types.CodeType,
        namespace: dict[str, Any],
        owner: Mapper[Any] | None,
        self_name: str | None,
    ) -> None:
        if code in self._seen:
            return
        self._seen.add(code)
        instructions = [each for each in dis.get_instructions(code) if each.opname != "CACHE"]
        for constant in filter(None, constant_attributes(instructions).values()):
            on_self = self_name is not None and _loads(constant.owner, self_name)
            after = instructions[constant.after : constant.after + 5]
            self._attribute(constant.name, owner if on_self else None, after)
        for index, each in enumerate(instructions):
            self.operators.update(_operators(each))
            if each.opname == "COPY" and each.arg == 1:
                self.operators |= _decided(instructions[index : index + 5])
            if each.opname.startswith("LOAD_GLOBAL"):
                self._global(each.argval, namespace)
            elif each.opname in ATTRIBUTES:
                previous = instructions[index - 1] if index else None
                on_self = self_name is not None and _loads(previous, self_name)
                after = instructions[index + 1 : index + 6]
                self._attribute(each.argval, owner if on_self else None, after)
        for value in code.co_consts:
            if isinstance(value, types.CodeType):
                self._read(value, namespace, owner, self_name)
            elif isinstance(value, str | int | float | tuple) and value != code.co_qualname:
                self.constants.setdefault((type(value), value), value)

    def _global(self, name: str, namespace: dict[str, Any]) -> None:
        self.names.add(name)
        value = namespace.get(name)
        if isinstance(value, types.FunctionType) and not is_library(value):
            self.follow(value, None)

    def _attribute(self, name: str, owner: Mapper[Any] | None, after: list[dis.Instruction]) -> None:
        """One of an instance of ``owner``, or of what is not known."""
        if owner is None:
            self.others.add(name)
        else:
            self._own(name, owner, after)
        if (
            owner is None or name not in owner.attrs
        ):  # a column may be called title or replace, as text has methods
            self.names.add(name)

    def _own(self, name: str, owner: Mapper[Any], after: list[dis.Instruction]) -> None:
        prop = owner.attrs.get(name)
        if isinstance(prop, ColumnProperty):
            if owner is self._mapper:
                columns = set(_columns(prop))
                self.own |= columns
                self.tested |= columns if (how := _decided(after)) else set()
                self.operators.update(how)
            else:
                self.others.add(name)
        elif prop is None and (value := _attribute(owner.class_, name)) is not None:
            self.follow(value, owner)


def _related_columns(names: set[str], own: Mapper[Any], reads: PythonReads) -> Iterator[str]:
    """Columns of related classes by those names that only one of them has."""
    mappers = {each.mapper for each in reads.relationships} - {own}
    for name in names:
        found = {
            column
            for mapper in mappers
            if isinstance(prop := mapper.attrs.get(name), ColumnProperty)
            for column in _columns(prop)
        }
        if len(found) == 1:
            yield from found


def _columns(prop: ColumnProperty[Any]) -> Iterator[str]:
    for column in prop.columns:
        if isinstance(column, Column) and isinstance(column.table, Table):
            yield f"{column.table.fullname}.{column.name}"


def _attribute(class_: type, name: str) -> object | None:
    """What a class body holds under ``name``, without asking a descriptor."""
    return next((vars(each)[name] for each in class_.__mro__ if name in vars(each)), None)


def _loads(instruction: dis.Instruction | None, name: str) -> bool:
    """Whether the local variable ``name`` is what the instruction leaves on top."""
    if instruction is None or not instruction.opname.startswith(("LOAD_FAST", "LOAD_DEREF")):
        return False
    loaded = instruction.argval
    return bool((loaded[-1] if isinstance(loaded, tuple) else loaded) == name)


def _decided(after: list[dis.Instruction]) -> set[str]:
    """How the value on top decides what comes next: ``and``, ``or``, ``if``, ``not``, ``is``; nothing where it doesn't."""
    copied = any(each.opname == "COPY" for each in after[:2])
    jump = next((each.opname for each in after if each.opname not in BETWEEN), "")
    if jump == "UNARY_NOT":
        return {"not"}
    if "JUMP" not in jump or "_IF_" not in jump:
        return set()
    if jump.endswith("NONE"):
        return {"is", "if"}
    if copied or jump.endswith("_OR_POP"):
        return {"and" if "IF_FALSE" in jump else "or"}
    return {"if"}


def _operators(instruction: dis.Instruction) -> Iterator[str]:
    name = instruction.opname
    if name == "BINARY_OP":
        yield "[:]" if isinstance(instruction.argval, slice) else str(instruction.argrepr)
    elif name == "COMPARE_OP":
        yield str(instruction.argval)
    elif name == "CONTAINS_OP":
        yield "not in" if instruction.arg and instruction.arg & 1 else "in"
    elif name == "UNARY_NOT":
        yield "not"
    elif name == "FOR_ITER":
        yield "for"
    elif name in SLICES or (name == "LOAD_CONST" and isinstance(instruction.argval, slice)):
        yield "[:]"
    elif name in FORMATS:
        yield "f''"
    elif name in SETS:
        yield "{}"
    elif "JUMP" in name and "_IF_" in name:
        yield ("and" if "IF_FALSE" in name else "or") if name.endswith("_OR_POP") else "if"
