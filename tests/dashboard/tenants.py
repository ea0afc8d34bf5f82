"""Tenants of a dashboard: a tree for every ten, with five uses of AI features for each tenant on average."""

import random
from decimal import Decimal

from sqlalchemy import Connection, insert, text

from models.tenancy import AI_FEATURES, AIFeatureUsage, Base, Tenant

SIZES = (10, 100, 1_000)


def load(connection: Connection, number: int) -> None:
    """Create the tables, fill them, with the same rows each time, and let PostgreSQL count them."""
    chance = random.Random(number)
    Base.metadata.create_all(connection)
    connection.execute(insert(Tenant), [tenant(place, chance) for place in range(number)])
    connection.execute(insert(AIFeatureUsage), [usage(number, chance) for _ in range(5 * number)])
    connection.execute(text("ANALYZE"))


def tenant(place: int, chance: random.Random) -> dict[str, object]:
    root = place - place % 10
    parent = None if place == root else chance.randrange(root, place)
    return {
        "id": place + 1,
        "name": f"tenant {place + 1}",
        "parent_id": None if parent is None else parent + 1,
    }


def usage(tenants: int, chance: random.Random) -> dict[str, object]:
    return {
        "tenant_id": chance.randrange(tenants) + 1,
        "feature_name": chance.choice([*AI_FEATURES, "retired_feature"]),
        "inference_cost": chance.choice([None, Decimal(chance.randrange(10**6)) / 10**4]),
    }
