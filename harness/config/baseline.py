"""The baseline: findings that were there when the project took the harness up, which later runs don't fail on.

One JSON object, ``{"version": 1, "findings": [{"rule", "hybrid", "position", "reason", "expires"}]}``; an entry is the
finding of that rule, Class.hybrid and position, whatever its line. ``reason`` and ``expires`` (a date) are for people to add.
"""

import datetime as dt
import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.core.errors import UsageProblem
from harness.core.texts import shown, strict_json

VERSION = 1
IDENTITY = ("hybrid", "rule", "position")
AGAIN = "Mend it by hand, or remove it and write it anew with --write-baseline."


@dataclass(frozen=True, slots=True, order=True)
class Entry:
    """One finding that is known."""

    hybrid: str
    rule: str
    position: str
    reason: str = ""
    expires: dt.date | None = None

    @property
    def identity(self) -> tuple[str, str, str]:
        """What an entry is found again by."""
        return self.hybrid, self.rule, self.position


def read_baseline(path: Path) -> tuple[Entry, ...]:
    """The entries of ``path``; none where there is no file. Raises UsageProblem for what can't be read as a baseline."""
    try:
        document = strict_json(_text(path))
    except FileNotFoundError:
        return ()
    except (OSError, ValueError, RecursionError) as error:
        raise UsageProblem(f"The baseline can't be read: {error}.", where=str(path), hint=AGAIN) from error
    version = document.get("version") if isinstance(document, dict) else None
    if version != VERSION or isinstance(version, bool):
        raise UsageProblem(f"It is no baseline of version {VERSION}.", where=str(path), hint=AGAIN)
    _refuse_unknown(document, ("version", "findings"), "a baseline", str(path))
    findings = document.get("findings")
    if not isinstance(findings, list):
        raise UsageProblem("The baseline has no list of findings.", where=str(path), hint=AGAIN)
    return tuple(_entry(each, f"finding {number} of {path}") for number, each in enumerate(findings, start=1))


def _text(path: Path) -> str:
    if path.is_char_device():
        raise OSError("it is a device, which may have no end")
    return path.read_text(encoding="utf-8")


def _refuse_unknown(value: Mapping[str, Any], known: Collection[str], what: str, where: str) -> None:
    unknown = sorted(value.keys() - known)
    if unknown:
        raise UsageProblem(f"There is no {shown(unknown[0])} in {what}.", where=where, hint=AGAIN)


def _entry(value: Any, where: str) -> Entry:
    identity: list[Any] = [value.get(name) if isinstance(value, dict) else None for name in IDENTITY]
    if not all(isinstance(part, str) and part for part in identity):
        raise UsageProblem(f"An entry needs {', '.join(IDENTITY)}, each a text.", where=where, hint=AGAIN)
    _refuse_unknown(value, (*IDENTITY, "reason", "expires"), "an entry", where)
    reason, expires = value.get("reason"), value.get("expires")
    if not isinstance(reason, str | None):
        raise UsageProblem(f"reason is {shown(reason)}, which is no text.", where=where, hint=AGAIN)
    try:
        date = None if expires is None else dt.date.fromisoformat(expires)
    except (TypeError, ValueError) as error:
        raise UsageProblem(
            f"expires is {shown(expires)}, which is no date.",
            where=where,
            hint='Write it as in "2027-12-31".',
        ) from error
    hybrid, rule, position = identity
    return Entry(hybrid, rule, position, reason or "", date)


def rendered(entries: Iterable[Entry]) -> str:
    """The file's text: sorted, so that a change of it is read as a diff."""
    findings = [
        {
            "hybrid": each.hybrid,
            "rule": each.rule,
            "position": each.position,
            "reason": each.reason,
            "expires": None if each.expires is None else each.expires.isoformat(),
        }
        for each in sorted(entries, key=lambda each: each.identity)
    ]
    return json.dumps({"version": VERSION, "findings": findings}, indent=2, ensure_ascii=False) + "\n"
