"""``schema=`` names: two tables of one name in two schemas, a foreign key between them, an enum in a schema."""

import enum

from sqlalchemy import Enum, ForeignKey
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    pass


class Level(enum.Enum):
    LOW = 1
    HIGH = 2


class Item(Base):
    __tablename__ = "items"
    __table_args__ = {"schema": "shop"}

    id: Mapped[int] = mapped_column(primary_key=True)
    price: Mapped[int]
    level: Mapped[Level] = mapped_column(Enum(Level, schema="kinds"))

    @hybrid_property
    def dear(self):
        return (self.price > 9) & (self.level == Level.HIGH)


class Archived(Base):
    __tablename__ = "items"
    __table_args__ = {"schema": "Archive of 2024"}

    id: Mapped[int] = mapped_column(primary_key=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("shop.items.id"), index=True)
    price: Mapped[int]
    item: Mapped[Item] = relationship()

    @hybrid_property
    def changed(self):
        return self.price != self.item.price

    @changed.inplace.expression
    @classmethod
    def _changed(cls):
        return cls.item.has(Item.price != cls.price)

    @hybrid_property
    def wrong_free(self):
        return self.price == 0

    @wrong_free.inplace.expression
    @classmethod
    def _wrong_free(cls):
        return cls.price <= 0
