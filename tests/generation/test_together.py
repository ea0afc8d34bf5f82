"""Datasets that share tables: where they may, and that each keeps to itself there."""

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    UniqueConstraint,
    create_engine,
)
from sqlalchemy.dialects.postgresql import ExcludeConstraint

from harness.evaluation.loader import Loader
from harness.generation import draws, keeps_apart, plan_dataset, together

BLOG = MetaData()
Table("authors", BLOG, Column("id", Integer, primary_key=True), Column("boss_id", ForeignKey("authors.id")))
Table(
    "profiles",
    BLOG,
    Column("author_id", ForeignKey("authors.id"), primary_key=True),
    Column("text", String(9), nullable=False),
)
Table(
    "posts",
    BLOG,
    Column("id", Integer, primary_key=True),
    Column("author_id", ForeignKey("authors.id"), nullable=False),
    Column("slug", String(9), nullable=False),
    Column("favourite_id", ForeignKey("comments.id", use_alter=True, name="favourite")),
    UniqueConstraint("author_id", "slug"),
    CheckConstraint("slug <> ''"),
)
Table(
    "comments",
    BLOG,
    Column("id", Integer, primary_key=True),
    Column("post_id", ForeignKey("posts.id"), nullable=False),
)
Table(
    "likes",
    BLOG,
    Column("post_id", ForeignKey("posts.id"), primary_key=True),
    Column("author_id", ForeignKey("authors.id"), primary_key=True),
)


def plan_of(metadata, **options):
    tables = metadata.tables.values()
    return plan_dataset(tables, {column for table in tables for column in table.columns}, **options)


def drawn(plan, examples):
    found = []

    @seed(0)
    @settings(
        max_examples=examples,
        phases=[Phase.generate],
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(draws(plan))
    def collect(each):
        found.append(each)

    collect()
    return found


def test_the_server_takes_the_rows_of_several(database_url):
    plan = plan_of(BLOG)
    assert keeps_apart(plan)
    several = drawn(plan, 40)
    engine = create_engine(database_url)
    with engine.connect() as connection:
        for start in (0, 20):
            BLOG.create_all(connection)
            Loader(connection, BLOG.tables.values()).load(together(several[start : start + 20]))
            connection.rollback()
    engine.dispose()


def test_each_keeps_its_rows_but_for_the_keys():
    several = drawn(plan_of(BLOG), 20)
    whole = together(several)
    assert whole.late == several[0].dataset.late
    assert whole.size == sum(each.dataset.size for each in several)
    for table in BLOG.tables.values():
        keys = {column.name for column in table.columns if column.primary_key or column.foreign_keys}
        rows = [row for each in several for row in each.dataset.tables[table.name]]
        for alone, shared in zip(rows, whole.tables[table.name], strict=True):
            assert {name: value for name, value in alone.items() if name not in keys} == {
                name: value for name, value in shared.items() if name not in keys
            }
            assert {name for name in keys if alone[name] is None} == {
                name for name in keys if shared[name] is None
            }


def test_no_row_refers_to_another_datasets_row():
    """Author 1 of one dataset is author 1 plus something in the whole, and so are all references to it."""
    several = drawn(plan_of(BLOG), 20)
    whole = together(several)
    place = 0
    for each in several:
        posts = each.dataset.tables["posts"]
        mine = whole.tables["posts"][place : place + len(posts)]
        place += len(posts)
        moved = {shared["id"] - alone["id"] for alone, shared in zip(posts, mine, strict=True)}
        moved |= {shared["author_id"] - alone["author_id"] for alone, shared in zip(posts, mine, strict=True)}
        assert len(moved) <= 1


def with_posts(*elements, key=Integer):
    metadata = MetaData()
    Table("authors", metadata, Column("id", Integer, primary_key=True))
    Table(
        "posts",
        metadata,
        Column("id", key, primary_key=True),
        Column("author_id", ForeignKey("authors.id")),
        Column("slug", String(9), nullable=False),
        *elements,
    )
    return metadata


@pytest.mark.parametrize(
    ("metadata", "apart"),
    [
        (with_posts(), True),
        (with_posts(UniqueConstraint("slug", "author_id")), True),
        (with_posts(UniqueConstraint("slug")), False),
        (with_posts(Index("one_slug", "slug", unique=True)), False),
        (with_posts(UniqueConstraint("slug", "author_id", postgresql_nulls_not_distinct=True)), False),
        (with_posts(ExcludeConstraint(("slug", "="))), False),
        (with_posts(key=String(9)), False),
    ],
    ids=["a key", "unique with a key", "unique", "unique index", "NULLs alike", "excluded", "a natural key"],
)
def test_what_else_has_to_differ_keeps_datasets_from_sharing(metadata, apart):
    assert keeps_apart(plan_of(metadata)) is apart


def test_arguments_belong_to_one_dataset():
    assert not keeps_apart(plan_of(with_posts(), arguments=[[1, 2]]))
