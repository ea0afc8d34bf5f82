"""One hybrid on its class or on an alias of it: the pieces that every statement is built from."""

from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Mapper, RelationshipProperty, aliased, with_polymorphic


@dataclass(frozen=True, slots=True)
class Subject:
    """``entity`` is the mapped class or an alias of it; ``arguments`` are those of a hybrid_method, None for an attribute."""

    mapper: Mapper[Any]
    attribute: str
    entity: Any
    arguments: tuple[Any, ...] | None = None

    @property
    def key(self) -> tuple[Any, ...]:
        """The primary key's attributes on this entity."""
        properties = (self.mapper.get_property_by_column(column) for column in self.mapper.primary_key)
        return tuple(getattr(self.entity, prop.key) for prop in properties)

    @property
    def value(self) -> Any:
        """The hybrid's expression; built anew at each access, as users' code does."""
        return self.of(self.entity)

    @property
    def element(self) -> Any:
        """What SQLAlchemy finds behind the expression: a clause, or whatever else the hybrid returned."""
        value = self.value
        comparator = getattr(value, "comparator", value)
        return comparator.__clause_element__() if hasattr(comparator, "__clause_element__") else value

    @property
    def compares(self) -> bool:
        """Whether there is no value to select: the hybrid has a comparator of its own, or is a relationship."""
        descriptor = self.mapper.all_orm_descriptors.get(self.attribute)
        if getattr(descriptor, "custom_comparator", None) is not None:
            return True
        return isinstance(getattr(self.value, "property", None), RelationshipProperty)

    def of(self, owner: Any) -> Any:
        """The attribute of a class, an alias or an instance, called if it is a method."""
        attribute = getattr(owner, self.attribute)
        return attribute if self.arguments is None else attribute(*self.arguments)

    def alias(self) -> "Subject":
        """The same hybrid on a new alias of the class, without a name of ours, which a table of the user's may have."""
        return replace(self, entity=aliased(self.entity))

    def with_subclasses(self) -> "Subject":
        """The same hybrid on the class with its subclasses' tables joined."""
        return replace(self, entity=with_polymorphic(self.entity, "*"))

    def called_with(self, arguments: tuple[Any, ...]) -> "Subject":
        """The same method with other arguments; an attribute takes none."""
        return self if self.arguments is None else replace(self, arguments=arguments)

    def select(self) -> Select[Any]:
        """Key and value of every row: the statement that all positions are held against."""
        return select(*self.key, self.value)
