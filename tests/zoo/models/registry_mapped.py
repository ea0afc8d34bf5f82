"""registry.mapped and registry.mapped_as_dataclass, without any base class; the target names the bare registry."""

from sqlalchemy import func
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapped, mapped_column, registry

reg = registry()


@reg.mapped
class Tag:
    __tablename__ = "tags"

    id: Mapped[int] = mapped_column(primary_key=True)
    label: Mapped[str]

    @hybrid_property
    def length(self):
        return len(self.label)

    @length.inplace.expression
    @classmethod
    def _length(cls):
        return func.char_length(cls.label)

    @hybrid_property
    def wrong_length(self):
        return len(self.label)

    @wrong_length.inplace.expression
    @classmethod
    def _wrong_length(cls):
        return func.char_length(cls.label + "s")


@reg.mapped_as_dataclass
class Colour:
    __tablename__ = "colours"

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    red: Mapped[int] = mapped_column(default=0)

    @hybrid_property
    def reddish(self):
        return self.red > 99
