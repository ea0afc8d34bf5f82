"""Hybrids that share datasets: what is wrong with one table is no matter of those that do without it."""

import pytest

from harness.config import Options
from harness.core.report import Verdict
from harness.discovery import discover, load_target
from harness.engine.bench import Bench, Servers
from harness.engine.examination import Examination
from harness.engine.examinee import Examinee
from harness.engine.survey import survey
from harness.generation import plan_dataset

SHOP = """
from sqlalchemy import CheckConstraint, ForeignKey, func, select
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship
from sqlalchemy.types import UserDefinedType


class Base(DeclarativeBase):
    pass


class Unheard(UserDefinedType):
    def get_col_spec(self):
        return "point"


class Customer(Base):
    __tablename__ = "customers"

    id: Mapped[int] = mapped_column(primary_key=True)
    age: Mapped[int]
    orders: Mapped[list["Order"]] = relationship()

    @hybrid_property
    def adult(self):
        return self.age >= 18

    @hybrid_property
    def number_of_orders(self):
        return len(self.orders)

    @number_of_orders.inplace.expression
    @classmethod
    def _number_of_orders(cls):
        return select(func.count(Order.id)).where(Order.customer_id == cls.id).scalar_subquery()
{more}

class Order(Base):
    __tablename__ = "orders"
    {table_args}

    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[int | None] = mapped_column(ForeignKey("customers.id"), index=True)
    weight: Mapped[int | None]
    {column}
"""


def shop(more="", table_args="", column=""):
    return SHOP.format(more=more, table_args=table_args, column=column)


@pytest.fixture
def module(tmp_path, monkeypatch):
    """A function that writes the shop to a file, and gives its path."""

    def write(source):
        path = tmp_path / f"shop_{abs(hash(source))}.py"
        path.write_text(source)
        return str(path)

    monkeypatch.syspath_prepend(tmp_path)
    return write


def test_one_dataset_serves_both(module, shared_url):
    examination = Examination(
        discover(load_target(module(shop()))), Servers(lambda: None), Options(database=shared_url)
    )
    assert [[each.hybrid.name for each in group] for group in examination.groups()] == [
        ["Customer.adult", "Customer.number_of_orders"]
    ]


def test_a_table_without_rows_costs_only_those_who_read_it(checked):
    reports = checked(shop(column="at = mapped_column(Unheard, nullable=False)"))
    assert reports["Customer.adult"].verdict is Verdict.OK
    assert reports["Customer.adult"].stats.examples == 60
    assert reports["Customer.number_of_orders"].verdict is Verdict.UNTESTED
    assert "No values are known for the type Unheard()" in reports["Customer.number_of_orders"].reason


def test_rows_that_are_refused_cost_only_those_who_need_them(checked):
    check = "(weight IS NULL) AND (weight IS NOT NULL) AND length(md5(weight::text)) < 3"
    reports = checked(shop(table_args=f"__table_args__ = (CheckConstraint({check!r}, name='impossible'),)"))
    assert reports["Customer.adult"].verdict is Verdict.OK
    assert (reports["Customer.adult"].stats.examples, reports["Customer.adult"].stats.rejected) == (60, 0)
    assert reports["Customer.number_of_orders"].verdict is not Verdict.OK
    assert reports["Customer.number_of_orders"].stats.rejected > 0


WRONG = """
    @hybrid_property
    def retired(self):
        return self.age > 66

    @retired.inplace.expression
    @classmethod
    def _retired(cls):
        return cls.age >= 66
"""


def test_the_smallest_data_has_no_rows_of_tables_that_others_read(checked):
    (finding,) = (
        each for each in checked(shop(WRONG))["Customer.retired"].findings if each.severity.name == "ERROR"
    )
    assert finding.counterexample.dataset.tables == {"customers": ({"id": 1, "age": 66},)}


RARE = """
    @hybrid_property
    def jubilee(self):
        return self.age == 31337
"""


def test_what_was_always_one_value_gets_datasets_of_its_own(checked):
    others = "".join(
        f"\n    @hybrid_property\n    def is_{age}(self):\n        return self.age == {age}\n"
        for age in range(1000, 1100, 5)
    )
    stats = checked(shop(RARE + others), examples=12)["Customer.jubilee"].stats
    assert stats.distinct_values == 2
    assert stats.examples in {12, 24}


def test_statements_stay_prepared_from_one_dataset_to_the_next(module, server):
    """The server plans the select of a hybrid once: it still has the statement after many rollbacks."""
    (adult, _) = (Examinee(each, seconds=5.0) for each in discover(load_target(module(shop()))))
    servers = Servers(lambda: server)
    bench = Bench(servers, {table.metadata for table in adult.tables}, seconds=5.0)
    try:
        bench.prepare(sorted(adult.tables, key=lambda table: table.name))
        survey([adult], plan_dataset(adult.tables, adult.reach.columns), bench, examples=60, number=0)
        with bench.loaded_by(()) as connection:
            prepared = (
                connection.exec_driver_sql(
                    "SELECT generic_plans + custom_plans FROM pg_prepared_statements WHERE statement LIKE '%% AS adult%%'"
                )
                .scalars()
                .all()
            )
    finally:
        bench.close()
    assert max(prepared) > 40


@pytest.mark.parametrize("few", [True, False], ids=["of a dataset", "of a population"])
def test_a_getter_that_is_slow_for_all_rows_is_not_endless(checked, tmp_path, few):
    """The limit is for one evaluation, however many there are: for once, four rows take longer than it together."""
    log = tmp_path / "log"
    slow = f"""
    @hybrid_property
    def patient(self):
        import time
        from pathlib import Path
        from sqlalchemy.orm import object_session

        log, session = Path({str(log)!r}), object_session(self)
        seen = session.info.setdefault("seen", [])
        rows = session.info["rows"] = session.info.get("rows") or session.query(Customer).count()
        if (3 < rows < 25) is {few} and rows > 3 and not log.exists() and self.id not in seen:
            until = time.monotonic() + 0.3
            while time.monotonic() < until:
                pass
            seen.append(self.id)
            if len(seen) == 4:
                log.touch()
        return self.age

    @patient.inplace.expression
    @classmethod
    def _patient(cls):
        return cls.age
"""
    report = checked(shop(slow), examples=12, timeout=1)["Customer.patient"]
    assert log.exists()
    assert report.stats.growth is not None
    assert [each.rule for each in report.findings if each.severity.name != "INFO"] in ([], ["HH601"])
