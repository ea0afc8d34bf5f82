"""A statement about a value is built twice at most, and says the same of other values as one that is built for them."""

import datetime as dt
from decimal import Decimal
from typing import ClassVar

import pytest
from sqlalchemy import Column, Integer, MetaData, String, Table, create_engine, func, null, select, text, true
from sqlalchemy.ext.declarative import AbstractConcreteBase
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from harness.evaluation.probing import Probing

ROWS = Table("probed", MetaData(), Column("id", Integer, primary_key=True), Column("name", String))


class Built:
    """Counts what it builds."""

    def __init__(self, criterion):
        self.criterion = criterion
        self.times = 0

    def about(self, probing, probe):
        def build():
            self.times += 1
            return select(ROWS.c.id).where(self.criterion(probe)).order_by(ROWS.c.id)

        return probing.statement(probe, build)


@pytest.fixture(scope="module")
def connection(database_url):
    engine = create_engine(database_url)
    with engine.connect() as connection:
        ROWS.create(connection)
        names = {1: "x", 2: "y", 3: "z", 4: None}
        connection.execute(ROWS.insert(), [{"id": number, "name": name} for number, name in names.items()])
        yield connection
    engine.dispose()


@pytest.fixture(scope="module")
def found(connection):
    """A function that gives what a statement finds."""
    return lambda statement: list(connection.execute(statement).scalars())


@pytest.mark.parametrize(
    ("criterion", "probes", "expected", "times"),
    [
        (lambda probe: ROWS.c.name == probe, ["x", "y", "z", "x"], [[1], [2], [3], [1]], 2),
        (lambda probe: ROWS.c.name == probe, ["x", "x", "y", "z"], [[1], [1], [2], [3]], 2),
        (lambda probe: (ROWS.c.id + 1) == probe, [2, 3, 4], [[1], [2], [3]], 2),
        (lambda probe: (ROWS.c.id == probe) | (ROWS.c.id == probe), [2, 3, 1], [[2], [3], [1]], 2),
        (lambda probe: ROWS.c.name.in_([probe]), ["x", "y", "z"], [[1], [2], [3]], 3),
        (lambda probe: func.upper(ROWS.c.name) == probe.upper(), ["x", "y", "z"], [[1], [2], [3]], 3),
        (lambda probe: true() if probe == 1 else ROWS.c.id == probe, [1, 2, 3], [[1, 2, 3, 4], [2], [3]], 3),
        (lambda probe: text(f"id = {probe}"), [1, 2, 3], [[1], [2], [3]], 3),
        (lambda probe: func.abs(ROWS.c.id) == probe, [1, 2**40, 3, 2**41, 2], [[1], [], [3], [], [2]], 4),
        (lambda probe: null().is_(None) & (ROWS.c.id == probe), [1, Decimal(2), 3, Decimal(1)], [[1], [2], [3], [1]], 4),
    ],
    ids=[
        "a value",
        "the same value twice",
        "beside a constant that was a value once",
        "twice",
        "a list",
        "another value made of it",
        "another shape for one",
        "text",
        "a number of another type",
        "two types in turns",
    ],
)  # fmt: skip
def test_a_value_in_the_place_of_another(found, criterion, probes, expected, times):
    built, probing = Built(criterion), Probing()
    assert [found(built.about(probing, probe)) for probe in probes] == expected
    assert built.times == times


def test_values_that_are_not_plain_are_built_each_time():
    built, probing = Built(lambda probe: ROWS.c.name == str(probe)), Probing()
    for probe in (b"x", b"y", [1], {"a": 1}, dt.time(1)):
        built.about(probing, probe)
    assert built.times == 5


class Base(DeclarativeBase):
    pass


class Animal(AbstractConcreteBase, Base):
    strict_attrs = True
    name: Mapped[str]


class Dog(Animal):
    __tablename__ = "dogs"
    __mapper_args__: ClassVar[dict[str, object]] = {"polymorphic_identity": "dog", "concrete": True}

    id: Mapped[int] = mapped_column(primary_key=True)


Base.registry.configure()


def test_sqlalchemy_may_make_the_parameter_anew(found, connection):
    """As it does where it puts a union in the place of a class."""
    Base.metadata.create_all(connection)
    connection.execute(Dog.__table__.insert(), [{"id": number, "name": "abc"[number]} for number in range(3)])
    probing = Probing()
    for number, probe in enumerate("abcab"):
        about = probing.statement(probe, lambda probe=probe: select(Animal.id).where(Animal.name == probe))
        assert found(about) == [number % 3]
