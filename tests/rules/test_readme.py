"""README's table of the rules says what `explain` says."""

from pathlib import Path

from harness.rules import RULES

README = Path(__file__).parents[2] / "README.md"
HEAD = "| code | severity | what it reports |\n|---|---|---|\n"


def table():
    cells = (
        (
            rule.code,
            rule.severity.value,
            f"**{rule.name}**: {rule.documentation.what.replace('|', chr(92) + '|')}",
        )
        for rule in RULES
    )
    return HEAD + "".join(f"| {' | '.join(row)} |\n" for row in cells)


def test_the_table_of_the_rules_is_that_of_explain():
    text = README.read_text(encoding="utf-8")
    assert HEAD in text
    start = text.index(HEAD)
    assert text[start : start + len(table())] == table(), "put what table() gives in its place"
