"""The vocabulary of a change in meaning."""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What a change is about, the gravest first: the order in which a hybrid's changes are told."""

    HYBRID_ADDED = "hybrid-added"
    HYBRID_REMOVED = "hybrid-removed"
    UNREADABLE = "unreadable"
    CORRELATION_LOST = "correlation-lost"
    CORRELATION_CHANGED = "correlation-changed"
    PREDICATE_ADDED = "predicate-added"
    PREDICATE_REMOVED = "predicate-removed"
    PREDICATE_CHANGED = "predicate-changed"
    FROM = "from-changed"
    JOIN_ADDED = "join-added"
    JOIN_REMOVED = "join-removed"
    JOIN_KIND = "join-kind-changed"
    SET_OPERATION = "set-operation-changed"
    SUBQUERY_ADDED = "subquery-added"
    SUBQUERY_REMOVED = "subquery-removed"
    AGGREGATE = "aggregate-changed"
    COALESCE_ADDED = "coalesce-added"
    COALESCE_DROPPED = "coalesce-dropped"
    DISTINCT_ADDED = "distinct-added"
    DISTINCT_DROPPED = "distinct-dropped"
    CONSTANT = "constant-changed"
    CAST = "cast-changed"
    COLUMN = "column-changed"
    VALUE = "value-changed"
    GROUPING = "group-by-changed"
    ORDER = "order-by-changed"
    LIMIT = "limit-changed"
    CLAUSE = "clause-changed"
    TABLE_READ = "table-newly-read"
    TABLE_NOT_READ = "table-no-longer-read"
    COLUMN_READ = "column-newly-read"
    COLUMN_NOT_READ = "column-no-longer-read"
    PLAN = "plan-changed"
    GROWTH = "growth-changed"
    RESULT_TYPE = "result-type-changed"
    STATEMENTS = "statements-changed"
    NAMES = "names-changed"
    FACTS = "facts-changed"
    FORMATTING = "formatting"


NO_MEANING = frozenset({Kind.NAMES, Kind.FACTS, Kind.FORMATTING})
"""Kinds after which the hybrid means what it meant before."""
_RANKS = {kind: rank for rank, kind in enumerate(Kind)}


@dataclass(frozen=True, slots=True)
class Change:
    """One sentence about a hybrid; SQL in it stands between back quotes."""

    kind: Kind
    sentence: str

    @property
    def rank(self) -> int:
        """Its place among other changes."""
        return _RANKS[self.kind]
