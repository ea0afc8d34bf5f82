"""Texts that the compiler writes, and what becomes of them."""

import re
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, aggregate_order_by
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import DeclarativeBase, Mapped, aliased, mapped_column

from harness.evaluation.canonical import CanonicalSQL, canonical_sql


class Values(dict[str, object]):
    """Any name has a value: itself."""

    def __missing__(self, key):
        return key


# Title, the compiler's text, the canonical text.
PAIRS = [
    ("one column", "SELECT t.a \nFROM t", "SELECT t.a\nFROM t"),
    ("columns stand one a line", "SELECT t.a, t.b \nFROM t", "SELECT\n  t.a,\n  t.b\nFROM t"),
    ("casts of parameters stay", "SELECT %(a_3)s::VARCHAR", "SELECT %(a_1)s::VARCHAR"),
    ("both ways to cast stay", "SELECT CAST(t.a AS NUMERIC(10,2)), t.b::INTEGER", "SELECT\n  CAST(t.a AS NUMERIC(10, 2)),\n  t.b::INTEGER"),
    ("types keep their names", "SELECT CAST(t.a AS DOUBLE PRECISION), t.b::TIMESTAMP WITHOUT TIME ZONE", "SELECT\n  CAST(t.a AS DOUBLE PRECISION),\n  t.b::TIMESTAMP WITHOUT TIME ZONE"),
    ("functions keep their names and case", "SELECT now(), substr(t.a, 2), char_length(t.a), Date_Trunc('day', t.b)", "SELECT\n  now(),\n  substr(t.a, 2),\n  char_length(t.a),\n  Date_Trunc('day', t.b)"),
    ("a doubled percent sign stays doubled", "SELECT t.a %% %(a_1)s FROM t WHERE t.b LIKE '%%x'", "SELECT t.a %% %(a_1)s\nFROM t\nWHERE t.b LIKE '%%x'"),
    ("a literal that looks like SQL", "SELECT 'a  FROM  b, c AND d'  FROM t", "SELECT 'a  FROM  b, c AND d'\nFROM t"),
    ("quotes and backslashes", r"SELECT 'it''s \ ', E'a\'b', $$x'y$$", "SELECT\n  'it''s \\ ',\n  E'a\\'b',\n  $$x'y$$"),
    ("a literal of two lines", "SELECT t.a, (SELECT 'x\n   y' \nFROM u)", "SELECT\n  t.a,\n  (\n    SELECT 'x\n   y'\n    FROM u\n  )"),
    ("quoted names", 'SELECT "T"."order", "T"."sp  ace", "T"."Größe", "T"."q""x"', 'SELECT\n  "T"."order",\n  "T"."sp  ace",\n  "T"."Größe",\n  "T"."q""x"'),
    ("a parameter's name may be any", "SELECT %(größe x_7)s", "SELECT %(größe x_1)s"),
    ("the same parameter twice", "SELECT %(p_9)s + %(p_9)s + %(p_2)s", "SELECT %(p_1)s + %(p_1)s + %(p_2)s"),
    ("named parameters stay", "SELECT %(limit)s, %(p_4)s", "SELECT\n  %(limit)s,\n  %(p_1)s"),
    ("values of an IN list", "SELECT t.x IN (%(x_3_1)s, %(x_3_2)s), %(x_1)s", "SELECT\n  t.x IN (%(x_1)s, %(x_2)s),\n  %(x_3)s"),
    ("a column whose name ends in a number", "SELECT t.line_2 = %(line_2_4)s", "SELECT t.line_2 = %(line_2_1)s"),
    ("aliases in order of appearance", "SELECT t_2.a FROM t AS t_2 JOIN t AS t_1 ON t_1.a = t_2.b", "SELECT t_1.a\nFROM t AS t_1\nJOIN t AS t_2 ON t_2.a = t_1.b"),
    ("quoted aliases", 'SELECT "T_2"."a" FROM "T" AS "T_2"', 'SELECT "T_1"."a"\nFROM "T" AS "T_1"'),
    ("an alias that people chose stays", "SELECT boss_2.a FROM t AS boss_2", "SELECT boss_2.a\nFROM t AS boss_2"),
    ("a table's own name is no alias", "SELECT t_2.a FROM t_2, t", "SELECT t_2.a\nFROM t_2, t"),
    ("the number of a real table is taken", "SELECT t_2.a, t_1.a FROM t AS t_2, t_1", "SELECT\n  t_2.a,\n  t_1.a\nFROM t AS t_2, t_1"),
    ("an alias that is a column elsewhere stays", "SELECT t_2.a, u.t_2 FROM t AS t_2, u", "SELECT\n  t_2.a,\n  u.t_2\nFROM t AS t_2, u"),
    ("a whole row", "SELECT row_to_json(t_2) FROM t AS t_2", "SELECT row_to_json(t_2)\nFROM t AS t_2"),
    ("the result's columns keep their names", "SELECT sum(t.a) AS sum_4 FROM t", "SELECT sum(t.a) AS sum_4\nFROM t"),
    ("labels inside", "SELECT anon_3.sum_4 FROM (SELECT sum(t.a) AS sum_4 FROM t) AS anon_3", "SELECT anon_1.sum_1\nFROM (\n  SELECT sum(t.a) AS sum_1\n  FROM t\n) AS anon_1"),
    ("a label inside that is a column elsewhere stays", "SELECT anon_3.sum_4, u.sum_4 FROM (SELECT sum(t.a) AS sum_4 FROM t) AS anon_3, u", "SELECT\n  anon_1.sum_4,\n  u.sum_4\nFROM\n  (\n    SELECT sum(t.a) AS sum_4\n    FROM t\n  ) AS anon_1,\n  u"),
    ("what a star shows stays", "SELECT anon_2.max_2 FROM (SELECT *, max(u.b) AS max_2 FROM u) AS anon_2", "SELECT anon_1.max_2\nFROM (\n  SELECT\n    *,\n    max(u.b) AS max_2\n  FROM u\n) AS anon_1"),
    ("EXTRACT", "SELECT EXTRACT(epoch FROM t.b - t.a)", "SELECT EXTRACT(epoch FROM t.b - t.a)"),
    ("IS DISTINCT FROM is no clause", "SELECT t.a FROM t WHERE t.a IS NOT DISTINCT FROM t.b AND t.a IS DISTINCT FROM %(a_1)s", "SELECT t.a\nFROM t\nWHERE\n  t.a IS NOT DISTINCT FROM t.b\n  AND t.a IS DISTINCT FROM %(a_1)s"),
    ("BETWEEN has an AND of its own", "SELECT t.a FROM t WHERE t.a BETWEEN 1 AND 2 AND t.b OR t.c", "SELECT t.a\nFROM t\nWHERE\n  t.a BETWEEN 1 AND 2\n  AND t.b\n  OR t.c"),
    ("left() is no join", "SELECT t.a FROM t WHERE left(t.a, 1) = right(t.b, 1)", "SELECT t.a\nFROM t\nWHERE left(t.a, 1) = right(t.b, 1)"),
    ("negations stay where they are", "SELECT t.a NOT IN (1), NOT t.a IN (1), t.a IS NOT true, t.a NOT LIKE 'x', t.b != 1", "SELECT\n  t.a NOT IN (1),\n  NOT t.a IN (1),\n  t.a IS NOT true,\n  t.a NOT LIKE 'x',\n  t.b != 1"),
    ("regular expressions", "SELECT t.a ~ 'x', t.a !~* 'x', t.a ~* 'x', t.a ILIKE 'x' ESCAPE '/'", "SELECT\n  t.a ~ 'x',\n  t.a !~* 'x',\n  t.a ~* 'x',\n  t.a ILIKE 'x' ESCAPE '/'"),
    ("jsonb", "SELECT t.a -> 'x' ->> 0, t.a #>> '{a,b}', t.a @> '{}', t.a ? 'k', t.a['k']", "SELECT\n  t.a -> 'x' ->> 0,\n  t.a #>> '{a,b}',\n  t.a @> '{}',\n  t.a ? 'k',\n  t.a['k']"),
    ("arrays", "SELECT t.a[%(a_1)s::INTEGER], t.a[%(a_2)s:%(a_3)s], ARRAY[1, 2] && t.a, 1 = ANY (t.a)", "SELECT\n  t.a[%(a_1)s::INTEGER],\n  t.a[%(a_2)s:%(a_3)s],\n  ARRAY[1, 2] && t.a,\n  1 = ANY (t.a)"),
    ("time zones and intervals", "SELECT t.a AT TIME ZONE 'UTC', now() - INTERVAL '1 day'", "SELECT\n  t.a AT TIME ZONE 'UTC',\n  now() - INTERVAL '1 day'"),
    ("COLLATE", 'SELECT (t.a COLLATE "en-x-icu") < %(a_1)s::VARCHAR COLLATE "C"', 'SELECT (t.a COLLATE "en-x-icu") < %(a_1)s::VARCHAR COLLATE "C"'),
    ("FILTER and WITHIN GROUP", "SELECT count(t.a) FILTER (WHERE t.b), percentile_cont(0.5) WITHIN GROUP (ORDER BY t.a)", "SELECT\n  count(t.a) FILTER (WHERE t.b),\n  percentile_cont(0.5) WITHIN GROUP (ORDER BY t.a)"),
    ("windows", "SELECT row_number() OVER (PARTITION BY t.a ORDER BY t.b DESC NULLS LAST ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)", "SELECT row_number() OVER (PARTITION BY t.a ORDER BY t.b DESC NULLS LAST ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)"),
    ("DISTINCT ON", "SELECT DISTINCT ON (t.a) t.a, t.b FROM t ORDER BY t.a, t.b", "SELECT DISTINCT ON (t.a)\n  t.a,\n  t.b\nFROM t\nORDER BY t.a, t.b"),
    ("joins", "SELECT 1 FROM a LEFT OUTER JOIN b ON a.id = b.id AND b.x JOIN c ON c.id = a.id CROSS JOIN d", "SELECT 1\nFROM a\nLEFT OUTER JOIN b\n  ON a.id = b.id\n  AND b.x\nJOIN c ON c.id = a.id\nCROSS JOIN d"),
    ("joins in parentheses", "SELECT 1 FROM a LEFT OUTER JOIN (b JOIN c ON b.id = c.id) ON a.id = b.id", "SELECT 1\nFROM a\nLEFT OUTER JOIN (\n  b\n  JOIN c ON b.id = c.id\n)\n  ON a.id = b.id"),
    ("LATERAL", "SELECT anon_2.a FROM t JOIN LATERAL (SELECT u.a FROM u WHERE u.b = t.b LIMIT 1) AS anon_2 ON true", "SELECT anon_1.a\nFROM t\nJOIN LATERAL (\n  SELECT u.a\n  FROM u\n  WHERE u.b = t.b\n  LIMIT 1\n) AS anon_1\n  ON true"),
    ("a table of values", "SELECT v.a FROM (VALUES (1, 'x'), (2, 'y')) AS v (a, b)", "SELECT v.a\nFROM (\n  VALUES (1, 'x'), (2, 'y')\n) AS v (a, b)"),
    ("set operations", "(SELECT 1 UNION ALL SELECT 2) EXCEPT SELECT 3", "(\n  SELECT 1\n  UNION ALL\n  SELECT 2\n)\nEXCEPT\nSELECT 3"),
    ("group, having, order, limit", "SELECT t.a, count(*) FROM t GROUP BY t.a HAVING count(*) > 1 ORDER BY t.a DESC LIMIT 5 OFFSET 2", "SELECT\n  t.a,\n  count(*)\nFROM t\nGROUP BY t.a\nHAVING count(*) > 1\nORDER BY t.a DESC\nLIMIT 5\nOFFSET 2"),
    ("EXISTS", "SELECT EXISTS (SELECT * FROM u WHERE u.a = t.a) AS h FROM t", "SELECT EXISTS (\n  SELECT *\n  FROM u\n  WHERE u.a = t.a\n) AS h\nFROM t"),
    ("a short CASE", "SELECT CASE WHEN (t.a = 1) THEN 'x' ELSE 'y' END AS h", "SELECT CASE WHEN (t.a = 1) THEN 'x' ELSE 'y' END AS h"),
    ("a long CASE", "SELECT CASE t.some_column WHEN 'the first one' THEN 'a' WHEN 'the second one' THEN 'b' ELSE 'c' END AS h", "SELECT CASE t.some_column\n  WHEN 'the first one' THEN 'a'\n  WHEN 'the second one' THEN 'b'\n  ELSE 'c'\nEND AS h"),
    ("long conditions in parentheses", "SELECT 1 FROM t WHERE t.a AND (t.a_rather_longish_name = 1 OR t.another_rather_longish_name = 2 OR t.b)", "SELECT 1\nFROM t\nWHERE\n  t.a\n  AND (\n    t.a_rather_longish_name = 1\n    OR t.another_rather_longish_name = 2\n    OR t.b\n  )"),
    ("a long call", "SELECT coalesce(t.a_rather_long_column_name, t.another_rather_long_column_name, lower(t.b), t.c, t.d) AS h", "SELECT coalesce(\n  t.a_rather_long_column_name,\n  t.another_rather_long_column_name,\n  lower(t.b),\n  t.c,\n  t.d\n) AS h"),
    ("a recursive CTE inside a subquery", "SELECT (WITH RECURSIVE anon_2(id) AS \n(SELECT t.id AS id UNION SELECT t_3.id AS id \nFROM t AS t_3 JOIN anon_2 ON t_3.up = anon_2.id) SELECT count(*) AS count_7 \nFROM anon_2) AS h FROM t", "SELECT (\n  WITH RECURSIVE anon_1(id) AS (\n    SELECT t.id AS id\n    UNION\n    SELECT t_1.id AS id\n    FROM t AS t_1\n    JOIN anon_1 ON t_1.up = anon_1.id\n  )\n  SELECT count(*) AS count_1\n  FROM anon_1\n) AS h\nFROM t"),
    ("two CTEs", "WITH a AS MATERIALIZED (SELECT 1 AS x), b AS (SELECT 2 AS x) SELECT a.x FROM a, b", "WITH a AS MATERIALIZED (\n  SELECT 1 AS x\n),\nb AS (\n  SELECT 2 AS x\n)\nSELECT a.x\nFROM a, b"),
    ("columns named like clauses", "SELECT t.values, t.set, t.limit FROM t", "SELECT\n  t.values,\n  t.set,\n  t.limit\nFROM t"),
    ("UPDATE", "UPDATE t SET a=%(a_2)s::INTEGER WHERE t.b = 1", "UPDATE t\nSET a=%(a_1)s::INTEGER\nWHERE t.b = 1"),
    ("DELETE", "DELETE FROM t WHERE t.b = %(b_1)s", "DELETE\nFROM t\nWHERE t.b = %(b_1)s"),
]  # fmt: skip

# Title, text, why it stays as the compiler wrote it.
FALLBACKS = [
    ("no SQL", "SELECT FROM WHERE (", "sqlglot can't parse it"),
    ("an unended literal", "SELECT 'x", "sqlglot can't parse it"),
    ("a command", "VACUUM t", "sqlglot can't parse it"),
    ("two statements", "SELECT 1; SELECT 2", "sqlglot can't parse it"),
    ("an operator that sqlglot lacks", "SELECT a <<= b", "sqlglot can't parse it"),
    ("a hint", "SELECT /*+ SeqScan(t) */ t.a FROM t", "it has comments"),
    ("a comment at the end", "SELECT t.a FROM t -- why", "it has comments"),
    ("a literal over two lines", "SELECT 'a'\n'b'", "it has a literal in several parts"),
    ("a parameter in a literal", "SELECT 'x %(a_1)s'", "it has a parameter inside a literal or a name"),
    ("a lone percent sign", "SELECT 5 % 3", "it has a % that is neither a parameter nor doubled"),
    ("an IN list not yet expanded", "SELECT t.a IN (__[POSTCOMPILE_a_1])", "it was compiled without render_postcompile"),
    ("nested beyond measure", "SELECT " + "(" * 5000 + "1" + ")" * 5000, "it is nested too deeply for sqlglot"),
]  # fmt: skip


def titles(rows: list[tuple[str, str, str]]) -> list[str]:
    return [row[0] for row in rows]


@pytest.mark.parametrize(("title", "compiled", "expected"), PAIRS, ids=titles(PAIRS))
def test_the_text(title, compiled, expected):
    assert canonical_sql(compiled, Values()).text == expected, title


@pytest.mark.parametrize(("title", "compiled", "expected"), PAIRS, ids=titles(PAIRS))
def test_canonical_text_is_its_own(title, compiled, expected):
    first = canonical_sql(compiled, Values())
    assert first.canonical, title
    assert canonical_sql(expected, first.parameters) == first


@pytest.mark.parametrize(("title", "compiled", "expected"), PAIRS, ids=titles(PAIRS))
def test_only_white_space_and_made_up_numbers_change(title, compiled, expected):
    numbers = re.compile(r"_\d+")
    assert [re.sub(r"\s+", "", numbers.sub("", text)) for text in (compiled, expected)] == [
        re.sub(r"\s+", "", numbers.sub("", compiled))
    ] * 2, title


@pytest.mark.parametrize(("title", "compiled", "reason"), FALLBACKS, ids=titles(FALLBACKS))
def test_the_compilers_own_text_where_it_must_be(title, compiled, reason):
    result = canonical_sql(compiled, {"a_1": 1, "unused": 2})
    parameters: dict[str, object] = {"a_1": 1} if "%(a_1)s" in compiled else {}
    assert result == CanonicalSQL(compiled, parameters, canonical=False, reason=reason), title


def test_parameters_follow_the_text():
    result = canonical_sql(
        "SELECT %(x_2)s, %(name)s, %(x_1)s", {"x_1": "one", "x_2": "two", "name": 3, "unused": 4}
    )
    assert list(result.parameters.items()) == [("x_1", "two"), ("name", 3), ("x_2", "one")]


def test_a_parameter_without_a_value_is_a_mistake():
    with pytest.raises(KeyError, match="x_2"):
        canonical_sql("SELECT %(x_2)s", {})


def test_numbers_by_which_two_texts_differ_do_not_matter():
    template = (
        "SELECT (SELECT sum(tenants_{0}.cost) AS sum_{1} FROM tenants AS tenants_{0} WHERE tenants_{0}.up = anon_{2}.id "
        "AND tenants_{0}.name != %(name_{1})s) AS h FROM (SELECT tenants_{2}.id AS id, coalesce(tenants_{2}.a, "
        "%(coalesce_{0})s) AS coalesce_{2} FROM tenants AS tenants_{2}) AS anon_{2} WHERE anon_{2}.coalesce_{2} > 1"
    )
    texts = {
        canonical_sql(template.format(*numbers), Values()).text
        for numbers in [(1, 2, 3), (3, 1, 2), (9, 8, 7)]
    }
    assert len(texts) == 1


class Base(DeclarativeBase):
    pass


class Tenant(Base):
    __tablename__ = "tenants"
    id: Mapped[int] = mapped_column(primary_key=True)
    parent_id: Mapped[int | None] = mapped_column(sa.ForeignKey("tenants.id"))
    name: Mapped[str | None]
    rate: Mapped[float | None]
    tags: Mapped[list[str]] = mapped_column(ARRAY(sa.Text))
    extra: Mapped[dict[str, Any]] = mapped_column(JSONB)
    created: Mapped[Any] = mapped_column(sa.DateTime(timezone=True))

    @hybrid_property
    def descendants(self):
        raise NotImplementedError

    @descendants.inplace.expression
    @classmethod
    def _descendants(cls):
        child = aliased(Tenant)
        tree = sa.select(cls.id.label("id")).cte(recursive=True, nesting=True)
        tree = tree.union(sa.select(child.id).join(tree, child.parent_id == tree.c.id))
        return sa.select(sa.func.count() - 1).select_from(tree).scalar_subquery()


EXPRESSIONS: dict[str, Callable[[], Any]] = {
    "recursion": lambda: Tenant.descendants,
    "coalesce": lambda: sa.func.coalesce(Tenant.name, "100%") + "'\\",
    "case": lambda: sa.case((Tenant.rate > 0.5, "high"), (Tenant.rate.is_(None), "?"), else_="low"),
    "in list": lambda: Tenant.name.in_(["a", "b"]),
    "not in list": lambda: Tenant.name.not_in(["a", None]),
    "like": lambda: Tenant.name.contains("50%", autoescape=True),
    "regular expression": lambda: Tenant.name.regexp_match("^a%"),
    "modulo": lambda: Tenant.id % 3,
    "floor division": lambda: Tenant.id // 2,
    "distinct from": lambda: Tenant.name.is_distinct_from("a"),
    "json": lambda: Tenant.extra["a"]["b"].astext,
    "json path": lambda: Tenant.extra.op("#>>")(sa.literal_column("'{a,b}'")),
    "json has key": lambda: Tenant.extra.has_key("a"),
    "array": lambda: Tenant.tags[1],
    "array slice": lambda: Tenant.tags[1:2],
    "array any": lambda: sa.literal("x") == sa.any_(Tenant.tags),
    "interval": lambda: Tenant.created - sa.text("INTERVAL '1 day'"),
    "extract": lambda: sa.extract("epoch", Tenant.created),
    "time zone": lambda: Tenant.created.op("AT TIME ZONE")("UTC"),
    "collate": lambda: Tenant.name.collate("C") < "b",
    "cast": lambda: sa.cast(Tenant.rate, sa.Numeric(10, 2)),
    "exists": lambda: sa.exists().where(aliased(Tenant).parent_id == Tenant.id),
    "filter": lambda: sa.select(
        sa.func.count(sa.distinct(Tenant.name)).filter(Tenant.rate > 1)
    ).scalar_subquery(),
    "ordered aggregate": lambda: sa.select(
        sa.func.string_agg(Tenant.name, aggregate_order_by(sa.literal_column("','"), Tenant.name))
    ).scalar_subquery(),
    "within group": lambda: sa.select(
        sa.func.percentile_cont(0.5).within_group(Tenant.rate.desc())
    ).scalar_subquery(),
    "window": lambda: sa.func.row_number().over(partition_by=Tenant.parent_id, order_by=Tenant.id),
    "values": lambda: sa.select(
        sa.func.count(sa.values(sa.column("x", sa.Integer), name="v").data([(1,), (2,)]).c.x)
    ).scalar_subquery(),
    "quoted label": lambda: Tenant.name.label('Größe "x"'),
}


def compiled(statement: sa.Select[Any]) -> tuple[str, dict[str, Any]]:
    result = statement.compile(
        dialect=sa.URL.create("postgresql+psycopg").get_dialect()(),
        compile_kwargs={"render_postcompile": True},
    )
    return str(result), result.params


@pytest.mark.parametrize("title", EXPRESSIONS)
def test_what_sqlalchemy_compiles_is_canonical(title):
    result = canonical_sql(*compiled(sa.select(Tenant.id, EXPRESSIONS[title]())))
    assert result.reason is None
    assert canonical_sql(result.text, result.parameters) == result


def test_the_order_in_which_expressions_were_built_does_not_matter():
    def forwards() -> Any:
        first, second = aliased(Tenant), aliased(Tenant)
        return first, second, first.name == "a", second.name == "b"

    def backwards() -> Any:
        b = sa.literal("b")
        second, first = aliased(Tenant), aliased(Tenant)
        unused = aliased(Tenant).name == "c"
        assert unused is not None
        right = second.name == "b"
        assert b is not None
        return first, second, first.name == "a", right

    texts = []
    for build in (forwards, backwards):
        first, second, left, right = build()
        query = sa.select(first.id).join(second, first.parent_id == second.id).where(left, right)
        texts.append(canonical_sql(*compiled(query)))
    assert texts[0] == texts[1]


@pytest.fixture(scope="module")
def tenants(database_url):
    """A connection to a database with a few tenants."""
    engine = sa.create_engine(database_url)
    with engine.connect() as connection, connection.begin() as transaction:
        Base.metadata.create_all(connection)
        made = sa.func.now()
        connection.execute(
            sa.insert(Tenant).values(
                [
                    {"id": 1, "parent_id": None, "name": "a", "rate": 0.75, "tags": ["x", "y"], "extra": {"a": {"b": 1}}, "created": made},
                    {"id": 2, "parent_id": 1, "name": None, "rate": None, "tags": [], "extra": {}, "created": made},
                    {"id": 3, "parent_id": 2, "name": "50%\\", "rate": 1.5, "tags": ["x"], "extra": {"c": None}, "created": made},
                ]
            )
        )  # fmt: skip
        yield connection
        transaction.rollback()
    engine.dispose()


def rows_of(connection: sa.Connection, *statements: tuple[str, dict[str, Any]]) -> list[Any]:
    return [connection.exec_driver_sql(text, dict(parameters)).all() for text, parameters in statements]


@pytest.mark.parametrize("title", EXPRESSIONS)
def test_both_texts_return_the_same_rows(tenants, title):
    sql, parameters = compiled(sa.select(Tenant.id, EXPRESSIONS[title]()).order_by(Tenant.id))
    result = canonical_sql(sql, parameters)
    with tenants.begin_nested():
        before, after = rows_of(tenants, (sql, parameters), (result.text, result.parameters))
    assert result.canonical
    assert before == after
    assert len(before) == 3
