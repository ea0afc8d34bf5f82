"""Hybrids over synonyms, and synonyms of columns under other names."""

from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, synonym


class Base(DeclarativeBase):
    pass


class Job(Base):
    __tablename__ = "jobs"

    id: Mapped[int] = mapped_column(primary_key=True)
    state: Mapped[int] = mapped_column("job_state")
    status = synonym("state")

    @hybrid_property
    def done(self):
        return self.status == 3

    finished = synonym("done")

    @hybrid_property
    def wrong_unfinished(self):
        """An alias's synonym of a hybrid is the class's own."""
        return self.finished == False

    @hybrid_property
    def wrong_done(self):
        return self.status == 3

    @wrong_done.inplace.expression
    @classmethod
    def _wrong_done(cls):
        return cls.status == 4
