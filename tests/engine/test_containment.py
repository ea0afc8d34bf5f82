"""Hybrids that misbehave: whatever one does, it is said, and the others are checked as if it weren't there."""

import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis.database import DirectoryBasedExampleDatabase

from harness.core.report import Verdict

ROOT = Path(__file__).parents[2]
DEADLINE = 60.0
HEADER = """
import os
import signal
import time
from pathlib import Path

from sqlalchemy import CheckConstraint, ForeignKey, Text, case, cast, exists, func, literal, select, text
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import DeclarativeBase, Mapped, aliased, mapped_column, object_session, relationship


class Base(DeclarativeBase):
    pass


class Item(Base):
    __tablename__ = "items"

    id: Mapped[int] = mapped_column(primary_key=True)
    amount: Mapped[int | None]
"""
GOOD = """
    @hybrid_property
    def large(self):
        return self.amount is not None and self.amount > 3

    @large.inplace.expression
    @classmethod
    def _large(cls):
        return func.coalesce(cls.amount > 3, False)
"""


def bad(getter, expression="return cls.amount"):
    """A hybrid ``bad`` with these two bodies."""
    return (
        "\n    @hybrid_property\n    def bad(self):\n"
        + textwrap.indent(textwrap.dedent(getter).strip(), " " * 8)
        + "\n\n    @bad.inplace.expression\n    @classmethod\n    def _bad(cls):\n"
        + textwrap.indent(textwrap.dedent(expression).strip(), " " * 8)
        + "\n"
    )


def seen_of(report):
    """What a report says of the hybrid, whatever its neighbours add to the rows that they share."""
    stats = report.stats
    growth = stats.growth and (stats.growth.rows, stats.growth.queries, stats.growth.causes)
    counts = stats.examples, stats.distinct_values, stats.nulls
    return report.verdict, report.reason, report.findings, counts, growth, report.select_sql


@pytest.fixture(scope="module")
def undisturbed(checked):
    return seen_of(checked(HEADER + GOOD, examples=30)["Item.large"])


MISBEHAVIOUR = {
    "a getter loops": (bad("while True: pass"), "HH502", "The getter of Item.bad does not end: stopped after 0.3 s."),
    "a getter loops and swallows exceptions": (
        bad(
            '''
            while True:
                try:
                    time.sleep(0.001)
                except Exception:
                    pass
            '''
        ),
        "HH502",
        "The getter of Item.bad does not end: stopped after 0.3 s.",
    ),
    "a getter recurses": (
        bad("return self.bad"),
        "HH205",
        "Item.bad raises RecursionError: maximum recursion depth exceeded",
    ),
    "a getter raises a BaseException": (
        bad(
            '''
            class Abort(BaseException):
                pass
            raise Abort("enough")
            '''
        ),
        "HH205",
        "Item.bad raises Abort: enough in Python, where SQL answers ",
    ),
    "a getter exits": (bad("raise SystemExit(3)"), "HH205", "Item.bad raises SystemExit: 3 in Python, where SQL answers "),
    "an exception raises in __str__": (
        bad(
            '''
            class Unreadable(Exception):
                def __str__(self):
                    raise ValueError
            raise Unreadable
            '''
        ),
        "HH205",
        "Item.bad raises Unreadable: (its text can't be read: ValueError) in Python, where SQL answers ",
    ),
    "a value raises in __eq__ and __repr__": (
        bad(
            '''
            class Hostile:
                def __eq__(self, other):
                    raise ValueError
                __repr__ = __eq__
                __hash__ = None
            return Hostile()
            '''
        ),
        "HH20",
        "Item.bad is ",
    ),
    "a getter breaks the transaction": (
        bad('object_session(self).execute(text("SELECT 1/0"))'),
        "HH205",
        "Item.bad raises DivisionByZero: division by zero in Python, where SQL answers ",
    ),
    "a getter leaves a change behind": (
        bad("self.amount = 17; object_session(self).flush(); return self.amount", "return literal(17) + 0 * cls.id"),
        None,
        None,
    ),
    "an expression loops": (
        bad("return self.amount", "while True: pass"),
        "HH101",
        "Building the SQL of Item.bad does not end: no answer within 0.3 s.",
    ),
    "an expression recurses": (
        bad("return self.amount", "return cls.bad"),
        "HH101",
        "Building the SQL of Item.bad recurses without end: its expression uses Item.bad itself, so each access builds "
        "the next one, and Python stops with RecursionError: maximum recursion depth exceeded",
    ),
    "an expression exits": (
        bad("return self.amount", "raise SystemExit(3)"),
        "HH102",
        "Item.bad has no SQL: on the class it raises SystemExit: 3.",
    ),
    "SQL never ends": (
        bad(
            "return self.amount",
            '''
            endless = select(cls.id.label("id")).correlate(cls).cte(recursive=True, nesting=True)
            endless = endless.union_all(select(endless.c.id))
            return select(func.count()).select_from(endless).scalar_subquery()
            ''',
        ),
        "HH501",
        "The SQL of Item.bad never ends on 1 rows: stopped after 0.3 s.",
    ),
    "SQL sleeps": (
        bad("return self.amount", "return case((func.pg_sleep(cls.id * 3600).is_(None), 1))"),
        "HH501",
        "The SQL of Item.bad never ends on 1 rows: stopped after 0.3 s.",
    ),
    "SQL fails": (
        bad("return self.amount", "return 1 / (cls.id - cls.id)"),
        "HH202",
        "PostgreSQL can't answer select(Item.bad): DivisionByZero: division by zero.",
    ),
    "SQL kills its backend": (
        bad("return self.amount", "return cast(func.pg_terminate_backend(func.pg_backend_pid()), Text)"),
        "HH505",
        "The connection to PostgreSQL broke while Item.bad was evaluated: ",
    ),
    "a getter kills its backend": (
        bad('object_session(self).execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))'),
        "HH505",
        "The connection to PostgreSQL broke while Item.bad was evaluated: ",
    ),
    "a getter closes the connection": (
        bad("object_session(self).connection().connection.driver_connection.close(); return self.amount"),
        "HH505",
        "The connection to PostgreSQL broke while Item.bad was evaluated: ",
    ),
}  # fmt: skip


@pytest.mark.parametrize("order", ["bad first", "good first"])
@pytest.mark.parametrize(("body", "rule", "message"), MISBEHAVIOUR.values(), ids=MISBEHAVIOUR)
def test_misbehaviour_is_said_and_the_next_hybrid_is_as_if_alone(checked, undisturbed, order, body, rule, message):
    source = HEADER + (body + GOOD if order == "bad first" else GOOD + body)
    reports = checked(source, examples=30, timeout=0.3)
    said = {each.rule: each.message for each in reports["Item.bad"].findings if each.severity != "info"}
    if rule is not None:
        assert any(found.startswith(rule) and text.startswith(message) for found, text in said.items()), said
    assert seen_of(reports["Item.large"]) == undisturbed
