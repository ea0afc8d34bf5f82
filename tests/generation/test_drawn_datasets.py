"""Datasets for a schema of every constraint: always valid, shrinking to few rows, in the shapes that hybrids trip over."""

import random

import pytest
from hypothesis import HealthCheck, Phase, find, given, seed, settings
from hypothesis import strategies as st
from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Integer,
    MetaData,
    Numeric,
    String,
    Table,
    UniqueConstraint,
    create_engine,
)

from harness.evaluation.loader import Loader, Rejected
from harness.generation import (
    PopulationShape,
    Ungeneratable,
    chain,
    cycles,
    datasets,
    has_self_reference,
    plan_dataset,
    population,
)
from harness.generation.datasets import SLOTS, decode, draws
from harness.generation.rows import block_length

ZOO = MetaData()
Table(
    "countries",
    ZOO,
    Column("code", String(2), primary_key=True),
    Column("name", String(10), nullable=False, unique=True),
)
Table(
    "people",
    ZOO,
    Column("id", Integer, primary_key=True),
    Column("country", ForeignKey("countries.code"), nullable=False),
    Column("mother_id", ForeignKey("people.id")),
    Column("father_id", ForeignKey("people.id")),
    Column("nickname", String(5), unique=True),
    Column("height", Numeric(3, 2)),
    Column("favourite_id", ForeignKey("pets.id", use_alter=True, name="favourite")),
    CheckConstraint("height > 0", name="tall"),
)
Table(
    "passports",
    ZOO,
    Column("person_id", ForeignKey("people.id"), primary_key=True),
    Column("number", Integer, nullable=False),
)
Table(
    "pets",
    ZOO,
    Column("id", Integer, primary_key=True),
    Column("owner_id", ForeignKey("people.id"), nullable=False),
    Column("name", String(5)),
    UniqueConstraint("owner_id", "name"),
)
Table(
    "shelves",
    ZOO,
    Column("room", Integer, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("beside_room", Integer),
    Column("beside_number", Integer),
    ForeignKeyConstraint(["beside_room", "beside_number"], ["shelves.room", "shelves.number"]),
)
Table(
    "boxes",
    ZOO,
    Column("id", Integer, primary_key=True),
    Column("room", Integer),
    Column("number", Integer),
    Column("inside_id", ForeignKey("boxes.id"), nullable=False),
    ForeignKeyConstraint(["room", "number"], ["shelves.room", "shelves.number"]),
)
Table(
    "friendships",
    ZOO,
    Column("left_id", ForeignKey("people.id"), primary_key=True),
    Column("right_id", ForeignKey("people.id"), primary_key=True),
)
PLAN = plan_dataset(
    ZOO.tables.values(), [column for table in ZOO.tables.values() for column in table.columns]
)
FOREST = plan_dataset([ZOO.tables["people"]], ZOO.tables["people"].c["mother_id", "height"])
SMALL = settings(
    database=None, deadline=None, suppress_health_check=list(HealthCheck), report_multiple_bugs=False
)


def violations(dataset):
    """What of the schema's constraints, and of the order of insertion, the rows break."""
    for name, rows in dataset.tables.items():
        table = ZOO.tables[name]
        for row in rows:
            assert set(row) <= set(table.columns.keys())
            yield from (
                f"{name}.{column.name} is NULL"
                for column in table.columns
                if not column.nullable and row.get(column.name) is None
            )
        for columns in keys(table):
            values = [tuple(row.get(column) for column in columns) for row in rows]
            known = [value for value in values if None not in value]
            if len(set(known)) != len(known):
                yield f"{name}: {columns} are not unique: {known}"
        for constraint in table.foreign_key_constraints:
            yield from dangling(dataset, table, constraint)


def keys(table):
    yield tuple(column.name for column in table.primary_key.columns)
    for constraint in table.constraints:
        if isinstance(constraint, UniqueConstraint):
            yield tuple(column.name for column in constraint.columns)


def dangling(dataset, table, constraint):
    """References to rows that aren't there, or that come later in their own table."""
    target = constraint.referred_table.name
    late = set(constraint.column_keys) <= set(dataset.late.get(table.name, ()))
    there = [tuple(row[e.column.name] for e in constraint.elements) for row in dataset.tables[target]]
    before = list(dataset.tables).index(target) <= list(dataset.tables).index(table.name)
    if not before and not late:
        yield f"{target} comes after {table.name}"
    for number, row in enumerate(dataset.tables[table.name]):
        value = tuple(row.get(element.parent.name) for element in constraint.elements)
        if None in value:
            continue
        # A row may be its own ancestor only where the schema leaves it no other way.
        own = number + (not constraint.columns.values()[0].nullable)
        if value not in (there if target != table.name else there[:own]):
            yield f"{table.name}[{number}] refers to {target} {value}"


@given(st.data())
@settings(SMALL, max_examples=40)
def test_every_block_of_bytes_is_a_valid_dataset(data):
    size = sum(block_length(table, SLOTS) for table in PLAN.tables)
    block = data.draw(
        st.binary(min_size=size, max_size=size) | st.sampled_from([bytes(size), b"\xff" * size])
    )
    palettes = [data.draw(palette) for palette in PLAN.palettes]
    dataset = decode(PLAN, block, palettes, dict.fromkeys((table.name for table in PLAN.tables), SLOTS))
    assert list(violations(dataset)) == []


@given(datasets(PLAN))
@settings(SMALL, max_examples=60)
def test_drawn_datasets_are_valid(dataset):
    assert list(dataset.tables) == [table.name for table in PLAN.tables]
    assert set(dataset.tables) == set(ZOO.tables)
    assert all(len(rows) <= SLOTS for rows in dataset.tables.values())
    assert list(violations(dataset)) == []


@pytest.mark.parametrize("rows", [0, 1, 50])
def test_populations_are_valid_and_the_same_each_time(rows):
    dataset = population(PLAN, PopulationShape(rows))
    assert list(violations(dataset)) == []
    assert dataset == population(PLAN, PopulationShape(rows))
    assert dataset.shape == "population"
    assert len(dataset.tables["people"]) == rows * 3  # they refer to a country and a favourite
    if rows > 1:
        assert dataset != population(PLAN, PopulationShape(rows), seed=1)
        assert len({row["mother_id"] for row in dataset.tables["people"]}) > rows / 4


def test_the_server_takes_them(server):
    """What violations() knows of PostgreSQL's rules is not all."""
    url = server.create_database()
    engine = create_engine(url)
    accepted, refused = [], []
    try:
        with engine.connect() as connection:
            ZOO.create_all(connection)
            connection.commit()
            loader = Loader(connection, list(ZOO.tables.values()))

            @given(datasets(PLAN))
            @settings(SMALL, max_examples=100)
            def load(dataset):
                with connection.begin() as transaction:
                    try:
                        loader.load(dataset)
                        accepted.append(dataset)
                    except Rejected as rejected:
                        refused.append(str(rejected))
                    transaction.rollback()

            load()
    finally:
        engine.dispose()
        server.drop_database(url)
    assert refused == []
    assert max(dataset.size for dataset in accepted) > 20


SMALLEST = {
    "nothing": (lambda _: True, 0),
    "a person": (lambda d: d.tables["people"], 2),
    "a grandmother": (
        lambda d: any(
            mother["mother_id"]
            for row in d.tables["people"]
            for mother in d.tables["people"]
            if row["mother_id"] == mother["id"]
        ),
        4,
    ),
    "a mother of two": (
        lambda d: len(mothers := [row["mother_id"] for row in d.tables["people"] if row["mother_id"]]) > len(set(mothers)),
        4,
    ),
    "a height": (lambda d: any(row["height"] for row in d.tables["people"]), 2),
    "a favourite": (lambda d: any(row["favourite_id"] for row in d.tables["people"]), 3),
}  # fmt: skip


@pytest.mark.parametrize(("wanted", "rows"), SMALLEST.values(), ids=SMALLEST)
def test_shrinking_ends_at_the_fewest_rows(wanted, rows):
    smallest = found(wanted)
    assert smallest.size == rows, smallest
    assert list(violations(smallest)) == []


def found(wanted):
    """The smallest dataset that Hypothesis comes to, from the same beginning each time."""
    phases = settings(SMALL, max_examples=2000, phases=[Phase.generate, Phase.shrink])
    return find(datasets(PLAN), wanted, settings=phases, random=random.Random(0))


def test_values_shrink_to_the_plainest():
    first, second = found(lambda dataset: len(dataset.tables["people"]) == 2).tables["people"]
    assert (first["id"], second["id"]) == (1, 2)
    assert {**first, "id": 2, "nickname": second["nickname"]} == second
    assert first["mother_id"] is None


def seen(plan, examples=60):
    collected = []

    @seed(0)
    @given(datasets(plan))
    @settings(SMALL, max_examples=examples)
    def collect(dataset):
        collected.append(dataset)

    collect()
    return collected


def depths(rows, reference):
    found = {}
    for row in rows:  # parents come first
        found[row["id"]] = 0 if row[reference] is None else found[row[reference]] + 1
    return found


def test_forests_come_in_every_shape():
    forests = [rows for dataset in seen(FOREST, 100) if (rows := dataset.tables["people"])]
    levels = [depths(rows, "mother_id") for rows in forests]
    roots = [sum(depth == 0 for depth in each.values()) for each in levels]
    assert min(map(len, forests)) == 1
    assert max(map(len, forests)) >= 6
    assert any(
        len(rows) >= 4 and max(each.values()) == len(rows) - 1
        for rows, each in zip(forests, levels, strict=True)
    )
    assert any(
        len(rows) >= 4 and number == 1 and max(each.values()) == 1
        for rows, each, number in zip(forests, levels, roots, strict=True)
    )
    assert any(number >= 3 for number in roots)
    assert any(1 < max(each.values()) < len(each) - 1 for each in levels)


def test_what_may_be_null_is_null_now_and_then():
    rows = [(table, row) for dataset in seen(PLAN) for table, rows in dataset.tables.items() for row in rows]
    for table in ZOO.tables.values():
        for column in table.columns:
            if column.nullable:
                values = {row.get(column.name) for name, row in rows if name == table.name}
                assert None in values, f"{table.name}.{column.name} is never NULL"
                assert len(values) > 1, f"{table.name}.{column.name} is always NULL"


def test_columns_that_nothing_reads_hold_one_plain_value():
    drawn = seen(FOREST, 20)
    people = [row for dataset in drawn for row in dataset.tables["people"]]
    assert {row.get("favourite_id") for row in people} == {None}
    assert len({row["height"] for row in people}) > 3
    first = {rows[0]["name"] for dataset in drawn if (rows := dataset.tables["countries"])}
    assert len(first) <= SLOTS


def test_only_the_tables_that_are_needed():
    names = {table.name for table in FOREST.tables}
    assert names == {"people", "countries"}


def test_circles_of_one_two_and_three():
    made = list(cycles(PLAN, "people"))
    assert [len(dataset.tables["people"]) for dataset in made] == [1, 2, 3]
    for dataset in made:
        people = {row["id"]: row["mother_id"] for row in dataset.tables["people"]}
        assert dataset.shape == "cycle"
        assert sorted(people) == sorted(people.values())
        here, steps = people[1], 1
        while here != 1:
            here, steps = people[here], steps + 1
        assert steps == len(people)


def test_a_chain_is_as_long_as_asked_for():
    dataset = chain(PLAN, "people", 500)
    assert dataset.shape == "chain"
    assert list(violations(dataset)) == []
    assert [row["mother_id"] for row in dataset.tables["people"]] == [None, *range(1, 500)]


@pytest.mark.parametrize(
    ("table", "own"),
    [("people", True), ("shelves", True), ("boxes", True), ("pets", False), ("countries", False)],
)
def test_whether_rows_can_be_each_others_ancestors(table, own):
    assert has_self_reference(PLAN, table) is own


def test_a_circle_of_tables_without_a_way_in():
    circle = MetaData()
    Table(
        "hens",
        circle,
        Column("id", Integer, primary_key=True),
        Column("egg", ForeignKey("eggs.id"), nullable=False),
    )
    Table(
        "eggs",
        circle,
        Column("id", Integer, primary_key=True),
        Column("hen", ForeignKey("hens.id"), nullable=False),
    )
    with pytest.raises(Ungeneratable) as problem:
        plan_dataset(circle.tables.values(), [])
    assert str(problem.value) == (
        "eggs and hens refer to each other by foreign keys that are NOT NULL.\n  where: eggs.hen\n  hint:  Rows for such a "
        "circle can't be made; make one of the foreign keys nullable or DEFERRABLE."
    )


def long_chain(tables):
    """Tables of which each needs a row of the one before."""
    metadata = MetaData()
    for number in range(tables):
        before = ForeignKey(f"t{number - 1}.id") if number else ForeignKey("t0.id")
        Table(
            f"t{number}",
            metadata,
            Column("id", Integer, primary_key=True),
            Column("before_id", before, nullable=not number),
            Column("name", String(9)),
            *(Column(f"n{place}", Integer) for place in range(9)),
        )
    return list(metadata.tables.values())


def wide(columns):
    return [
        Table(
            "wide",
            MetaData(),
            Column("id", Integer, primary_key=True),
            *(Column(f"n{place}", Integer) for place in range(columns)),
        )
    ]


LARGE = {
    "500 tables": (long_chain(500), 1),
    "80 tables": (long_chain(80), 3),
    "1,000 columns": (wide(1_000), 3),
}


@pytest.mark.parametrize(("tables", "rows"), LARGE.values(), ids=LARGE)
def test_large_schemas_are_drawn_too(tables, rows):
    plan = plan_dataset(tables, [column for table in tables for column in table.columns])
    drawn = []

    @seed(0)
    @given(datasets(plan))
    @settings(database=None, deadline=None, max_examples=20, suppress_health_check=[HealthCheck.too_slow])
    def collect(dataset):
        drawn.append(dataset)

    collect()
    last = tables[-1].fullname
    assert max(len(dataset.tables[last]) for dataset in drawn) >= rows
    values = {row[name] for dataset in drawn for row in dataset.tables[last] for name in row}
    assert len(values) > 5


def test_more_tables_than_can_be_drawn_are_refused_with_the_way_out():
    with pytest.raises(Ungeneratable, match="It takes rows in 700 tables to have one in t699"):
        plan_dataset(long_chain(700), [])


def test_rows_and_choices_go_in_few_steps():
    tables = long_chain(30)
    plan = plan_dataset(tables, [column for table in tables for column in table.columns])
    found, tried = [], []

    @seed(0)
    @given(draws(plan))
    @settings(SMALL, max_examples=20)
    def collect(drawn):
        found.append(drawn)

    def shows(drawn):
        tried.append(drawn)
        return bool(drawn.dataset.tables["t29"])

    collect()
    first = max(found, key=lambda drawn: len(drawn.dataset.tables["t29"]))
    smallest = first.reduced(shows)
    assert first.dataset.size > smallest.dataset.size == len(tables)
    assert sum(map(bool, smallest.block)) < sum(map(bool, first.block)) / 5
    assert len(tried) < len(first.block) / 2
