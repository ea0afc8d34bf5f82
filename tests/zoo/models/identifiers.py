"""Names that must be quoted: reserved words, capitals, blanks, per cent signs, quotes, letters beyond ASCII."""

from sqlalchemy import ForeignKey, func, select
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "user"

    id: Mapped[int] = mapped_column("select", primary_key=True)
    order: Mapped[int]
    größe: Mapped[int | None]
    per_cent: Mapped[int] = mapped_column("100% of it")
    quoted: Mapped[int] = mapped_column('the "best"')
    groups: Mapped[list["Group"]] = relationship(back_populates="user")

    @hybrid_property
    def ordered(self):
        return self.order > 2

    @hybrid_property
    def einheitsgröße(self):
        return self.größe

    @hybrid_property
    def enough(self):
        return (self.per_cent > 50) | (self.quoted > 50)

    @hybrid_property
    def number_of_groups(self):
        return len(self.groups)

    @number_of_groups.inplace.expression
    @classmethod
    def _number_of_groups(cls):
        return (
            select(func.count(Group.id))
            .where(Group.user_id == cls.id)
            .correlate_except(Group)
            .scalar_subquery()
        )

    @hybrid_property
    def wrong_größe(self):
        return self.größe or 0

    @wrong_größe.inplace.expression
    @classmethod
    def _wrong_größe(cls):
        return cls.größe


class Group(Base):
    __tablename__ = "Group"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int | None] = mapped_column("User", ForeignKey("user.select"), index=True)
    user: Mapped[User | None] = relationship(back_populates="groups")
