"""Pairs of SQL, and what is said of them."""

from datetime import date

import pytest

from harness.core.snapshot_file import snapshot_text
from harness.review import changed_hybrids
from harness.review.revisions import Side

FILE = "shop.models/Order.h.sql"
SUM = "(SELECT coalesce(sum(l.price), 0) AS s FROM line AS l WHERE l.order_id = o.id)"
TREE = """(WITH RECURSIVE up(id) AS (SELECT o.id AS id UNION SELECT p.parent_id FROM o AS p JOIN up ON p.id = up.id
 WHERE p.parent_id IS NOT NULL) SELECT count(*) - 1 AS depth FROM up)"""


def change(sql: str, before: str, after: str) -> tuple[str, str]:
    """``sql`` and what it is with ``after`` in the place of ``before``."""
    assert before in sql
    return sql, sql.replace(before, after)


# Title, the value before and after, sentences.
VALUES = [
    ("the tie to the outer row goes", *change(SUM, " WHERE l.order_id = o.id", ""), [
        "Correlation lost: the subquery on `line` no longer has `l.order_id = o.id`, so it gives the same for every row."]),
    ("the outer table is read inside", *change(SUM, "line AS l", "line AS l, o"), [
        "Correlation lost: the subquery on `line` reads `o` itself now, not the outer row's, so it gives the same for every row.",
        "Join added in the subquery on `line`: CROSS JOIN `o`."]),
    ("a recursion starts anywhere", *change(TREE, "SELECT o.id AS id UNION", "SELECT r.id AS id FROM o AS r UNION"), [
        "Correlation lost: the subquery on `up` no longer refers to the outer `o`, so it gives the same for every row.",
        "FROM added in the start of CTE `up`: `o AS r`.",
        "Column changed in the start of CTE `up`: `o.id` became `r.id`."]),
    ("one of two ties goes", *change("(SELECT l.x FROM l WHERE l.a = o.id AND l.b = c.id)", " AND l.b = c.id", ""), [
        "Correlation changed: the subquery on `l` no longer refers to the outer `c`."]),
    ("a tie comes", *change("(SELECT max(l.x) FROM l)", "FROM l", "FROM l WHERE l.order_id = o.id"), [
        "Correlation added: the subquery on `l` refers to the outer `o` now.",
        "Predicate added in the subquery on `l`: `l.order_id = o.id`."]),
    ("a tie inside a subquery of a subquery", *change("EXISTS (SELECT 1 FROM l WHERE l.a = o.id AND EXISTS (SELECT 1 FROM m WHERE m.l = l.id))", " WHERE m.l = l.id", ""), [
        "Correlation lost: the subquery on `m` no longer has `m.l = l.id`, so it gives the same for every row."]),
    ("predicate added", *change(SUM, "= o.id", "= o.id AND l.paid"), [
        "Predicate added in the subquery on `line`: `l.paid`."]),
    ("predicate removed", *change(TREE, " WHERE p.parent_id IS NOT NULL", ""), [
        "Predicate removed in the recursive part of CTE `up`: `p.parent_id IS NOT NULL`."]),
    ("predicate with another operator", *change("(SELECT l.x FROM l WHERE l.a = o.id AND l.n > 1)", ">", ">="), [
        "Predicate changed in the subquery on `l`: `l.n > 1` became `l.n >= 1`."]),
    ("predicate with another column", *change(SUM, "= o.id", "= o.other_id"), [
        "Predicate changed in the subquery on `line`: `l.order_id = o.id` became `l.order_id = o.other_id`."]),
    ("predicate softened by OR", *change("(SELECT l.x FROM l WHERE l.a = o.id AND l.n = 1)", "l.n = 1", "(l.n = 1 OR l.n IS NULL)"), [
        "Predicate changed in the subquery on `l`: `l.n = 1` became `(l.n = 1 OR l.n IS NULL)`."]),
    ("predicate with a subquery", *change("EXISTS (SELECT 1 FROM l WHERE l.a = o.id)", "= o.id", "= o.id AND NOT EXISTS (SELECT 1 FROM m WHERE m.l = l.id)"), [
        "Predicate added in the subquery on `l`: `NOT EXISTS(subquery on m)`."]),
    ("constant of a predicate", *change("(SELECT l.x FROM l WHERE l.a = o.id AND l.n > 1)", "> 1", "> 2"), [
        "Constant changed in the subquery on `l`: `1` became `2`, in `l.n > 2`."]),
    ("condition of a boolean hybrid", *change("o.paid AND o.sent", " AND o.sent", " AND o.sent AND o.n > 1"), [
        "Condition added: `o.n > 1`."]),
    ("AND became OR", *change("o.paid AND o.sent", "AND", "OR"), [
        "Value changed: `o.paid AND o.sent` became `o.paid OR o.sent`."]),
    ("FILTER added", *change(SUM, "sum(l.price)", "sum(l.price) FILTER (WHERE l.paid)"), [
        "FILTER added in the subquery on `line` to `sum(l.price)`: `l.paid`."]),
    ("FILTER dropped", *change("count(o.x) FILTER (WHERE o.y)", " FILTER (WHERE o.y)", ""), [
        "FILTER dropped from `count(o.x)`: `o.y`."]),
    ("FILTER with another condition", *change("count(o.x) FILTER (WHERE o.y)", "o.y)", "o.y AND o.z)"), [
        "FILTER condition of `count(o.x)` added: `o.z`."]),
    ("WHEN with another condition", *change("CASE WHEN o.x THEN 1 ELSE 0 END", "o.x", "o.x AND o.y"), [
        "WHEN condition added: `o.y`."]),
    ("ELSE dropped", *change("CASE WHEN o.x THEN 1 ELSE 0 END", " ELSE 0", ""), [
        "ELSE dropped from CASE: NULL in place of `0`."]),
    ("join added", *change(SUM, "line AS l", "line AS l JOIN item ON item.id = l.item_id"), [
        "Join added in the subquery on `line`: JOIN `item` ON `item.id = l.item_id`."]),
    ("join removed", *change("(SELECT l.x FROM l LEFT OUTER JOIN m ON m.l = l.id WHERE l.a = o.id)", "LEFT OUTER JOIN m ON m.l = l.id ", ""), [
        "Join removed in the subquery on `l`: LEFT JOIN `m` ON `m.l = l.id`."]),
    ("LEFT JOIN became JOIN", *change("(SELECT l.x FROM l LEFT OUTER JOIN m ON m.l = l.id WHERE l.a = o.id)", "LEFT OUTER JOIN", "JOIN"), [
        "Join of `m` changed in the subquery on `l`: LEFT JOIN became JOIN, so rows without a match drop out."]),
    ("JOIN became LEFT JOIN", *change(TREE, "JOIN", "LEFT OUTER JOIN"), [
        "Join of `up` changed in the recursive part of CTE `up`: JOIN became LEFT JOIN, so rows without a match stay, with NULL."]),
    ("condition of an outer join", *change("(SELECT l.x FROM l LEFT OUTER JOIN m ON m.l = l.id WHERE l.a = o.id)", "m.l = l.id", "m.l = l.id AND m.y"), [
        "Join condition of `m` added in the subquery on `l`: `m.y`."]),
    ("another table", *change("(SELECT max(l.x) FROM a AS l WHERE l.o = o.id)", "FROM a AS l", "FROM b AS l"), [
        "`l` stands for another table in the subquery on `b`: `a` became `b`."]),
    ("COALESCE dropped", *change(SUM, "coalesce(sum(l.price), 0)", "sum(l.price)"), [
        "COALESCE dropped in the subquery on `line`: NULL of `sum(l.price)` is no longer `0`."]),
    ("COALESCE added around a subquery", *change("(SELECT max(l.x) FROM l WHERE l.o = o.id)", "(SELECT max(l.x) FROM l WHERE l.o = o.id)", "coalesce((SELECT max(l.x) FROM l WHERE l.o = o.id), 0)"), [
        "COALESCE added: NULL of `(subquery on l)` is `0` now."]),
    ("another default", *change(SUM, ", 0)", ", 1)"), [
        "Constant changed in the subquery on `line`: `0` became `1`, in `coalesce(sum(l.price), 1)`."]),
    ("DISTINCT in an aggregate dropped", *change("count(DISTINCT o.x)", "DISTINCT ", ""), [
        "DISTINCT dropped from `count(DISTINCT o.x)`: what is there twice counts twice."]),
    ("DISTINCT in an aggregate added", *change("count(o.x)", "(", "(DISTINCT "), [
        "DISTINCT added: `count(DISTINCT o.x)` counts what is there twice once."]),
    ("SELECT DISTINCT dropped", *change("(SELECT count(*) FROM (SELECT DISTINCT l.x FROM l) AS d)", "DISTINCT ", ""), [
        "DISTINCT dropped in the subquery `d`: rows that are alike all stay."]),
    ("another aggregate", *change(SUM, "sum(", "avg("), [
        "Aggregate changed in the subquery on `line`: `sum(l.price)` became `avg(l.price)`."]),
    ("count of rows became count of values", *change("count(*)", "*", "o.x"), [
        "Aggregate changed: `count(*)` became `count(o.x)`."]),
    ("aggregate and COALESCE at once", *change(SUM, "coalesce(sum(l.price), 0)", "max(l.price)"), [
        "Aggregate changed in the subquery on `line`: `sum(l.price)` became `max(l.price)`.",
        "COALESCE dropped in the subquery on `line`: NULL of `sum(l.price)` is no longer `0`."]),
    ("an arithmetic part dropped", *change(TREE, "count(*) - 1", "count(*)"), [
        "Value changed in the subquery on `up`: `count(*) - 1` became `count(*)`."]),
    ("constant", *change("o.total / 9.0", "9.0", "10.0"), [
        "Constant changed: `9.0` became `10.0`, in `o.total / 10.0`."]),
    ("IN list", *change("count(o.x) FILTER (WHERE o.kind IN ('a', 'b', 'c'))", "'b'", "'d'"), [
        "IN list of `o.kind` gained `'d'` and lost `'b'`."]),
    ("another column", *change(SUM, "l.price", "l.cost"), [
        "Column changed in the subquery on `line`: `l.price` became `l.cost`, in `sum(l.cost)`."]),
    ("cast to another type", *change("CAST(o.x AS INTEGER)", "INTEGER", "BIGINT"), [
        "Cast changed: `INTEGER` became `BIGINT` in `CAST(o.x AS BIGINT)`."]),
    ("cast to another precision", *change("CAST(o.x AS NUMERIC(10, 2))", "10, 2", "12, 4"), [
        "Cast changed: `NUMERIC(10, 2)` became `NUMERIC(12, 4)` in `CAST(o.x AS NUMERIC(12, 4))`."]),
    ("cast dropped", *change("CAST(o.x AS INTEGER)", "CAST(o.x AS INTEGER)", "o.x"), [
        "Cast dropped: `o.x` is no longer cast to `INTEGER`."]),
    ("another function, in the smallest part that holds it", *change("o.n + length(lower(o.x))", "lower", "upper"), [
        "Value changed: `lower(o.x)` became `upper(o.x)`."]),
    ("EXISTS negated", *change("EXISTS (SELECT 1 FROM l WHERE l.o = o.id)", "EXISTS", "NOT EXISTS"), [
        "Value changed: `EXISTS(subquery on l)` became `NOT EXISTS(subquery on l)`."]),
    ("UNION became UNION ALL in a recursion", *change(TREE, "UNION", "UNION ALL"), [
        "UNION became UNION ALL in CTE `up`: duplicates stay, and a circle in the rows never ends."]),
    ("UNION ALL became UNION", *change("(SELECT sum(u.x) FROM (SELECT a.x FROM a UNION ALL SELECT b.x FROM b) AS u)", "UNION ALL", "UNION"), [
        "UNION ALL became UNION in the subquery `u`: duplicates go."]),
    ("a part of a UNION more", *change("(SELECT sum(u.x) FROM (SELECT a.x FROM a UNION SELECT b.x FROM b) AS u)", ") AS u", " UNION SELECT c.x FROM c) AS u"), [
        "Part of UNION added in the subquery `u`: the subquery on `c`."]),
    ("ORDER BY turned around", *change("(SELECT l.x FROM l WHERE l.o = o.id ORDER BY l.y LIMIT 1)", "l.y", "l.y DESC"), [
        "ORDER BY changed in the subquery on `l`: `l.y` became `l.y DESC`."]),
    ("LIMIT dropped", *change("(SELECT l.x FROM l WHERE l.o = o.id ORDER BY l.y LIMIT 1)", " LIMIT 1", ""), [
        "LIMIT dropped in the subquery on `l`: `1`."]),
    ("GROUP BY", *change("(SELECT max(g.n) FROM (SELECT count(*) AS n FROM l GROUP BY l.a) AS g)", "BY l.a", "BY l.a, l.b"), [
        "GROUP BY changed in the subquery `g`: `l.a` became `l.a`, `l.b`."]),
    ("HAVING", *change("(SELECT sum(l.x) FROM l WHERE l.o = o.id HAVING count(*) > 1)", " HAVING count(*) > 1", ""), [
        "HAVING condition removed in the subquery on `l`: `count(*) > 1`."]),
    ("a second alias of a table shifts the numbers", "(SELECT o_1.x FROM o AS o_1 WHERE o_1.id = o.id)", "(SELECT o_2.x FROM o AS o_2 JOIN o AS o_1 ON o_1.id = o_2.up WHERE o_2.id = o.id)", [
        "Join added in the subquery on `o`: JOIN `o AS o_1` ON `o_1.id = o_2.up`."]),
    ("an alias with another name", SUM, SUM.replace("l.", "li.").replace("AS l ", "AS li "), [
        "Only aliases have other names: `l` is called `li`."]),
    ("a CTE's column with another name", TREE, TREE.replace("up(id)", "up(node)").replace("up.id", "up.node"), [
        "Only aliases have other names: `up.id` is called `up.node`."]),
    ("a CTE and its column with other names, and a predicate", TREE, TREE.replace("up(id)", "above(node)").replace("up.id", "above.node AND p.n > 1").replace("JOIN up", "JOIN above").replace("FROM up", "FROM above"), [
        "Predicate added in the recursive part of CTE `above`: `p.n > 1`."]),
    ("a column of a subquery in FROM with another name", "(SELECT sum(d.n) FROM (SELECT l.x AS n FROM l WHERE l.o = o.id) AS d)", "(SELECT sum(e.cost) FROM (SELECT l.x AS cost FROM l WHERE l.o = o.id) AS e)", [
        "Only aliases have other names: `d` is called `e`, `e.n` is called `e.cost`."]),
    ("a column of one of two CTEs with one name", "(WITH t AS (SELECT l.x AS x FROM l) SELECT sum(t.x) FROM t) + (WITH t AS (SELECT m.x AS x FROM m) SELECT sum(t.x) FROM t)", "(WITH t AS (SELECT l.x AS y FROM l) SELECT sum(t.y) FROM t) + (WITH t AS (SELECT m.x AS x FROM m) SELECT sum(t.x) FROM t)", [
        "Only aliases have other names: `t.x` is called `t.y`."]),
    ("columns of a subquery in FROM exchanged", *change("(SELECT sum(d.a - d.b) FROM (SELECT l.x AS a, l.y AS b FROM l WHERE l.o = o.id) AS d)", "l.x AS a, l.y AS b", "l.y AS a, l.x AS b"), [
        "Column changed in the subquery `d`: `l.x` became `l.y`.", "Column changed in the subquery `d`: `l.y` became `l.x`."]),
    ("a label that nothing reads", *change(SUM, " AS s", ""), ["The SQL is written differently and means the same."]),
    ("what EXISTS selects", *change("EXISTS (SELECT 1 FROM l WHERE l.o = o.id)", "1", "l.id"), ["The SQL is written differently and means the same."]),
    ("an aggregate in EXISTS, which gives a row of no rows", *change("EXISTS (SELECT 1 FROM l WHERE l.o = o.id)", "1", "count(*)"), [
        "Value changed in the subquery on `l`: `1` became `count(*)`."]),
    ("NOT pushed inside", "NOT (o.a = 1 OR o.b AND o.n < 2)", "o.a <> 1 AND (NOT o.b OR o.n >= 2)", ["The SQL is written differently and means the same."]),
    ("NOT pushed inside wrongly", "NOT (o.a = 1 OR o.b = 2)", "o.a <> 1 OR o.b <> 2", [
        "Value changed: `NOT (o.a = 1 OR o.b = 2)` became `o.a <> 1 OR o.b <> 2`."]),
    ("NOT of one that equals, and one that differs", "NOT (o.a = ANY (o.list))", "o.a <> ANY (o.list)", [
        "Value changed: `NOT (o.a = ANY(o.list))` became `o.a <> ANY(o.list)`."]),
    ("BETWEEN as two comparisons", *change("(SELECT count(*) FROM l WHERE l.o = o.id AND l.n BETWEEN 1 AND 5)", "l.n BETWEEN 1 AND 5", "5 >= l.n AND l.n >= 1"), [
        "The SQL is written differently and means the same."]),
    ("COALESCE dropped from the second of two subqueries", *change("coalesce((SELECT sum(a.x) FROM a WHERE a.o = o.id), 0) + coalesce((SELECT sum(b.x) FROM b WHERE b.o = o.id), 0)", "coalesce((SELECT sum(b.x) FROM b WHERE b.o = o.id), 0)", "(SELECT sum(b.x) FROM b WHERE b.o = o.id)"), [
        "COALESCE dropped: NULL of `(subquery on b)` is no longer `0`."]),
    ("two subqueries exchanged", "(SELECT count(*) FROM a WHERE a.o = o.id) - (SELECT count(*) FROM b WHERE b.o = o.id)", "(SELECT count(*) FROM b WHERE b.o = o.id) - (SELECT count(*) FROM a WHERE a.o = o.id AND a.x)", [
        "Predicate added in the subquery on `a`: `a.x`.", "Value changed: `(subquery on a) - (subquery on b)` became `(subquery on b) - (subquery on a)`."]),
    ("a subquery more, in COALESCE", *change("coalesce((SELECT sum(a.x) FROM a WHERE a.o = o.id), 0)", "o.id), 0)", "o.id), 0) + coalesce((SELECT sum(b.x) FROM b WHERE b.o = o.id), 0)"), [
        "Value changed: `coalesce((subquery on a), 0)` became `coalesce((subquery on a), 0) + coalesce((subquery on b), 0)`."]),
    ("a lateral subquery became a table", "(SELECT count(*) FROM l JOIN LATERAL (SELECT m.x AS x FROM m WHERE m.l = l.id LIMIT 1) AS y ON true WHERE l.o = o.id)", "(SELECT count(*) FROM l JOIN m AS y ON y.l = l.id WHERE l.o = o.id)", [
        "Predicate added in the subquery on `l`: `y.l = l.id`.", "FROM changed in the subquery on `l`: `y` was a subquery and is `m AS y` now.",
        "Join of `y` changed in the subquery on `l`: JOIN LATERAL became JOIN."]),
    ("NOT beside IN", *change("o.kind IN ('a', 'b')", "IN", "NOT IN"), ["Value changed: `o.kind IN ('a', 'b')` became `o.kind NOT IN ('a', 'b')`."]),
    ("AND became OR in WHERE", *change("(SELECT count(*) FROM l WHERE l.o = o.id AND l.a = 1 AND l.b = 2 AND l.c)", "l.a = 1 AND l.b = 2", "(l.a = 1 OR l.b = 2)"), [
        "Predicate changed in the subquery on `l`: `l.a = 1 AND l.b = 2` became `l.a = 1 OR l.b = 2`."]),
    ("OR became AND in FILTER", *change("count(o.x) FILTER (WHERE o.a = 1 OR o.b = 2)", "OR", "AND"), [
        "FILTER condition of `count(o.x)` changed: `o.a = 1 OR o.b = 2` became `o.a = 1 AND o.b = 2`."]),
    ("a function's name in capitals", *change("twice(o.x)", "twice", "TWICE"), ["The SQL is written differently and means the same."]),
    ("a CTE and its aliases with other names", "(WITH t AS (SELECT l.k AS k FROM l) SELECT count(*) FROM t AS x JOIN t AS y ON x.k = y.k WHERE x.k = o.id)", "(WITH s AS (SELECT l.k AS k FROM l) SELECT count(*) FROM s AS a JOIN s AS b ON a.k = b.k WHERE a.k = o.id)", [
        "Only aliases have other names: `t` is called `s`, `x` is called `a`, `y` is called `b`."]),
    ("a table gets an alias, and a predicate", *change("(SELECT count(*) FROM l WHERE l.o = o.id)", "FROM l WHERE l.o = o.id", "FROM l AS l_1 WHERE l_1.o = o.id AND l_1.x"), [
        "Predicate added in the subquery on `l`: `l_1.x`."]),
    ("a table does without its alias", *change("(SELECT count(*) FROM l AS l_1 WHERE l_1.o = o.id)", "FROM l AS l_1 WHERE l_1.o", "FROM l WHERE l.o"), [
        "Only aliases have other names: `l_1` is called `l`."]),
    ("the outer table does without its alias inside", *change("(SELECT count(*) FROM o AS o_1 WHERE o_1.up = o.id)", "FROM o AS o_1 WHERE o_1.up", "FROM o WHERE o.up"), [
        "Correlation lost: the subquery on `o` reads `o` itself now, not the outer row's, so it gives the same for every row.",
        "Predicate changed in the subquery on `o`: `o_1.up = o.id` became `o.up = o.id`.", "FROM changed in the subquery on `o`: `o AS o_1` became `o`."]),
    ("another order of conditions", *change("o.a = 1 AND o.b", "o.a = 1 AND o.b", "(o.b AND 1 = o.a)"), [
        "The SQL is written differently and means the same."]),
    ("a condition in WHERE instead of ON", *change("(SELECT l.x FROM l JOIN m ON m.l = l.id WHERE l.o = o.id)", "l JOIN m ON m.l = l.id WHERE l.o = o.id", "m, l WHERE l.id = m.l AND l.o = o.id"), [
        "The SQL is written differently and means the same."]),
    ("white space", *change("o.a + o.b", " + ", "\n  + "), ["Only formatting changed."]),
    ("INNER JOIN became FULL JOIN", *change("(SELECT count(*) FROM l JOIN m ON m.l = l.id WHERE l.o = o.id)", "JOIN", "FULL OUTER JOIN"), [
        "Join of `m` changed in the subquery on `l`: JOIN became FULL JOIN, so rows without a match stay, with NULL, and rows of `m` without a match stay, with NULL."]),
    ("LEFT JOIN became RIGHT JOIN", *change("(SELECT count(*) FROM l LEFT OUTER JOIN m ON m.l = l.id WHERE l.o = o.id)", "LEFT", "RIGHT"), [
        "Join of `m` changed in the subquery on `l`: LEFT JOIN became RIGHT JOIN, so rows without a match drop out, and rows of `m` without a match stay, with NULL."]),
    ("a condition of an outer join in WHERE", *change("(SELECT count(*) FROM l LEFT OUTER JOIN m ON m.l = l.id AND m.y WHERE l.o = o.id)", "AND m.y WHERE l.o = o.id", "WHERE l.o = o.id AND m.y"), [
        "Predicate moved in the subquery on `l`: `m.y` from ON of `m` to WHERE, so rows without a match drop out."]),
    ("a condition of WHERE in an outer join", *change("(SELECT count(*) FROM l LEFT OUTER JOIN m ON m.l = l.id WHERE l.o = o.id AND m.y)", "WHERE l.o = o.id AND m.y", "AND m.y WHERE l.o = o.id"), [
        "Predicate moved in the subquery on `l`: `m.y` from WHERE to ON of `m`, so rows without a match stay, with NULL."]),
    ("USING other columns", *change("(SELECT count(*) FROM l JOIN m USING (id) WHERE l.o = o.id)", "(id)", "(id, key)"), [
        "Join condition of `m` changed in the subquery on `l`: `USING (id)` became `USING (id, key)`."]),
    ("a function in FROM", *change("(SELECT count(*) FROM generate_series(1, o.n) AS g)", "(1,", "(0,"), [
        "FROM changed in the subquery on `g`: `generate_series(1, o.n) AS g` became `generate_series(0, o.n) AS g`."]),
    ("a sample of a table", *change("(SELECT sum(l.x) FROM l JOIN m ON m.l = l.id WHERE l.o = o.id)", "FROM l", "FROM l TABLESAMPLE SYSTEM (10)"), [
        "FROM changed in the subquery on `l`: `l` became `l TABLESAMPLE SYSTEM (10)`."]),
    ("EXISTS became IN", "EXISTS (SELECT 1 FROM l WHERE l.o = o.id)", "o.id IN (SELECT l.o FROM l)", [
        "Value changed in the subquery on `l`: `1` became `l.o`.", "Value changed: `EXISTS(subquery on l)` became `o.id IN (subquery on l)`."]),
    ("a CTE became a subquery", "(WITH s AS (SELECT l.x AS x FROM l WHERE l.o = o.id) SELECT sum(s.x) FROM s)", "(SELECT sum(s.x) FROM (SELECT l.x AS x FROM l WHERE l.o = o.id AND l.y) AS s)", [
        "Predicate added in the subquery `s`: `l.y`.", "CTE `s` became a subquery in FROM in the subquery on `s`."]),
    ("a subquery became a CTE", "(SELECT sum(s.x) FROM (SELECT l.x AS x FROM l WHERE l.o = o.id) AS s)", "(WITH s AS (SELECT l.x AS x FROM l WHERE l.o = o.id) SELECT sum(s.x) FROM s)", [
        "Subquery `s` in FROM became a CTE in the subquery on `s`."]),
    ("another start of a recursion", *change(TREE, "SELECT o.id AS id UNION", "SELECT o.id AS id UNION SELECT o.boss_id UNION"), [
        "Part of UNION added in CTE `up`: `SELECT o.boss_id`."]),
    ("the parts of a UNION in another order", "(SELECT count(*) FROM (SELECT a.x FROM a UNION SELECT b.x FROM b) AS u)", "(SELECT count(*) FROM (SELECT b.x FROM b UNION SELECT a.x FROM a) AS u)", [
        "The SQL is written differently and means the same."]),
    ("the parts of EXCEPT in another order", "(SELECT count(*) FROM (SELECT a.x FROM a EXCEPT SELECT a.y FROM a) AS u)", "(SELECT count(*) FROM (SELECT a.y FROM a EXCEPT SELECT a.x FROM a) AS u)", [
        "Column changed in part 1 of the subquery `u`: `a.x` became `a.y`.", "Column changed in part 2 of the subquery `u`: `a.y` became `a.x`."]),
    ("a branch of CASE more", *change("CASE WHEN o.a THEN 1 ELSE 0 END", "ELSE", "WHEN o.b > 1 THEN 2 ELSE"), ["Branch added to CASE: `WHEN o.b > 1 THEN 2`."]),
    ("the first branch of CASE less", *change("CASE WHEN o.a THEN 1 WHEN o.b > 1 THEN 2 ELSE 0 END", "WHEN o.a THEN 1 ", ""), ["Branch removed from CASE: `WHEN o.a THEN 1`."]),
    ("branches of CASE in another order", "CASE WHEN o.a THEN 1 WHEN o.b THEN 2 END", "CASE WHEN o.b THEN 2 WHEN o.a THEN 1 END", [
        "Order of WHEN changed: `CASE WHEN o.a THEN 1 WHEN o.b THEN 2 END` became `CASE WHEN o.b THEN 2 WHEN o.a THEN 1 END`."]),
    ("a branch of CASE with another value", *change("CASE WHEN o.a THEN o.x WHEN o.b THEN o.y END", "o.y", "o.z"), [
        "Column changed: `o.y` became `o.z`, in `CASE WHEN o.b THEN o.z END`."]),
    ("a window's partition", *change("(SELECT w.r FROM (SELECT l.id AS id, row_number() OVER (PARTITION BY l.o ORDER BY l.at) AS r FROM l) AS w WHERE w.id = o.id)", "PARTITION BY l.o ", ""), [
        "Value changed in the subquery `w`: `row_number() OVER (PARTITION BY l.o ORDER BY l.at)` became `row_number() OVER (ORDER BY l.at)`."]),
    ("a window's frame", *change("(SELECT w.r FROM (SELECT l.id AS id, sum(l.x) OVER (ORDER BY l.at ROWS BETWEEN 2 PRECEDING AND CURRENT ROW) AS r FROM l) AS w WHERE w.id = o.id)", "ROWS", "RANGE"), [
        "Value changed in the subquery `w`: `sum(l.x) OVER (ORDER BY l.at ROWS BETWEEN 2 PRECEDING AND CURRENT ROW)` became `sum(l.x) OVER (ORDER BY l.at RANGE BETWEEN 2 PRECEDING AND CURRENT ROW)`."]),
    ("the order inside an aggregate", *change("(SELECT string_agg(l.n, ',' ORDER BY l.id) FROM l WHERE l.o = o.id)", "BY l.id", "BY l.n"), [
        "Column changed in the subquery on `l`: `l.id` became `l.n`, in `string_agg(l.n, ',' ORDER BY l.n)`."]),
    ("another element of an array", *change("o.tags[1]", "1", "2"), ["Value changed: `o.tags[1]` became `o.tags[2]`."]),
    ("another interval", *change("o.at + INTERVAL '1 day'", "1 day", "2 days"), ["Value changed: `o.at + INTERVAL '1 DAY'` became `o.at + INTERVAL '2 DAYS'`."]),
    ("another collation", *change('o.x COLLATE "C"', '"C"', '"de-x-icu"'), ['Value changed: `o.x COLLATE "C"` became `o.x COLLATE "de-x-icu"`.']),
    ("a condition more inside OR", *change("(o.a AND o.b) OR o.c", "o.b", "o.b AND o.d"), ["Value changed: `o.a AND o.b` became `o.a AND o.b AND o.d`."]),
    ("minus turned around", "o.a - o.b", "o.b - o.a", ["Value changed: `o.a - o.b` became `o.b - o.a`."]),
    ("plus turned around", "o.a + o.b", "o.b + o.a", ["The SQL is written differently and means the same."]),
    ("a comparison read from the right", "o.a > o.b AND o.c >= 1", "1 <= o.c AND o.b < o.a", ["The SQL is written differently and means the same."]),
    ("an IN list in another order", "o.k IN ('a', 'b')", "o.k IN ('b', 'a')", ["The SQL is written differently and means the same."]),
    ("factors in another order, which rounds otherwise", "o.a * o.b * 2", "2 * o.b * o.a", ["Value changed: `o.a * o.b * 2` became `2 * o.b * o.a`."]),
    ("row locks", *change("(SELECT l.x FROM l WHERE l.o = o.id FOR UPDATE)", " FOR UPDATE", ""), [
        "FOR UPDATE or FOR SHARE changed in the subquery on `l`."]),
]  # fmt: skip


def side(name, sql, parameters=(), **facts):
    text = snapshot_text(
        "Order.h", dict(parameters), sql, facts={"columns": "none", "tables": "none", **facts}
    )
    return Side(name, {FILE: text})


def sentences(base, head):
    (hybrid,) = changed_hybrids(base, head)
    return [change.sentence for change in hybrid.changes]


@pytest.mark.parametrize(
    ("before", "after", "expected"), [row[1:] for row in VALUES], ids=[row[0] for row in VALUES]
)
def test_the_sentences(before, after, expected):
    base, head = (
        side(name, f"SELECT o.id, {sql} AS h\nFROM o") for name, sql in (("old", before), ("new", after))
    )
    assert sentences(base, head) == expected


@pytest.mark.parametrize("value", [row[1] for row in VALUES], ids=[row[0] for row in VALUES])
def test_what_stayed_has_no_sentence(value):
    assert changed_hybrids(side("old", f"SELECT {value} AS h"), side("new", f"SELECT {value} AS h")) == []


# Title, the statement before and after, sentences.
STATEMENTS = [
    ("rows of the statement", "SELECT o.id, o.x AS h FROM o", "SELECT o.id, o.x AS h FROM o WHERE o.gone IS NULL", [
        "Predicate added: `o.gone IS NULL`."]),
    ("a cartesian product mended", "SELECT o.id, l.x AS h FROM o, l", "SELECT o.id, l.x AS h FROM o, l WHERE l.o = o.id", [
        "Predicate added: `l.o = o.id`."]),
    ("a table that comes along", "SELECT o.id, o.x AS h FROM o", "SELECT o.id, l.x AS h FROM o, l", [
        "Join added: CROSS JOIN `l`.", "Column changed: `o.x` became `l.x`."]),
    ("a CTE at the top", "WITH a AS (SELECT l.x FROM l) SELECT o.id, a.x AS h FROM o, a", "WITH a AS (SELECT l.x FROM l WHERE l.y) SELECT o.id, a.x AS h FROM o, a", [
        "Predicate added in CTE `a`: `l.y`."]),
    ("another key", "SELECT o.id, o.x AS h FROM o", "SELECT o.id, o.part, o.x AS h FROM o", [
        "Result column added: `o.part`."]),
    ("DISTINCT ON", "SELECT DISTINCT ON (o.a) o.id FROM o", "SELECT DISTINCT ON (o.b) o.id FROM o", [
        "DISTINCT ON changed: `DISTINCT ON (o.a)` became `DISTINCT ON (o.b)`."]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("before", "after", "expected"), [row[1:] for row in STATEMENTS], ids=[row[0] for row in STATEMENTS]
)
def test_the_sentences_of_a_statement(before, after, expected):
    assert sentences(side("old", before), side("new", after)) == expected


# Title, the value with parameters, parameters before and after, sentences.
PARAMETERS = [
    ("another value", "o.x > %(x_1)s::INTEGER", {"x_1": 1}, {"x_1": 2}, ["Constant changed: `1` became `2`, in `o.x > 2`."]),
    ("a text with a quote", "o.x = %(x_1)s::VARCHAR", {"x_1": "it's"}, {"x_1": "its"}, ["Constant changed: `'it''s'` became `'its'`, in `o.x = 'its'`."]),
    ("a value that is no literal", "o.x = %(x_1)s::DATE", {"x_1": date(2024, 1, 1)}, {"x_1": date(2024, 1, 2)}, [
        "Constant changed: `datetime.date(2024, 1, 1)` became `datetime.date(2024, 1, 2)`, in `CAST(datetime.date(2024, 1, 2) AS DATE)`."]),
    ("another name of the same", "o.x = %(p)s::INTEGER", {"p": 1}, {"p": 1}, []),
]  # fmt: skip


@pytest.mark.parametrize(
    ("value", "before", "after", "expected"),
    [row[1:] for row in PARAMETERS],
    ids=[row[0] for row in PARAMETERS],
)
def test_the_sentences_of_parameters(value, before, after, expected):
    found = changed_hybrids(*(side("s", f"SELECT {value} AS h FROM o", values) for values in (before, after)))
    assert [change.sentence for hybrid in found for change in hybrid.changes] == expected


def test_parameters_that_are_only_renumbered_mean_the_same():
    base = side("old", "SELECT o.x %% %(x_1)s::INTEGER AS h FROM o", {"x_1": 3})
    head = side("new", "SELECT o.x %% %(x_2)s::INTEGER AS h FROM o", {"x_2": 3})
    assert sentences(base, head) == ["The SQL is written differently and means the same."]


# Title, facts before and after, sentences; the SQL reads o.x and then o.y.
FACTS = [
    ("by the facts", {"tables": ("o",), "columns": ("o.a", "o.b")}, {"tables": ("l", "o"), "columns": ("l.id", "l.x", "o.b")}, [
        "Table newly read: `l` (its columns `id` and `x`).", "Column no longer read: `o.a`."]),
    ("by the SQL, where a side has none", None, {"tables": ("o",), "columns": ("o.y",)}, [
        "Column changed: `o.x` became `o.y`.", "Column newly read: `o.y`.", "Column no longer read: `o.x`."]),
    ("a table less", {"tables": ("l", "o"), "columns": ("l.id",)}, {"tables": ("o",), "columns": "none"}, ["Table no longer read: `l`."]),
    ("work that gets out of hand", {"SQL cost": "linear in the rows"}, {"SQL cost": "grows faster than the rows"}, [
        "SQL cost changed: `linear in the rows` became `grows faster than the rows`."]),
    ("an index that no longer helps", {"plan": "at 500 rows: l by index (o, p), for each row; o whole, once"}, {"plan": "at 500 rows: l whole, for each row; o whole, once"}, [
        "Plan changed: `l` is read `whole, for each row`, where it was read `by index (o, p), for each row`."]),
    ("a table read twice", {"plan": "at 500 rows: o whole, once"}, {"plan": "at 500 rows: o by index (up), at each step; o whole, once"}, [
        "Plan changed: `o` is read `by index (up), at each step`, too."]),
    ("a table read once less", {"plan": "at 500 rows: o in the order of an index, once; o whole, once"}, {"plan": "at 500 rows: o whole, once"}, [
        "Plan changed: `o` is no longer read `in the order of an index, once`."]),
    ("a plan for another size", {"plan": "at 500 rows: o whole, once"}, {"plan": "at 20 rows: o whole, once"}, ["The plan is for another size: at 500 rows became at 20 rows."]),
    ("a subquery where there was none", {"plan": "the row itself"}, {"plan": "at 500 rows: l whole, once; o whole, once"}, [
        "Plan changed: `the row itself` became `at 500 rows: l whole, once; o whole, once`."]),
    ("the type", {"result type": "integer (SQLAlchemy Integer)"}, {"result type": "numeric (SQLAlchemy Numeric)"}, [
        "Result type changed: `integer (SQLAlchemy Integer)` became `numeric (SQLAlchemy Numeric)`."]),
    ("statements", {"Python side": "1 statement, however many rows"}, {"Python side": "2 statements for 1 row, 101 for 100"}, [
        "Statements of the Python side changed: `1 statement, however many rows` became `2 statements for 1 row, 101 for 100`."]),
    ("facts for the first time", None, {"tables": ("o",), "columns": ("o.x",)}, ["Only facts below the SQL came or went: tables, columns added."]),
]  # fmt: skip


@pytest.mark.parametrize(("title", "before", "after", "expected"), FACTS, ids=[row[0] for row in FACTS])
def test_the_sentences_of_facts(title, before, after, expected):
    column = "y" if title == "by the SQL, where a side has none" else "x"
    texts = [
        snapshot_text("Order.h", {}, f"SELECT o.id, o.{name} AS h\nFROM o", facts=facts)
        for name, facts in (("x", before), (column, after))
    ]
    base, head = (Side(name, {FILE: text}) for name, text in zip(("old", "new"), texts, strict=True))
    assert sentences(base, head) == expected


def test_back_quotes_in_the_sql_stay_sql():
    base, head = (
        side(name, f"SELECT o.x || {text} AS h FROM o") for name, text in (("old", "'`'"), ("new", "'b'"))
    )
    assert sentences(base, head) == ["Constant changed: `` '`' `` became `'b'`, in `o.x || 'b'`."]


def test_a_long_value_is_cut():
    long = " + ".join(f"o.column_{number}" for number in range(100))
    (sentence,) = sentences(side("old", f"SELECT {long} AS h FROM o"), side("new", "SELECT 1 AS h FROM o"))
    assert sentence.endswith(" ...` became `1`.")
    assert len(sentence) < 400
