"""What came of one evaluation: of a getter on an instance, of building an expression, of a statement on the server."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Returned:
    """The evaluation ended with a value; for a statement the value is a tuple of its rows."""

    value: Any


@dataclass(frozen=True, slots=True)
class Unevaluated:
    """What a getter returned where it is SQL, which is no value: ``sql`` is its text."""

    sql: str

    def __repr__(self) -> str:
        return f"the SQL `{self.sql}`"


@dataclass(frozen=True, slots=True)
class Raised:
    """The evaluation ended with an exception.

    ``kinds`` are the names of the exception's classes from its own up to Exception, so that a rule can ask
    ``"TypeError" in outcome.kinds`` without importing the driver or the ORM. ``sqlstate`` is PostgreSQL's five-letter code
    where the server refused the statement.
    """

    kinds: tuple[str, ...]
    message: str
    sqlstate: str | None = None

    @property
    def kind(self) -> str:
        """The name of the exception's own class."""
        return self.kinds[0]

    def __str__(self) -> str:
        first_line = self.message.strip().splitlines()[0].rstrip(".") if self.message.strip() else ""
        return f"{self.kind}: {first_line}" if first_line else self.kind


@dataclass(frozen=True, slots=True)
class TimedOut:
    """The evaluation was stopped after ``seconds``."""

    seconds: float

    def __str__(self) -> str:
        return f"no answer within {self.seconds:g} s"


def stopped(outcome: object) -> bool:
    """Whether a limit ended the evaluation, of time or of memory: another one would take as much."""
    return isinstance(outcome, TimedOut) or (isinstance(outcome, Raised) and "MemoryError" in outcome.kinds)


Outcome = Returned | Raised | TimedOut
