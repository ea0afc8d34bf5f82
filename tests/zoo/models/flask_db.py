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
    def wrong_domain(self):
        return self.email[self.email.find("@") + 1 :]

    @wrong_domain.expression
    def wrong_domain(cls):
        return func.split_part(cls.email, "@", 2)
