"""Columns that the server fills: NOT NULL with a default, onupdate, a function, of a type that nobody has values for."""

import datetime as dt
import uuid

from sqlalchemy import FetchedValue, func, text
from sqlalchemy.types import UserDefinedType
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class Point(UserDefinedType):
    cache_ok = True

    def get_col_spec(self, **_options):
        return "point"


class Visit(Base):
    __tablename__ = "visits"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, server_default=func.gen_random_uuid())
    token: Mapped[uuid.UUID] = mapped_column(server_default=text("uuid_generate_v4()"))
    at: Mapped[dt.datetime] = mapped_column(server_default=func.now(), server_onupdate=FetchedValue())
    place: Mapped[str] = mapped_column(Point, server_default=text("point(0, 0)"))
    pages: Mapped[int] = mapped_column(server_default="1")

    @hybrid_property
    def bounced(self):
        return self.pages == 1

    @hybrid_property
    def wrong_bounced(self):
        return self.pages == 1

    @wrong_bounced.inplace.expression
    @classmethod
    def _wrong_bounced(cls):
        return cls.pages <= 1
