"""One-to-one: a unique foreign key, seen from both sides."""

from sqlalchemy import ForeignKey
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    profile: Mapped["Profile | None"] = relationship(back_populates="user")

    @hybrid_property
    def public(self):
        return self.profile is not None and self.profile.public

    @public.inplace.expression
    @classmethod
    def _public(cls):
        return cls.profile.has(Profile.public)

    @hybrid_property
    def wrong_public(self):
        return self.profile is not None and self.profile.public

    @wrong_public.inplace.expression
    @classmethod
    def _wrong_public(cls):
        return cls.profile.has()


class Profile(Base):
    __tablename__ = "profiles"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), unique=True)
    public: Mapped[bool]
    user: Mapped[User] = relationship(back_populates="profile")
