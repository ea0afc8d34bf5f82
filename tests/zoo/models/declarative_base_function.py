"""declarative_base(), Column without annotations: how most older applications look."""

from sqlalchemy import Column, ForeignKey, Integer, String, func, select
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import declarative_base, relationship

Base = declarative_base()


class Author(Base):
    __tablename__ = "authors"

    id = Column(Integer, primary_key=True)
    first = Column(String(20), nullable=False)
    last = Column(String(20), nullable=False)
    books = relationship("Book", back_populates="author")

    @hybrid_property
    def full_name(self):
        return self.first + " " + self.last

    @hybrid_property
    def pages(self):
        return sum(book.pages for book in self.books)

    @pages.expression
    def pages(cls):
        return (
            select(func.coalesce(func.sum(Book.pages), 0))
            .where(Book.author_id == cls.id)
            .correlate_except(Book)
            .scalar_subquery()
        )

    @hybrid_property
    def wrong_pages(self):
        return sum(book.pages for book in self.books)

    @wrong_pages.expression
    def wrong_pages(cls):
        return (
            select(func.sum(Book.pages))
            .where(Book.author_id == cls.id)
            .correlate_except(Book)
            .scalar_subquery()
        )


class Book(Base):
    __tablename__ = "books"

    id = Column(Integer, primary_key=True)
    author_id = Column(ForeignKey("authors.id"), index=True)
    pages = Column(Integer, nullable=False)
    author = relationship(Author, back_populates="books")
