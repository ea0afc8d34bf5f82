"""Names of the user's that the harness might have taken for its own."""

from harness.core.report import Verdict

MODELS = """
from sqlalchemy import ForeignKey, func, select
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import DeclarativeBase, Mapped, aliased, mapped_column, relationship

class Base(DeclarativeBase):
    pass

class Row(Base):
    __tablename__ = "inner_row"
    id: Mapped[int] = mapped_column(primary_key=True)
    others: Mapped[list["Other"]] = relationship()
    sides: Mapped[list["Side"]] = relationship()

    @hybrid_property
    def number(self):
        return len(self.others) + len(self.sides)

    @number.inplace.expression
    @classmethod
    def _number(cls):
        others = select(func.count()).where(Other.row_id == cls.id).correlate_except(Other).scalar_subquery()
        return others + select(func.count()).where(Side.row_id == cls.id).correlate_except(Side).scalar_subquery()

class Other(Base):
    __tablename__ = "other"
    id: Mapped[int] = mapped_column(primary_key=True)
    row_id: Mapped[int] = mapped_column(ForeignKey("inner_row.id"), index=True)

class Side(Base):
    __tablename__ = "left_side"
    id: Mapped[int] = mapped_column(primary_key=True)
    row_id: Mapped[int] = mapped_column(ForeignKey("inner_row.id"), index=True)
"""


def test_tables_by_the_names_of_aliases(checked):
    report = checked(MODELS, examples=30)["Row.number"]
    assert report.verdict is Verdict.OK, [finding.message for finding in report.findings]
