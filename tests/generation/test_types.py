"""The registry: every type has values or says why not, users extend it, and the code's constants come up."""

import datetime as dt
import decimal
import enum
import inspect
import uuid
from typing import Any

import pytest
import sqlalchemy
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Column, Integer, MetaData, Table
from sqlalchemy import types as sa
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.ext.mutable import MutableDict, MutableList
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, validates

import harness
from harness.generation import argument_values, matching, types
from harness.generation.types import UNKNOWN, NoStrategy, register_strategy, values_for
from harness.generation.values.moments import NOW

naive = dt.datetime.fromisoformat
ARGUMENTS = {
    sa.ARRAY: (Integer,),
    sa.Enum: ("a", "b"),
    pg.ARRAY: (Integer,),
    pg.ENUM: ("a", "b"),
    pg.DOMAIN: ("short", sa.String(3)),
}
FEW = {
    sa.Boolean, sa.BOOLEAN, pg.BOOLEAN, sa.MatchType, sa.Enum, pg.ENUM, pg.REGCLASS, pg.REGCONFIG, pg.BIT,
}  # fmt: skip
"""Types with fewer than 50 values that are of use."""


class Color(enum.Enum):
    RED = "r"
    GREEN = "g"


class Letter(enum.StrEnum):
    A = "a"
    B = "b"


def public_types():
    for module in (sqlalchemy, sa, pg):
        for name, class_ in inspect.getmembers(module, inspect.isclass):
            if issubclass(class_, sa.TypeEngine) and not name.startswith("_"):
                yield class_


PUBLIC = sorted(set(public_types()), key=lambda class_: (class_.__module__, class_.__name__))
KNOWN = [class_ for class_ in PUBLIC if class_ not in UNKNOWN]


def column(type_, **options):
    return Table("t", MetaData(), Column("value", type_, **options)).c.value


def made(class_):
    return column(class_(*ARGUMENTS.get(class_, ())))


@pytest.mark.parametrize("class_", KNOWN)
def test_every_public_type_has_values(class_):
    values = values_for(made(class_))
    assert len(values.pool) > 1
    assert None not in values.pool


def test_unknown_types_say_why():
    assert set(UNKNOWN) <= set(PUBLIC)
    for class_, reason in UNKNOWN.items():
        assert reason.startswith("which ")
        assert class_ not in types.MAKERS or class_ is sa.TypeDecorator


@pytest.mark.parametrize("class_", [class_ for class_ in KNOWN if class_ not in FEW])
def test_distinct_values_differ(class_):
    distinct = values_for(made(class_)).distinct
    assert len({repr(distinct(number)) for number in range(50)}) == 50


@pytest.mark.parametrize(
    ("type_", "count"),
    [
        (sa.String(1), 51),
        (sa.CHAR(), 51),
        (sa.String(2), 2000),
        (sa.String(), 2000),
        (sa.Numeric(2), 100),
        (sa.Numeric(3, 2), 1000),
        (sa.Numeric(2, 2), 100),
        (sa.SmallInteger(), 2000),
        (sa.ARRAY(sa.Boolean()), 200),
        (pg.BIT(8), 256),
        (sa.Enum(Color), 2),
    ],
)
def test_distinct_values_of_small_types(type_, count):
    distinct = values_for(column(type_)).distinct
    assert len({repr(distinct(number)) for number in range(count)}) == count


@pytest.mark.parametrize(
    ("type_", "plainest", "filler"),
    [
        (sa.Integer(), 0, 0),
        (sa.Numeric(10, 2), decimal.Decimal("0.00"), decimal.Decimal(0)),
        (sa.Float(), 0.0, 0.0),
        (sa.String(), "a", "x"),
        (sa.Boolean(), False, False),
        (sa.Date(), dt.date(2024, 1, 1), dt.date(2024, 1, 1)),
        (sa.DateTime(), naive("2024-01-01"), naive("2024-01-01")),
        (sa.Enum(Color), Color.RED, Color.RED),
        (sa.Uuid(), uuid.UUID(int=1), uuid.UUID(int=1)),
        (sa.JSON(), {}, {}),
        (sa.ARRAY(sa.Integer()), [], []),
    ],
)
def test_the_plainest_value_comes_first(type_, plainest, filler):
    values = values_for(column(type_), ("constant", 7, "r"))
    assert values.pool[0] == plainest
    assert values.distinct(0) == filler


@pytest.mark.parametrize(
    ("type_", "constants", "mined"),
    [
        (sa.Integer(), (41, 41.5, "41", 2**40, True), {41}),
        (sa.SmallInteger(), (40_000, 300), {300}),
        (sa.Integer(), (42.0,), {42}),
        (sa.Numeric(4, 2), (41, 0.25, 0.125, 1000), {decimal.Decimal(41), decimal.Decimal("0.25")}),
        (sa.Float(), (decimal.Decimal("0.75"), 41, float("nan"), float("inf")), {0.75, 41.0}),
        (sa.String(6), ("active", "inactive", "nul\0", 41, Letter.A), {"active", "a", ""}),
        (sa.Enum(Color), ("g", "blue"), {Color.GREEN}),
        (sa.Enum(Color), ("GREEN",), {Color.GREEN}),
        (sa.Enum(Color), (Color.GREEN,), {Color.GREEN}),
        (sa.Enum("low", "high"), ("high", "higher"), {"high"}),
        (sa.Date(), (dt.date(2030, 5, 5), naive("2031-05-05T12:00")), {dt.date(2030, 5, 5), dt.date(2031, 5, 5)}),
        (sa.DateTime(timezone=True), (dt.date(2030, 5, 5),), {dt.datetime(2030, 5, 5, tzinfo=dt.UTC)}),
        (sa.DateTime(), (dt.datetime(2030, 5, 5, tzinfo=dt.UTC),), {naive("2030-05-05")}),
        (sa.Interval(), (dt.timedelta(days=41),), {dt.timedelta(days=41)}),
        (sa.Uuid(), (str(uuid.UUID(int=41)), "no"), {uuid.UUID(int=41)}),
        (sa.Uuid(as_uuid=False), (str(uuid.UUID(int=41)),), {str(uuid.UUID(int=41))}),
    ],
)  # fmt: skip
def test_constants_that_a_column_can_hold_are_about_half(type_, constants, mined):
    others, pool = values_for(column(type_)).pool, values_for(column(type_), constants).pool
    added = pool[len(others) :]
    assert set(added) == mined
    assert 0.3 <= len(added) / len(pool) <= 0.6


def test_constants_are_tried_as_keys_of_documents():
    pool = [
        value
        for value in values_for(column(pg.JSONB()), ("status", "active", 5)).pool
        if isinstance(value, dict)
    ]
    assert {value["status"] for value in pool if isinstance(value.get("status"), str)} >= {
        "active",
        "",
        "9",
        "10",
    }
    assert 5 in [value.get("status") for value in pool]
    assert {"active": None} in [
        {key: value for key, value in each.items() if key == "active"} for each in pool
    ]
    assert any("status" in value and "active" not in value for value in pool)
    assert any(isinstance(value.get("status"), dict) and "active" in value["status"] for value in pool)


def test_constants_are_tried_in_arrays():
    assert ["admin"] in values_for(column(pg.ARRAY(sa.Text())), ("admin",)).pool


def test_every_member_of_an_enum_is_in_the_pool():
    assert values_for(column(sa.Enum(Color))).pool == (Color.RED, Color.GREEN)


def test_one_choice_draws_a_value_and_shrinks_to_the_first():
    values = values_for(column(sa.Text()), ("constant",))
    drawn = set()

    @settings(max_examples=300, derandomize=True, database=None)
    @given(values.strategy)
    def draw(value):
        drawn.add(value)

    draw()
    assert drawn <= set(values.pool)
    assert "constant" in drawn


def test_moments_surround_now_and_are_as_many_on_every_day():
    pool = values_for(column(sa.DateTime(timezone=True))).pool
    day = dt.timedelta(days=1)
    assert {NOW, NOW - day, NOW + day, NOW - dt.timedelta(minutes=1)} < set(pool)
    assert all(moment.microsecond == 0 for moment in pool if moment > NOW - 365 * day)
    assert len(pool) == len(values_for(column(sa.Date())).pool)


def test_bounds_of_integers_are_in_the_middle():
    for type_, bits in ((sa.SmallInteger(), 16), (sa.Integer(), 32), (sa.BigInteger(), 64)):
        pool = values_for(column(type_)).pool
        for bound in (2 ** (bits - 1) - 1, -(2 ** (bits - 1))):
            assert 5 < pool.index(bound) < len(pool) - 5


# What users register.


class Unknown(sa.UserDefinedType):
    def get_col_spec(self, **_options):
        return "point"


class Special(Unknown):
    pass


@pytest.fixture(autouse=True)
def clean(monkeypatch):
    monkeypatch.setattr(types, "_STRATEGIES", {})


def test_an_unknown_type_names_the_line_that_helps():
    with pytest.raises(NoStrategy) as caught:
        values_for(column(Unknown()))
    assert str(caught.value) == (
        "No values are known for the type Unknown(). "
        "Register a strategy: harness.register_strategy(Unknown, st.sampled_from([...]))"
    )


def test_an_unknown_type_says_why():
    with pytest.raises(
        NoStrategy, match=r"^No values are known for the type NullType\(\), which .*\. Register"
    ):
        values_for(column(sa.NullType()))


@pytest.mark.parametrize("target", [Unknown, Unknown(), sa.UserDefinedType])
def test_a_strategy_for_a_type(target):
    strategy = st.sampled_from(["(0,0)", "(1,1)", "(2,2)"])
    register_strategy(target, strategy)
    values = values_for(column(Special()), ("constant",))
    assert values.strategy is strategy
    assert values.pool is None
    assert [values.distinct(0), len({values.distinct(number) for number in range(3)})] == ["(0,0)", 3]


def test_a_strategy_for_the_items_of_an_array():
    register_strategy(Unknown, st.sampled_from(["(0,0)", "(1,1)"]))
    assert ["(0,0)"] in values_for(column(pg.ARRAY(Unknown()))).pool


def test_the_nearest_strategy_wins():
    of_type, of_subtype, of_column = st.just("type"), st.just("subtype"), st.just("column")
    own, other = column(Special()), column(Special())
    register_strategy(Unknown, of_type)
    register_strategy(Special, of_subtype)
    register_strategy(own, of_column)
    assert values_for(own).strategy is of_column
    assert values_for(other).strategy is of_subtype
    assert values_for(column(Unknown())).strategy is of_type


def test_a_strategy_for_a_mapped_attribute():
    class Base(DeclarativeBase):
        pass

    class Order(Base):
        __tablename__ = "orders"
        id: Mapped[int] = mapped_column(primary_key=True)
        code: Mapped[str]

    strategy = st.sampled_from(["A-1", "B-2"])
    harness.register_strategy(Order.code, strategy)
    assert values_for(Order.__table__.c.code).strategy is strategy
    assert values_for(Order.__table__.c.id).pool is not None


@pytest.mark.parametrize("target", ["orders.code", 5, str, None])
def test_a_strategy_for_anything_else(target):
    with pytest.raises(
        TypeError,
        match=r"^target must be a column, .*, a SQLAlchemy type, or a class of your own that hybrid methods take, not ",
    ):
        register_strategy(target, st.integers())


def test_a_strategy_for_what_methods_take():
    class Money:
        def __init__(self, cents):
            self.cents = cents

    class Euros(Money):
        pass

    def values(annotation):
        found = argument_values(annotation, optional=False, default=(), read=(), constants=())
        return {each.cents for each in found}

    assert values(Money) == set()
    register_strategy(Money, st.builds(Money, st.integers(1, 3)))
    assert values(Money) == {1, 2, 3}
    assert values(Euros) == {1, 2, 3}


def test_a_value_is_no_strategy():
    with pytest.raises(
        TypeError, match=r"^strategy must be a Hypothesis strategy such as st\.integers\(\), not 5$"
    ):
        register_strategy(Integer, 5)


# What a mapped attribute adds to its column's type.


class Base(DeclarativeBase):
    pass


class Model(Base):
    __tablename__ = "models"
    id: Mapped[int] = mapped_column(primary_key=True)
    letter: Mapped[Letter | None] = mapped_column(sa.String(5))
    settings: Mapped[dict[str, object]] = mapped_column(pg.JSONB)
    counts: Mapped[dict[str, int] | None] = mapped_column(sa.JSON)
    tags: Mapped[list[str]] = mapped_column(sa.JSON)
    levels: Mapped[dict[str, Color]] = mapped_column(sa.JSON)
    anything: Mapped[object] = mapped_column(sa.JSON)
    mutable = mapped_column(MutableDict.as_mutable(sa.JSON))
    members = mapped_column(MutableList.as_mutable(sa.PickleType))
    percent: Mapped[int]
    broken: Mapped[int]

    @validates("percent")
    def _check(self, _key, value):
        if not 0 <= value <= 100:
            raise ValueError(value)
        return value

    @validates("broken")
    def _fail(self, _key, _value):
        raise RuntimeError


Base.registry.configure()


def pool_of(name, constants=()):
    return values_for(Model.__table__.c[name], constants).pool


def test_an_enum_over_text():
    assert set(pool_of("letter", ("b", "c"))) == {"a", "b"}
    assert pool_of("letter", ("b", "c")).count("b") == 3


def test_an_annotated_document():
    assert all(isinstance(value, dict) for value in pool_of("settings", ("key",)))
    assert {} in pool_of("counts")
    assert all(isinstance(item, int) for value in pool_of("counts") for item in value.values())
    assert pool_of("levels") == ({},)
    assert ["a"] in pool_of("tags")
    assert all(isinstance(item, str) for value in pool_of("tags") for item in value)
    assert {dict, list, str, int} < {type(value) for value in pool_of("anything")}


class Unmapped(Base):
    """As SQLModel and models from before ``Mapped``."""

    __tablename__ = "unmapped"
    __allow_unmapped__ = True
    id = mapped_column(Integer, primary_key=True)
    data: dict[str, Any] = Column(sa.JSON)


def test_an_annotation_without_mapped():
    assert {type(value) for value in values_for(Unmapped.__table__.c.data).pool} == {dict}


def test_a_mutable_attribute_holds_what_it_can_track():
    assert {type(value) for value in pool_of("mutable", ("key",))} == {dict}
    assert {type(value) for value in pool_of("members")} == {list}


def test_validators_refuse_values():
    assert set(pool_of("percent", (50, 500))) == {0, 1, 2, 3, 4, 5, 7, 9, 10, 11, 12, 50, 99, 100}
    assert len(pool_of("broken")) > 20


@pytest.mark.parametrize("pattern", ["$x", "(", "(?=y)x"])
def test_a_pattern_that_no_text_matches_gives_none(pattern):
    assert matching(pattern) == ()
