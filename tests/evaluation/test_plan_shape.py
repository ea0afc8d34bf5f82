"""Which plans can't be told alike for all versions."""

import pytest

from harness.evaluation.plan_shape import depends_on_version

WITHIN = "SELECT t.id, (SELECT count(*) FROM a {}) AS h FROM t"


@pytest.mark.parametrize(
    ("sql", "depends"),
    [
        (WITHIN.format("WHERE a.x IN (SELECT b.x FROM b WHERE b.y = a.y)"), True),
        (WITHIN.format("WHERE a.z = %(z)s AND a.x = ANY (SELECT b.x FROM b WHERE b.y = a.y)"), True),
        (WITHIN.format("JOIN c ON a.x IN (SELECT b.x FROM b WHERE b.y = a.y)"), True),
        (
            WITHIN.format("WHERE EXISTS (SELECT 1 FROM c WHERE c.x IN (SELECT b.x FROM b WHERE b.y = c.y))"),
            True,
        ),
        (WITHIN.format("WHERE a.x IN (SELECT b.x FROM b)"), False),
        (WITHIN.format("WHERE a.x IN (SELECT b.x FROM b WHERE b.y = t.y)"), False),
        (WITHIN.format("WHERE a.x IN (SELECT a.x FROM a WHERE a.y = 1)"), False),
        (WITHIN.format("WHERE a.x IN (1, 2)"), False),
        ("SELECT t.id, t.x IN (SELECT b.x FROM b WHERE b.y = t.y) AS h FROM t", False),
        ("SELECT t.id, t.x AS h FROM t", False),
        ("no SQL at all (", False),
    ],
)
def test_a_correlated_in_of_a_condition(sql, depends):
    assert depends_on_version(sql) is depends
