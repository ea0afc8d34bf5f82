"""What PostgreSQL has beyond standard SQL: addresses, bit strings, text search, money, ranges."""

import datetime as dt
from collections.abc import Callable
from ipaddress import ip_address, ip_interface, ip_network
from typing import Any

from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.dialects.postgresql.ranges import AbstractMultiRange, MultiRange
from sqlalchemy.types import TypeEngine

from harness.generation.values import moments
from harness.generation.values.domain import Constants, Domain, Lookup, Maker, attempt, listed, plain

BITS = ("0", "1", "00", "01", "10", "11", "101", "0000", "1111", "00001010", "10000000")
bit_string: Callable[[str], str] = getattr(postgresql, "BitString", str)
"""What an attribute of type BIT holds: text until SQLAlchemy 2.1."""
MOST_BITS = 16

ADDRESSES = (
    "127.0.0.1", "10.0.0.1", "10.0.0.2", "9.0.0.1", "0.0.0.1", "255.255.255.255", "::1", "2001:db8::1",
)  # fmt: skip
INTERFACES = ("192.168.0.1/24", "192.168.0.2/24", "10.1.2.3/8", "2001:db8::1/64")
NETWORKS = (
    "10.0.0.0/8", "127.0.0.1/32", "192.168.0.0/24", "192.168.1.0/24", "9.0.0.0/8", "0.0.0.0/0", "::1/128", "2001:db8::/32",
)  # fmt: skip
MACS = (
    "00:00:00:00:00:01", "08:00:2b:01:02:03", "08:00:2b:01:02:04", "ff:ff:ff:ff:ff:ff", "00:00:00:00:00:00",
)  # fmt: skip


def inets(_type: Any, constants: Constants, _lookup: Lookup) -> Domain:
    """Addresses, with and without a network, as the driver reads them."""
    pool = (*map(ip_address, ADDRESSES), *map(ip_interface, INTERFACES))
    mined = (parsed for _, parsed in attempt(ip_address, filter(_is_text, constants)))
    return Domain(pool, lambda number: ip_address("10.0.0.0") + number, tuple(mined))


def cidrs(_type: Any, constants: Constants, _lookup: Lookup) -> Domain:
    """Networks, as the driver reads them."""
    mined = (parsed for _, parsed in attempt(ip_network, filter(_is_text, constants)))
    pool = tuple(map(ip_network, NETWORKS))
    return Domain(pool, lambda number: ip_network(ip_address("10.0.0.0") + number), tuple(mined))


def _is_text(constant: Any) -> bool:
    return isinstance(constant, str)


def macs(octets: int) -> Maker:
    """MACADDR and MACADDR8."""
    pool = tuple(mac + ":ff" * (octets - 6) for mac in MACS)

    def distinct(number: int) -> str:
        return (number + 1).to_bytes(octets, "big").hex(":")

    return lambda _type, _constants, _lookup: Domain(pool, distinct)


def money(_type: Any, constants: Constants, _lookup: Lookup) -> Domain:
    """Text, as the driver reads money; dollars, which the server reads in every locale that has them."""
    pool = ("$0.00", "$1.00", "$2.00", "$0.50", "-$1.50", "$9.00", "$10.00", "$99.99", "$1,000.00", "$0.01")
    return Domain(pool, lambda number: f"${number}.00", tuple(_texts(constants, "$")))


def _texts(constants: Constants, start: str) -> list[str]:
    return [text for text in map(plain, constants) if isinstance(text, str) and text.startswith(start)]


def bits(type_: Any, constants: Constants, _lookup: Lookup) -> Domain:
    """BIT(n): n of them. BIT VARYING(n): up to n."""
    length, varying = type_.length, type_.varying

    def fits(text: str) -> bool:
        return not set(text) - {"0", "1"} and (
            len(text) <= (length or len(text)) if varying else len(text) == length
        )

    sized = BITS if varying else tuple(text.rjust(length, "0")[-length:] for text in (*BITS, "1" * length))
    pool = ("", *filter(fits, sized)) if varying else tuple(dict.fromkeys(sized))
    width = min(length or MOST_BITS, MOST_BITS)

    def distinct(number: int) -> str:
        return bit_string(f"{number % 2**width:0{width if varying else length}b}")

    mined = (text for text in map(plain, constants) if isinstance(text, str) and text and fits(text))
    return Domain(tuple(map(bit_string, pool)), distinct, tuple(map(bit_string, mined)))


def vectors(_type: Any, constants: Constants, _lookup: Lookup) -> Domain:
    """TSVECTOR in the form in which the server writes it."""
    pool = ("'a':1", "", "'b':1", "'a':1 'b':2", "'a':1,2", "'a':1A", "'a'", "'10' '9'")
    return Domain(pool, lambda number: f"'x{number}':1" if number else "", tuple(_lexemes(constants)))


def queries(_type: Any, constants: Constants, _lookup: Lookup) -> Domain:
    """TSQUERY in the form in which the server writes it."""
    pool = ("'a'", "'b'", "'a' & 'b'", "'a' | 'b'", "!'a'", "'a' <-> 'b'", "'a':*", "")
    return Domain(pool, lambda number: f"'x{number}'", tuple(_lexemes(constants)))


def _lexemes(constants: Constants) -> list[str]:
    return [f"'{word.lower()}'" for word in map(plain, constants) if isinstance(word, str) and word.isalnum()]


def paths(_type: Any, constants: Constants, _lookup: Lookup) -> Domain:
    """JSONPATH in the form in which the server writes it."""
    pool = ("$", '$."a"', '$."a"."b"', "$[*]", "$[0]", '$."a"?(@ == 1)', "strict $", '$."b"')
    return Domain(pool, lambda number: f'$."x{number}"', tuple(_texts(constants, "$")))


def classes(_type: Any, _constants: Constants, _lookup: Lookup) -> Domain:
    """REGCLASS: tables that every database has."""
    return listed(("pg_class", "pg_type", "pg_attribute", "pg_index"))


def configurations(_type: Any, _constants: Constants, _lookup: Lookup) -> Domain:
    """REGCONFIG: text search configurations that every database has."""
    return listed(("simple", "english", "german", "french"))


def ranges(of: TypeEngine[Any]) -> Maker:
    """Ranges over the values of ``of``: empty, unbounded, open and closed, of one value, around now."""

    def make(type_: Any, constants: Constants, lookup: Lookup) -> Domain:
        items = lookup(of, constants)
        first, *others = _single_ranges(items)
        pool = (first, Range(None, None, empty=True), Range(None, None), *others)
        mined = [
            each
            for bound in items.mined
            for each in (Range(bound, None), Range(None, bound), Range(bound, bound, bounds="[]"))
        ]
        if isinstance(type_, AbstractMultiRange):
            return _multi(pool, items, mined)
        return Domain(pool, lambda number: _numbered(items, number), tuple(mined))

    return make


def _numbered(items: Domain, number: int) -> Range[Any]:
    """Ranges that don't overlap, as EXCLUDE constraints ask for."""
    return Range(*sorted((items.distinct(2 * number), items.distinct(2 * number + 1))), bounds="[)")


def _single_ranges(items: Domain) -> list[Range[Any]]:
    """Bounded, half bounded and one-valued ranges between values in order."""
    low, middle, high = sorted(items.distinct(number) for number in (1, 5, 10))
    bounded = [Range(low, middle), Range(middle, high), Range(low, high)]
    shapes = [Range(low, middle, bounds=bounds) for bounds in ("[]", "()", "(]")]
    half = [Range(low, None), Range(None, high), Range(middle, middle, bounds="[]")]
    recent = [each for now in _current(low) for each in (Range(None, now), Range(now, None), Range(low, now))]
    return [*bounded, *shapes, *half, *recent]


def _current(like: Any) -> list[Any]:
    """Now and the days around it where values are ``like`` a date or a moment."""
    if not isinstance(like, dt.date):
        return []
    days = (moments.NOW + dt.timedelta(days=number) for number in (0, 1, -1))
    return [day.replace(tzinfo=like.tzinfo) if isinstance(like, dt.datetime) else day.date() for day in days]


def _multi(pool: tuple[Range[Any], ...], items: Domain, mined: list[Range[Any]]) -> Domain:
    low, middle, high, end = (items.distinct(number) for number in (1, 3, 5, 7))
    apart = [
        MultiRange([Range(low, middle), Range(high, end)]),
        MultiRange([Range(None, low), Range(high, None)]),
    ]
    single = [MultiRange([each]) for each in pool if not each.isempty]
    return Domain(
        (single[0], MultiRange([]), *apart, *single[1:]),
        lambda number: MultiRange([_numbered(items, number)]),
        tuple(MultiRange([each]) for each in mined),
    )
