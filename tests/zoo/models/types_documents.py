"""JSON, JSONB, arrays, HSTORE, mutable and pickled types."""

from sqlalchemy import ARRAY, JSON, Enum, Integer, Numeric, PickleType, Text, func
from sqlalchemy.dialects.postgresql import HSTORE, JSONB
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.ext.mutable import MutableDict, MutableList
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class Document(Base):
    __tablename__ = "documents"

    id: Mapped[int] = mapped_column(primary_key=True)
    json = mapped_column(JSON)
    jsonb = mapped_column(JSONB)
    numbers: Mapped[list[int] | None] = mapped_column(ARRAY(Integer))
    amounts = mapped_column(ARRAY(Numeric(8, 2)))
    words: Mapped[list[str] | None] = mapped_column(ARRAY(Text))
    table = mapped_column(ARRAY(Integer, dimensions=2))
    sizes = mapped_column(ARRAY(Enum("small", "large", name="size")))
    settings: Mapped[dict[str, str] | None] = mapped_column(HSTORE)
    mutable = mapped_column(MutableDict.as_mutable(JSONB))
    mutable_list = mapped_column(MutableList.as_mutable(ARRAY(Text)))
    pickled = mapped_column(PickleType)
    mutable_pickled = mapped_column(MutableList.as_mutable(PickleType))

    @hybrid_property
    def json_value(self):
        return self.json

    @hybrid_property
    def jsonb_value(self):
        return self.jsonb

    @hybrid_property
    def numbers_value(self):
        return self.numbers

    @hybrid_property
    def amounts_value(self):
        return self.amounts

    @hybrid_property
    def words_value(self):
        return self.words

    @hybrid_property
    def table_value(self):
        return self.table

    @hybrid_property
    def sizes_value(self):
        return self.sizes

    @hybrid_property
    def settings_value(self):
        return self.settings

    @hybrid_property
    def mutable_value(self):
        return self.mutable

    @hybrid_property
    def mutable_list_value(self):
        return self.mutable_list

    @hybrid_property
    def pickled_value(self):
        return self.pickled

    @hybrid_property
    def mutable_pickled_value(self):
        return self.mutable_pickled

    @hybrid_property
    def number_of_words(self):
        return None if self.words is None else len(self.words)

    @number_of_words.inplace.expression
    @classmethod
    def _number_of_words(cls):
        return func.cardinality(cls.words)

    @hybrid_property
    def wrong_number_of_words(self):
        """The length of an empty array is NULL."""
        return None if self.words is None else len(self.words)

    @wrong_number_of_words.inplace.expression
    @classmethod
    def _wrong_number_of_words(cls):
        return func.array_length(cls.words, 1)
