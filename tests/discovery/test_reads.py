"""What a getter is taken to read: all that it may, and not the whole schema for the sake of a helper that sees no row."""

import datetime as dt

import pytest
from sqlalchemy import ForeignKey
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from harness.discovery.reads import python_reads


def clock(zone):
    return getattr(dt, zone)


def anything(row, name="title"):
    return getattr(row, name)


class Base(DeclarativeBase):
    pass


class Shelf(Base):
    __tablename__ = "shelves"
    id: Mapped[int] = mapped_column(primary_key=True)


class Book(Base):
    __tablename__ = "books"
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    lent: Mapped[dt.datetime]
    shelf_id: Mapped[int] = mapped_column(ForeignKey("shelves.id"))
    shelf: Mapped[Shelf] = relationship()


Base.registry.configure()
GETTERS = {
    "constants alone": (lambda self: (clock("UTC"), self.lent), {"lent"}),
    "nothing": (lambda self: (clock(zone="UTC"), self.title), {"title"}),
    "the row": (lambda self: [anything(self)], {"id", "title", "lent", "shelf_id"}),
    "the row after constants": (lambda self: (anything("x"), anything(self)), {"id", "title", "lent", "shelf_id"}),
    "a constant": (lambda self: getattr(self, "lent"), {"lent"}),  # noqa: B009
    "a constant and a default": (lambda self: getattr(self, "lent", None) or self.title, {"lent", "title"}),
    "a constant and what is not known": (lambda self, other: (getattr(self, "lent"), getattr(self, other)), {"id", "title", "lent", "shelf_id"}),  # noqa: B009
    "the helper itself": (lambda self: map(anything, [self]), {"id", "title", "lent", "shelf_id"}),
}  # fmt: skip


@pytest.mark.parametrize(("getter", "columns"), GETTERS.values(), ids=GETTERS)
def test_a_helper_reads_of_a_row_what_it_can_get_hold_of(getter, columns):
    Base.registry.configure()
    reads = python_reads(Book.__mapper__, getter)
    assert {column.name for column in reads.columns if column.table.name == "books"} == columns
    assert bool(reads.relationships) is (len(columns) > 2)


def test_a_constant_getattr_reads_what_its_owner_is_loaded_from():
    reads = python_reads(Book.__mapper__, lambda self: getattr(self.shelf, "id"))  # noqa: B009
    assert [each.key for each in reads.relationships] == ["shelf"]
    assert {column.name for column in reads.columns if column.table.name == "books"} == {"id"}
