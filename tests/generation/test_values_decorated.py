"""Type decorators as people write them: what their attributes hold is found out, and survives the server."""

import dataclasses
import datetime as dt
import decimal
import enum
import ipaddress
import json
import uuid
from typing import Any

import pytest
from sqlalchemy import Column, Integer, MetaData, Table, create_engine, select
from sqlalchemy import types as sa
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.pool import NullPool

from harness.core.dataset import Dataset
from harness.evaluation.loader import Loader
from harness.generation.types import NoStrategy, values_for


class Level(enum.Enum):
    LOW = 1
    HIGH = 2


class Size(enum.StrEnum):
    SMALL = "s"
    LARGE = "l"


@dataclasses.dataclass(frozen=True)
class Price:
    amount: decimal.Decimal
    currency: str = "EUR"
    note: str | None = None


class Model:
    """As pydantic's: fields by name, validated, dumped."""

    class Field:
        def __init__(self, annotation, *, required):
            self.annotation = annotation
            self.required = required

        def is_required(self):
            return self.required

    model_fields = {  # noqa: RUF012 - as pydantic has it
        "name": Field(str, required=True),
        "size": Field(Size, required=True),
        "tags": Field(list[str], required=False),
    }

    def __init__(self, name, size, tags=()):
        self.fields = {"name": name, "size": Size(size), "tags": list(tags)}

    def __eq__(self, other):
        return self.fields == other.fields

    def __hash__(self):
        return 0


def opaque(type_):
    """A class of which nothing but its use is known."""
    return type(f"Opaque{type_.__name__}", (type_,), {})


Slug = opaque(str)


class Decorator(sa.TypeDecorator):
    impl = sa.Text

    def __init_subclass__(cls):
        cls.cache_ok = True


class Lowercase(Decorator):
    def process_bind_param(self, value, _dialect):
        return None if value is None else value.lower()


class Prefixed(Decorator):
    impl = sa.String(12)

    def process_bind_param(self, value, _dialect):
        return None if value is None else f"prefix:{value}"

    def process_result_value(self, value, _dialect):
        return None if value is None else value.removeprefix("prefix:")


class NotEmpty(Decorator):
    def process_bind_param(self, value, _dialect):
        if not value.strip():
            raise ValueError(value)
        return value


class JSONText(Decorator):
    def process_bind_param(self, value, _dialect):
        return None if value is None else json.dumps(value)

    def process_result_value(self, value, _dialect):
        return None if value is None else json.loads(value)


class CommaSeparated(Decorator):
    def process_bind_param(self, value, _dialect):
        return None if value is None else ",".join(value)

    def process_result_value(self, value, _dialect):
        return None if value is None else [part for part in value.split(",") if part]


class YesNo(Decorator):
    impl = sa.CHAR(1)

    def process_bind_param(self, value, _dialect):
        return {True: "Y", False: "N", None: None}[value]

    def process_result_value(self, value, _dialect):
        return None if value is None else value == "Y"


class Zoned(Decorator):
    impl = sa.DateTime

    def process_bind_param(self, value, _dialect):
        if value is not None and value.tzinfo is None:
            raise TypeError("naive")
        return None if value is None else value.astimezone(dt.UTC).replace(tzinfo=None)

    def process_result_value(self, value, _dialect):
        return None if value is None else value.replace(tzinfo=dt.UTC)


class Epoch(Decorator):
    impl = sa.BigInteger

    def process_bind_param(self, value, _dialect):
        return None if value is None else int(value.timestamp())

    def process_result_value(self, value, _dialect):
        return None if value is None else dt.datetime.fromtimestamp(value, dt.UTC)


class ByEnum(Decorator):
    impl = sa.Integer

    def __init__(self, class_):
        super().__init__()
        self.enum = class_

    def process_bind_param(self, value, _dialect):
        return None if value is None else value.value

    def process_result_value(self, value, _dialect):
        return None if value is None else self.enum(value)


class ByEnumClass(ByEnum):
    def __init__(self, class_):
        super().__init__(class_)
        self._enumtype = vars(self).pop("enum")

    def process_result_value(self, value, _dialect):
        return None if value is None else self._enumtype(value)


class ByAnnotation(Decorator):
    def process_bind_param(self, value: Size | None, _dialect: Any) -> str | None:
        return None if value is None else value.value

    def process_result_value(self, value, _dialect):
        return None if value is None else Size(value)


class ByPythonType(Decorator):
    python_type = Size

    def process_bind_param(self, value, _dialect):
        return None if value is None else value.name

    def process_result_value(self, value, _dialect):
        return None if value is None else Size[value]


class Returning(Decorator):
    impl = pg.JSONB

    def process_bind_param(self, value, _dialect):
        return (
            None
            if value is None
            else {"amount": str(value.amount), "currency": value.currency, "note": value.note}
        )

    def process_result_value(self, value: Any, _dialect: Any) -> Price | None:
        return None if value is None else Price(**value | {"amount": decimal.Decimal(value["amount"])})


class Choices(Decorator):
    def __init__(self, choices):
        super().__init__()
        self.choices = choices

    def process_bind_param(self, value, _dialect):
        if value is not None and value not in dict(self.choices):
            raise LookupError(value)
        return value


Choices.cache_ok = False


class Wrapped(Decorator):
    impl = pg.JSONB

    def __init__(self, model):
        super().__init__()
        self.model = model

    def process_bind_param(self, value, _dialect):
        return None if value is None else dict(value.fields)

    def process_result_value(self, value, _dialect):
        return None if value is None else self.model(**value)


class Numbers(Decorator):
    def process_bind_param(self, value, _dialect):
        return None if value is None else ",".join(map(str, value))

    def process_result_value(self, value, _dialect):
        return None if value is None else [int(part) for part in value.split(",") if part]


class Address(Decorator):
    def process_bind_param(self, value, _dialect):
        return None if value is None else str(value)

    def process_result_value(self, value, _dialect):
        return None if value is None else ipaddress.IPv4Address(value)


class GUID(Decorator):
    impl = sa.CHAR(36)

    def load_dialect_impl(self, dialect):
        return dialect.type_descriptor(pg.UUID() if dialect.name == "postgresql" else sa.CHAR(36))

    def process_bind_param(self, value, _dialect):
        return None if value is None else str(value)

    def process_result_value(self, value, _dialect):
        return value if value is None or isinstance(value, uuid.UUID) else uuid.UUID(value)


class Slugs(Decorator):
    def process_bind_param(self, value, _dialect):
        if value is not None and not isinstance(value, Slug):
            raise TypeError(value)
        return None if value is None else str.__str__(value)

    def process_result_value(self, value, _dialect):
        return None if value is None else Slug(value)


class Hashed(Decorator):
    """Nothing that goes in comes back."""

    impl = sa.LargeBinary

    def process_bind_param(self, value, _dialect):
        return None if value is None else bytes(reversed(value))


class Filled(Decorator):
    impl = pg.JSONB

    def process_bind_param(self, value, _dialect):
        return {} if value is None else value


class Plain(Decorator):
    impl = pg.ARRAY(sa.Integer)


ZOO = {
    "lowercase": (Lowercase(), str),
    "prefixed": (Prefixed(), str),
    "not empty": (NotEmpty(), str),
    "json in text": (JSONText(), dict),
    "comma separated": (CommaSeparated(), list),
    "yes or no": (YesNo(), bool),
    "with a zone": (Zoned(), dt.datetime),
    "seconds since 1970": (Epoch(), dt.datetime),
    "enum": (ByEnum(Level), Level),
    "enum class": (ByEnumClass(Level), Level),
    "annotated": (ByAnnotation(), Size),
    "python type": (ByPythonType(), Size),
    "dataclass": (Returning(), Price),
    "choices": (Choices([("a", "A"), ("b", "B")]), str),
    "choices in a dict": (Choices({"c": "C", "d": "D"}), str),
    "model": (Wrapped(Model), Model),
    "guid": (GUID(), uuid.UUID),
    "numbers in text": (Numbers(), list),
    "address": (Address(), ipaddress.IPv4Address),
    "opaque": (Slugs(), Slug),
    "hashed": (Hashed(), bytes),
    "plain": (Plain(), list),
    "array of decorated": (pg.ARRAY(ByEnum(Level)), list),
}


def table_of(type_):
    return Table("decorated", MetaData(), Column("id", Integer, primary_key=True), Column("value", type_))


@pytest.fixture(scope="module")
def url(server):
    return server.create_database()


@pytest.mark.parametrize("name", ZOO)
def test_values_survive(name, url):
    type_, sort = ZOO[name]
    table = table_of(type_)
    held = values_for(table.c.value, ("a", 2, "LOW"))
    assert {type(value) for value in held.pool} == {sort}
    values = [*held.pool, *map(held.distinct, range(20)), None]
    loaded = round_trip(url, table, values)
    if name not in {"lowercase", "hashed"}:
        assert loaded == [*values[:-1], None]


def round_trip(url, table, values):
    with create_engine(url, poolclass=NullPool).connect() as connection:
        table.metadata.create_all(connection)
        rows = tuple({"id": number, "value": value} for number, value in enumerate(values))
        Loader(connection, [table]).load(Dataset({"decorated": rows}))
        loaded = connection.execute(select(table.c.value).order_by(table.c.id)).scalars().all()
        connection.rollback()
    return list(loaded)


def test_none_is_bound_by_the_decorator(url):
    assert round_trip(url, table_of(Filled()), [{"a": 1}, None]) == [{"a": 1}, {}]


def test_none_is_null_where_the_decorator_fails(url):
    assert round_trip(url, table_of(NotEmpty()), ["a", None]) == ["a", None]


def pool(type_, constants=()):
    return values_for(table_of(type_).c.value, constants).pool


def test_every_member_and_choice_comes_up():
    assert pool(ByEnum(Level)) == (Level.LOW, Level.HIGH)
    assert pool(ByPythonType()) == (Size.SMALL, Size.LARGE)
    assert pool(Choices([("a", "A"), ("b", "B")])) == ("a", "b")


def test_constants_name_members():
    assert pool(ByEnum(Level), ("HIGH",)).count(Level.HIGH) == 3
    assert pool(ByEnum(Level), (2,)).count(Level.HIGH) == 3


def test_constants_are_what_the_decorator_takes():
    assert "constant" in pool(Lowercase(), ("constant",))
    assert "constant" not in pool(Prefixed(), ("constant",))  # with its prefix too long for the column


def test_values_that_the_decorator_refuses_are_not_drawn():
    assert not [value for value in pool(NotEmpty()) if not value.strip()]


def test_fields_of_a_model_vary():
    models = [value.fields for value in pool(Wrapped(Model))]
    assert {each["size"] for each in models} == {Size.SMALL, Size.LARGE}
    assert {len(each["tags"]) for each in models} >= {0, 1}
    assert len({each["name"] for each in models}) > 3


def test_distinct_values_are_the_decorators():
    distinct = values_for(table_of(Zoned()).c.value).distinct
    assert len({distinct(number) for number in range(20)}) == 20
    assert all(distinct(number).tzinfo for number in range(20))


class Annotated(Decorator):
    impl = sa.String(8)

    def process_bind_param(self, value: str | None, _dialect: Any) -> str | None:
        return value


class Document(Annotated):
    impl = pg.JSONB

    def process_bind_param(self, value: dict[str, Any] | None, _dialect: Any) -> dict[str, Any] | None:
        return value


def test_an_annotation_that_repeats_the_type_beneath():
    values = values_for(table_of(Annotated()).c.value, ("constant", "too long for it"))
    assert "constant" in values.pool
    assert len({values.distinct(number) for number in range(200)}) == 200


def test_an_annotation_that_narrows_the_type_beneath():
    values = values_for(table_of(Document()).c.value, ("key",))
    assert {type(value) for value in values.pool} == {dict}
    assert any("key" in value for value in values.pool)
    assert {type(values.distinct(number)) for number in range(200)} == {dict}


class Impossible(Decorator):
    def process_bind_param(self, _value, _dialect):
        raise NotImplementedError


def test_a_decorator_that_takes_nothing():
    with pytest.raises(
        NoStrategy, match=r"^No values are known for the type Impossible\(\)\. Register a strategy: harness\."
    ):
        pool(Impossible())
