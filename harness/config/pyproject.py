"""``[tool.hybrid-harness]`` in pyproject.toml: the flags' names, each value of its flag's type, nothing unknown."""

import difflib
import tomllib
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any, Final

from harness.config.options import Options, checked, overridden
from harness.config.policies import read_policies
from harness.core.errors import UsageProblem
from harness.core.finding import Severity
from harness.core.texts import shown

NAME: Final = "hybrid-harness"
SECTION: Final = f"[tool.{NAME}]"
SWITCHES = ("strict", "create-extensions")
LISTS = frozenset({"only", "skip", "select", "ignore"})
NUMBERS: Mapping[str, tuple[type, ...]] = {
    "examples": (int,),
    "seed": (int,),
    "scale": (int,),
    "fan-out": (int,),
    "depth": (int,),
    "childless": (int, float),
    "skew": (int, float),
    "timeout": (int, float),
}
SMALLEST, LARGEST = -(2**63), 2**63 - 1
"""What TOML promises of a whole number; Python's own have no end, and where one has thousands of digits, can't be printed."""


def read_options(folder: Path) -> Options:
    """The options that ``folder``'s pyproject.toml sets; defaults where there is no file or no section.

    Raises UsageProblem, with file, key and what would be right, for TOML that can't be read and for keys and values that
    can't be meant.
    """
    path = folder / "pyproject.toml"
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return Options()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageProblem(
            f"pyproject.toml can't be read: {error}", where=str(path), hint="Make it readable UTF-8 text."
        ) from error
    try:
        document = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # TOMLDecodeError, a number or a nesting without end
        marked = text.startswith("\ufeff")
        raise UsageProblem(
            f"pyproject.toml is not valid TOML: {error}",
            where=str(path),
            hint="Save it as UTF-8 without a byte order mark." if marked else "Mend the line it names.",
        ) from error
    section = _section(document, path)
    where = f"{SECTION} of {path}"
    values = {_known(key, where): _value(key, value, where, path) for key, value in section.items()}
    return checked(overridden(Options(), values), where=where)


def _section(document: Mapping[str, Any], path: Path) -> Mapping[str, Any]:
    """Our table; empty where there is none. One whose name is nearly right would be read by nobody."""
    tool = document.get("tool")
    tools = tool if isinstance(tool, dict) else {}
    for before, tables in (("", document), ("tool.", tools)):
        for name in tables:
            meant = difflib.get_close_matches(name.lower(), [NAME], cutoff=0.9)
            if meant and f"[{before}{name}]" != SECTION:
                raise UsageProblem(
                    f"Nothing reads [{before}{name}].", where=str(path), hint=f"Did you mean {SECTION}?"
                )
    section = tools.get(NAME, {})
    if not isinstance(section, dict):
        raise UsageProblem(f"{SECTION} is not a table.", where=str(path), hint=f"Write {SECTION} on a line.")
    return section


def _known(key: str, where: str) -> str:
    names = [field.name.replace("_", "-") for field in fields(Options)]
    if key in names:
        return key.replace("-", "_")
    near = difflib.get_close_matches(key, names, n=1)
    meant = f"Did you mean {near[0]!r}? " if near else ""
    raise UsageProblem(
        f"There is no setting {key!r}.", where=where, hint=f"{meant}Settings are {', '.join(names)}."
    )


def _value(key: str, value: Any, where: str, path: Path) -> Any:
    if key == "hybrid":
        return read_policies(value, str(path))
    if key in SWITCHES:
        if isinstance(value, bool):
            return value
        raise _wrong(key, value, "true or false", where)
    if key in LISTS:
        if isinstance(value, list) and all(isinstance(item, str) for item in value):
            return tuple(value)
        raise _wrong(key, value, "a list of strings", where)
    if key in NUMBERS:
        if isinstance(value, NUMBERS[key]) and not isinstance(value, bool) and _fits(value):
            return value
        raise _wrong(key, value, "a number" if float in NUMBERS[key] else "a whole number", where)
    if not isinstance(value, str):
        raise _wrong(key, value, "a string", where)
    return severity(value, where) if key == "fail-on" else value


def _fits(value: Any) -> bool:
    return isinstance(value, float) or SMALLEST <= value <= LARGEST


def severity(value: str, where: str) -> Severity:
    """``error`` or ``warning``. Raises UsageProblem for anything else."""
    if value in (Severity.ERROR, Severity.WARNING):
        return Severity(value)
    raise UsageProblem(
        f"fail-on is {shown(value)}, which is no threshold.", where=where, hint="Choose error or warning."
    )


def _wrong(key: str, value: Any, wanted: str, where: str) -> UsageProblem:
    return UsageProblem(
        f"{key} is {shown(value)}, but it must be {wanted}.",
        where=where,
        hint=f"Write {wanted} after `{key} =`.",
    )
