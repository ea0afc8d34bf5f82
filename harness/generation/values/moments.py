"""Dates, times and spans: around fixed moments that clocks and calendars make hard, and around now."""

import datetime as dt
from collections.abc import Iterable
from datetime import timedelta
from typing import Any, TypeVar

from harness.generation.values.domain import Constants, Domain, Lookup, plain

Clock = TypeVar("Clock", dt.datetime, dt.time)


def _utc(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


def _years_before(moment: dt.datetime, years: int) -> dt.datetime:
    """The same day of an earlier year; 28 February for the 29th."""
    try:
        return moment.replace(year=moment.year - years)
    except ValueError:
        return moment.replace(year=moment.year - years, day=28)


START = _utc("2024-01-01")
NOW = dt.datetime.now(dt.UTC).replace(microsecond=0)
"""The moment at which the run began: a comparison with the clock has rows on both of its sides."""
FIXED = (
    START,
    _utc("2024-01-01 12:00"),
    _utc("2024-01-31"),
    _utc("2024-02-29 23:59:59.999999"),
    _utc("2024-03-10 07:30"),  # New York's clock skips an hour at 07:00 UTC
    _utc("2024-03-31 01:30"),  # Europe's at 01:00 UTC
    _utc("2024-10-27 00:30"),  # and here it repeats one
    _utc("2024-11-03 05:30"),  # New York's the one from 05:00
    _utc("2023-12-31 23:30"),
    _utc("1999-12-31"),
    _utc("1970-01-01"),
    _utc("1969-12-31 23:59:59"),
)
AWAY = (timedelta(minutes=1), timedelta(hours=1), timedelta(days=1), timedelta(days=7), timedelta(days=30))
RELATIVE = (
    NOW,
    *(moment for away in AWAY for moment in (NOW - away, NOW + away)),
    *(_years_before(NOW, years) + timedelta(days=days) for years in (18, 25, 1) for days in (0, -1, 1)),
)
MOMENTS = (*FIXED, *RELATIVE)
"""As many in every run, so that a choice kept from an earlier one stays the same: no duplicates are removed."""
SPANS = (
    timedelta(0), timedelta(seconds=1), timedelta(hours=1), timedelta(days=1), timedelta(days=2, hours=1), timedelta(days=-1),
    timedelta(seconds=-90), timedelta(minutes=90), timedelta(days=7), timedelta(days=30), timedelta(days=31),
    timedelta(days=365), timedelta(microseconds=1),
)  # fmt: skip
MICROSECOND_DIGITS = 6


def dates(_type: Any, constants: Constants, _lookup: Lookup) -> Domain:
    """The days of the moments."""
    mined = (value.date() if isinstance(value, dt.datetime) else value for value in _moments(constants))
    return Domain(
        tuple(moment.date() for moment in MOMENTS),
        lambda number: START.date() + timedelta(days=number),
        tuple(mined),
    )


def datetimes(type_: Any, constants: Constants, _lookup: Lookup) -> Domain:
    """With a zone in UTC; without one, what a clock in Greenwich shows."""
    zone = dt.UTC if type_.timezone else None
    mined = (_at(zone, value) for value in _moments(constants))
    return Domain(
        tuple(_rounded(moment.replace(tzinfo=zone), type_) for moment in MOMENTS),
        lambda number: START.replace(tzinfo=zone) + timedelta(days=number),
        tuple(_rounded(value, type_) for value in mined),
    )


def _moments(constants: Constants) -> Iterable[dt.date]:
    return (value for value in map(plain, constants) if isinstance(value, dt.date))


def _at(zone: dt.tzinfo | None, value: dt.date) -> dt.datetime:
    if not isinstance(value, dt.datetime):
        return dt.datetime(value.year, value.month, value.day, tzinfo=zone)
    return value.replace(tzinfo=zone) if zone is None or value.tzinfo is None else value.astimezone(zone)


def times(type_: Any, constants: Constants, _lookup: Lookup) -> Domain:
    """The times of day of the moments."""
    zone = dt.UTC if type_.timezone else None
    mined = (value.replace(tzinfo=zone) for value in constants if isinstance(value, dt.time))
    return Domain(
        tuple(_rounded(moment.time().replace(tzinfo=zone), type_) for moment in MOMENTS),
        lambda number: (START + timedelta(seconds=number)).time().replace(tzinfo=zone),
        tuple(mined),
    )


def _rounded(value: Clock, type_: Any) -> Clock:
    """``value`` with the type's digits: the server would round up, and 24:00 is a time that Python lacks."""
    digits = getattr(type_, "precision", None)
    if digits is None:
        return value
    unit = 10 ** (MICROSECOND_DIGITS - digits)
    return value.replace(microsecond=value.microsecond // unit * unit)


def intervals(_type: Any, constants: Constants, _lookup: Lookup) -> Domain:
    """Spans of both signs."""
    mined = tuple(value for value in constants if isinstance(value, timedelta))
    return Domain(SPANS, lambda number: timedelta(minutes=number), mined)
