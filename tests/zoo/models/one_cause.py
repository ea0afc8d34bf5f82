"""One cause behind many attributes: a decorator that turns NULL into {}."""

from sqlalchemy import TypeDecorator
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import DeclarativeBase, Mapped, column_property, mapped_column


class Base(DeclarativeBase):
    pass


class Settings(TypeDecorator):
    impl = JSONB
    cache_ok = True

    def process_result_value(self, value, dialect):
        return {} if value is None else value


class Configured:
    id: Mapped[int] = mapped_column(primary_key=True)
    settings = mapped_column(Settings)

    @hybrid_property
    def wrong_settings(self):
        return self.settings

    @hybrid_property
    def wrong_has_settings(self):
        return self.settings is not None

    @wrong_has_settings.inplace.expression
    @classmethod
    def _wrong_has_settings(cls):
        return cls.settings.is_not(None)


class User(Configured, Base):
    __tablename__ = "users"


class Group(Configured, Base):
    __tablename__ = "groups"


class Role(Configured, Base):
    __tablename__ = "roles"
