"""A line of the tables of observations."""

from typing import NamedTuple


class Case(NamedTuple):
    """What one rule says of an observation; None where it says nothing, whatever others say."""

    code: str
    title: str
    seen: object
    message: str | None
