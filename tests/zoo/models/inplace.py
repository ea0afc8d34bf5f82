"""``.inplace`` in all its forms; each leaves a second name for the same hybrid."""

from sqlalchemy import func
from sqlalchemy.ext.hybrid import Comparator, hybrid_property
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class ByLength(Comparator):
    def __eq__(self, other):
        return func.char_length(self.__clause_element__()) == other


class Song(Base):
    __tablename__ = "songs"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    seconds: Mapped[int]

    @hybrid_property
    def minutes(self):
        return self.seconds // 60 if self.seconds > 0 else 0

    @minutes.inplace.getter
    def _minutes(self):
        return self.seconds // 60 if self.seconds > 0 else 0

    @minutes.inplace.expression
    @classmethod
    def _minutes_expression(cls):
        return func.greatest(cls.seconds, 0) // 60

    @minutes.inplace.setter
    def _minutes_setter(self, value):
        self.seconds = value * 60

    @minutes.inplace.update_expression
    @classmethod
    def _minutes_update(cls, value):
        return [(cls.seconds, value * 60)]

    @minutes.inplace.deleter
    def _minutes_deleter(self):
        self.seconds = 0

    @hybrid_property
    def length(self):
        return len(self.title)

    @length.inplace.comparator
    @classmethod
    def _length(cls):
        return ByLength(cls.title)

    @hybrid_property
    def wrong_long(self):
        return self.seconds > 99

    @wrong_long.inplace.expression
    @classmethod
    def _wrong_long(cls):
        return cls.seconds > 9
