"""[[tool.hybrid-harness.hybrid]]: what can be settled, and what is said of tables that can't be meant."""

import datetime as dt

import pytest

from harness.config import read_options
from harness.core.errors import UsageProblem
from harness.core.policy import HybridPolicy

TABLE = "[[tool.hybrid-harness.hybrid]]\n"


def read(folder, text):
    (folder / "pyproject.toml").write_text(text, encoding="utf-8")
    return read_options(folder).hybrid


def test_policies_are_read_in_their_order(tmp_path):
    first = 'match = "Tenant.*"\nreason = "late"\nnull = "false"\ntolerance = 0.01\n'
    second = 'match = "Item.cost"\nreason = "ticket 7"\naccept = ["HH401"]\nexpires = 2031-12-31\n'
    assert read(tmp_path, TABLE + first + TABLE + second) == (
        HybridPolicy("Tenant.*", "late", null="false", tolerance=0.01),
        HybridPolicy("Item.cost", "ticket 7", accept=("HH401",), expires=dt.date(2031, 12, 31)),
    )


GIVEN = 'match = "A.b"\nreason = "why"\n'


@pytest.mark.parametrize(
    ("lines", "what", "hint"),
    [
        ('reason = "why"\nnull = "false"', "match is missing.", 'Write match = "Tenant.*".'),
        ('match = "A.b"\nnull = "false"', "reason is missing.", 'Write reason = "why this is right".'),
        (GIVEN, "It settles nothing.", "Set null, tolerance or accept"),
        (f'{GIVEN}nul = "false"', "There is no setting 'nul'.", "Did you mean 'null'?"),
        (
            f'{GIVEN}null = "no"',
            "null is 'no', which can't be meant.",
            "Write null = one of 'false', 'zero', 'empty'.",
        ),
        (f"{GIVEN}tolerance = 2", "tolerance is 2, which can't be meant.", "Write tolerance = 0.01"),
        (f"{GIVEN}tolerance = true", "tolerance is True, which can't be meant.", "Write tolerance = 0.01"),
        (f'{GIVEN}accept = "HH401"', "accept is 'HH401', which can't be meant.", 'Write accept = ["HH401"].'),
        (f'{GIVEN}accept = [""]', "accept is [''], which can't be meant.", 'Write accept = ["HH401"].'),
        (
            f'{GIVEN}null = "zero"\nexpires = "2030"',
            "expires is '2030', which can't be meant.",
            "Write expires = 2027",
        ),
    ],
)
def test_a_table_that_cant_be_meant(tmp_path, lines, what, hint):
    with pytest.raises(UsageProblem) as caught:
        read(tmp_path, TABLE + lines)
    assert caught.value.what == what
    assert caught.value.hint.startswith(hint)
    assert caught.value.where == f"[[tool.hybrid-harness.hybrid]] number 1 of {tmp_path / 'pyproject.toml'}"


def test_one_table_in_place_of_a_list(tmp_path):
    with pytest.raises(UsageProblem, match="hybrid is not a list of tables"):
        read(tmp_path, f"[tool.hybrid-harness.hybrid]\n{GIVEN}")
