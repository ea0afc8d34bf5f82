"""DDL by events: an extension, a domain type and a function that tables need, another that fails, a table's own trigger function."""

from sqlalchemy import DDL, event, func
from sqlalchemy.types import UserDefinedType
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class Score(UserDefinedType):
    cache_ok = True

    def get_col_spec(self, **_options):
        return "score"


event.listen(Base.metadata, "before_create", DDL("CREATE DOMAIN score AS integer CHECK (VALUE >= 0)"))
event.listen(Base.metadata, "before_create", DDL('CREATE EXTENSION "not_on_any_server"'))
event.listen(
    Base.metadata,
    "before_create",
    DDL("CREATE FUNCTION twice(n integer) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT n %% 1000 * 2'"),
)


@event.listens_for(Base.metadata, "after_create")
def look(target, connection, **_options):
    assert connection.dialect.has_table(connection, "games"), target


class Game(Base):
    __tablename__ = "games"

    id: Mapped[int] = mapped_column(primary_key=True)
    points: Mapped[int]

    @hybrid_property
    def doubled(self):
        return (abs(self.points) % 1000 * 2) * (1 if self.points > 0 else -1)

    @doubled.inplace.expression
    @classmethod
    def _doubled(cls):
        return func.twice(cls.points)

    @hybrid_property
    def wrong_doubled(self):
        return self.points * 2

    @wrong_doubled.inplace.expression
    @classmethod
    def _wrong_doubled(cls):
        return func.twice(cls.points + 1)


class Result(Base):
    __tablename__ = "results"

    id: Mapped[int] = mapped_column(primary_key=True)
    score: Mapped[int | None] = mapped_column(Score)
    place: Mapped[int]

    @hybrid_property
    def first(self):
        return self.place == 1
