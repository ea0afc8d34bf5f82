"""``hybrid-harness explain``: the rules' own documentation."""

import difflib

from harness.core.errors import UsageProblem
from harness.rules import RULES, Rule

LOOK_ALIKES = str.maketrans("OIL", "011")
"""Letters that people take for the digits of a code."""


def explanation(wanted: str | None) -> str:
    """The page of one rule, by code or name, or a line for each. Raises UsageProblem for a rule that isn't there."""
    if wanted is None:
        return "\n".join(
            f"{rule.code}  {rule.severity.value:<7}  {rule.name}: {rule.documentation.what}" for rule in RULES
        )
    for rule in RULES:
        if wanted.lower() in (rule.code.lower(), rule.name):
            return _page(rule)
    names = [name for rule in RULES for name in (rule.code, rule.name)]
    digits = wanted.upper().translate(LOOK_ALIKES)
    near = [digits] if digits in names else difflib.get_close_matches(wanted, names, n=1)
    meant = f"Did you mean {near[0]}? " if near else ""
    raise UsageProblem(
        f"There is no rule {wanted!r}.",
        where="explain",
        hint=f"{meant}`hybrid-harness explain` lists all rules.",
    )


def _page(rule: Rule[object]) -> str:
    page = rule.documentation
    return "\n".join(
        [
            f"{rule.code}  {rule.name}  ({rule.family.value}, {rule.severity.value})",
            "",
            f"What it reports   {page.what}",
            f"Why it is bad     {page.why}",
            f"Known limits      {page.limits}",
            f"Example           {page.example}",
            f"Use instead       {page.instead}",
        ]
    )
