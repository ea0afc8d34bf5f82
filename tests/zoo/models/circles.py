"""Circles of four tables by nullable foreign keys: rows first, what refers to later tables after."""

from sqlalchemy import ForeignKey
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    pass


class Company(Base):
    __tablename__ = "companies"

    id: Mapped[int] = mapped_column(primary_key=True)
    main_office_id: Mapped[int | None] = mapped_column(ForeignKey("offices.id"), index=True)
    main_office: Mapped["Office | None"] = relationship(foreign_keys=[main_office_id])

    @hybrid_property
    def main_floor(self):
        return self.main_office is not None and self.main_office.main_floor is not None

    @main_floor.inplace.expression
    @classmethod
    def _main_floor(cls):
        return cls.main_office.has(Office.main_floor_id.is_not(None))

    @hybrid_property
    def self_made(self):
        office = self.main_office
        floor = office.main_floor if office else None
        room = floor.main_room if floor else None
        return room is not None and room.company_id == self.id

    @self_made.inplace.expression
    @classmethod
    def _self_made(cls):
        room = Floor.main_room.has(Room.company_id == cls.id)
        return cls.main_office.has(Office.main_floor.has(room))

    @hybrid_property
    def wrong_self_made(self):
        office = self.main_office
        floor = office.main_floor if office else None
        room = floor.main_room if floor else None
        return room is not None and room.company_id == self.id

    @wrong_self_made.inplace.expression
    @classmethod
    def _wrong_self_made(cls):
        return cls.main_office.has(Office.main_floor.has(Floor.main_room_id.is_not(None)))


class Office(Base):
    __tablename__ = "offices"

    id: Mapped[int] = mapped_column(primary_key=True)
    main_floor_id: Mapped[int | None] = mapped_column(ForeignKey("floors.id"), index=True)
    main_floor: Mapped["Floor | None"] = relationship()


class Floor(Base):
    __tablename__ = "floors"

    id: Mapped[int] = mapped_column(primary_key=True)
    main_room_id: Mapped[int | None] = mapped_column(ForeignKey("rooms.id"), unique=True)
    main_room: Mapped["Room | None"] = relationship()


class Room(Base):
    __tablename__ = "rooms"

    id: Mapped[int] = mapped_column(primary_key=True)
    company_id: Mapped[int | None] = mapped_column(ForeignKey("companies.id"), index=True)
    company: Mapped[Company | None] = relationship(foreign_keys=[company_id])
