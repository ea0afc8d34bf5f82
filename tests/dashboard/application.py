"""A dashboard of every tenant's metrics: one route, and three ways to compute what it answers."""

from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Query
from pydantic import BaseModel
from sqlalchemy import Engine, Select, select
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession
from sqlalchemy.orm import Session

from models.tenancy import Tenant, tenant_metrics


class Metric(StrEnum):
    """A hybrid of `Tenant`, by its name."""

    FEATURE_ADOPTION_RATE = "feature_adoption_rate"
    TOTAL_INFERENCE_COST = "total_inference_cost"
    PERMISSION_INHERITANCE_DEPTH = "permission_inheritance_depth"


class Row(BaseModel):
    """A tenant with the metrics that were asked for."""

    id: int
    name: str
    feature_adoption_rate: float | None = None
    total_inference_cost: Decimal | None = None
    permission_inheritance_depth: int | None = None


Way = Callable[[Session, Sequence[Metric]], list[Row]]


def in_python(session: Session, metrics: Sequence[Metric]) -> list[Row]:
    """Read the hybrids of each instance: what they load lazily is loaded anew for each."""
    tenants = session.scalars(select(Tenant).order_by(Tenant.id)).all()
    return [
        Row(id=tenant.id, name=tenant.name, **{metric: getattr(tenant, metric) for metric in metrics})
        for tenant in tenants
    ]


def by_hybrids(session: Session, metrics: Sequence[Metric]) -> list[Row]:
    """Select the same hybrids on the class: a subquery for each tenant."""
    return _rows(session, select(Tenant.id, Tenant.name, *(getattr(Tenant, metric) for metric in metrics)))


def by_closure(session: Session, metrics: Sequence[Metric]) -> list[Row]:
    """Join the closure of the hierarchy, which is computed for all tenants at once."""
    computed = tenant_metrics().subquery()
    statement = select(Tenant.id, Tenant.name, *(computed.c[metric] for metric in metrics))
    return _rows(session, statement.join(computed, computed.c.id == Tenant.id))


def _rows(session: Session, statement: Select[*tuple[Any, ...]]) -> list[Row]:
    return [Row(**row) for row in session.execute(statement.order_by(Tenant.id)).mappings()]


WAYS: dict[str, Way] = {"Python": in_python, "hybrids in SQL": by_hybrids, "closure in SQL": by_closure}

Metrics = Annotated[list[Metric], Query(alias="metric")]


def application(engine: Engine, way: Way) -> FastAPI:
    """`/tenants/metrics?metric=...&metric=...`, computed in this way with a session of the engine."""
    app = FastAPI()

    def session() -> Iterator[Session]:
        with Session(engine) as opened:
            yield opened

    @app.get("/tenants/metrics", response_model_exclude_unset=True)
    def metrics_of_tenants(metric: Metrics, session: Annotated[Session, Depends(session)]) -> list[Row]:
        return way(session, metric)

    return app


def async_application(engine: AsyncEngine, way: Way) -> FastAPI:
    """The same with an asyncio session; the engine is disposed of in the loop that it worked in."""

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        yield
        await engine.dispose()

    app = FastAPI(lifespan=lifespan)

    @app.get("/tenants/metrics", response_model_exclude_unset=True)
    async def metrics_of_tenants(metric: Metrics) -> list[Row]:
        async with AsyncSession(engine) as session:
            return await session.run_sync(way, metric)

    return app
