"""The shape of what refers to what in a population, whatever the number of rows."""

import cProfile
import pstats
from collections import Counter

import pytest
from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Enum,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    UniqueConstraint,
    text,
)

from harness.generation import PopulationShape, counting_tables, plan_dataset, population

METADATA = MetaData()
NODES = Table(
    "nodes", METADATA, Column("id", Integer, primary_key=True), Column("parent_id", ForeignKey("nodes.id"))
)
PARTS = Table(
    "parts",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("node_id", ForeignKey("nodes.id"), nullable=False),
    Column("number", Integer),
)
PLAN = plan_dataset([NODES, PARTS], [NODES.c.parent_id, PARTS.c.node_id, PARTS.c.number])


def depths(nodes):
    """The number of rows from the root to each row."""
    found = {}
    for row in nodes:  # parents come first
        found[row["id"]] = 1 + found.get(row["parent_id"], 0)
    return found


@pytest.mark.parametrize("rows", [1, 50, 3_000])
def test_sizes_follow_the_fan_out_and_trees_stay_below_the_depth(rows):
    dataset = population(PLAN, PopulationShape(rows, fan_out=3, depth=4))
    assert {name: len(found) for name, found in dataset.tables.items()} == {"nodes": rows, "parts": 3 * rows}
    levels = Counter(depths(dataset.tables["nodes"]).values())
    assert max(levels) <= 4
    if rows > 1:
        assert set(levels) == {1, 2, 3, 4}


def test_four_times_the_rows_have_the_same_shape():
    means = []
    for rows in (1_000, 4_000):
        nodes = population(PLAN, PopulationShape(rows)).tables["nodes"]
        means.append(sum(depths(nodes).values()) / rows)
    assert means[1] == pytest.approx(means[0], rel=0.1)


def families(**shape):
    """The number of parts of each node that has any, and of children of each node that has any."""
    tables = population(PLAN, PopulationShape(1_000, **shape)).tables
    parts = Counter(row["node_id"] for row in tables["parts"])
    children = Counter(row["parent_id"] for row in tables["nodes"] if row["parent_id"] is not None)
    return parts, children


@pytest.mark.parametrize("childless", [0, 0.2, 0.7])
def test_parents_without_children(childless):
    parts, _ = families(childless=childless)
    assert len(parts) == pytest.approx(1_000 * (1 - childless), rel=0.1 * (childless > 0))


def test_skew_makes_families_unequal():
    even, uneven, most = (families(childless=0, skew=skew) for skew in (0, 0.5, 1))
    unfinished = [count for count in even[1].values() if count != 3]  # of the last tree: one on each level
    assert len(unfinished) < 6
    assert len(set(uneven[1].values())) > 5
    largest = [sum(count for _, count in parts.most_common(50)) for parts, _ in (even, uneven, most)]
    assert largest[0] * 1.2 < largest[1] < largest[2]


def test_fan_out_is_that_of_trees_too():
    parts, children = families(childless=0, skew=0, fan_out=7)
    assert sum(parts.values()) == 7_000
    assert Counter(children.values()).most_common(1)[0][0] == 7


def test_the_same_seed_gives_the_same_rows():
    shape = PopulationShape(100)
    assert population(PLAN, shape) == population(PLAN, shape)
    assert population(PLAN, shape) != population(PLAN, shape, seed=1)


def test_arrows_between_rows_make_no_path_that_grows_with_them():
    metadata = MetaData()
    tasks = Table("tasks", metadata, Column("id", Integer, primary_key=True))
    needs = Table(
        "needs",
        metadata,
        Column("task_id", ForeignKey("tasks.id"), primary_key=True),
        Column("needed_id", ForeignKey("tasks.id"), primary_key=True),
    )
    plan = plan_dataset([tasks, needs], [*needs.columns])
    for rows in (500, 2_000):
        arrows = population(plan, PopulationShape(rows, fan_out=3, depth=4)).tables["needs"]
        assert len(arrows) > rows
        apart = {row["task_id"] - row["needed_id"] for row in arrows}  # one way, and not far
        assert apart <= set(range(1, 12))


def runs_with_their_last_state():
    """Two tables that refer to each other; a run has one state for each moment, and no two runs share their last one."""
    metadata = MetaData()
    runs = Table(
        "runs",
        metadata,
        Column("id", Integer, primary_key=True),
        Column("state_id", ForeignKey("states.id", use_alter=True), unique=True),
        Column("name", String(20), unique=True),
    )
    states = Table(
        "states",
        metadata,
        Column("id", Integer, primary_key=True),
        Column("run_id", ForeignKey("runs.id"), nullable=False),
        Column("at", DateTime, nullable=False),
        Index("latest", "run_id", text("at DESC NULLS LAST"), unique=True),
    )
    return [runs, states]


def flags_for_each_node():
    """More rows than there are values that tell them apart."""
    metadata = MetaData()
    nodes = Table("nodes", metadata, Column("id", Integer, primary_key=True))
    flags = Table(
        "flags",
        metadata,
        Column("id", Integer, primary_key=True),
        Column("node_id", ForeignKey("nodes.id"), nullable=False),
        Column("on", Boolean, nullable=False),
        UniqueConstraint("node_id", "on"),
    )
    return [nodes, flags]


@pytest.mark.parametrize("tables", [runs_with_their_last_state, flags_for_each_node])
def test_the_work_grows_with_the_rows_and_no_faster(tables):
    made = tables()
    plan = plan_dataset(made, [column for table in made for column in table.columns])
    calls = []
    for rows in (250, 1_000):
        profile = cProfile.Profile()
        profile.runcall(population, plan, PopulationShape(rows))
        calls.append(pstats.Stats(profile).total_calls)
    assert calls[1] < 6 * calls[0]


def test_an_index_in_descending_order_keeps_rows_apart_by_all_of_its_columns():
    runs, states = runs_with_their_last_state()
    plan = plan_dataset([runs, states], [*runs.columns, *states.columns])
    rows = population(plan, PopulationShape(100)).tables["states"]
    assert len(rows) == 300
    assert len({(row["run_id"], row["at"]) for row in rows}) == 300


def referring(*, unique=False):
    """A plan of parts that refer to makers, which refer to countries."""
    metadata = MetaData()
    countries = Table("countries", metadata, Column("id", Integer, primary_key=True))
    makers = Table(
        "makers",
        metadata,
        Column("id", Integer, primary_key=True),
        Column("country_id", ForeignKey("countries.id"), nullable=False),
    )
    parts = Table(
        "parts",
        metadata,
        Column("id", Integer, primary_key=True),
        Column("maker_id", ForeignKey("makers.id"), nullable=False, unique=unique),
        Column("number", Integer),
    )
    return plan_dataset([countries, makers, parts], [parts.c.number, parts.c.maker_id])


COUNTING = {
    "the number alone": (False, {"parts.number"}, {"parts"}),
    "the reference": (False, {"parts.maker_id"}, {"parts", "makers"}),
    "one to one": (True, {"parts.number"}, {"parts", "makers"}),
}


@pytest.mark.parametrize(("unique", "columns", "counting"), COUNTING.values(), ids=COUNTING)
def test_tables_that_are_only_referred_to_have_few_rows(unique, columns, counting):
    plan = referring(unique=unique)
    found = counting_tables(plan, {"parts"}, columns)
    assert found == counting
    tables = population(plan, PopulationShape(1_000), counting=found).tables
    assert {name for name, rows in tables.items() if len(rows) > 50} == counting
    assert len(tables["countries"]) == 50


METADATA_BY_TEXT = MetaData()
CUSTOMERS = Table(
    "customers",
    METADATA_BY_TEXT,
    Column("id", Integer, primary_key=True),
    Column("email", String(40), unique=True, nullable=False),
    Column("country", String, nullable=False),
)
ORDERS = Table(
    "orders",
    METADATA_BY_TEXT,
    Column("id", Integer, primary_key=True),
    Column("email", String(40)),
    Column("code", String, CheckConstraint("length(code) >= 3"), nullable=False),
    Column("state", Enum("open", "closed", name="state"), nullable=False),
)
BY_TEXT = plan_dataset(
    [CUSTOMERS, ORDERS], [*CUSTOMERS.columns, *ORDERS.columns], constants=["de"]
)  # the hybrid's code names it


def test_columns_by_which_rows_find_others_have_as_many_values_as_there_are_rows():
    identifying = {"customers.email", "orders.email", "orders.code", "orders.state"}
    tables = population(BY_TEXT, PopulationShape(1_000), identifying=identifying).tables
    customers, orders = tables["customers"], tables["orders"]
    assert len({row["email"] for row in customers}) == len(customers) == 1_000
    assert len({row["country"] for row in customers}) < 20
    emails = Counter(row["email"] for row in orders)
    assert 50 < emails.pop(None) < 150  # NULL, where it may be
    assert len(emails) > 500
    assert max(emails.values()) < 20
    assert emails.keys() <= {row["email"] for row in customers}
    codes = {row["code"] for row in orders}
    assert len(codes) > 500
    assert min(map(len, codes)) >= 3
    assert {row["state"] for row in orders} == {"open", "closed"}


def test_the_work_grows_with_the_rows_where_columns_identify_them():
    calls = []
    for rows in (250, 1_000):
        profile = cProfile.Profile()
        profile.runcall(population, BY_TEXT, PopulationShape(rows), identifying={"customers.email"})
        calls.append(pstats.Stats(profile).total_calls)
    assert calls[1] < 6 * calls[0]
