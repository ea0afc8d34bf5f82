"""Models that import only where an application has been set up; ``prepare.py`` beside it does that."""

import os
from pathlib import Path

from flask import current_app
from not_installed_anywhere import LIMIT
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

assert Path("prepared.py").exists(), "not in the folder of the models"


class Base(DeclarativeBase):
    pass


class Order(Base):
    __tablename__ = os.environ["ZOO_TABLE"]

    id: Mapped[int] = mapped_column(primary_key=True)
    total: Mapped[int] = mapped_column(info={"currency": current_app.config["CURRENCY"]})

    @hybrid_property
    def large(self):
        return self.total > LIMIT

    @hybrid_property
    def in_euro(self):
        """Needs the context while it is evaluated too."""
        return self.total > 0 and current_app.config["CURRENCY"] == "EUR"

    @in_euro.inplace.expression
    @classmethod
    def _in_euro(cls):
        return cls.total > 0

    @hybrid_property
    def wrong_large(self):
        return self.total > LIMIT

    @wrong_large.inplace.expression
    @classmethod
    def _wrong_large(cls):
        return cls.total >= LIMIT
