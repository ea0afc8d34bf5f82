"""The forms that a method's select takes, found by calling it."""

from sqlalchemy import inspect
from sqlalchemy.ext.hybrid import hybrid_method
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from harness.core.observation import Structure
from harness.engine.forms import MOST_FORMS, forms_of
from harness.evaluation.subject import Subject


class Base(DeclarativeBase):
    pass


class Entry(Base):
    __tablename__ = "entry"
    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int]

    @hybrid_method
    def above(self, least, strictly):
        return self.number > least if strictly else self.number >= least

    @hybrid_method
    def summed(self, times):
        return sum([self.number] * times, self.number)

    @hybrid_method
    def endless(self, step):
        while step > 1:
            pass
        return self.number


def forms(name, *values):
    plainest = tuple(each[0] for each in values)
    subject = Subject(inspect(Entry), name, Entry, plainest)
    return [each.arguments for each in forms_of(subject, values, Structure(), seconds=0.2)]


def test_one_for_each_sql_that_arguments_of_every_kind_give():
    assert forms("above", (0, 1, 5), (False, True)) == [(0, False), (0, True)]


def test_not_more_than_can_be_measured():
    assert forms("summed", tuple(range(50))) == [(number,) for number in range(MOST_FORMS)]


def test_sql_that_is_never_built_ends_the_search():
    assert forms("endless", (1, 2, 3)) == [(1,)]
