"""What a setter and a bulk UPDATE store: the same, but for what listeners to any flush add."""

from harness.core.report import Verdict

ACCOUNTS = """
from sqlalchemy import Computed, event
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class Account(Base):
    __tablename__ = "accounts"

    id: Mapped[int] = mapped_column(primary_key=True)
    cents: Mapped[int] = mapped_column("amount_in_cents")
    doubled: Mapped[int] = mapped_column(Computed("amount_in_cents + 1"))
    changes: Mapped[int] = mapped_column(default=0)

    @hybrid_property
    def amount(self):
        return self.cents + 0

    @amount.inplace.setter
    def _set_amount(self, value):
        self.cents = value
        {more}

    @amount.inplace.update_expression
    @classmethod
    def _update_amount(cls, value):
        return [(cls.cents, value)]


@event.listens_for(Account, "before_update")
def count(mapper, connection, account):
    account.changes = 77
"""


def test_what_a_listener_sets_in_a_flush_is_no_matter_of_the_setter(checked):
    assert checked(ACCOUNTS.format(more=""))["Account.amount"].verdict is Verdict.OK


def test_what_the_setter_itself_sets_is_told(checked):
    report = checked(ACCOUNTS.format(more="self.changes = value"))["Account.amount"]
    (finding,) = (each for each in report.findings if each.severity.name != "INFO")
    assert finding.rule == "HH210"
    assert "changes" in finding.message
