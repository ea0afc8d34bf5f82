"""Concrete inheritance: a table for each class; the base reads a UNION of all."""

from sqlalchemy.ext.declarative import AbstractConcreteBase, ConcreteBase
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class Document(ConcreteBase, Base):
    __tablename__ = "documents"
    __mapper_args__ = {"polymorphic_identity": "document", "concrete": True}

    id: Mapped[int] = mapped_column(primary_key=True)
    pages: Mapped[int]

    @hybrid_property
    def long(self):
        return self.pages > 9


class Letter(Document):
    __tablename__ = "letters"
    __mapper_args__ = {"polymorphic_identity": "letter", "concrete": True}

    id: Mapped[int] = mapped_column(primary_key=True)
    pages: Mapped[int]
    stamps: Mapped[int]

    @hybrid_property
    def stamped(self):
        return self.stamps > 0


class Animal(AbstractConcreteBase, Base):
    strict_attrs = True
    name: Mapped[str]

    @hybrid_property
    def name_twice(self):
        return self.name + self.name


class Dog(Animal):
    __tablename__ = "dogs"
    __mapper_args__ = {"polymorphic_identity": "dog", "concrete": True}

    id: Mapped[int] = mapped_column(primary_key=True)
    age: Mapped[int]

    @hybrid_property
    def wrong_puppy(self):
        return self.age < 1

    @wrong_puppy.inplace.expression
    @classmethod
    def _wrong_puppy(cls):
        return cls.age <= 1


class Cat(Animal):
    __tablename__ = "cats"
    __mapper_args__ = {"polymorphic_identity": "cat", "concrete": True}

    id: Mapped[int] = mapped_column(primary_key=True)


Base.registry.configure()
