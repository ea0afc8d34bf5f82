"""column_property: its SQL against a reload."""

from sqlalchemy import ForeignKey, func, select
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import DeclarativeBase, Mapped, column_property, mapped_column


class Base(DeclarativeBase):
    pass


class Page(Base):
    __tablename__ = "pages"

    id: Mapped[int] = mapped_column(primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id"), index=True)


class Site(Base):
    __tablename__ = "sites"

    id: Mapped[int] = mapped_column(primary_key=True)
    host: Mapped[str] = mapped_column()
    path: Mapped[str] = mapped_column()
    url = column_property(host + "/" + path)
    number_of_pages = column_property(
        select(func.count(Page.id)).where(Page.site_id == id).correlate_except(Page).scalar_subquery()
    )

    @hybrid_property
    def wrong_empty(self):
        return self.number_of_pages == 0

    @wrong_empty.inplace.expression
    @classmethod
    def _wrong_empty(cls):
        return cls.number_of_pages == 1
