"""The edits of a statement: which there are, and what comes of each."""

import pytest

from harness.core.observation import Compiled
from harness.evaluation.mutants import mutants, regenerated

COLUMNS = {"nodes": {"id": "Integer", "parent_id": "Integer", "name": "String"}, "uses": {"id": "Integer", "node_id": "Integer", "cost": "Float"}}  # fmt: skip
FRAME = "SELECT nodes.id, {} AS total FROM nodes"

EDITS = [
    ("nodes.id < 5", {
        "comparison flipped: nodes.id < 5": {"nodes.id >= 5", "nodes.id <= 5"},
        "constant off by one: 5": {"nodes.id < 6"},
        "compared with parent_id instead: nodes.id": {"nodes.parent_id < 5"},
    }),
    ("coalesce(nodes.parent_id, 0)", {
        "COALESCE dropped: COALESCE(nodes.parent_id, 0)": {"nodes.parent_id"},
        "constant off by one: 0": {"COALESCE(nodes.parent_id, 1)"},
    }),
    ("NOT lower(nodes.name) IS NULL", {
        "NOT dropped: NOT LOWER(nodes.name) IS NULL": {"LOWER(nodes.name) IS NULL"},
        "IS turned into IS NOT: LOWER(nodes.name) IS NULL": {"NOT NOT (LOWER(nodes.name) IS NULL)"},
        "LOWER dropped: LOWER(nodes.name)": {"NOT nodes.name IS NULL"},
    }),
    ("(SELECT count(DISTINCT uses.id) FROM uses WHERE uses.node_id = nodes.id)", {
        "DISTINCT dropped: DISTINCT uses.id": {"(SELECT COUNT(uses.id) FROM uses WHERE uses.node_id = nodes.id)"},
        "predicate dropped: WHERE uses.node_id = nodes.id": {"(SELECT COUNT(DISTINCT uses.id) FROM uses)"},
        "comparison flipped: uses.node_id = nodes.id": {"(SELECT COUNT(DISTINCT uses.id) FROM uses WHERE uses.node_id <> nodes.id)"},
        "compared with id instead: uses.node_id": {"(SELECT COUNT(DISTINCT uses.id) FROM uses WHERE uses.id = nodes.id)"},
        "compared with parent_id instead: nodes.id": {"(SELECT COUNT(DISTINCT uses.id) FROM uses WHERE uses.node_id = nodes.parent_id)"},
    }),
    ("(SELECT sum(u.cost) FROM uses AS u JOIN uses AS v ON true)", {
        "aggregate swapped: SUM(u.cost)": {
            "(SELECT MAX(u.cost) FROM uses AS u JOIN uses AS v ON TRUE)",
            "(SELECT COUNT(u.cost) FROM uses AS u JOIN uses AS v ON TRUE)",
        },
        "join kind changed: JOIN uses AS v ON TRUE": {"(SELECT SUM(u.cost) FROM uses AS u LEFT JOIN uses AS v ON TRUE)"},
    }),
    ("nodes.name = %(name_1)s", {
        "comparison flipped: nodes.name = :name_1": {"nodes.name <> %(name_1)s"},
        "constant changed: 'a' to 'ax'": {"nodes.name = %(name_1)s"},
    }),
    ("nodes.name LIKE '50%%'", {}),
]  # fmt: skip


@pytest.mark.parametrize(("expression", "expected"), EDITS, ids=[each[0] for each in EDITS])
def test_edits(expression, expected):
    found = {}
    for each in mutants(Compiled(FRAME.format(expression), {"name_1": "a"}), COLUMNS):
        text = each.statement.sql
        assert text.startswith("SELECT nodes.id, ")
        assert text.endswith(" AS total FROM nodes")
        found.setdefault(each.edit, set()).add(
            text.removeprefix("SELECT nodes.id, ").removesuffix(" AS total FROM nodes")
        )
    assert found == expected


def test_a_constant_is_changed_among_the_parameters():
    compiled = Compiled(FRAME.format("nodes.id + %(n)s"), {"n": 3})
    changed = [each for each in mutants(compiled, COLUMNS) if "constant" in each.edit]
    assert [(each.edit, dict(each.statement.parameters)) for each in changed] == [
        ("constant changed: 3 to 4", {"n": 4})
    ]


def test_the_frame_is_left_alone():
    framed = "SELECT nodes.id, nodes.parent_id AS total FROM nodes WHERE nodes.id > 3"
    assert mutants(Compiled(framed, {}), COLUMNS) == []


def test_what_cant_be_parsed_has_no_edits():
    assert mutants(Compiled("SELECT FROM WHERE (", {}), COLUMNS) == []
    assert regenerated(Compiled("SELECT FROM WHERE (", {})) is None
    assert regenerated(Compiled("SELECT a LIKE '5%%' FROM t", {})).sql == "SELECT a LIKE '5%%' FROM t"
