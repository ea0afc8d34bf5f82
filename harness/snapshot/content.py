"""The text of a snapshot file: what a reviewer reads, and what a change is compared by.

A comment with the hybrid's name and the parameters comes first, then, after an empty line, the SQL. Statements of fact about
the hybrid (tables read, result type, plan) belong below the SQL, after an empty line of their own, one ``-- fact: value``
a line.
"""

import re
from collections.abc import Mapping
from typing import Final

_ADDRESS: Final = re.compile(r" at 0x[0-9a-fA-F]+")


def snapshot_text(name: str, parameters: Mapping[str, object], sql: str, *, note: str | None = None) -> str:
    """Return the file's text for the hybrid ``name`` (``Class.hybrid``), which ends with one newline.

    Each parameter is a line ``-- :name type = value`` in the order of ``parameters``, its type that of the Python value and
    its value without what differs from run to run (addresses, the order of a set). ``note`` is one more line above the
    parameters, for what a reader must know about this text.
    """
    lines = [name]
    if note is not None:
        lines.append(f"note: {note}")
    lines += [
        f":{parameter} {type(value).__name__} = {_stable(value)}" for parameter, value in parameters.items()
    ]
    header = "\n".join(f"-- {_one_line(line)}" for line in lines)
    return f"{header}\n\n{sql.rstrip()}\n"


def _stable(value: object) -> str:
    if isinstance(value, set | frozenset):
        return "{" + ", ".join(sorted(_stable(member) for member in value)) + "}"
    return _ADDRESS.sub("", repr(value))


def _one_line(text: str) -> str:
    return "\\n".join(text.splitlines())
