"""Text, bytes, enums and UUIDs."""

import string
import uuid
from typing import Any

from harness.generation.values.domain import Constants, Domain, Lookup, listed, plain

WORDS = (
    "a", "b", "", "A", "ab", "aB", "B", "z", " ", " a", "a ", "a b", "0", "1", "10", "9", "-1", "a%", "%", "_", "a_b",
    "O'Neil", '"', "\\", "é", "É", "e\u0301", "ß", "straße", "İ", "日本", "🙂", "true", "null", "None", "a,b", "a.b", "a/b",
    "\t", "\n", "abcdefghij", "Title Case Words", "٣", "²",
)  # fmt: skip
BYTES = (b"", b"a", b"\x00", b"\xff\\'", b"9", b"10", b"ab", b"A")
UUIDS = tuple(uuid.UUID(int=number) for number in (1, 2, 3, 2**127, 9, 10))
LETTERS = string.ascii_letters.replace("x", "")


def strings(type_: Any, constants: Constants, _lookup: Lookup) -> Domain:
    """Text of the type's length and shorter."""
    return _text(type_.length, constants)


def characters(type_: Any, constants: Constants, _lookup: Lookup) -> Domain:
    """CHAR is CHAR(1); what is shorter comes back padded with blanks."""
    return _text(type_.length or 1, constants)


def _text(length: int | None, constants: Constants) -> Domain:
    mined = dict.fromkeys(value for value in map(plain, constants) if isinstance(value, str))
    fitting = (value for value in mined if "\0" not in value and (length is None or len(value) <= length))
    told_apart = (*fitting, "") if mined else ()  # code tells '' apart without naming it: `if self.name`
    return Domain(
        tuple(dict.fromkeys(word[:length] for word in WORDS)),
        lambda number: _word(number, length),
        tuple(dict.fromkeys(told_apart)),
    )


def _word(number: int, length: int | None) -> str:
    """``x``, ``x1``, ``x2``; where these are too long, letters only, of which none is an x."""
    word = f"x{number}" if number else "x"
    if length is None or len(word) <= length:
        return word
    letters = ""
    while number and len(letters) < length:
        number, last = divmod(number, len(LETTERS))
        letters = LETTERS[last] + letters
    return letters


def binaries(_type: Any, _constants: Constants, _lookup: Lookup) -> Domain:
    """Bytes, of which few are text."""
    return Domain(BYTES, lambda number: b"x%d" % number if number else b"x")


def enums(type_: Any, constants: Constants, _lookup: Lookup) -> Domain:
    """Members in their order; the code may name one by itself, by its value or by its name."""
    members = list(type_.enum_class or type_.enums)
    return listed(members, [member for member in members if any(_means(each, member) for each in constants)])


def _means(constant: Any, member: Any) -> bool:
    # A str and its StrEnum member are equal, and so are their hashes: compare with each form.
    return constant in (member, plain(member), getattr(member, "name", member)) and type(constant) is not bool


def uuids(type_: Any, constants: Constants, _lookup: Lookup) -> Domain:
    """UUIDs, or their text where the type says so."""
    python = (lambda value: value) if type_.as_uuid else str
    own = (_uuid(constant) for constant in map(plain, constants))
    return Domain(
        tuple(map(python, UUIDS)),
        lambda number: python(uuid.UUID(int=number + 1)),
        tuple(python(value) for value in own if value is not None),
    )


def _uuid(constant: Any) -> uuid.UUID | None:
    try:
        return constant if isinstance(constant, uuid.UUID) else uuid.UUID(constant)
    except (ValueError, AttributeError, TypeError):
        return None
