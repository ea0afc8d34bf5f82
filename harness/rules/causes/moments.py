"""Causes in dates, times and spans."""

import datetime as dt
import re
from collections.abc import Iterator
from typing import Any

from harness.comparison import RowDifference
from harness.core.expression import Operand, Operation
from harness.core.observation import Answer, Example, Key
from harness.core.outcome import Raised, Returned
from harness.rules.base import Documentation, shown
from harness.rules.cause import (
    COMPARISONS,
    Cause,
    Difference,
    Explanation,
    ValueCause,
    attribute,
    fact,
    is_number,
    operand_written,
    operations,
    sql_shown,
    uses,
    values_shown,
    written,
)

DAY = 86400
NAIVE = "offset-naive"
BY_ZONE = ("date", "date_trunc", "extract", "date_part", "to_char", "cast")
TIME_ZONE = "time zone "
CLOCKS = ("now", "current_timestamp", "transaction_timestamp", "statement_timestamp", "clock_timestamp")
CLOCK_CHANGES = frozenset(dt.timedelta(minutes=each) for each in (30, 60, 120))
ZONED = "TIMESTAMP WITH TIME ZONE"
ZONE = re.compile(r"[A-Z]\w+/[A-Z][\w/+-]+")
"""``Europe/Berlin`` and the like."""
WEEKDAYS = {"weekday": "extract('isodow', {}) - 1", "isoweekday": "extract('isodow', {})"}
"""Python's day of the week in SQL: of weekday() Monday is 0, of isoweekday() 1; of DOW it is 1 and Sunday 0, of ISODOW 7."""
MONTHS = re.compile(r"\b(mons?|months?|years?)\b", re.IGNORECASE)
DAYS = re.compile(r"\bdays?\b", re.IGNORECASE)
"""Units in the text of an interval."""
SECONDS = {"hour": 3600, "minute": 60, "second": 1, "day": DAY}


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
            f"{values_shown(seen, python, sql)}: `.seconds` of a timedelta is what is left below a day, and `{call.brief}` the whole span.",
            "Take the whole span in the getter: `.total_seconds()` in place of `.seconds`.",
        )


def _field(operation: Operation) -> object:
    return operation.operands[0].value if operation.operands else None


class WeekdayCountedOtherwise(ValueCause):
    """The week begins on another day, or with another number."""

    code = "HH286"
    name = "weekday-counted-otherwise"
    documentation = Documentation(
        what="The getter takes weekday(), where Monday is 0, or isoweekday(), where it is 1; the SQL takes DOW, where Sunday is 0, or ISODOW, or date_trunc('week'), where a week begins on Monday.",
        why="Sundays are weekdays in one of the two, or every day is another.",
        limits="Reported where the values differ and the SQL takes a day of the week.",
        example="self.day.weekday() >= 5 and extract('dow', cls.day) >= 5",
        instead="extract('isodow', cls.day) >= 6",
    )

    def explain_values(self, seen: Example, key: Key, python: Any, sql: Any) -> Explanation | None:
        """Where both sides take a day of the week."""
        del key
        method = next((each for each in WEEKDAYS if uses(seen, each)), None)
        calls = operations(seen, "extract", "date_part")
        call = next((each for each in calls if _field(each) in ("dow", "isodow")), None)
        if method is not None and call is None:
            return _week_begins(seen, python, sql)
        if method is None or call is None:
            return None
        counts = "Sunday as 0" if _field(call) == "dow" else "Monday as 1"
        return (
            f"{values_shown(seen, python, sql)}: `.{method}()` counts Monday as {0 if method == 'weekday' else 1}, and `{call.brief}` {counts}.",
            f"Count as the getter does: `{WEEKDAYS[method].format(operand_written(seen, call.operands[-1]))}`.",
        )


def _week_begins(seen: Example, python: Any, sql: Any) -> Explanation | None:
    """Where both sides give a day, and SQL's is a Monday."""
    trunc = next((each for each in operations(seen, "date_trunc") if _field(each) == "week"), None)
    if trunc is None or not (isinstance(python, dt.date) and isinstance(sql, dt.date)):
        return None
    day = operand_written(seen, trunc.operands[-1])
    return (
        f"{values_shown(seen, python, sql)}: `{trunc.brief}` is the Monday of the week, and the getter goes to {python:%A}.",
        f"Begin the week with that day in SQL too: for Sunday `{day} - cast(extract('dow', {day}), Integer)` of a date.",
    )


class WeekOfAnotherYear(ValueCause):
    """The week's year is not that of the calendar."""

    code = "HH289"
    name = "week-of-another-count"
    documentation = Documentation(
        what="One side takes the ISO week or its year (isocalendar(), %G, %V; extract week, isoyear), the other the year of the calendar or weeks counted from the first Sunday or Monday (%U, %W).",
        why="The last days of December are in week 1 of the next year, and the first of January in week 53 of the last.",
        limits="Reported where both sides give numbers, and each goes by another count.",
        example="self.day.isocalendar().year and extract('year', cls.day)",
        instead="extract('isoyear', cls.day)",
    )

    def explain_values(self, seen: Example, key: Key, python: Any, sql: Any) -> Explanation | None:
        """Where one side counts ISO weeks and the other doesn't."""
        del key
        if not (is_number(python) and is_number(sql)):
            return None
        written_as = " ".join(each for each in seen.hybrid.python.constants if isinstance(each, str))
        iso = uses(seen, "isocalendar") or any(each in written_as for each in ("%G", "%V"))
        own = not iso and (any(each in written_as for each in ("%U", "%W")) or uses(seen, "year"))
        wrong = ("year",) if iso else ("week", "isoyear") if own else ()
        call = next(
            (each for each in operations(seen, "extract", "date_part") if _field(each) in wrong), None
        )
        if call is None:
            return None
        day = operand_written(seen, call.operands[-1])
        instead = "`extract('isoyear', ...)`" if iso else "`.isocalendar()`"
        return (
            f"{values_shown(seen, python, sql)}: the getter goes by {'ISO weeks and their years' if iso else 'the calendar'}, and `{call.brief}` by "
            f"{'the calendar' if iso else 'ISO weeks'}, which are apart around New Year.",
            f"Go by one of them: {instead} of {day} {'in SQL' if iso else 'in the getter'} too.",
        )


class MonthAgainstDays(ValueCause):
    """A month is not thirty days, nor a year 365."""

    code = "HH288"
    name = "month-against-days"
    documentation = Documentation(
        what="One side adds months or years of the calendar, the other a fixed number of days: interval '1 month' and timedelta(days=30).",
        why="Renewals and deadlines are days apart, in other directions in February and in March.",
        limits="Reported where both sides give days or moments no more than a few days for each month apart.",
        example="self.paid_on + timedelta(days=30) and cls.paid_on + func.make_interval(0, 1)",
        instead="cls.paid_on + func.make_interval(0, 0, 0, 30)",
    )

    def explain_values(self, seen: Example, key: Key, python: Any, sql: Any) -> Explanation | None:
        """Where only one side goes by the calendar."""
        del key
        decided = isinstance(python, bool) and isinstance(sql, bool)
        if not decided and not (isinstance(python, dt.date) and isinstance(sql, dt.date)):
            return None
        months = uses(seen, "relativedelta", "monthrange", "add_months")
        days = uses(seen, "timedelta") and not months
        calendar = next(
            (each for each in _spans(seen) if MONTHS.search(each.shown) or _makes_months(each)), None
        )
        fixed = next((each for each in _spans(seen) if DAYS.search(each.shown)), None)
        if days and calendar is not None:
            return (
                f"{values_shown(seen, python, sql)}: the getter adds a number of days, and `{calendar.brief}` months of the calendar, which have 28 to 31.",
                "Add days in SQL too, `func.make_interval(0, 0, 0, 30)`, or months in the getter.",
            )
        if months and fixed is not None and calendar is None:
            return (
                f"{values_shown(seen, python, sql)}: the getter adds months of the calendar, and `{fixed.brief}` a number of days.",
                "Add months in SQL too: `func.make_interval(0, 1)`.",
            )
        return None


def _spans(seen: Example) -> Iterator[Operation]:
    """Operations that may make an interval or add one."""
    return (
        each for each in seen.structure.operations if each.name in ("make_interval", "cast", "add", "sub")
    )


def _makes_months(call: Operation) -> bool:
    return call.name == "make_interval" and any(each.value for each in call.operands[:2])


class PartOfInterval(ValueCause):
    """A field of an interval is taken for the whole of it."""

    code = "HH287"
    name = "part-of-interval"
    documentation = Documentation(
        what="The SQL takes the hours, minutes, days or months field of an interval; the getter takes the whole span in that unit.",
        why="EXTRACT(hour ...) of two days and three hours is 3, of age() the days are those beside months and years, and fields are cut towards zero where timedelta.days goes down.",
        limits="Reported where the values differ, the SQL extracts a field of a difference or of age(), and the getter takes .days or .total_seconds(), or .month of both.",
        example="(self.end - self.start).total_seconds() / 3600 and extract('hour', cls.end - cls.start)",
        instead="extract('epoch', cls.end - cls.start) / 3600",
    )

    def explain_values(self, seen: Example, key: Key, python: Any, sql: Any) -> Explanation | None:
        """Where a field is taken."""
        del key
        if not (is_number(python) and is_number(sql)) or not uses(
            seen, "days", "total_seconds", "month", "months"
        ):
            return None
        for call in operations(seen, "extract", "date_part"):
            field, span = _field(call), call.operands[-1]
            if field not in (*SECONDS, "month") or not (
                span.type_name.startswith("INTERVAL") or span.shown.startswith("age(")
            ):
                continue
            whole = (
                "func.floor(extract('epoch', ...) / 86400)"
                if field == "day"
                else "extract('year', ...) * 12 + extract('month', ...)"
                if field == "month"
                else f"extract('epoch', ...) / {SECONDS[field]}"
            )
            return (
                f"{values_shown(seen, python, sql)}: `{call.brief}` is the {field}s field of the interval, what is left beside its larger "
                "units and cut towards zero; the getter takes the whole span.",
                f"Take the whole span in SQL: `{whole}` of the difference of the two moments.",
            )
        return None


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
            f"{values_shown(seen, python, sql)}: the SQL subtracts years, `{calls[0].brief} - {calls[1].brief}`, whether the day has come this year "
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
            said = f"{seen.hybrid.name} raises {python} in Python, where SQL answers {sql_shown(difference.value)}"
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


class ZoneCause(Cause):
    """A cause for which the session's time zone makes a difference; ``explain_zone`` is asked for the select and for each zone."""

    everywhere = False

    def explain(self, seen: Example, difference: Difference) -> Explanation | None:
        """Where the getter goes by a zone of its own."""
        if not isinstance(difference.python, Returned) or len(difference.sql) != 1:
            return None
        python, sql = difference.python.value, difference.value
        return (
            self.explain_zone(seen, values_shown(seen, python, sql))
            if self.shows(seen, python, sql)
            else None
        )

    def marks(self, seen: Example) -> bool:
        """Where the tree has what depends on the zone."""
        return self.explain_zone(seen, "") is not None

    def explain_position(
        self, seen: Example, answer: Answer, apart: RowDifference | None
    ) -> Explanation | None:
        """Where another zone gives other rows."""
        if apart is None or not answer.position.startswith(TIME_ZONE):
            return None
        (expected, *_), (got, *_) = (apart.missing or ((None,),)), (apart.extra or ((None,),))
        zone = answer.position.removeprefix(TIME_ZONE)
        return self.explain_zone(
            seen,
            f"{seen.hybrid.name} is {shown(expected[-1])} in UTC and {shown(got[-1])} in a session in {zone}",
        )

    def shows(self, seen: Example, python: Any, sql: Any) -> bool:
        """Whether the two values look like this cause."""
        raise NotImplementedError

    def explain_zone(self, seen: Example, said: str) -> Explanation | None:
        """(message beginning with ``said``, hint) where the tree has what depends on the zone."""
        raise NotImplementedError


class DateInSessionZone(ZoneCause):
    """The day of a moment depends on the zone, which is the session's in SQL."""

    code = "HH283"
    name = "date-in-session-zone"
    documentation = Documentation(
        what="The SQL takes the date, or a part, of a timestamp with time zone, which PostgreSQL does in the session's zone.",
        why="Around midnight every client sees another day, and Python, which has a zone of its own, yet another.",
        limits="Reported where another zone gives other rows, or dates are a day apart and the getter names a zone.",
        example="self.at.astimezone(UTC).date() and func.date(cls.at)",
        instead="cast(func.timezone('UTC', cls.at), Date)",
    )

    def shows(self, seen: Example, python: Any, sql: Any) -> bool:
        """Days next to each other, or two parts, where the getter names a zone."""
        days = (
            isinstance(python, dt.date)
            and isinstance(sql, dt.date)
            and abs(_day(python) - _day(sql)) <= dt.timedelta(days=1)
        )
        return (days or (is_number(python) and is_number(sql))) and uses(
            seen, "astimezone", "ZoneInfo", "localize"
        )

    def explain_zone(self, seen: Example, said: str) -> Explanation | None:
        """Where a part of a column with a zone is taken."""
        for operation in operations(seen, *BY_ZONE):
            column = next(
                (
                    each.column
                    for each in operation.operands
                    if each.column and fact(seen, each.column).type_name == ZONED
                ),
                None,
            )
            if (
                column is None
                or _field(operation) == "epoch"
                or (operation.name == "cast" and operation.type_name != "DATE")
            ):
                continue
            name = written(seen, column)
            return (
                f"{said}: `{operation.brief}` goes by the time zone of the session.",
                f"Name the zone in SQL, the one that the getter goes by: `func.timezone({_zone(seen)!r}, {name})` in place of `{name}`.",
            )
        return None


def _zone(seen: Example) -> str:
    """The zone that the getter names, UTC where it names none."""
    named = (each for each in seen.hybrid.python.constants if isinstance(each, str) and ZONE.fullmatch(each))
    return next(named, "UTC")


def _day(value: dt.date) -> dt.date:
    return value.date() if isinstance(value, dt.datetime) else value


class DayOverClockChange(ZoneCause):
    """A day is 24 hours in Python and a day of the calendar in SQL."""

    code = "HH284"
    name = "day-over-clock-change"
    documentation = Documentation(
        what="timedelta(days=1) is 24 hours; an interval of a day is a day of the calendar in the session's zone, of 23 or 25 hours when clocks change.",
        why="Deadlines are an hour off twice a year.",
        limits="Reported where another zone gives other rows, or moments are the hours of a change of clocks apart, and the SQL adds an interval to a timestamp with time zone.",
        example="self.at + timedelta(days=1) and cls.at + literal_column(\"interval '1 day'\", Interval)",
        instead="cls.at + func.make_interval(0, 0, 0, 0, 24)",
    )

    def shows(self, seen: Example, python: Any, sql: Any) -> bool:
        """Where they are the hours of a change of clocks apart."""
        del seen
        moments = isinstance(python, dt.datetime) and isinstance(sql, dt.datetime)
        if not moments or (python.tzinfo is None) != (sql.tzinfo is None):
            return False
        return abs(python - sql) in CLOCK_CHANGES

    def explain_zone(self, seen: Example, said: str) -> Explanation | None:
        """Where an interval is added to a moment with a zone."""
        for operation in operations(seen, "add", "sub"):
            types = [each.type_name for each in operation.operands]
            if ZONED in types and "INTERVAL" in types:
                moment = operation.operands[types.index(ZONED)]
                return (
                    f"{said}: in `{operation.brief}` a day is one of the calendar in the session's zone, of 23 or 25 hours when its clocks change; "
                    "timedelta(days=1) is 24 hours.",
                    f"Add hours in SQL: `{operand_written(seen, moment)} + func.make_interval(0, 0, 0, 0, 24)`; timedelta is sent as days.",
                )
        return None


class NaiveInSessionZone(ZoneCause):
    """A moment without a zone is taken as of the session's."""

    code = "HH285"
    name = "naive-moment-in-session-zone"
    documentation = Documentation(
        what="The SQL compares a moment without a time zone and one with: a naive parameter, or a TIMESTAMP column beside now(). PostgreSQL takes the one without as of the session's zone.",
        why="The same row is expired for one client and not for another.",
        limits="Reported where another zone gives other rows.",
        example="cls.expires_at > datetime.utcnow(), or a naive UTC column < func.now()",
        instead="cls.expires_at > func.now(), or a naive UTC column < func.timezone('UTC', func.now())",
    )

    def shows(self, seen: Example, python: Any, sql: Any) -> bool:
        """Two answers to one comparison."""
        del seen
        return isinstance(python, bool) and isinstance(sql, bool)

    def explain_zone(self, seen: Example, said: str) -> Explanation | None:
        """Where a comparison or a difference has both."""
        for operation in operations(seen, *COMPARISONS, "between", "sub"):
            zoned = next((each for each in operation.operands if _zoned(seen, each)), None)
            naive = next((each for each in operation.operands if _naive(seen, each)), None)
            if zoned is None or naive is None:
                continue
            told = "the parameter" if naive.literal else f"`{naive.shown}`"
            in_words = (
                operation.shown.replace(naive.shown, ":parameter") if naive.literal else operation.shown
            )
            clock = next((each for each in operations(seen, *CLOCKS) if each.shown == zoned.shown), None)
            return (
                f"{said}: in `{in_words}` {told} has no time zone and is taken as of the session's.",
                f"Compare with the clock in the column's zone: `func.timezone('UTC', func.{clock.name}())`, if the column is in UTC."
                if clock is not None
                else "Compare with a moment that has a zone: `func.now()`, or `datetime.now(timezone.utc)`.",
            )
        return None


def _zoned(seen: Example, operand: Operand) -> bool:
    clock = any(each.shown == operand.shown for each in operations(seen, *CLOCKS))
    aware = isinstance(operand.value, dt.datetime) and operand.value.tzinfo is not None
    return clock or aware or (operand.column is not None and fact(seen, operand.column).type_name == ZONED)


def _naive(seen: Example, operand: Operand) -> bool:
    naive = isinstance(operand.value, dt.datetime) and operand.value.tzinfo is None
    return naive or (
        operand.column is not None and fact(seen, operand.column).type_name == "TIMESTAMP WITHOUT TIME ZONE"
    )


CAUSES = (
    NaiveAgainstAware(),
    SecondsOfTheDay(),
    WeekdayCountedOtherwise(),
    WeekOfAnotherYear(),
    MonthAgainstDays(),
    PartOfInterval(),
    YearsSubtracted(),
    NaiveInSessionZone(),
    DayOverClockChange(),
    DateInSessionZone(),
)
