"""The text of a snapshot file: what a reviewer reads, and what a change is compared by.

A comment with the hybrid's name and the parameters comes first, then, after an empty line, the SQL. Statements of fact about
the hybrid (tables read, result type, statements sent) stand below the SQL, after an empty line of their own, one
``-- fact: value`` a line.
"""

import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

FOLDER: Final = "snapshots"
"""Where snapshots are kept, below the project's root: ``snapshots/<module>/<Class>.<hybrid>.sql``."""

TABLES, COLUMNS, PLAN = "tables", "columns", "plan"
RESULT_TYPE, GROWTH, STATEMENTS = "result type", "SQL cost", "Python side"
FACTS: Final = (TABLES, COLUMNS, PLAN, RESULT_TYPE, GROWTH, STATEMENTS)
"""The facts below the SQL, in the order in which they stand there."""

_VARYING: Final = "(another each time)"
_NONE: Final = "none"
_UNSAFE: Final = re.compile(r'[\\/?*:|"<>%\x00-\x1f\x7f]')
_ESCAPED: Final = re.compile(r"%([0-9a-f]{2})")
_ADDRESS: Final = re.compile(r" at 0x[0-9a-fA-F]+")
_PARAMETER: Final = re.compile(r"-- :(.+?) (\w+) = (.*)")
_FACT: Final = re.compile(rf"-- ({'|'.join(map(re.escape, FACTS))}): (.*)")


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter as the file shows it: the name of its Python type, and its value in Python's words."""

    type_name: str
    value: str


@dataclass(frozen=True, slots=True)
class SnapshotFile:
    """What a snapshot's text says. Of a text that ``snapshot_text`` did not write, ``name`` may be empty.

    ``repeated`` are parameters and facts that have several lines, of which ``parameters`` and ``facts`` have the last.
    """

    name: str
    sql: str
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    facts: Mapping[str, str] = field(default_factory=dict)
    repeated: tuple[str, ...] = ()

    def listed(self, fact: str) -> tuple[str, ...] | None:
        """Return the members of a fact that is a list; None where the file doesn't have it."""
        value = self.facts.get(fact)
        if value is None:
            return None
        return () if value == _NONE else tuple(value.split(", "))


def file_name(name: str) -> str:
    """Return ``name`` with ``%xx`` for every character that some file system refuses."""
    return _UNSAFE.sub(lambda match: f"%{ord(match[0]):02x}", name)


def name_of_file(stem: str) -> str:
    """Return the name that ``file_name`` made ``stem`` of."""
    return _ESCAPED.sub(lambda match: chr(int(match[1], 16)), stem)


def snapshot_text(
    name: str,
    parameters: Mapping[str, object],
    sql: str,
    *,
    facts: Mapping[str, str | Sequence[str]] | None = None,
    note: str | None = None,
    varying: Collection[str] = (),
) -> str:
    """Return the file's text for the hybrid ``name`` (``Class.hybrid``), which ends with one newline.

    Each parameter is a line ``-- :name type = value`` in the order of ``parameters``, its type that of the Python value and
    its value without what differs from run to run (addresses, the order of a set). ``facts`` are keyed by ``FACTS``; several
    values are one line with commas. ``varying`` are parameters with another value each time that the SQL is built, which is
    not shown. ``note`` is one more line above the parameters, for what a reader must know about this
    text.
    """
    lines = [name]
    if note is not None:
        lines.append(f"note: {note}")
    lines += [
        f":{name} {type(value).__name__} = {_VARYING if name in varying else _stable(value)}"
        for name, value in parameters.items()
    ]
    below = [f"{fact}: {_listed(facts[fact])}" for fact in FACTS if fact in facts] if facts else []
    parts = [_comment(lines), sql.rstrip(), *([_comment(below)] if below else [])]
    return "\n\n".join(parts) + "\n"


def read_snapshot(text: str) -> SnapshotFile:
    """Return what ``text``, written by ``snapshot_text``, says; lines may end in CRLF."""
    lines = text.replace("\r\n", "\n").rstrip("\n").split("\n")
    header = 0
    while header < len(lines) and lines[header].startswith("-- "):
        header += 1
    first_fact = len(lines)
    while first_fact > header and _FACT.fullmatch(lines[first_fact - 1]):
        first_fact -= 1
    parameters = [match for line in lines[1:header] if (match := _PARAMETER.fullmatch(line))]
    facts = [match for line in lines[first_fact:] if (match := _FACT.fullmatch(line))]
    lines_of = Counter(match[1] for match in (*parameters, *facts))
    return SnapshotFile(
        lines[0].removeprefix("-- ") if header else "",
        "\n".join(lines[header:first_fact]).strip("\n"),
        {match[1]: Parameter(match[2], match[3]) for match in parameters},
        {match[1]: match[2] for match in facts},
        tuple(name for name, number in lines_of.items() if number > 1),
    )


def _listed(value: str | Sequence[str]) -> str:
    return value if isinstance(value, str) else ", ".join(value) or _NONE


def _comment(lines: Sequence[str]) -> str:
    return "\n".join(f"-- {_one_line(line)}" for line in lines)


def _stable(value: object) -> str:
    if isinstance(value, set | frozenset):
        return "{" + ", ".join(sorted(_stable(member) for member in value)) + "}"
    return _ADDRESS.sub("", repr(value))


def _one_line(text: str) -> str:
    return "\\n".join(text.splitlines())
