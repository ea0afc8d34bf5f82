"""Mistakes that show only in data that has to be thought of, and correct hybrids that the same data must leave alone."""

import json

MODELS = """
import re
from datetime import UTC, datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, DateTime, ForeignKey, Index, Integer, Numeric, cast, func, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

IMPORTED = datetime.now(UTC)
OF_OBJECTS = (
    "jsonb_typeof(settings) = 'object' AND jsonb_typeof(coalesce(settings -> 'ui', '{}')) = 'object' "
    "AND jsonb_typeof(coalesce(settings -> 'ui' -> 'dark', 'false')) = 'boolean'"
)
OF_TEXTS = "jsonb_typeof(roles) = 'array' AND roles::text ~ " + repr('^[[]("[a-z]*"(, )?)*[]]$')


class Base(DeclarativeBase):
    pass


def sql(expression):
    return lambda getter: hybrid_property(getter, expr=expression)


class Label(Base):
    __tablename__ = "labels"

    id: Mapped[int] = mapped_column(primary_key=True)
    path: Mapped[str]
    title: Mapped[str | None]
    settings = mapped_column(JSONB, CheckConstraint(OF_OBJECTS), nullable=False)
    roles = mapped_column(JSONB, CheckConstraint(OF_TEXTS), nullable=False)

    @sql(lambda cls: cls.path.ilike("%_tmp%"))
    def temporary(self):
        return "_tmp" in self.path.lower()

    @sql(lambda cls: func.btrim(cls.path, "-"))
    def plain(self):
        return self.path.replace("-", "")

    @sql(lambda cls: func.concat_ws(": ", cls.title, cls.path))
    def heading(self):
        return ": ".join(each for each in (self.title, self.path) if each)

    @sql(lambda cls: cls.path.regexp_match("^[A-Z]{2}-[0-9]+$"))
    def numbered(self):
        return re.fullmatch("[A-Z]{2}-[0-9]+", self.path) is not None

    @sql(lambda cls: cls.path.regexp_match("[A-Z]{2}-[0-9]+"))
    def about_a_number(self):
        return re.fullmatch("[A-Z]{2}-[0-9]+", self.path) is not None

    @sql(lambda cls: func.coalesce(cls.settings["ui"]["dark"].as_boolean(), False))
    def dark(self):
        return self.settings.get("ui", {}).get("dark", False)

    @sql(lambda cls: cls.roles.has_key("admin"))
    def administered(self):
        return "admin" in self.roles

    @sql(lambda cls: func.split_part(cls.path, "@", 2))
    def host(self):
        return (self.path.split("@") + [""])[1]


class Part(Base):
    __tablename__ = "parts"

    id: Mapped[int] = mapped_column(primary_key=True)
    urn: Mapped[str] = mapped_column(index=True)

    @sql(lambda cls: cast(func.split_part(cls.urn, "#", 2), Integer))
    def number(self):
        return int(self.urn.split("#")[1])

    @sql(lambda cls: cls.id + 1)
    def following(self):
        return self.id + 1


Index("ix_parts_number", Part.number)


class Draft(Base):
    __tablename__ = "drafts"

    id: Mapped[int] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column()
    text: Mapped[str]
    __mapper_args__ = {"version_id_col": version}

    @sql(lambda cls: cls.text.concat(""))
    def wording(self):
        return self.text

    @wording.inplace.setter
    def _set_wording(self, value):
        self.text = value

    @wording.inplace.update_expression
    @classmethod
    def _update_wording(cls, value):
        return [(cls.text, value)]


class Note(Base):
    __tablename__ = "notes"

    id: Mapped[int] = mapped_column(primary_key=True)
    file_id: Mapped[int] = mapped_column(ForeignKey("files.id"), index=True)
    text: Mapped[str]
    day: Mapped[int]
    deleted: Mapped[bool]


class File(Base):
    __tablename__ = "files"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    path: Mapped[str]
    until = mapped_column(DateTime(timezone=True), nullable=False)
    price = mapped_column(Numeric(8, 2), CheckConstraint("price BETWEEN 0 AND 1000"), nullable=False)
    copies: Mapped[int] = mapped_column(CheckConstraint("copies BETWEEN 1 AND 9"))
    notes = relationship(Note, primaryjoin=lambda: (Note.file_id == File.id) & ~Note.deleted, viewonly=True)
    by_day = relationship(Note, order_by=(Note.day, Note.id), viewonly=True)
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "file"}

    @sql(lambda cls: select(func.count(Note.id)).where(Note.file_id == cls.id).scalar_subquery())
    def number_of_notes(self):
        return len(self.notes)

    @sql(
        lambda cls: (
            select(Note.text).where(Note.file_id == cls.id).order_by(Note.id.desc()).limit(1).scalar_subquery()
        )
    )
    def latest(self):
        return self.by_day[-1].text if self.by_day else None

    @sql(lambda cls: cls.until < IMPORTED)
    def over(self):
        return self.until < datetime.now(UTC)

    @hybrid_property
    def cached(self):
        if not hasattr(self, "_cached"):
            self._cached = self.copies + 1
        return self._cached

    @sql(lambda cls: cls.path.concat(""))
    def name(self):
        return self.path

    @name.inplace.setter
    def _set_name(self, value):
        self.path = value.lower()

    @name.inplace.update_expression
    @classmethod
    def _update_name(cls, value):
        return [(cls.path, value)]

    @hybrid_property
    def bare(self):
        return self.path

    @bare.inplace.setter
    def _set_bare(self, value):
        self.path = value.lower()

    @bare.inplace.update_expression
    @classmethod
    def _update_bare(cls, value):
        return [(cls.path, value.lower())]

    @sql(lambda cls: cls.price / cls.copies)
    def price_of_one(self):
        return self.price / self.copies

    @sql(lambda cls: cls.until < func.now())
    def expired(self):
        return self.until < datetime.now(UTC)

    @sql(lambda cls: cls.kind == "link")
    def is_link(self):
        return self.kind == "link"


class Link(File):
    __mapper_args__ = {"polymorphic_identity": "link"}

    @sql(lambda cls: func.coalesce(True))
    def is_link(self):
        return True
"""
WRONG = {
    "File.number_of_notes": "HH226",
    "File.latest": "HH226",
    "Label.temporary": "HH271",
    "Label.about_a_number": "HH274",
    "Label.plain": "HH208",
    "Label.heading": "HH208",
    "File.over": "HH208",
    "File.cached": "HH227",
    "File.name": "HH210",
    "File.bare": "HH210",
}
RIGHT = (
    "Draft.wording",
    "Part.number",
    "Part.following",
    "Label.numbered",
    "Label.dark",
    "Label.administered",
    "File.price_of_one",
    "Label.host",
    "File.expired",
    "File.is_link",
    "Link.is_link",
)


def test_rows_that_set_the_sides_apart_and_rows_that_do_not(command, tmp_path):
    (tmp_path / "files.py").write_text(MODELS)
    ran = command(tmp_path, "check", "files", "--format", "json", "--examples", "200")
    assert ran.status == 1, ran.err
    assert [each for each in json.loads(ran.out)["hybrids"] if each["verdict"] == "untested"] == []
    loud = {
        hybrid["name"]: [each["rule"] for each in hybrid["findings"] if each["severity"] != "info"]
        for hybrid in json.loads(ran.out)["hybrids"]
    }
    assert {name: rules[0] for name, rules in loud.items() if rules} == WRONG
    assert all(loud[name] == [] for name in RIGHT)
