"""Models that go wrong in every known way, a hybrid for each; and examples of them, made without a database."""

import enum
import math
import re
import uuid
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache

import sqlalchemy as sa
from sqlalchemy import (
    CHAR,
    DateTime,
    ForeignKey,
    Integer,
    Numeric,
    Text,
    case,
    cast,
    extract,
    func,
    literal,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.ext.hybrid import Comparator, hybrid_method, hybrid_property
from sqlalchemy.orm import DeclarativeBase, aliased, mapped_column, relationship

from harness.core.dataset import Dataset
from harness.core.observation import Answer, Example, Translation
from harness.core.outcome import Raised, Returned, TimedOut
from harness.discovery import Discovered, discover
from harness.discovery.targets import Target
from harness.evaluation.subject import Subject
from harness.evaluation.translation import translate


class Base(DeclarativeBase):
    pass


class Color(enum.Enum):
    RED = "red"


def sql(expression):
    """A hybrid's expression in one line."""
    return lambda getter: hybrid_property(getter, expr=expression)


class Extra(sa.TypeDecorator):
    impl = JSONB
    cache_ok = True


class Money(sa.TypeDecorator):
    impl = sa.BigInteger
    cache_ok = True

    def process_result_value(self, value, _dialect):
        return None if value is None else Decimal(value) / 100


class Item(Base):
    __tablename__ = "items"
    id = mapped_column(Integer, primary_key=True)
    order_id = mapped_column(ForeignKey("orders.id"))
    price = mapped_column(Integer)
    done = mapped_column(sa.Boolean)
    name = mapped_column(Text)
    song_id = mapped_column(ForeignKey("songs.id"))
    song = relationship("Song")


class Song(Base):
    __tablename__ = "songs"
    id = mapped_column(Integer, primary_key=True)
    artist = mapped_column(Text)


class Word(Comparator):
    def __eq__(self, other):
        return func.lower(self.__clause_element__()) == func.lower(other)


def of_items(value, *conditions):
    """A function of a class: the scalar subquery of ``value`` over its items."""
    return lambda cls: (
        select(value)
        .where(Item.order_id == cls.id, *conditions)
        .correlate_except(Item, Song)
        .scalar_subquery()
    )


class Order(Base):
    __tablename__ = "orders"
    id = mapped_column(Integer, primary_key=True)
    kind = mapped_column(Text, nullable=False)
    parent_id = mapped_column(ForeignKey("orders.id"))
    code = mapped_column(CHAR(5))
    first = mapped_column(Text)
    last = mapped_column(Text)
    price = mapped_column(Numeric(10, 2))
    number = mapped_column(Integer)
    other = mapped_column(Integer)
    cents = mapped_column(Money)
    extra = mapped_column(Extra)
    paid = mapped_column(sa.Boolean)
    sent = mapped_column(sa.Boolean)
    data = mapped_column(JSONB)
    tags = mapped_column(ARRAY(Text))
    token = mapped_column(sa.Uuid)
    priority = mapped_column(sa.Enum("low", "mid", "high", name="priority"))
    start = mapped_column(DateTime)
    end = mapped_column(DateTime)
    at = mapped_column(DateTime(timezone=True))
    born = mapped_column(sa.Date)
    items = relationship(Item, order_by=Item.id)
    done_items = relationship(
        Item, primaryjoin=lambda: (Item.order_id == Order.id) & Item.done, viewonly=True
    )
    priced_items = relationship(Item, order_by=Item.price, viewonly=True)
    colour = mapped_column(sa.Enum(Color, native_enum=False))
    children = relationship("Order")
    __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "order"}

    @sql(lambda cls: cls.number + 0)
    def total(self):
        return self.number

    @sql(of_items(func.count(Item.id)))
    def number_done(self):
        return len(self.done_items)

    @sql(lambda cls: select(Item.id).where(Item.order_id == cls.id, Song.artist == "a").exists())
    def by_artist(self):
        return any(item.song.artist == "a" for item in self.items)

    @sql(lambda cls: select(Item.id).join(Song).where(Item.order_id == cls.id, Song.artist == "a").exists())
    def joined_by_artist(self):
        return any(item.song.artist == "a" for item in self.items)

    @sql(
        lambda cls: (
            select(Item.price)
            .where(Item.order_id == cls.id)
            .order_by(Item.price.desc())
            .limit(1)
            .scalar_subquery()
        )
    )
    def dearest(self):
        return max((item.price for item in self.items if item.price is not None), default=None)

    @sql(lambda cls: select(func.count(Item.id)).where(Item.song_id == cls.id).scalar_subquery())
    def counted_elsewhere(self):
        return len(self.items)

    @sql(
        lambda cls: (
            select(Item.name)
            .where(Item.order_id == cls.id)
            .order_by(Item.id.desc())
            .limit(1)
            .scalar_subquery()
        )
    )
    def last_done(self):
        return self.priced_items[-1].name

    @sql(lambda cls: func.substr(cls.first, 1, 1).concat(func.substr(cls.last, 0, 1)))
    def initials(self):
        return self.first[:1] + self.last[:1]

    @sql(lambda cls: cls.code > "9")
    def later(self):
        return int(self.code) > 9

    @sql(lambda cls: cls.colour == "RED")
    def is_red(self):
        return self.colour == "RED"

    @sql(lambda cls: cast(cls.colour, Text))
    def colour_text(self):
        return self.colour.value

    @sql(lambda cls: cls.tags[1])
    def second_tag(self):
        return self.tags[1]

    @sql(lambda cls: extract("dow", cls.born))
    def weekday(self):
        return self.born.weekday()

    @sql(lambda cls: extract("day", cls.born))
    def weekday_and_day(self):
        return self.born.weekday()

    @sql(lambda cls: extract("hour", cls.end - cls.start))
    def hours(self):
        return (self.end - self.start).total_seconds() / 3600

    @sql(lambda cls: extract("hour", cls.end))
    def hour(self):
        return (self.end - self.start).total_seconds() / 3600

    @hybrid_property
    def zero_fee(self):
        return self.number if self.number is not None else 0

    zero_fee_sql = zero_fee.expression(lambda cls: func.coalesce(cls.number, 0))

    @hybrid_property
    def kept(self):
        if not hasattr(self, "_kept"):
            self._kept = self.number * 2
        return self._kept

    @hybrid_property
    def fee(self):
        return self.number

    @hybrid_property
    def word(self):
        return self.first.lower()

    @word.inplace.comparator
    @classmethod
    def _word_comparator(cls):
        return Word(cls.first)

    @word.inplace.expression
    @classmethod
    def _word_expression(cls):
        return func.lower(cls.first)

    @hybrid_property
    def same_word(self):
        return self.first

    @hybrid_property
    def late(self):
        return self.first

    @hybrid_property
    def label(self):
        return self.first + str(self.number)

    @hybrid_property
    def ready(self):
        return self.paid and self.sent

    @hybrid_property
    def shown(self):
        return self.price if self.paid else self.number

    @sql(lambda cls: cls.number * 2)
    def doubled(self):
        return self.number * self.other

    @sql(lambda cls: func.random() * cls.number)
    def chance(self):
        return self.number

    @sql(lambda cls: func.unnest(cls.tags, type_=Text))
    def tag(self):
        return self.tags[0]

    @sql(lambda _: func.sum(Item.price))
    def items_total(self):
        return sum(item.price for item in self.items)

    @sql(of_items(Item.price))
    def any_price(self):
        return self.items[0].price

    @sql(lambda cls: cls.tags.contains("x"))
    def tagged(self):
        return "x" in self.tags

    @sql(lambda cls: select(func.count(Item.id)).where(Item.order_id == cls.parent_id).scalar_subquery())
    def misjoined(self):
        return len(self.items)

    @sql(lambda _: select(func.count(Item.id)).where(Item.done.is_(True)).scalar_subquery())
    def uncorrelated(self):
        return len([item for item in self.items if item.done])

    @hybrid_property
    def number_of_children(self):
        return len(self.children)

    @number_of_children.inplace.expression
    @classmethod
    def _number_of_children(cls):
        other = aliased(Order)
        return select(func.count(other.id)).where(other.id == cls.parent_id).scalar_subquery()

    @sql(lambda cls: select(Item.price).where(Item.order_id == cls.id).limit(1).scalar_subquery())
    def first_price(self):
        return self.items[0].price if self.items else None

    @sql(of_items(func.string_agg(Item.name, ",")))
    def names(self):
        return ",".join(item.name for item in self.items)

    @sql(
        lambda cls: (
            select(func.count(Song.artist))
            .select_from(Item)
            .join(Song)
            .where(Item.order_id == cls.id)
            .correlate_except(Item, Song)
            .scalar_subquery()
        )
    )
    def artists(self):
        return len({item.song.artist for item in self.items})

    @sql(
        lambda cls: (
            select(func.count(Item.id))
            .select_from(Item)
            .join(Song, Song.artist == Item.name)
            .where(Item.order_id == cls.id)
            .correlate_except(Item, Song)
            .scalar_subquery()
        )
    )
    def known_items(self):
        return len(self.items)

    @sql(lambda cls: cls.data["tags"])
    def settings(self):
        return self.data.get("tags", [])

    @sql(lambda cls: cls.first + " " + cls.last)
    def full_name(self):
        return f"{self.first} {self.last}"

    @sql(lambda cls: func.coalesce(cls.first, cls.last))
    def nick(self):
        return self.first or self.last

    @sql(lambda cls: cls.first.not_in(["x", "y"]))
    def unusual(self):
        return self.first not in ("x", "y")

    @sql(lambda cls: ~cls.items.any(Item.done == sa.false()))
    def all_done(self):
        return all(item.done for item in self.items)

    @sql(of_items(func.count(Item.price)))
    def number_of_items(self):
        return len(self.items)

    @sql(of_items(func.sum(Item.price)))
    def sum_of_items(self):
        return sum(item.price or 0 for item in self.items)

    @sql(lambda cls: cls.number + cls.other)
    def both(self):
        return (self.number or 0) + (self.other or 0)

    @sql(lambda cls: case((sa.and_(cls.number.is_not(None), cls.number != 0), cls.other / cls.number)))
    def share(self):
        return ((self.other or 0) / self.number) if self.number else None

    @sql(lambda cls: cls.data["by"].astext)
    def by(self):
        return self.data["by"]

    @sql(lambda cls: func.jsonb_extract_path_text(cls.data, "by"))
    def extracted(self):
        return self.data["by"]

    @sql(lambda cls: func.julianday(cls.at))
    def days(self):
        return self.at

    @sql(lambda cls: cls.first + "")
    def as_written(self):
        return self.first

    @sql(lambda cls: func.lower(cls.first))
    def lowered(self):
        return self.first.lower()

    @sql(of_items(func.max(Item.price)))
    def highest(self):
        return max(item.price for item in self.items)

    @sql(lambda cls: cls.first)
    def color(self):
        return Color(self.first)

    @sql(lambda cls: cls.end - cls.start)
    def seconds(self):
        return (self.end - self.start).total_seconds()

    @sql(lambda cls: cls.token)
    def token_text(self):
        return str(self.token)

    @sql(lambda cls: cls.data["n"].astext > "10")
    def many(self):
        return self.data["n"] > 10

    @sql(lambda cls: func.date_trunc("day", cls.start))
    def day(self):
        return self.start.date()

    @sql(lambda cls: cls.number)
    def number_text(self):
        return str(self.number)

    @sql(lambda cls: cls.priority > "low")
    def urgent(self):
        return self.priority > "low"

    @sql(lambda cls: cls.price * 1.5)
    def with_tax(self):
        return self.price * 1.5

    @sql(lambda cls: cls.number * cls.other)
    def product(self):
        return self.number * self.other

    @sql(lambda cls: cls.number / cls.other)
    def ratio(self):
        return self.number / self.other

    @sql(lambda cls: func.round(cls.price, 0))
    def rounded(self):
        return round(self.price, 0)

    @sql(lambda cls: cast(cls.price, Integer))
    def whole(self):
        return int(self.price)

    @sql(lambda cls: cls.number // cls.other)
    def quotient(self):
        return self.number // self.other

    @sql(lambda cls: cls.number % 3)
    def remainder(self):
        return self.number % 3

    @sql(lambda cls: cls.number // cls.other)
    def fraction(self):
        return self.number / self.other

    @sql(lambda cls: func.length(cls.code))
    def length(self):
        return len(self.code)

    @sql(lambda cls: cls.first.contains("a_b"))
    def matching(self):
        return "a_b" in self.first

    @sql(lambda cls: cls.first.icontains("x"))
    def has_x(self):
        return "x" in self.first

    @sql(lambda cls: func.substr(cls.first, 0, 3))
    def prefix(self):
        return self.first[0:3]

    @sql(lambda cls: cls.first.regexp_match("ab"))
    def pattern(self):
        return bool(re.match("ab", self.first))

    @sql(lambda cls: cls.first < "m")
    def in_first_half(self):
        return self.first < "m"

    @sql(lambda cls: extract("epoch", cls.end - cls.start))
    def duration(self):
        return (self.end - self.start).seconds

    @sql(lambda cls: extract("year", func.current_date()) - extract("year", cls.born))
    def age(self):
        today = datetime.now(UTC).date()
        return today.year - self.born.year - ((today.month, today.day) < (self.born.month, self.born.day))

    @sql(lambda cls: cls.at < func.now())
    def over(self):
        return self.at < datetime.now()

    @sql(lambda cls: func.date(cls.at))
    def local_day(self):
        return self.at.astimezone(UTC).date()

    @sql(lambda cls: cls.at + sa.literal_column("interval '1 day'", sa.Interval))
    def due(self):
        return self.at + timedelta(days=1)

    @sql(lambda cls: cls.start < func.now())
    def begun(self):
        return self.start < datetime.now(UTC).replace(tzinfo=None)

    @sql(lambda cls: ~cls.paid)
    def unpaid(self):
        return not self.paid

    @sql(lambda _: sa.literal_column("orders.number * 2", Integer))
    def twice(self):
        return self.number * 2

    @sql(lambda _: sa.literal_column("orders.paid OR orders.sent", sa.Boolean))
    def begun_as_text(self):
        return self.paid or self.sent

    @sql(lambda cls: cls.paid.bool_op("OR", precedence=9)(cls.sent))
    def begun_by_operator(self):
        return self.paid or self.sent

    @sql(lambda cls: cls.paid | cls.sent)
    def begun_in_any_way(self):
        return self.paid or self.sent

    @sql(
        lambda cls: (
            select(func.count(Item.id)).where(Item.order_id == cls.id).correlate(Order).scalar_subquery()
        )
    )
    def counted(self):
        return len(self.items)

    @sql(lambda cls: case((cls.paid, cls.number), else_=0))
    def decided(self):
        return self.number if self.paid else 0

    @sql(lambda cls: func.concat(cls.first, ", ", cls.last))
    def address(self):
        return ", ".join(each for each in (self.first, self.last) if each is not None)

    @sql(lambda cls: cast(cls.first, Integer))
    def first_number(self):
        return int(self.first) if self.first.isdigit() else None

    @sql(lambda cls: func.log(cls.number))
    def logarithm(self):
        return math.log(self.number)

    @sql(lambda cls: func.log(cls.number))
    def decimal_logarithm(self):
        return math.log10(self.number)

    @sql(lambda cls: func.sqrt(cls.price))
    def root(self):
        return math.sqrt(self.price) if self.price >= 0 else None

    @sql(lambda cls: func.to_char(cls.start, "HH24:MM"))
    def time_of_day(self):
        return self.start.strftime("%H:%M")

    @sql(lambda cls: func.to_char(cls.start, "YYYY-IW"))
    def week_of_start(self):
        return self.start.strftime("%G-%V")

    @sql(lambda cls: func.to_char(cls.number, "000"))
    def three_digits(self):
        return f"{self.number:03d}"

    @sql(lambda cls: func.split_part(cls.first, "@", 2))
    def domain(self):
        return self.first.split("@")[1]

    @sql(lambda cls: func.split_part(cls.first, ":", 1))
    def scheme(self):
        return self.first[: self.first.index(":")] if ":" in self.first else ""

    @sql(lambda cls: func.split_part(cls.first, "@", 0))
    def no_part(self):
        return self.first.split("@")[0]

    @sql(lambda cls: func.split_part(cls.first, "@", 1))
    def part_before(self):
        return self.first.split("@")[1]

    @sql(lambda cls: func.strpos(cls.first, "/"))
    def slash(self):
        return self.first.find("/")

    @sql(lambda cls: func.substr(cls.first, -4))
    def ending(self):
        return self.first[-4:]

    @sql(lambda cls: func.regexp_replace(cls.first, "[^0-9]", ""))
    def digits(self):
        return re.sub("[^0-9]", "", self.first)

    @sql(lambda cls: func.trim(cls.first))
    def trimmed(self):
        return self.first.strip()

    @sql(lambda cls: func.length(cls.first))
    def size(self):
        return len(self.first.encode())

    @sql(lambda cls: func.lpad(cast(cls.number, Text), 5, "0"))
    def padded(self):
        return str(self.number).zfill(5)

    @sql(lambda cls: cls.born + func.make_interval(0, 1))
    def renewal(self):
        return self.born + timedelta(days=30)

    @sql(lambda cls: extract("year", cls.born))
    def year_of_week(self):
        return self.born.isocalendar()[0]

    @sql(lambda cls: cast(func.date_trunc("week", cls.born), sa.Date))
    def week(self):
        return self.born - timedelta(days=self.born.isoweekday() % 7)

    @sql(lambda cls: extract("month", func.age(cls.end, cls.start)))
    def months(self):
        return (self.end.year - self.start.year) * 12 + self.end.month - self.start.month

    @hybrid_property
    def members(self):
        return len(self.items)

    @members.inplace.expression
    @classmethod
    def _members(cls):
        other = aliased(Order)
        joined = select(func.count()).select_from(other).outerjoin(Item, Item.order_id == other.id)
        return joined.where(other.id == cls.id).correlate(cls).scalar_subquery()

    @sql(
        lambda _: (
            select(func.count(Item.id))
            .select_from(Order)
            .join(Item, Item.order_id == Order.id)
            .scalar_subquery()
        )
    )
    def joined_anew(self):
        return len(self.items)

    @sql(lambda cls: case((cls.number < 10, "low")))
    def stock(self):
        return "low" if self.number < 10 else "ok"

    @sql(lambda cls: cls.data.is_(None))
    def bare(self):
        return self.data is None

    @sql(lambda cls: cls.data["by"].astext.is_not(None))
    def signed(self):
        return "by" in self.data

    @sql(lambda cls: func.array_length(cls.tags, 1))
    def number_of_tags(self):
        return len(self.tags)

    @sql(lambda cls: func.array_position(cls.tags, "b"))
    def place_of_tag(self):
        return self.tags.index("b")

    @sql(lambda cls: literal("x") == sa.any_(cls.tags))
    def has_tag(self):
        return "x" in self.tags

    @sql(lambda cls: cls.first.not_in(select(Song.artist)))
    def unsung(self):
        return self.first not in {song.artist for song in sa.orm.object_session(self).scalars(select(Song))}

    @sql(lambda cls: cls.paid.is_(False))
    def owing(self):
        return not self.paid

    @sql(lambda cls: func.jsonb_array_length(cls.extra, type_=Integer))
    def length_of_extra(self):
        return len(self.extra)

    @sql(lambda cls: func.abs(cls.cents))
    def amount(self):
        return abs(self.cents)

    @hybrid_property
    def spent(self):
        return self.cents or self.number

    @sql(
        lambda cls: (
            select(Item.price)
            .where(Item.order_id == cls.id)
            .order_by(Item.price)
            .limit(1)
            .correlate(cls)
            .scalar_subquery()
        )
    )
    def cheapest(self):
        return self.priced_items[-1].price

    @sql(
        lambda cls: (
            select(Item.name)
            .where(Item.order_id == cls.id)
            .order_by(Item.price)
            .limit(1)
            .correlate(cls)
            .scalar_subquery()
        )
    )
    def name_of_cheapest(self):
        return self.priced_items[0].name

    @sql(lambda cls: cls.number.between(50, 100))
    def passed(self):
        return 50 <= self.number < 100

    @sql(lambda cls: cls.number > cls.other)
    def above(self):
        return self.number >= self.other

    @sql(lambda cls: cls.number % 2 == 1)
    def odd(self):
        return self.number % 2 == 1

    @sql(lambda cls: func.trunc(cls.price, 1))
    def tenths(self):
        return math.floor(self.price * 10) / Decimal(10)

    @sql(lambda cls: func.rank().over(order_by=cls.number.desc()))
    def place(self):
        return self.number

    @sql(lambda cls: cls.items.any(Item.done))
    def finished(self):
        return all(item.done for item in self.items)

    @sql(lambda cls: sa.or_(cls.paid, select(Item.id).exists()))
    def paid_or_filled(self):
        return self.paid or bool(self.items)

    @sql(lambda cls: cls.data["by"]["name"].astext)
    def name_within(self):
        return self.data.get("by", {}).get("name", "")

    @sql(lambda cls: case((cls.first.is_not(None), cls.first), else_=cls.last))
    def nick_by_case(self):
        return self.first or self.last

    @sql(lambda cls: cls.colour.in_([Color.RED]))
    def reddish(self):
        return self.colour in ("red", "blue")

    @sql(lambda cls: cls.tags[-1])
    def last_tag(self):
        return self.tags[-1]

    @hybrid_method
    def late_by(self, days: int = 30):
        return self.number > days

    @late_by.inplace.expression
    @classmethod
    def _late_by(cls, days=14):
        return cls.number > days


hasattr(Order, "late")
vars(Order)["late"].inplace.expression(lambda cls: func.upper(cls.first))


class Gift(Order):
    __mapper_args__ = {"polymorphic_identity": "gift"}

    @Order.total.getter
    def total(self):
        return self.number * 2

    @hybrid_property
    def fee(self):
        return 0


ROW = {"id": 1, "kind": "order", "parent_id": None, "paid": True, "sent": True}


@cache
def discovered() -> dict[str, Discovered]:
    """The hybrids above, by name."""
    mappers = sorted(Base.registry.mappers, key=lambda mapper: mapper.class_.__name__)
    sa.orm.configure_mappers()
    return {each.hybrid.name: each for each in discover(Target("shop:Base", tuple(mappers)))}


@cache
def translated(name: str) -> Translation:
    """A hybrid's SQL, before any data."""
    each = discovered()[name]
    return translate(each.hybrid, Subject(each.mapper, each.hybrid.attribute, each.mapper.class_), seconds=5)


def seen(name, python, value, row=(), *, items=(), songs=(), answers=(), arguments=()):
    """Both sides on the order 1 with ``row``'s columns and its items; ``value`` is SQL's, or what became of the select."""
    rows = {
        "orders": ({**ROW, **dict(row)},),
        "items": tuple({"id": i, "order_id": 1, **item} for i, item in enumerate(items, 1)),
        "songs": tuple({"id": i, **song} for i, song in enumerate(songs, 1)),
    }
    outcome = python if isinstance(python, Raised | TimedOut) else Returned(python)
    values = value if isinstance(value, list) else [value]
    select_outcome = value if isinstance(value, Raised) else Returned(tuple((1, each) for each in values))
    name = name if "." in name else f"Order.{name}"
    return Example(
        discovered()[name].hybrid,
        translated(name).structure,
        Dataset(rows, arguments=tuple(arguments)),
        {(1,): outcome},
        select_outcome,
        tuple(answers),
    )


def elsewhere(position, got, expected=((1, 5),)):
    """A position's answer."""
    return Answer(position, got if isinstance(got, Raised) else Returned(got), expected)


TOKEN = uuid.UUID("12345678-1234-5678-1234-567812345678")
HALF = Decimal("0.50")
