"""Failures of earlier runs, in Hypothesis's example database: which findings a hybrid had, and the data that showed them."""

import hashlib
import json
import warnings
from collections.abc import Iterable

from hypothesis import settings
from hypothesis.database import ExampleDatabase, InMemoryExampleDatabase
from hypothesis.errors import HypothesisWarning

Identity = tuple[str, str]


class Prefixed(ExampleDatabase):
    """A database within a database: every key belongs to one subject, so that subjects never share examples."""

    def __init__(self, inner: ExampleDatabase, prefix: str) -> None:
        super().__init__()
        self._inner = inner
        self._prefix = prefix.encode("utf-8", "surrogatepass")

    def _key(self, key: bytes) -> bytes:
        return hashlib.sha256(self._prefix + b"\0" + key).digest()

    def fetch(self, key: bytes) -> Iterable[bytes]:
        """All values of ``key``; an empty one is none of ours, and Hypothesis would make something up from it."""
        return filter(None, self._inner.fetch(self._key(key)))

    def save(self, key: bytes, value: bytes) -> None:
        """Add ``value`` to ``key``."""
        self._inner.save(self._key(key), value)

    def delete(self, key: bytes, value: bytes) -> None:
        """Remove ``value`` from ``key``."""
        self._inner.delete(self._key(key), value)


class Rewriting(ExampleDatabase):
    """A database that has one block of bytes in place of another of the same length, in whatever is read."""

    def __init__(self, inner: ExampleDatabase, old: bytes, new: bytes) -> None:
        super().__init__()
        self._inner = inner
        self._old = old
        self._new = new

    def fetch(self, key: bytes) -> Iterable[bytes]:
        """All values of ``key``, which are kept as they are given here."""
        for value in list(self._inner.fetch(key)):
            rewritten = value.replace(self._old, self._new)
            if rewritten != value:
                self.delete(key, value)
                self.save(key, rewritten)
            yield rewritten

    def save(self, key: bytes, value: bytes) -> None:
        """Add ``value`` to ``key``."""
        self._inner.save(key, value)

    def delete(self, key: bytes, value: bytes) -> None:
        """Remove ``value`` from ``key``."""
        self._inner.delete(key, value)


def example_database() -> tuple[ExampleDatabase | None, str]:
    """Hypothesis's, and a sentence where it can't be written: as Hypothesis's own warning that may be an error."""
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always", HypothesisWarning)
        database = settings().database
    unusable = any(issubclass(each.category, HypothesisWarning) for each in said)
    return (
        database,
        "What fails is not kept for the next run: .hypothesis can't be written." if unusable else "",
    )


class KnownFailures:
    """The findings that one hybrid had when it was last checked; nothing is known without a database."""

    INDEX = b"findings"

    def __init__(self, subject: str) -> None:
        self._database, self.notice = example_database()
        self._subject = subject
        self._index = (
            None if self._database is None else Prefixed(self._database, f"hybrid-harness {subject}")
        )

    def identities(self) -> list[Identity]:
        """(rule, position) of each finding, in a stable order."""
        if self._index is None:
            return []
        found = []
        for value in sorted(self._index.fetch(self.INDEX)):
            try:
                document = json.loads(value)
            except (ValueError, RecursionError):
                continue
            match document:
                case [str(rule), str(position)]:
                    found.append((rule, position))
                case _:  # written by another version, or by something else
                    continue
        return found

    def examples(self, identity: Identity, tables: Iterable[str]) -> ExampleDatabase:
        """Where Hypothesis keeps the data behind one finding, which means other rows for other ``tables``.

        Without a database, for as long as that is asked for.
        """
        if self._database is None:
            return InMemoryExampleDatabase()
        place = " ".join((self._subject, *identity, *tables))
        return Prefixed(self._database, f"hybrid-harness {place}")

    def remember(self, identity: Identity) -> None:
        """Note that the finding occurred."""
        if self._index is not None:
            self._index.save(self.INDEX, json.dumps(identity).encode())

    def forget(self, identity: Identity) -> None:
        """Note that it no longer occurs."""
        if self._index is not None:
            self._index.delete(self.INDEX, json.dumps(identity).encode())
