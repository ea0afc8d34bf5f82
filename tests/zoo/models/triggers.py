"""Triggers that fill NOT NULL columns: they fire, whatever rows hold there."""

from sqlalchemy import DDL, String, event
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class Article(Base):
    __tablename__ = "articles"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String(20))
    search: Mapped[str] = mapped_column(String(30))

    @hybrid_property
    def searched_as_titled(self):
        return self.search == self.title + "!"

    @hybrid_property
    def wrong_searched(self):
        return self.search == self.title

    @wrong_searched.inplace.expression
    @classmethod
    def _wrong_searched(cls):
        return cls.search == cls.title + "!"


FILL = DDL("""
    CREATE FUNCTION fill_search() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF NEW.id > 1 THEN NEW.search := NEW.title || '!'; END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER fill BEFORE INSERT OR UPDATE ON articles FOR EACH ROW EXECUTE FUNCTION fill_search();
""")
event.listen(Article.__table__, "after_create", FILL)
