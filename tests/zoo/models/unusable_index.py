"""Indexes that this server can't create are left out."""

from sqlalchemy import Index, text
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class Note(Base):
    __tablename__ = "notes"
    __table_args__ = (
        Index("notes_odd", text("no_such_function(body)")),
        Index("notes_bm25", "body", postgresql_using="bm25"),
        Index("notes_body", "body"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    body: Mapped[str]

    @hybrid_property
    def empty(self):
        return self.body == ""
