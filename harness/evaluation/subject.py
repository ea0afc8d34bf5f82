"""One hybrid on its class or on an alias of it: the pieces that every statement is built from."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Mapper, aliased


@dataclass(frozen=True, slots=True)
class Subject:
    """``entity`` is the mapped class or an alias of it."""

    mapper: Mapper[Any]
    attribute: str
    entity: Any

    @property
    def key(self) -> tuple[Any, ...]:
        """The primary key's attributes on this entity."""
        properties = (self.mapper.get_property_by_column(column) for column in self.mapper.primary_key)
        return tuple(getattr(self.entity, prop.key) for prop in properties)

    @property
    def value(self) -> Any:
        """The hybrid's expression; built anew at each access, as users' code does."""
        return getattr(self.entity, self.attribute)

    def alias(self, name: str) -> "Subject":
        """The same hybrid on an alias of the class."""
        return Subject(self.mapper, self.attribute, aliased(self.entity, name=name))

    def select(self) -> Select[Any]:
        """Key and value of every row: the statement that all positions are held against."""
        return select(*self.key, self.value)
