"""SQLModel: its own registry, pydantic fields, hybrids on a table model; the target is SQLModel itself."""

from typing import ClassVar, Optional

from sqlalchemy.ext.hybrid import hybrid_property
from sqlmodel import Field, Relationship, SQLModel


class Team(SQLModel, table=True):
    id: Optional[int] = Field(default=None, primary_key=True)
    name: str = Field(max_length=30)
    heroes: list["Hero"] = Relationship(back_populates="team")


class Hero(SQLModel, table=True):
    model_config: ClassVar = {"ignored_types": (hybrid_property,)}

    id: Optional[int] = Field(default=None, primary_key=True)
    age: Optional[int] = None
    rank: int = Field(default=1, sa_column_kwargs={"server_default": "1"})
    team_id: Optional[int] = Field(default=None, foreign_key="team.id")
    team: Optional[Team] = Relationship(back_populates="heroes")

    @hybrid_property
    def leads(self):
        return self.rank <= 1

    @hybrid_property
    def in_team(self):
        return self.team_id is not None

    @in_team.inplace.expression
    @classmethod
    def _in_team(cls):
        return cls.team_id.is_not(None)

    @hybrid_property
    def wrong_of_age(self):
        return self.age is not None and self.age >= 9

    @wrong_of_age.inplace.expression
    @classmethod
    def _wrong_of_age(cls):
        return cls.age >= 9
