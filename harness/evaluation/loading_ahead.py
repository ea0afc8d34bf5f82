"""Instances and what they are related to, loaded before getters ask for it, in few statements."""

import operator
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Column, Integer, Select, Uuid, select
from sqlalchemy.orm import Mapper, RelationshipDirection, RelationshipProperty, Session, selectinload
from sqlalchemy.orm.attributes import set_committed_value
from sqlalchemy.sql.elements import BinaryExpression

Relationship = RelationshipProperty[Any]


def load_ahead(
    session: Session, mappers: Iterable[Mapper[Any]], relationships: Iterable[Relationship]
) -> dict[Mapper[Any], Sequence[Any]]:
    """All instances of ``mappers`` and of what the ``relationships`` lead from and to, in the order of their keys.

    They are to be held: the session forgets those that nobody refers to. Collections whose rows are told by one integer or
    UUID are filled from the instances, as SQLAlchemy would fill them; for other relationships it sends a statement.
    """
    wanted: dict[Mapper[Any], list[Relationship]] = {mapper: [] for mapper in mappers}
    collections = []
    for each in dict.fromkeys(relationships):
        wanted.setdefault(each.parent, [])
        if _is_key_of_target(each):  # found by the session's identity map, once its target is loaded
            wanted.setdefault(each.mapper, [])
        elif _is_plain_collection(each):
            wanted.setdefault(each.mapper, [])
            collections.append(each)
        else:
            wanted[each.parent].append(each)
    held = {mapper: session.scalars(in_order(mapper, *own)).unique().all() for mapper, own in wanted.items()}
    for each in collections:
        _fill(each, held)
    return held


@lru_cache(maxsize=256)
def in_order(mapper: Mapper[Any], *relationships: Relationship) -> Select[Any]:
    """All instances by key, ``relationships`` loaded with them.

    The same statement for the same ones: SQLAlchemy then finds what it made of it without looking at it again.
    """
    options = (selectinload(getattr(mapper.class_, each.key)) for each in relationships)
    key = (getattr(mapper.class_, _attribute(mapper, each)) for each in mapper.primary_key)
    return select(mapper.class_).order_by(*key).options(*options)


def _attribute(mapper: Mapper[Any], column: Any) -> str:
    return mapper.get_property_by_column(column).key


@lru_cache(maxsize=256)
def _is_key_of_target(relationship: Relationship) -> bool:
    """Whether it is many-to-one, by nothing but the key of its target."""
    pair = _only_pair(relationship)
    return (
        relationship.direction is RelationshipDirection.MANYTOONE
        and pair is not None
        and tuple(relationship.mapper.primary_key) == pair[1:]
    )


@lru_cache(maxsize=256)
def _is_plain_collection(relationship: Relationship) -> bool:
    """Whether its rows are those whose one column equals the parent's, in no order of its own."""
    return (
        relationship.direction is RelationshipDirection.ONETOMANY
        and relationship.uselist is True
        and not relationship.order_by
        and _only_pair(relationship) is not None
    )


def _only_pair(relationship: Relationship) -> tuple[Column[Any], Column[Any]] | None:
    """(local, remote) where the join is nothing but the equality of two columns whose values are equal in SQL as in Python."""
    join, pairs = relationship.primaryjoin, relationship.local_remote_pairs or []
    if relationship.secondary is not None or len(pairs) != 1 or not isinstance(join, BinaryExpression):
        return None
    ((local, remote),) = pairs
    if join.operator is not operator.eq or {join.left, join.right} != {local, remote}:
        return None
    if not (isinstance(local, Column) and isinstance(remote, Column)):
        return None
    exact = all(isinstance(each.type, Integer | Uuid) for each in (local, remote))
    return (local, remote) if exact else None


def _fill(relationship: Relationship, held: Mapping[Mapper[Any], Sequence[Any]]) -> None:
    """Give every parent the collection that it has in the database."""
    ((local, remote),) = relationship.local_remote_pairs or []
    parents, targets = held[relationship.parent], held[relationship.mapper]
    own, other = _attribute(relationship.parent, local), _attribute(relationship.mapper, remote)
    members: dict[Any, list[Any]] = defaultdict(list)
    for target in targets:
        members[getattr(target, other)].append(target)
    for parent in parents:
        set_committed_value(parent, relationship.key, members.get(getattr(parent, own), []))
