"""Every type against a real server: what the pool holds goes in by the loader and comes back as it was."""

import datetime as dt
import enum

import pytest
from sqlalchemy import Column, Integer, MetaData, Table, create_engine, select, text
from sqlalchemy import types as sa
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.ext.mutable import MutableDict, MutableList
from sqlalchemy.pool import NullPool

from harness.core.dataset import Dataset
from harness.evaluation.check_oracle import passing
from harness.evaluation.loader import Loader
from harness.generation.types import values_for

CONSTANTS = ("status", "active", "10", 10, 0.5, 2)


class Level(enum.Enum):
    LOW = "low"
    HIGH = "hi'gh"


class Rank(enum.IntEnum):
    FIRST = 1
    SECOND = 2


def values(members):
    return [member.value for member in members]


TYPES = {
    "smallint": sa.SmallInteger(),
    "integer": sa.Integer(),
    "bigint": sa.BigInteger(),
    "numeric": sa.Numeric(),
    "numeric 10": sa.Numeric(10),
    "numeric 10 2": sa.Numeric(10, 2),
    "numeric 40 10": sa.Numeric(40, 10),
    "numeric 2 2": sa.Numeric(2, 2),
    "numeric as float": sa.Numeric(10, 2, asdecimal=False),
    "float": sa.Float(),
    "float 24": sa.Float(24),
    "float as decimal": sa.Float(53, asdecimal=True),
    "double": sa.Double(),
    "real": sa.REAL(),
    "string": sa.String(),
    "string 1": sa.String(1),
    "string 3": sa.String(3),
    "text": sa.Text(),
    "char": sa.CHAR(),
    "char 5": sa.CHAR(5),
    "nchar 5": sa.NCHAR(5),
    "unicode 20": sa.Unicode(20),
    "unicode text": sa.UnicodeText(),
    "boolean": sa.Boolean(),
    "date": sa.Date(),
    "time": sa.Time(),
    "time with zone": sa.Time(timezone=True),
    "time 0": pg.TIME(precision=0),
    "datetime": sa.DateTime(),
    "datetime with zone": sa.DateTime(timezone=True),
    "timestamp 3": pg.TIMESTAMP(precision=3),
    "interval": sa.Interval(),
    "pg interval": pg.INTERVAL(),
    "enum by name": sa.Enum(Level, name="level_name"),
    "enum by value": sa.Enum(Level, name="level_value", values_callable=values),
    "enum not native": sa.Enum(Level, native_enum=False),
    "enum of text": sa.Enum("low", "high", name="level_text"),
    "pg enum": pg.ENUM(Rank, name="pg_level"),
    "uuid": sa.Uuid(),
    "uuid as text": sa.Uuid(as_uuid=False),
    "uuid in char": sa.Uuid(native_uuid=False),
    "binary": sa.LargeBinary(),
    "bytea": pg.BYTEA(),
    "json": sa.JSON(),
    "json none as null": sa.JSON(none_as_null=True),
    "jsonb": pg.JSONB(),
    "pickle": sa.PickleType(),
    "mutable dict": MutableDict.as_mutable(pg.JSONB()),
    "mutable list": MutableList.as_mutable(pg.ARRAY(sa.Integer())),
    "variant": sa.String(5).with_variant(sa.Integer(), "postgresql"),
    "variant elsewhere": sa.String(5).with_variant(sa.Integer(), "sqlite"),
    "integers": sa.ARRAY(sa.Integer()),
    "integers in two dimensions": pg.ARRAY(sa.Integer(), dimensions=2),
    "texts": pg.ARRAY(sa.Text()),
    "texts as tuples": pg.ARRAY(sa.Text(), as_tuple=True),
    "enums": pg.ARRAY(sa.Enum(Level, name="level_item")),
    "uuids": pg.ARRAY(sa.Uuid()),
    "dates": pg.ARRAY(sa.Date()),
    "numerics": pg.ARRAY(sa.Numeric(10, 2)),
    "documents": pg.ARRAY(pg.JSONB()),
    "ranges": pg.ARRAY(pg.INT4RANGE()),
    "booleans": pg.ARRAY(sa.Boolean()),
    "inet": pg.INET(),
    "cidr": pg.CIDR(),
    "macaddr": pg.MACADDR(),
    "macaddr8": pg.MACADDR8(),
    "money": pg.MONEY(),
    "oid": pg.OID(),
    "bit": pg.BIT(),
    "bit 4": pg.BIT(4),
    "varbit": pg.BIT(varying=True),
    "varbit 3": pg.BIT(3, varying=True),
    "tsvector": pg.TSVECTOR(),
    "tsquery": pg.TSQUERY(),
    "jsonpath": pg.JSONPATH(),
    "regclass": pg.REGCLASS(),
    "regconfig": pg.REGCONFIG(),
    "domain": pg.DOMAIN("short_text", sa.String(3)),
    **{
        f"{kind.__name__.lower()}": kind()
        for kind in (
            pg.INT4RANGE, pg.INT8RANGE, pg.NUMRANGE, pg.DATERANGE, pg.TSRANGE, pg.TSTZRANGE,
            pg.INT4MULTIRANGE, pg.INT8MULTIRANGE, pg.NUMMULTIRANGE, pg.DATEMULTIRANGE, pg.TSMULTIRANGE, pg.TSTZMULTIRANGE,
        )
    },
}  # fmt: skip
EXTENSIONS = {"citext": pg.CITEXT(), "hstore": pg.HSTORE(), "hstores": pg.ARRAY(pg.HSTORE())}
DISCRETE = (
    "int4range",
    "int8range",
    "daterange",
    "ranges",
    "int4multirange",
    "int8multirange",
    "datemultirange",
)
"""The server writes their ranges as ``[low, high)`` and those without a value as empty."""


@pytest.fixture(scope="module")
def url(server):
    return server.create_database()


@pytest.mark.parametrize("name", TYPES)
def test_pool_comes_back(name, url):
    pool, loaded = round_trip(url, TYPES[name])
    assert [canonical(name, value) for value in loaded] == [canonical(name, value) for value in pool]


@pytest.mark.parametrize("name", EXTENSIONS)
def test_pool_of_an_extension_comes_back(name, url):
    extension = name.removesuffix("s")
    engine = create_engine(url, poolclass=NullPool)
    with engine.begin() as connection:
        available = connection.execute(text("SELECT name FROM pg_available_extensions")).scalars()
        if extension not in set(available):
            pytest.skip(f"the server has no extension {extension}")
        connection.execute(text(f"CREATE EXTENSION IF NOT EXISTS {extension}"))
    pool, loaded = round_trip(url, EXTENSIONS[name])
    assert loaded == pool


def round_trip(url, type_):
    """The pool and the first 50 distinct values, as they were and as they come back."""
    table = Table("values", MetaData(), Column("id", Integer, primary_key=True), Column("value", type_))
    held = values_for(table.c.value, CONSTANTS)
    pool = [*held.pool, *map(held.distinct, range(50)), None]
    rows = tuple({"id": number, "value": value} for number, value in enumerate(pool))
    engine = create_engine(url, poolclass=NullPool)
    with engine.connect() as connection:
        table.metadata.create_all(connection)
        Loader(connection, [table]).load(Dataset({"values": rows}))
        loaded = connection.execute(select(table.c.value).order_by(table.c.id)).scalars().all()
        assert connection.execute(text("SELECT id FROM values WHERE value IS NULL")).scalars().all() == [
            len(rows) - 1
        ]
        connection.rollback()
    return pool, list(loaded)


def test_a_check_with_percent_signs_is_asked_as_it_is(url):
    column = Table("values", MetaData(), Column("value", Integer)).c.value
    with create_engine(url, poolclass=NullPool).connect() as connection:
        check = "value::text LIKE '1%' AND value % 2 = 0"
        assert passing(connection, column, check, [1, 2, 10, 12]) == [False, False, True, True]


def canonical(name, value):
    if value is None or value is sa.JSON.NULL:
        return None
    if name == "documents":
        return [None if each is sa.JSON.NULL else each for each in value]
    if name == "float as decimal":
        return round(value, 10)
    if "char" in name:
        return value.rstrip(" ") if isinstance(value, str) else value
    if name in DISCRETE:
        return [ranged(each) for each in value] if isinstance(value, list) else ranged(value)
    return value


def ranged(value):
    if value is None or value.isempty or value.lower is value.upper is None:
        return value if value is None or not value.isempty else "empty"
    low, high = value.lower, value.upper
    step = dt.timedelta(days=1) if isinstance(value.lower or value.upper, dt.date) else 1
    low = low + step if low is not None and value.bounds[0] == "(" else low
    high = high + step if high is not None and value.bounds[1] == "]" else high
    return "empty" if low is not None and low == high else (low, high)
