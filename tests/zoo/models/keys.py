"""Keys that are no counted integer: natural, composite, shared with another table, with a foreign key inside."""

import datetime as dt
import uuid

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index, String, func, select
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    pass


class Country(Base):
    __tablename__ = "countries"

    code: Mapped[str] = mapped_column(String(2), primary_key=True)
    people: Mapped[int]
    cities: Mapped[list["City"]] = relationship(back_populates="country")

    @hybrid_property
    def number_of_cities(self):
        return len(self.cities)

    @number_of_cities.inplace.expression
    @classmethod
    def _number_of_cities(cls):
        return (
            select(func.count())
            .select_from(City)
            .where(City.country_code == cls.code)
            .correlate_except(City)
            .scalar_subquery()
        )


class City(Base):
    """A composite natural key with a foreign key in it."""

    __tablename__ = "cities"

    country_code: Mapped[str] = mapped_column(ForeignKey("countries.code"), primary_key=True)
    name: Mapped[str] = mapped_column(String(20), primary_key=True)
    country: Mapped[Country] = relationship(back_populates="cities")
    streets: Mapped[list["Street"]] = relationship(back_populates="city")

    @hybrid_property
    def number_of_streets(self):
        return len(self.streets)

    @number_of_streets.inplace.expression
    @classmethod
    def _number_of_streets(cls):
        return (
            select(func.count(Street.id))
            .where(Street.country_code == cls.country_code, Street.city_name == cls.name)
            .correlate_except(Street)
            .scalar_subquery()
        )

    @hybrid_property
    def wrong_number_of_streets(self):
        return len(self.streets)

    @wrong_number_of_streets.inplace.expression
    @classmethod
    def _wrong_number_of_streets(cls):
        return (
            select(func.count(Street.id))
            .where(Street.country_code == cls.country_code)
            .correlate_except(Street)
            .scalar_subquery()
        )


class Street(Base):
    """A composite foreign key."""

    __tablename__ = "streets"
    __table_args__ = (
        ForeignKeyConstraint(["country_code", "city_name"], ["cities.country_code", "cities.name"]),
        Index("streets_city", "country_code", "city_name"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    country_code: Mapped[str | None]
    city_name: Mapped[str | None]
    city: Mapped[City | None] = relationship(back_populates="streets")


class Passport(Base):
    """Its key is another table's: at most one for each country."""

    __tablename__ = "passports"

    country_code: Mapped[str] = mapped_column(ForeignKey("countries.code"), primary_key=True)
    issued: Mapped[dt.date]
    country: Mapped[Country] = relationship()

    @hybrid_property
    def rare(self):
        return self.country.people < 100

    @rare.inplace.expression
    @classmethod
    def _rare(cls):
        people = select(Country.people).where(Country.code == cls.country_code).correlate_except(Country)
        return people.scalar_subquery() < 100


class Reading(Base):
    """A key of two columns that refer to nothing."""

    __tablename__ = "readings"

    sensor: Mapped[int] = mapped_column(primary_key=True)
    day: Mapped[dt.date] = mapped_column(primary_key=True)
    value: Mapped[int]

    @hybrid_property
    def high(self):
        return self.value > 99
