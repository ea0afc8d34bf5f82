"""Where a hybrid stands in people's files, and the text that stands there."""

import ast
import functools
import inspect
import linecache
import re
import sys
import textwrap
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import CodeType
from typing import Any

from harness.core.hybrid import Source


def place_of(getter: Any, owner: type, name: str, folder: Path) -> tuple[str, int]:
    """File (relative to ``folder`` where below it) and line of the ``def`` or ``lambda``.

    Where there is no function (a column_property, a partial, an attrgetter), the place where the class ``owner`` assigns
    ``name``, or else the class itself.
    """
    code = _code(getter)
    file = code.co_filename if code else _file_of(owner)
    line = code.co_firstlineno if code else 1
    wanted = re.compile(r"\s*(async )?def " if code else rf"\s+{re.escape(name)}\s*[:=]")
    lines, start = _lines(code or owner)
    offset = next((number for number, text in enumerate(lines) if wanted.match(text)), 0)
    return _shown_path(file, folder), (line if code or not lines else start) + offset


def function_source(function: Any, folder: Path) -> Source | None:
    """The function's text with its decorators; None where there is no function or its file can't be read."""
    code = _code(function)
    lines, start = _lines(code)
    return Source(_shown_path(code.co_filename, folder), start, _dedented(lines)) if code and lines else None


def statement_source(owner: type, name: str, folder: Path) -> Source | None:
    """The statement in which the class ``owner`` assigns ``name``; None where it doesn't, as in an imperative mapping."""
    lines, start = _lines(owner)
    try:
        body = ast.parse(_dedented(lines)).body
    except SyntaxError:  # a class inside a statement that its lines alone don't end
        return None
    for statement in getattr(body[0], "body", ()) if body else ():
        targets = getattr(statement, "targets", None) or [getattr(statement, "target", None)]
        if any(isinstance(target, ast.Name) and target.id == name for target in targets):
            text = _dedented(lines[statement.lineno - 1 : statement.end_lineno])
            return Source(_shown_path(_file_of(owner), folder), start + statement.lineno - 1, text)
    return None


def _code(function: Any) -> CodeType | None:
    return getattr(inspect.unwrap(function), "__code__", None) if function is not None else None


def _file_of(owner: type) -> str | None:
    return getattr(sys.modules.get(owner.__module__), "__file__", None)


def _lines(thing: CodeType | type | None) -> tuple[list[str], int]:
    """Source lines and the number of the first; none where there is no file."""
    if isinstance(thing, type):
        return _class_lines(thing)
    try:
        return inspect.getsourcelines(thing)  # type: ignore[arg-type]
    except (OSError, TypeError):
        return [], 1


def _class_lines(owner: type) -> tuple[list[str], int]:
    file = _file_of(owner) or ""
    linecache.checkcache(file)
    lines = linecache.getlines(file, vars(sys.modules[owner.__module__])) if file else []
    start, end = _classes("".join(lines)).get(owner.__qualname__, (1, 0))
    return lines[start - 1 : end], start


@functools.lru_cache(maxsize=8)
def _classes(source: str) -> Mapping[str, tuple[int, int]]:
    """First and last line, decorators included, of each class by its qualified name.

    ``inspect`` parses the whole file for each class: minutes, where one file has the models of a large application.
    """
    try:
        module = ast.parse(source)
    except SyntaxError:
        return {}
    return dict(reversed(list(_spans(module, ""))))


def _spans(node: ast.AST, within: str) -> Iterator[tuple[str, tuple[int, int]]]:
    for child in ast.iter_child_nodes(node):
        name = within
        if isinstance(child, ast.ClassDef):
            start = min([child.lineno, *(each.lineno for each in child.decorator_list)])
            yield f"{within}{child.name}", (start, child.end_lineno or start)
            name = f"{within}{child.name}."
        elif isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            name = f"{within}{child.name}.<locals>."
        yield from _spans(child, name)


def _dedented(lines: list[str]) -> str:
    return textwrap.dedent("".join(lines)).rstrip("\n")


def _shown_path(file: str | None, folder: Path) -> str:
    path = Path(file or "?")
    return str(path.relative_to(folder) if path.is_relative_to(folder) else path)
