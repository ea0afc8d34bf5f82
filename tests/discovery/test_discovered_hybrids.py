"""Which hybrids are found: each once, under its own name, at its own line, with the classes that show it."""

import pytest

MODELS = """
import functools

from sqlalchemy import ForeignKey, String
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


def decorated(**_):
    def decorate(function):
        @functools.wraps(function)
        def wrapper(self):
            return function(self)

        return wrapper

    return decorate


class Base(DeclarativeBase):
    pass


class Named:
    name: Mapped[str] = mapped_column(String(9))

    @hybrid_property
    def label(self):  # of the mixin
        return self.name


class Animal(Base):
    __tablename__ = "animal"
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(9))
    legs: Mapped[int]
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "animal"}

    @hybrid_property
    @decorated(
        why="def is not the next line",
    )
    def feet(self):  # of Animal
        return self.legs

    @feet.inplace.expression
    @classmethod
    def _feet_expression(cls):
        return cls.legs

    @hybrid_property
    def classic(self):  # the Python side
        return self.legs

    @classic.expression
    def classic_in_sql(cls):
        return cls.legs


class Dog(Named, Animal):
    __mapper_args__ = {"polymorphic_identity": "dog"}


class Cat(Animal):
    __tablename__ = "cat"
    id: Mapped[int] = mapped_column(ForeignKey("animal.id"), primary_key=True)
    __mapper_args__ = {"polymorphic_identity": "cat"}

    @hybrid_property
    def feet(self):  # of Cat
        return self.legs + 0


class Plant(Named, Base):
    __tablename__ = "plant"
    id: Mapped[int] = mapped_column(primary_key=True)

    by_lambda = hybrid_property(lambda self: self.name)
    same_by_lambda = by_lambda

    @property
    def no_hybrid(self):
        return self.name
"""
LINES = MODELS.splitlines()


def line(text):
    (number,) = (number for number, found in enumerate(LINES, start=1) if text in found)
    return number


@pytest.fixture(scope="module")
def zoo(tmp_path_factory):
    folder = tmp_path_factory.mktemp("zoo")
    (folder / "zoo.py").write_text(MODELS)
    return folder


@pytest.fixture(scope="module")
def listed(command, zoo):
    ran = command(zoo, "list", "zoo")
    assert (ran.status, ran.err) == (0, "")
    return ran.out.splitlines()


def test_inherited_hybrid_is_one_with_the_classes_that_show_it(listed):
    assert [each for each in listed if each.startswith("Animal.")] == [
        f"Animal.feet  zoo.py:{line('# of Animal')}  (also on Dog)",
        f"Animal.classic  zoo.py:{line('# the Python side')}  (also on Cat, Dog)",
        f"Animal.classic_in_sql  zoo.py:{line('# the Python side')}  (also on Cat, Dog)",
    ]


def test_overridden_hybrid_is_another(listed):
    assert [each for each in listed if each.startswith("Cat.")] == [f"Cat.feet  zoo.py:{line('# of Cat')}"]


def test_inplace_leaves_no_second_hybrid(listed, command, zoo):
    assert not any("_feet_expression" in each for each in listed)
    assert "_feet_expression" not in command(zoo, "list", "zoo:Cat").out


def test_hybrid_of_a_mixin_is_one_for_each_table(listed):
    assert [each for each in listed if ".label" in each] == [
        f"Dog.label  zoo.py:{line('# of the mixin')}",
        f"Plant.label  zoo.py:{line('# of the mixin')}",
    ]


def test_lambda_under_two_names_is_one(listed):
    assert [each for each in listed if "lambda" in each] == [
        f"Plant.by_lambda  zoo.py:{line('hybrid_property(lambda')}"
    ]


def test_in_the_order_of_the_file_and_nothing_else(listed):
    lines = [int(each.partition(":")[2].split()[0]) for each in listed]
    assert lines == sorted(lines)
    assert len(listed) == 7


def test_a_class_alone_shows_what_it_inherits_under_its_own_name(command, zoo):
    ran = command(zoo, "list", "zoo:Dog")
    assert [each.split()[0] for each in ran.out.splitlines()] == [
        "Dog.label",
        "Dog.feet",
        "Dog.classic",
        "Dog.classic_in_sql",
    ]


def test_getter_that_is_no_function_is_found_at_its_assignment(command, tmp_path):
    (tmp_path / "odd.py").write_text("""
import functools
import operator

from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class Item(Base):
    __tablename__ = "item"
    id: Mapped[int] = mapped_column(primary_key=True)

    got = hybrid_property(operator.attrgetter("id"))
    part = hybrid_property(functools.partial(lambda self, n: self.id, n=3))
""")
    ran = command(tmp_path, "list", "odd")
    assert (ran.status, ran.err) == (0, "")
    assert ran.out == "Item.got  odd.py:17\nItem.part  odd.py:18\n"


def test_polymorphic_classes_are_checked(command, zoo):
    ran = command(zoo, "check", "zoo", "--examples", "5", "--only", "*.feet", "--only", "*.label")
    assert (ran.status, ran.err) == (0, ""), ran.err
    assert "3 hybrids: 3 ok, 0 with errors or warnings, 0 untested" in ran.out


def test_methods_and_column_properties_are_found_at_their_lines(command, tmp_path):
    (tmp_path / "kinds.py").write_text("""
from sqlalchemy import func
from sqlalchemy.ext.hybrid import hybrid_method
from sqlalchemy.orm import DeclarativeBase, Mapped, column_property, mapped_column


class Base(DeclarativeBase):
    pass


class Item(Base):
    __tablename__ = "item"
    id: Mapped[int] = mapped_column(primary_key=True)
    price: Mapped[int] = mapped_column()

    @hybrid_method
    def above(self, least: int, *, strictly: bool = False):
        return self.price > least

    double = column_property(price + price)
    shown = column_property(
        func.abs(price)
    )
""")
    ran = command(tmp_path, "list", "kinds")
    assert (ran.status, ran.err) == (0, "")
    assert ran.out == "Item.above  kinds.py:17\nItem.double  kinds.py:20\nItem.shown  kinds.py:21\n"
