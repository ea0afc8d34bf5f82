"""What a dashboard costs in statements: metrics computed in Python, and the same pushed to SQL."""

import time
from pathlib import Path

import pytest
from application import Metric, Row, application, async_application, by_closure, by_hybrids, in_python
from fastapi.testclient import TestClient
from sqlalchemy import create_engine
from sqlalchemy.ext.asyncio import create_async_engine
from tenants import SIZES, load

ADOPTION = [Metric.FEATURE_ADOPTION_RATE]
IN_SQL = pytest.mark.parametrize("way", [by_hybrids, by_closure])


@pytest.fixture(scope="module", params=SIZES)
def number(request):
    """Of tenants."""
    return request.param


@pytest.fixture(scope="module")
def engine(number, server):
    url = server.create_database()
    engine = create_engine(url)
    with engine.begin() as connection:
        load(connection, number)
    yield engine
    engine.dispose()
    server.drop_database(url)


def answer(client, metrics):
    response = client.get("/tenants/metrics", params={"metric": metrics})
    assert response.status_code == 200
    return [Row(**row) for row in response.json()]


def timed(record_property, client, metrics):
    """Answer, and report the seconds that it took, counting included; they are nothing to fail on."""
    start = time.perf_counter()
    rows = answer(client, metrics)
    record_property("seconds", round(time.perf_counter() - start, 4))
    return rows


def test_a_metric_computed_in_python_sends_a_statement_for_each_tenant(
    query_budget, engine, number, record_property
):
    client = TestClient(application(engine, in_python))
    with query_budget(1 + number) as budget:
        rows = timed(record_property, client, ADOPTION)
    assert (len(budget.statements), len(rows)) == (1 + number, number)


@IN_SQL
def test_a_metric_pushed_to_sql_sends_one_statement(query_budget, engine, number, way, record_property):
    client = TestClient(application(engine, way))
    with query_budget(1) as budget:
        rows = timed(record_property, client, ADOPTION)
    assert (len(budget.statements), len(rows)) == (1, number)


def test_all_ways_answer_the_same(query_budget, engine, number):
    answers = []
    for way, most in ((in_python, 1 + 2 * number), (by_hybrids, 1), (by_closure, 1)):
        with query_budget(most) as budget:
            answers.append(answer(TestClient(application(engine, way)), list(Metric)))
        assert len(budget.statements) == most
    assert answers[0] == answers[1] == answers[2]
    assert [row.id for row in answers[0]] == list(range(1, number + 1))
    assert all(None not in row.model_dump().values() for row in answers[0])


@pytest.mark.parametrize("number", [100], indirect=True)
@pytest.mark.parametrize(
    ("metric", "sent"),
    [
        (Metric.TOTAL_INFERENCE_COST, 1 + 2 * 100),  # each tenant's children and its use
        (Metric.PERMISSION_INHERITANCE_DEPTH, 1),  # a session that has all tenants has everybody's parent
    ],
)
def test_what_a_metric_sends_depends_on_what_it_loads_lazily(query_budget, engine, metric, sent):
    with query_budget(sent) as budget:
        answer(TestClient(application(engine, in_python)), [metric])
    assert len(budget.statements) == sent


@pytest.mark.parametrize("number", [100], indirect=True)
@pytest.mark.parametrize(("way", "sent"), [(in_python, 1 + 100), (by_hybrids, 1), (by_closure, 1)])
def test_the_budget_is_the_same_for_asyncio(query_budget, engine, way, sent):
    expected = answer(TestClient(application(engine, way)), ADOPTION)
    with TestClient(async_application(create_async_engine(engine.url), way)) as client:
        with query_budget(sent) as budget:
            assert answer(client, ADOPTION) == expected
        assert len(budget.statements) == sent


@pytest.mark.parametrize("number", [10], indirect=True)
@pytest.mark.parametrize("asynchronous", [False, True], ids=["sync", "async"])
def test_a_dashboard_over_its_budget_is_told_where_it_is_spent(query_budget, engine, asynchronous):
    if asynchronous:
        app = async_application(create_async_engine(engine.url), in_python)
    else:
        app = application(engine, in_python)
    with TestClient(app) as client, pytest.raises(pytest.fail.Exception) as failure, query_budget(1):
        answer(client, ADOPTION)
    headline, loads, load_line, tenants, tenants_line = failure.value.msg.splitlines()
    assert headline == "11 statements were sent where the budget is 1:"
    assert loads.startswith("    10 x SELECT ai_feature_usage.id")
    assert load_line == "        10 x " + line(
        "models/tenancy.py",
        "Tenant.feature_adoption_rate",
        "adopted = {usage.feature_name for usage in self.ai_features}.intersection(AI_FEATURES)",
    )
    assert tenants.startswith("     1 x SELECT tenants.id")
    assert tenants_line == "         1 x " + line(
        "tests/dashboard/application.py",
        "in_python",
        "tenants = session.scalars(select(Tenant).order_by(Tenant.id)).all()",
    )


def line(path, function, source):
    """The only line of this file that reads so, as a message has it."""
    lines = (Path(__file__).parents[2] / path).read_text("utf-8").splitlines()
    (number,) = [number for number, text in enumerate(lines, 1) if text.strip() == source]
    return f"{path}:{number} in {function}: {source}"
