"""Two tables that refer to each other, one of the foreign keys by use_alter."""

from sqlalchemy import ForeignKey
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    pass


class Team(Base):
    __tablename__ = "teams"

    id: Mapped[int] = mapped_column(primary_key=True)
    captain_id: Mapped[int | None] = mapped_column(
        ForeignKey("players.id", use_alter=True, name="captain_of_team")
    )
    captain: Mapped["Player | None"] = relationship(foreign_keys=[captain_id], post_update=True)

    @hybrid_property
    def led(self):
        return self.captain is not None

    @led.inplace.expression
    @classmethod
    def _led(cls):
        return cls.captain_id.is_not(None)

    @hybrid_property
    def own_captain(self):
        return self.captain is not None and self.captain.team_id == self.id

    @own_captain.inplace.expression
    @classmethod
    def _own_captain(cls):
        return cls.captain.has(Player.team_id == cls.id)


class Player(Base):
    __tablename__ = "players"

    id: Mapped[int] = mapped_column(primary_key=True)
    team_id: Mapped[int] = mapped_column(ForeignKey("teams.id"), index=True)
    team: Mapped[Team] = relationship(foreign_keys=[team_id])

    @hybrid_property
    def is_captain(self):
        return self.team.captain_id == self.id

    @is_captain.inplace.expression
    @classmethod
    def _is_captain(cls):
        return cls.team.has(Team.captain_id == cls.id)

    @hybrid_property
    def wrong_is_captain(self):
        return self.team.captain_id == self.id

    @wrong_is_captain.inplace.expression
    @classmethod
    def _wrong_is_captain(cls):
        return cls.team.has(Team.captain_id.is_not(None))
