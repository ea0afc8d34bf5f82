"""What a finding says beyond the two values: the side that SQLAlchemy's own evaluator takes."""

import json

MODELS = """
from sqlalchemy import CheckConstraint, func
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class Part(Base):
    __tablename__ = "parts"
    __table_args__ = (CheckConstraint("number BETWEEN -9 AND 9"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int]
    name: Mapped[str]

    @hybrid_property
    def remainder(self):
        return self.number % 3

    @hybrid_property
    def next_number(self):
        return self.number + 2

    @next_number.inplace.expression
    @classmethod
    def _next_number(cls):
        return cls.number + 1

    @hybrid_property
    def shout(self):
        return self.name

    @shout.inplace.expression
    @classmethod
    def _shout(cls):
        return func.upper(cls.name)
"""
MESSAGES = {
    "Part.remainder": "Part.remainder is 2 in Python and -1 in SQL: the remainder has the sign of the divisor in Python, and in "
    "`parts.number % 3` that of the dividend. Computed in Python, by SQLAlchemy's evaluator, the SQL expression agrees with the "
    "getter: both say the same, and PostgreSQL computes it in another way.",
    "Part.next_number": "Part.next_number is 2 in Python and 1 in SQL. Computed in Python, by SQLAlchemy's evaluator, the SQL "
    "expression agrees with PostgreSQL: it says something else than the getter.",
    "Part.shout": "Part.shout is 'a' in Python and 'A' in SQL: `upper(parts.name)` ignores the case of letters, and the getter "
    "does not.",
}


def test_the_message_says_whom_the_evaluator_sides_with(command, tmp_path):
    (tmp_path / "shop.py").write_text(MODELS)
    ran = command(tmp_path, "check", "shop", "--examples", "30", "--ignore", "HH306", "--format", "json")
    assert ran.status == 1, ran.err
    said = {
        hybrid["name"]: [finding["message"] for finding in hybrid["findings"]]
        for hybrid in json.loads(ran.out)["hybrids"]
    }
    assert said == {name: [message] for name, message in MESSAGES.items()}
