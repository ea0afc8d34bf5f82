import random
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import URL, Engine, create_engine, delete, exists, func, insert, select, text, update
from sqlalchemy.orm import Session, aliased, joinedload, selectinload

from models.tenancy import AI_FEATURES, AIFeatureUsage, Base, Tenant, tenant_metrics

HYBRIDS = ("feature_adoption_rate", "total_inference_cost", "permission_inheritance_depth")

# Two trees, one tenant alone, one that is its own parent, and a cycle of three with a tenant below it.
PARENTS = {1: None, 2: 1, 3: 1, 4: 2, 5: None, 6: 5, 7: None, 8: 8, 9: 11, 10: 9, 11: 10, 12: 10}
USAGE = [
    (1, AI_FEATURES[0], "1.5"),
    (1, AI_FEATURES[0], "2.25"),
    (1, AI_FEATURES[1], None),
    (1, "retired_feature", "0.000001"),
    (2, "", "10"),
    (2, AI_FEATURES[2].upper(), None),
    (4, AI_FEATURES[3], "-3"),
    (6, AI_FEATURES[4], None),
    *((8, name, "0.1") for name in AI_FEATURES),
    (9, AI_FEATURES[5], "1"),
    (10, AI_FEATURES[5], "20"),
    (12, AI_FEATURES[6] + " ", "300"),
]
EXPECTED = {
    1: (2 / 9, Decimal("10.750001"), 0),
    2: (0.0, Decimal(7), 1),
    3: (0.0, Decimal(0), 1),
    4: (1 / 9, Decimal(-3), 2),
    5: (0.0, Decimal(0), 0),
    6: (1 / 9, Decimal(0), 1),
    7: (0.0, Decimal(0), 0),
    8: (1.0, Decimal("0.9"), 0),
    9: (1 / 9, Decimal(321), 2),
    10: (1 / 9, Decimal(321), 2),
    11: (0.0, Decimal(321), 2),
    12: (0.0, Decimal(300), 3),
}


@pytest.fixture(scope="module")
def engine(database_url: URL) -> Iterator[Engine]:
    engine = create_engine(database_url)
    Base.metadata.create_all(engine)
    yield engine
    Base.metadata.drop_all(engine)
    engine.dispose()


@pytest.fixture
def session(engine: Engine) -> Iterator[Session]:
    with engine.connect() as connection, connection.begin() as transaction:
        with Session(connection) as session:
            yield session
        transaction.rollback()


@pytest.fixture
def forest(session: Session) -> Session:
    load(session, PARENTS, USAGE)
    return session


def load(session: Session, parents: dict[int, int | None], usage: list[tuple[int, str, str | None]]) -> None:
    tenants = [{"id": id_, "name": f"tenant {id_}", "parent_id": parent} for id_, parent in parents.items()]
    # Foreign keys are checked at the end of a statement, and cycles fit into one: bring the parents in later.
    session.execute(insert(Tenant), [{**row, "parent_id": None} for row in tenants])
    session.execute(update(Tenant), tenants)
    rows = [
        {"tenant_id": tenant, "feature_name": name, "inference_cost": cost and Decimal(cost)}
        for tenant, name, cost in usage
    ]
    if rows:
        session.execute(insert(AIFeatureUsage), rows)
    session.expunge_all()


def values(hybrid: str) -> dict[int, Any]:
    return {id_: metrics[HYBRIDS.index(hybrid)] for id_, metrics in EXPECTED.items()}


def metrics_in_python(tenant: Tenant) -> tuple[float, Decimal, int]:
    return tenant.feature_adoption_rate, tenant.total_inference_cost, tenant.permission_inheritance_depth


def metrics_in_sql(entity: type[Tenant] = Tenant) -> Any:
    return select(entity.id, *(getattr(entity, hybrid) for hybrid in HYBRIDS))


def by_id(rows: Any) -> dict[int, Any]:
    found = [(id_, metrics) for id_, *metrics in rows]
    assert len({id_ for id_, _ in found}) == len(found), "a row came twice"
    return {id_: metrics[0] if len(metrics) == 1 else tuple(metrics) for id_, metrics in found}


def random_forest(size: int, seed: int) -> tuple[dict[int, int | None], list[Any]]:
    chance = random.Random(seed)
    parents: dict[int, int | None] = {
        id_: chance.choice([None, *range(max(1, id_ - 8), id_)] if id_ > 1 else [None])
        for id_ in range(1, size + 1)
    }
    for id_ in chance.sample(range(1, size + 1), size // 20):
        parents[id_] = chance.randint(1, size)  # some of these close a cycle
    usage = [
        (
            chance.randint(1, size),
            chance.choice([*AI_FEATURES, "", "unknown"]),
            chance.choice([None, "0", str(Decimal(chance.randint(-(10**9), 10**12)) / 10**6)]),
        )
        for _ in range(size * 3)
    ]
    return parents, usage


def test_catalogue_has_nine_features() -> None:
    assert len(set(AI_FEATURES)) == 9


def test_python_gives_the_known_values(forest: Session) -> None:
    found = {tenant.id: metrics_in_python(tenant) for tenant in forest.scalars(select(Tenant))}
    assert found == EXPECTED
    assert {tuple(map(type, metrics)) for metrics in found.values()} == {(float, Decimal, int)}


def test_sql_gives_the_known_values(forest: Session) -> None:
    found = by_id(forest.execute(metrics_in_sql()))
    assert found == EXPECTED
    assert {tuple(map(type, metrics)) for metrics in found.values()} == {(float, Decimal, int)}


def test_python_needs_no_database() -> None:
    root, child = Tenant(), Tenant()
    root.children = [child]
    child.ai_features = [AIFeatureUsage(feature_name=AI_FEATURES[0], inference_cost=Decimal(2))]
    assert metrics_in_python(root) == (0.0, Decimal(2), 0)
    assert metrics_in_python(child) == (1 / 9, Decimal(2), 1)


def test_tables_without_rows_give_no_metrics(session: Session) -> None:
    assert session.execute(metrics_in_sql()).all() == []
    assert session.execute(tenant_metrics()).all() == []


def test_costs_add_up_exactly(session: Session) -> None:
    load(session, {1: None}, [(1, "", "99999999.999999")] * 100)
    tenant = session.scalars(select(Tenant)).one()
    total = session.scalar(select(Tenant.total_inference_cost))
    assert total == tenant.total_inference_cost == Decimal("9999999999.9999")


def test_chain_of_ten_thousand(session: Session) -> None:
    size = 10_000
    load(session, {1: None} | {id_: id_ - 1 for id_ in range(2, size + 1)}, [(size, AI_FEATURES[0], "1.25")])
    expected = {1: (0.0, Decimal("1.25"), 0), size: (1 / 9, Decimal("1.25"), size - 1)}
    ends = metrics_in_sql().where(Tenant.id.in_(expected))
    assert by_id(session.execute(ends)) == expected
    eager = select(Tenant).options(selectinload(Tenant.children), selectinload(Tenant.ai_features))
    tenants = {tenant.id: tenant for tenant in session.scalars(eager)}
    assert {id_: metrics_in_python(tenants[id_]) for id_ in expected} == expected


def test_long_cycle(session: Session) -> None:
    size = 2_000
    load(session, {id_: id_ % size + 1 for id_ in range(1, size + 1)}, [(7, "", "3"), (8, "", None)])
    expected = (0.0, Decimal(3), size - 1)
    assert by_id(session.execute(metrics_in_sql().where(Tenant.id == 5))) == {5: expected}
    eager = select(Tenant).options(selectinload(Tenant.children), selectinload(Tenant.ai_features))
    tenants = {tenant.id: tenant for tenant in session.scalars(eager)}
    assert metrics_in_python(tenants[5]) == expected


@pytest.mark.parametrize("seed", [1, 2])
def test_metrics_selectable_equals_both_sides(session: Session, seed: int) -> None:
    load(session, *random_forest(300, seed))
    in_one_statement = by_id(session.execute(tenant_metrics()))
    assert len(in_one_statement) == 300
    assert by_id(session.execute(metrics_in_sql())) == in_one_statement
    eager = select(Tenant).options(selectinload(Tenant.children), selectinload(Tenant.ai_features))
    assert {tenant.id: metrics_in_python(tenant) for tenant in session.scalars(eager)} == in_one_statement


def test_metrics_selectable_gives_the_known_values(forest: Session) -> None:
    rows = forest.execute(tenant_metrics()).all()
    assert by_id(rows) == EXPECTED
    assert {tuple(map(type, row)) for row in rows} == {(int, float, Decimal, int)}


def test_metrics_selectable_joins(forest: Session) -> None:
    metrics = tenant_metrics().subquery()
    rows = forest.execute(
        select(Tenant.id, metrics.c.total_inference_cost)
        .join(metrics, metrics.c.id == Tenant.id)
        .where(metrics.c.permission_inheritance_depth == 0)
    )
    assert by_id(rows) == {id_: EXPECTED[id_][1] for id_ in (1, 5, 7, 8)}


@pytest.mark.parametrize("hybrid", HYBRIDS)
class TestPositions:
    def test_select(self, forest: Session, hybrid: str) -> None:
        rows = forest.execute(select(Tenant.id, getattr(Tenant, hybrid))).all()
        assert by_id(rows) == values(hybrid)
        assert rows[0]._fields == ("id", hybrid)

    def test_selected_alone(self, forest: Session, hybrid: str) -> None:
        found = forest.scalars(select(getattr(Tenant, hybrid))).all()
        assert sorted(found) == sorted(values(hybrid).values())

    def test_aggregated_alone(self, forest: Session, hybrid: str) -> None:
        highest = forest.scalar(select(func.max(getattr(Tenant, hybrid))))
        assert highest == max(values(hybrid).values())

    def test_where(self, forest: Session, hybrid: str) -> None:
        for value in set(values(hybrid).values()):
            found = forest.scalars(select(Tenant.id).where(getattr(Tenant, hybrid) == value)).all()
            assert sorted(found) == [id_ for id_, other in values(hybrid).items() if other == value]

    def test_where_is_null(self, forest: Session, hybrid: str) -> None:
        assert forest.scalars(select(Tenant.id).where(getattr(Tenant, hybrid).is_(None))).all() == []

    def test_order_by(self, forest: Session, hybrid: str) -> None:
        found = forest.scalars(select(Tenant.id).order_by(getattr(Tenant, hybrid).desc(), Tenant.id)).all()
        assert found == sorted(EXPECTED, key=lambda id_: (-values(hybrid)[id_], id_))

    def test_order_by_with_joined_loading_and_limit(self, forest: Session, hybrid: str) -> None:
        query = (
            select(Tenant)
            .options(joinedload(Tenant.ai_features), joinedload(Tenant.children))
            .order_by(getattr(Tenant, hybrid), Tenant.id)
            .limit(5)
        )
        found = [tenant.id for tenant in forest.scalars(query).unique()]
        assert found == sorted(EXPECTED, key=lambda id_: (values(hybrid)[id_], id_))[:5]

    @pytest.mark.parametrize("shared", [True, False])
    def test_group_by_and_having(self, forest: Session, hybrid: str, *, shared: bool) -> None:
        first = getattr(Tenant, hybrid)
        again = first if shared else getattr(Tenant, hybrid)
        query = select(first, func.count()).group_by(again).having(again > 0)
        everything = list(values(hybrid).values())
        found = [tuple(row) for row in forest.execute(query)]
        assert sorted(found) == sorted(
            (value, everything.count(value)) for value in set(everything) if value > 0
        )

    def test_distinct(self, forest: Session, hybrid: str) -> None:
        found = forest.scalars(select(getattr(Tenant, hybrid)).distinct()).all()
        assert sorted(found) == sorted(set(values(hybrid).values()))

    @pytest.mark.parametrize(
        "name", [None, "t", "subtree", "lineage", "child", "children", "member", "usage", "closure"]
    )
    def test_alias_of_any_name(self, forest: Session, hybrid: str, name: str | None) -> None:
        alias = aliased(Tenant, name=name)
        assert by_id(forest.execute(select(alias.id, getattr(alias, hybrid)))) == values(hybrid)

    def test_two_aliases(self, forest: Session, hybrid: str) -> None:
        one, other = aliased(Tenant), aliased(Tenant)
        query = select(one.id, other.id, getattr(one, hybrid), getattr(other, hybrid)).where(
            one.id == 13 - other.id
        )
        expected = [(id_, 13 - id_, values(hybrid)[id_], values(hybrid)[13 - id_]) for id_ in EXPECTED]
        assert sorted(map(tuple, forest.execute(query))) == expected

    def test_compared_between_aliases(self, forest: Session, hybrid: str) -> None:
        child = aliased(Tenant)
        query = (
            select(Tenant.id, child.id)
            .join(child, child.parent_id == Tenant.id)
            .where(getattr(child, hybrid) > getattr(Tenant, hybrid))
        )
        expected = [
            (parent, id_)
            for id_, parent in PARENTS.items()
            if parent is not None and values(hybrid)[id_] > values(hybrid)[parent]
        ]
        assert sorted(map(tuple, forest.execute(query))) == sorted(expected)

    def test_joined_to_usage(self, forest: Session, hybrid: str) -> None:
        query = select(AIFeatureUsage.tenant_id, getattr(Tenant, hybrid)).join(AIFeatureUsage.tenant)
        expected = [(tenant, values(hybrid)[tenant]) for tenant, *_ in USAGE]
        assert sorted(map(tuple, forest.execute(query))) == sorted(expected)

    def test_joined_to_usage_from_the_hybrid_alone(self, forest: Session, hybrid: str) -> None:
        query = select(getattr(Tenant, hybrid), AIFeatureUsage.tenant_id).join(Tenant.ai_features)
        expected = [(values(hybrid)[tenant], tenant) for tenant, *_ in USAGE]
        assert sorted(map(tuple, forest.execute(query))) == sorted(expected)

    def test_outer_join_without_a_tenant_gives_null(self, forest: Session, hybrid: str) -> None:
        parent = aliased(Tenant)
        query = select(Tenant.id, getattr(parent, hybrid)).outerjoin(Tenant.parent.of_type(parent))
        expected = {id_: parent and values(hybrid)[parent] for id_, parent in PARENTS.items()}
        assert by_id(forest.execute(query)) == expected

    def test_subquery(self, forest: Session, hybrid: str) -> None:
        inner = select(Tenant.id, getattr(Tenant, hybrid)).subquery()
        assert by_id(forest.execute(select(inner.c.id, inner.c[hybrid]))) == values(hybrid)

    def test_alias_of_a_subquery(self, forest: Session, hybrid: str) -> None:
        some = aliased(Tenant, select(Tenant).where(Tenant.id.in_([1, 2, 9])).subquery())
        found = by_id(forest.execute(select(some.id, getattr(some, hybrid))))
        assert found == {id_: values(hybrid)[id_] for id_ in (1, 2, 9)}

    def test_cte(self, forest: Session, hybrid: str) -> None:
        inner = select(Tenant.id, getattr(Tenant, hybrid)).cte()
        query = select(Tenant.id, inner.c[hybrid], getattr(Tenant, hybrid)).join(
            inner, inner.c.id == Tenant.id
        )
        expected = {id_: (value, value) for id_, value in values(hybrid).items()}
        assert by_id(forest.execute(query)) == expected

    def test_exists(self, forest: Session, hybrid: str) -> None:
        child = aliased(Tenant)
        has_one = exists().where(child.parent_id == Tenant.id, getattr(child, hybrid) > 0)
        expected = {parent for id_, parent in PARENTS.items() if parent and values(hybrid)[id_] > 0}
        assert set(forest.scalars(select(Tenant.id).where(has_one))) == expected

    def test_relationship_operators(self, forest: Session, hybrid: str) -> None:
        by_any = set(
            forest.scalars(select(Tenant.id).where(Tenant.children.any(getattr(Tenant, hybrid) > 0)))
        )
        assert by_any == {parent for id_, parent in PARENTS.items() if parent and values(hybrid)[id_] > 0}
        by_has = set(forest.scalars(select(Tenant.id).where(Tenant.parent.has(getattr(Tenant, hybrid) > 0))))
        assert by_has == {id_ for id_, parent in PARENTS.items() if parent and values(hybrid)[parent] > 0}

    def test_correlated_scalar_subquery(self, forest: Session, hybrid: str) -> None:
        parent = aliased(Tenant)
        of_parent = select(getattr(parent, hybrid)).where(parent.id == Tenant.parent_id).scalar_subquery()
        expected = {id_: parent_id and values(hybrid)[parent_id] for id_, parent_id in PARENTS.items()}
        assert by_id(forest.execute(select(Tenant.id, of_parent))) == expected

    def test_union(self, forest: Session, hybrid: str) -> None:
        half = select(Tenant.id, getattr(Tenant, hybrid)).where(Tenant.id <= 6)
        rest = select(Tenant.id, getattr(Tenant, hybrid)).where(Tenant.id > 6)
        assert by_id(forest.execute(half.union_all(rest))) == values(hybrid)

    @pytest.mark.parametrize("synchronize", ["auto", "fetch", False])
    def test_update_criteria(self, forest: Session, hybrid: str, synchronize: Any) -> None:
        forest.execute(
            update(Tenant).where(getattr(Tenant, hybrid) > 0).values(name="found"),
            execution_options={"synchronize_session": synchronize},
        )
        found = forest.scalars(select(Tenant.id).where(Tenant.name == "found")).all()
        assert sorted(found) == [id_ for id_, value in values(hybrid).items() if value > 0]

    def test_update_value(self, forest: Session, hybrid: str) -> None:
        hundreds = getattr(Tenant, hybrid) * 100
        forest.execute(update(Tenant).values(name=func.cast(func.round(hundreds), Tenant.name.type)))
        found = {id_: Decimal(name) for id_, name in forest.execute(select(Tenant.id, Tenant.name)).all()}
        assert found == {id_: round(Decimal(value) * 100) for id_, value in values(hybrid).items()}

    def test_delete_criteria(self, forest: Session, hybrid: str) -> None:
        forest.execute(text("ALTER TABLE ai_feature_usage DROP CONSTRAINT ai_feature_usage_tenant_id_fkey"))
        forest.execute(text("ALTER TABLE tenants DROP CONSTRAINT tenants_parent_id_fkey"))
        forest.execute(delete(Tenant).where(getattr(Tenant, hybrid) > 0))
        left = forest.scalars(select(Tenant.id)).all()
        assert sorted(left) == [id_ for id_, value in values(hybrid).items() if value <= 0]

    def test_delete_of_other_rows_by_criteria(self, forest: Session, hybrid: str) -> None:
        matching = select(Tenant.id).where(getattr(Tenant, hybrid) > 0)
        forest.execute(delete(AIFeatureUsage).where(AIFeatureUsage.tenant_id.in_(matching)))
        left = set(forest.scalars(select(AIFeatureUsage.tenant_id)))
        assert left == {tenant for tenant, *_ in USAGE if values(hybrid)[tenant] <= 0}
