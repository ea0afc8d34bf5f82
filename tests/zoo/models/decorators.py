"""Value domains that only decorators and annotations know: .enum, .choices, enum_klass, pydantic models, StrEnum over String."""

import enum

from pydantic import BaseModel
from sqlalchemy import String, TypeDecorator, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class Colour(enum.StrEnum):
    RED = "red"
    GREEN = "green"
    BLUE = "blue"


class ByEnum(TypeDecorator):
    impl = String(20)
    cache_ok = True

    def __init__(self, enum):
        super().__init__()
        self.enum = enum

    def process_bind_param(self, value, dialect):
        return None if value is None else self.enum(value).value

    def process_result_value(self, value, dialect):
        return None if value is None else self.enum(value)


class ByEnumClass(TypeDecorator):
    impl = String(20)
    cache_ok = True

    def __init__(self, enum_klass):
        super().__init__()
        self.enum_klass = enum_klass

    def process_bind_param(self, value, dialect):
        if value is not None and not isinstance(value, self.enum_klass):
            raise ValueError(value)
        return None if value is None else value.name

    def process_result_value(self, value, dialect):
        return None if value is None else self.enum_klass[value]


class Choice(TypeDecorator):
    impl = String(3)
    cache_ok = True

    def __init__(self, *choices):
        super().__init__()
        self.choices = choices

    def process_bind_param(self, value, dialect):
        if value is not None and value not in dict(self.choices):
            raise ValueError(value)
        return value


class Address(BaseModel):
    street: str
    number: int = 0


class Model(TypeDecorator):
    impl = JSONB
    cache_ok = True

    def __init__(self, model):
        super().__init__()
        self.model = model

    def process_bind_param(self, value, dialect):
        return None if value is None else value.model_dump()

    def process_result_value(self, value, dialect):
        return None if value is None else self.model.model_validate(value)


class Paint(Base):
    __tablename__ = "paints"

    id: Mapped[int] = mapped_column(primary_key=True)
    by_enum = mapped_column(ByEnum(Colour), nullable=False)
    by_class = mapped_column(ByEnumClass(enum_klass=Colour), nullable=False)
    size = mapped_column(Choice(("s", "small"), ("l", "large")), nullable=False)
    colour: Mapped[Colour] = mapped_column(String(10))
    address = mapped_column(Model(Address), nullable=False)

    @hybrid_property
    def by_enum_value(self):
        return self.by_enum

    @hybrid_property
    def by_class_value(self):
        return self.by_class

    @hybrid_property
    def size_value(self):
        return self.size

    @hybrid_property
    def colour_value(self):
        return self.colour

    @hybrid_property
    def address_value(self):
        return self.address

    @hybrid_property
    def street(self):
        return self.address.street

    @street.inplace.expression
    @classmethod
    def _street(cls):
        return func.jsonb_extract_path_text(cls.address, "street")

    @hybrid_property
    def wrong_street(self):
        """The decorator is asked to make a model of the text."""
        return self.address.street

    @wrong_street.inplace.expression
    @classmethod
    def _wrong_street(cls):
        return cls.address.op("->>")("street")

    @hybrid_property
    def wrong_blue(self):
        return self.colour == Colour.BLUE

    @wrong_blue.inplace.expression
    @classmethod
    def _wrong_blue(cls):
        return cls.colour == Colour.RED
