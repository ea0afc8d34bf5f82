"""MappedAsDataclass: constructors with required arguments, fields without init, eq of the dataclass (no hash)."""

from sqlalchemy import ForeignKey, func, select
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import DeclarativeBase, Mapped, MappedAsDataclass, mapped_column, relationship


class Base(MappedAsDataclass, DeclarativeBase):
    pass


class Basket(Base):
    __tablename__ = "baskets"

    id: Mapped[int] = mapped_column(init=False, primary_key=True)
    owner: Mapped[str]
    fruits: Mapped[list["Fruit"]] = relationship(default_factory=list, back_populates="basket")

    @hybrid_property
    def number_of_fruits(self) -> int:
        return len(self.fruits)

    @number_of_fruits.inplace.expression
    @classmethod
    def _number_of_fruits(cls):
        return (
            select(func.count(Fruit.id))
            .where(Fruit.basket_id == cls.id)
            .correlate_except(Fruit)
            .scalar_subquery()
        )


class Fruit(Base):
    __tablename__ = "fruits"

    id: Mapped[int] = mapped_column(init=False, primary_key=True)
    basket_id: Mapped[int] = mapped_column(ForeignKey("baskets.id"), init=False, index=True)
    weight: Mapped[float | None]
    basket: Mapped[Basket] = relationship(back_populates="fruits", default=None)

    @hybrid_property
    def wrong_heavy(self) -> bool:
        return self.weight is not None and self.weight > 1

    @wrong_heavy.inplace.expression
    @classmethod
    def _wrong_heavy(cls):
        return cls.weight > 1
