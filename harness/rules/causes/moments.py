"""Causes in dates, times and spans."""

import datetime as dt
from typing import Any

from harness.core.expression import Operation
from harness.core.observation import Example, Key
from harness.core.outcome import Raised
from harness.rules.base import Documentation, shown
from harness.rules.cause import (
    Cause,
    Difference,
    Explanation,
    ValueCause,
    attribute,
    fact,
    is_number,
    operand_written,
    operations,
    uses,
    values_shown,
    written,
)

DAY = 86400
NAIVE = "offset-naive"
BY_ZONE = ("date", "date_trunc", "extract", "date_part", "to_char", "cast")
ZONED = "TIMESTAMP WITH TIME ZONE"


class SecondsOfTheDay(ValueCause):
    """timedelta.seconds is what is left below a day."""

    code = "HH280"
    name = "seconds-without-days"
    documentation = Documentation(
        what="The getter takes .seconds of a timedelta, which is what is left below a day; the SQL takes the whole span in seconds.",
        why="A span of two days and an hour is 3600 in Python.",
        limits="Reported where the two numbers are a multiple of a day apart.",
        example="(self.end - self.start).seconds and extract('epoch', cls.end - cls.start)",
        instead="(self.end - self.start).total_seconds()",
    )

    def explain_values(self, seen: Example, key: Key, python: Any, sql: Any) -> Explanation | None:
        """Where whole days are missing."""
        del key
        if (
            not (is_number(python) and is_number(sql))
            or not uses(seen, "seconds")
            or uses(seen, "total_seconds")
        ):
            return None
        apart = (float(python) - float(sql)) % DAY
        call = next(
            (each for each in operations(seen, "extract", "date_part") if _field(each) == "epoch"), None
        )
        if call is None or 1 <= apart <= DAY - 1:
            return None
        return (
            f"{values_shown(seen, python, sql)}: `.seconds` of a timedelta is what is left below a day, and `{call.shown}` the whole span.",
            "Take the whole span in the getter: `.total_seconds()` in place of `.seconds`.",
        )


def _field(operation: Operation) -> object:
    return operation.operands[0].value if operation.operands else None


class YearsSubtracted(ValueCause):
    """Years are subtracted without regard to the birthday."""

    code = "HH281"
    name = "years-without-birthday"
    documentation = Documentation(
        what="One side subtracts the years of two dates, the other asks whether the day has come this year.",
        why="Everyone whose birthday is still to come is a year too old.",
        limits="Reported where the numbers are one apart, the SQL takes years by EXTRACT, and the getter goes by months or days.",
        example="extract('year', func.now()) - extract('year', cls.born)",
        instead="extract('year', func.age(func.current_date(), cls.born))",
    )

    def explain_values(self, seen: Example, key: Key, python: Any, sql: Any) -> Explanation | None:
        """Where they are a year apart."""
        del key
        if not (is_number(python) and is_number(sql)) or abs(python - sql) != 1:
            return None
        calls = [each for each in operations(seen, "extract", "date_part") if _field(each) == "year"]
        if (
            len(calls) < len(("this year", "that year"))
            or any(operations(seen, "age"))
            or not uses(seen, "month", "day", "days", "replace", "timetuple")
        ):
            return None
        column = next((each for call in calls for each in call.columns), None)
        born = written(seen, column) if column is not None else "..."
        return (
            f"{values_shown(seen, python, sql)}: the SQL subtracts years, `{calls[0].shown} - {calls[1].shown}`, whether the day has come this year "
            "or not; the getter asks for it.",
            f"Ask for the day in SQL too: `extract('year', func.age(func.current_date(), {born}))`.",
        )


class NaiveAgainstAware(Cause):
    """A moment without a zone against one with."""

    code = "HH282"
    name = "naive-against-aware"
    documentation = Documentation(
        what="The getter compares or subtracts a datetime without a time zone and one with; or one side gives a moment with a zone, the other without.",
        why="Python raises TypeError; PostgreSQL takes the one without as of the session's zone.",
        limits="Recognised by the words of the TypeError, or by the two values.",
        example="self.expires_at < datetime.utcnow(), with DateTime(timezone=True)",
        instead="self.expires_at < datetime.now(timezone.utc)",
    )

    def explain(self, seen: Example, difference: Difference) -> Explanation | None:
        """Where the TypeError says so, or one value has a zone."""
        python = difference.python
        if len(difference.sql) != 1:
            return None
        if isinstance(python, Raised):
            if "TypeError" not in python.kinds or NAIVE not in python.message:
                return None
            said = (
                f"{seen.hybrid.name} raises {python} in Python, where SQL answers {shown(difference.value)}"
            )
        else:
            value, sql = getattr(python, "value", None), difference.value
            if not (isinstance(value, dt.datetime) and isinstance(sql, dt.datetime)) or (
                value.tzinfo is None
            ) == (sql.tzinfo is None):
                return None
            said = values_shown(seen, value, sql)
        zoned = [each for each in seen.structure.columns if fact(seen, each).type_name == ZONED]
        plain = [
            each
            for each in seen.structure.columns
            if fact(seen, each).type_name == "TIMESTAMP WITHOUT TIME ZONE"
        ]
        if zoned and not plain:
            about = f"{attribute(seen, zoned[0])} has a time zone, and what it meets in the getter has none"
            return f"{said}: {about}.", "Use aware moments in the getter: `datetime.now(timezone.utc)`."
        if plain and not zoned:
            about = f"{attribute(seen, plain[0])} has no time zone, and what it meets has one"
            return (
                f"{said}: {about}.",
                f"Declare {attribute(seen, plain[0])} as `DateTime(timezone=True)`, or compare naive moments of one zone on both sides.",
            )
        return (
            f"{said}: a moment without a time zone meets one with.",
            "Keep all moments with a time zone: `DateTime(timezone=True)` and `datetime.now(timezone.utc)`.",
        )


class DateInSessionZone(ValueCause):
    """The day of a moment depends on the zone, which is the session's in SQL."""

    code = "HH283"
    name = "date-in-session-zone"
    documentation = Documentation(
        what="The SQL takes the date, or a part, of a timestamp with time zone, which PostgreSQL does in the session's zone; the getter in another.",
        why="Around midnight the two are a day apart, and every client sees another.",
        limits="Reported where dates are a day apart or parts differ, and the getter sets a zone. HH304 tells of zones that the session may have.",
        example="self.at.astimezone(BERLIN).date() and func.date(cls.at)",
        instead="func.date(func.timezone('Europe/Berlin', cls.at))",
    )

    def explain_values(self, seen: Example, key: Key, python: Any, sql: Any) -> Explanation | None:
        """Where a part of a zoned column is taken, and the getter has a zone of its own."""
        del key
        days = (
            isinstance(python, dt.date)
            and isinstance(sql, dt.date)
            and abs(_day(python) - _day(sql)) <= dt.timedelta(days=1)
        )
        parts = is_number(python) and is_number(sql)
        if not (days or parts) or not uses(seen, "astimezone", "ZoneInfo", "localize"):
            return None
        for operation in operations(seen, *BY_ZONE):
            column = next(
                (
                    each.column
                    for each in operation.operands
                    if each.column and fact(seen, each.column).type_name == ZONED
                ),
                None,
            )
            if column is not None and (operation.name != "cast" or operation.type_name == "DATE"):
                name = written(seen, column)
                return (
                    f"{values_shown(seen, python, sql)}: `{operation.shown}` goes by the time zone of the session, and the getter by one that it names.",
                    f"Name the zone in SQL too: `func.timezone('UTC', {name})`, or the getter's zone, in place of `{name}`.",
                )
        return None


def _day(value: dt.date) -> dt.date:
    return value.date() if isinstance(value, dt.datetime) else value


class DayOverClockChange(ValueCause):
    """A day is 24 hours in Python and a day of the calendar in SQL."""

    code = "HH284"
    name = "day-over-clock-change"
    documentation = Documentation(
        what="timedelta(days=1) is 24 hours; an interval of a day is a day of the calendar in the session's zone, of 23 or 25 hours when clocks change.",
        why="Deadlines are an hour off twice a year.",
        limits="Reported where two moments are one hour or two apart and the SQL adds to a timestamp with time zone.",
        example="self.at + timedelta(days=1) and cls.at + literal_column(\"interval '1 day'\", Interval)",
        instead="cls.at + timedelta(hours=24), or timezone('UTC', ...) around the sum",
    )

    def explain_values(self, seen: Example, key: Key, python: Any, sql: Any) -> Explanation | None:
        """Where they are the hours of a change of clocks apart."""
        del key
        if not (isinstance(python, dt.datetime) and isinstance(sql, dt.datetime)) or (
            python.tzinfo is None
        ) != (sql.tzinfo is None):
            return None
        if abs(python - sql) not in (dt.timedelta(hours=1), dt.timedelta(hours=2), dt.timedelta(minutes=30)):
            return None
        for operation in operations(seen, "add", "sub"):
            left = operation.operands[0] if operation.operands else None
            if left is not None and left.type_name == ZONED:
                return (
                    f"{values_shown(seen, python, sql)}: a day is 24 hours in the getter, and in `{operation.shown}` a day of the calendar in the "
                    "session's zone, whose clocks change in between.",
                    f"Add hours in place of days: `{operand_written(seen, left)} + timedelta(hours=24)`, which is sent as hours.",
                )
        return None


CAUSES = (
    NaiveAgainstAware(),
    SecondsOfTheDay(),
    YearsSubtracted(),
    DayOverClockChange(),
    DateInSessionZone(),
)
