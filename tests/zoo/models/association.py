"""Many-to-many: a plain association table, and one that is a class with columns of its own."""

from sqlalchemy import Column, ForeignKey, Table, func, select
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    pass


tagging = Table(
    "tagging",
    Base.metadata,
    Column("film_id", ForeignKey("films.id"), primary_key=True),
    Column("tag_id", ForeignKey("tags.id"), primary_key=True),
)


class Film(Base):
    __tablename__ = "films"

    id: Mapped[int] = mapped_column(primary_key=True)
    tags: Mapped[list["Tag"]] = relationship(secondary=tagging)
    roles: Mapped[list["Role"]] = relationship(back_populates="film")

    @hybrid_property
    def number_of_tags(self):
        return len(self.tags)

    @number_of_tags.inplace.expression
    @classmethod
    def _number_of_tags(cls):
        return select(func.count()).select_from(tagging).where(tagging.c.film_id == cls.id).scalar_subquery()

    @hybrid_property
    def wages(self):
        return sum(role.wage % 100 for role in self.roles if role.wage > 0)

    @wages.inplace.expression
    @classmethod
    def _wages(cls):
        return (
            select(func.coalesce(func.sum(Role.wage % 100), 0))
            .where(Role.film_id == cls.id, Role.wage > 0)
            .correlate_except(Role)
            .scalar_subquery()
        )

    @hybrid_property
    def wrong_has_tag(self):
        return any(tag.label == "a" for tag in self.tags)

    @wrong_has_tag.inplace.expression
    @classmethod
    def _wrong_has_tag(cls):
        return cls.tags.any()


class Tag(Base):
    __tablename__ = "tags"

    id: Mapped[int] = mapped_column(primary_key=True)
    label: Mapped[str]


class Actor(Base):
    __tablename__ = "actors"

    id: Mapped[int] = mapped_column(primary_key=True)


class Role(Base):
    __tablename__ = "roles"

    film_id: Mapped[int] = mapped_column(ForeignKey("films.id"), primary_key=True)
    actor_id: Mapped[int] = mapped_column(ForeignKey("actors.id"), primary_key=True)
    wage: Mapped[int]
    film: Mapped[Film] = relationship(back_populates="roles")
    actor: Mapped[Actor] = relationship()
