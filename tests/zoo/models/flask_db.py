"""Flask-SQLAlchemy: an object with .Model; no application, no context."""

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import func
from sqlalchemy.ext.hybrid import hybrid_property

db = SQLAlchemy()


class User(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    email = db.Column(db.String(50), nullable=False, unique=True)

    @hybrid_property
    def shouted(self):
        return "<" + self.email + ">"

    @hybrid_property
    def wrong_short(self):
        return len(self.email) < 2

    @wrong_short.expression
    def wrong_short(cls):
        return func.char_length(cls.email) <= 2
