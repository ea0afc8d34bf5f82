"""``[[tool.hybrid-harness.hybrid]]``: what is settled for the hybrids that a glob matches."""

import datetime as dt
import difflib
from dataclasses import MISSING, fields
from typing import Any

from harness.core.errors import UsageProblem
from harness.core.policy import NULL_STANDS_FOR, HybridPolicy
from harness.core.texts import shown

TABLE = "[[tool.hybrid-harness.hybrid]]"


def read_policies(tables: Any, path: str) -> tuple[HybridPolicy, ...]:
    """The policies of pyproject.toml. Raises UsageProblem that names the table by its number and what would be right."""
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise UsageProblem("hybrid is not a list of tables.", where=path, hint=f"Write {TABLE} on a line.")
    return tuple(
        _policy(table, f"{TABLE} number {number} of {path}") for number, table in enumerate(tables, start=1)
    )


def _policy(table: dict[str, Any], where: str) -> HybridPolicy:
    known = [field.name for field in fields(HybridPolicy)]
    for key in table:
        if key not in known:
            near = difflib.get_close_matches(key, known, n=1)
            meant = f"Did you mean {near[0]!r}? " if near else ""
            raise UsageProblem(
                f"There is no setting {key!r}.", where=where, hint=f"{meant}Settings are {', '.join(known)}."
            )
    for field in fields(HybridPolicy):
        given = table.get(field.name, "")
        if field.default is MISSING and isinstance(given, str) and not given.strip():
            raise UsageProblem(
                f"{field.name} is missing.", where=where, hint=f"Write {field.name} = {EXAMPLES[field.name]}."
            )
    values = {key: _value(key, value, where) for key, value in table.items()}
    if len(values.keys() - {"match", "reason", "expires"}) == 0:
        raise UsageProblem(
            "It settles nothing.",
            where=where,
            hint='Set null, tolerance or accept, as in accept = ["HH401"].',
        )
    return HybridPolicy(**values)


EXAMPLES = {
    "match": '"Tenant.*"',
    "reason": '"why this is right"',
    "null": f"one of {', '.join(map(repr, NULL_STANDS_FOR))}",
    "tolerance": "0.01, a share of the value",
    "accept": '["HH401"]',
    "expires": "2027-12-31, a date without quotes",
}


def _value(key: str, value: Any, where: str) -> Any:
    meant = {
        "match": isinstance(value, str),
        "reason": isinstance(value, str),
        "null": isinstance(value, str) and value in NULL_STANDS_FOR,
        "tolerance": isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < 1,
        "accept": isinstance(value, list)
        and bool(value)
        and all(isinstance(code, str) and code for code in value),
        "expires": isinstance(value, dt.date) and not isinstance(value, dt.datetime),
    }
    if not meant[key]:
        raise UsageProblem(
            f"{key} is {shown(value)}, which can't be meant.",
            where=where,
            hint=f"Write {key} = {EXAMPLES[key]}.",
        )
    return tuple(value) if key == "accept" else value
