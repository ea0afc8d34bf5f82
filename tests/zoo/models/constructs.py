"""What applications on several databases write: constructs that PostgreSQL alone can compile, constructors, a clock of their own."""

import datetime as dt
from typing import Any

from sqlalchemy import JSON, DateTime, ForeignKey, Text, case, func, literal
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship
from sqlalchemy.sql.functions import FunctionElement


def now(zone):
    """Whatever the clock is; it gets no row, so the name of the attribute it reads says nothing of any."""
    return getattr(dt, "datetime").now(getattr(dt, zone))


class Extracted(FunctionElement):
    """The text under a key of a document."""

    type = Text()
    inherit_cache = True

    def __init__(self, document, key):
        super().__init__(document, literal(key))


@compiles(Extracted, "postgresql")
def _extracted(element, compiler, **kw):
    document, key = element.clauses
    return compiler.process(func.json_extract_path_text(document, key), **kw)


class Base(DeclarativeBase):
    pass


class Question(Base):
    __tablename__ = "questions"
    id: Mapped[int] = mapped_column(primary_key=True)
    answers: Mapped[list["Answer"]] = relationship(back_populates="question")


class Answer(Base):
    __tablename__ = "answers"
    id: Mapped[int] = mapped_column(primary_key=True)
    question_id: Mapped[int] = mapped_column(ForeignKey("questions.id"))
    question: Mapped[Question] = relationship(back_populates="answers")
    given: Mapped[dict[str, Any]] = mapped_column(JSON)
    rank: Mapped[int] = mapped_column(default=-1)
    due: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True))

    def __init__(self, question, rank=-1):
        self.question = question
        self.rank = rank

    @hybrid_property
    def by(self):
        return self.given.get("by") if isinstance(self.given, dict) else None

    @by.inplace.expression
    @classmethod
    def _by(cls):
        return cls.given["by"]

    @hybrid_property
    def place(self):
        return self.rank if self.rank >= 0 else None

    @place.inplace.expression
    @classmethod
    def _place(cls):
        return case((cls.rank >= 0, cls.rank))

    @hybrid_property
    def late(self):
        return self.due < now("UTC")

    @late.inplace.expression
    @classmethod
    def _late(cls):
        return cls.due < func.now()

    @hybrid_property
    def wrong_text(self):
        return self.given.get("by") if isinstance(self.given, dict) else None

    @wrong_text.inplace.expression
    @classmethod
    def _wrong_text(cls):
        return Extracted(cls.given, "by")

    @hybrid_property
    def wrong_names(self):
        return [each["name"] for each in self.given]
