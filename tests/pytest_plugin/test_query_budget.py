"""What the fixture query_budget counts, and what it says once the budget is overspent."""

import asyncio
import re
import threading
from pathlib import Path

import jinja2
import pytest
from sqlalchemy import Engine, ForeignKey, create_engine, insert, select, text
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship

from harness.pytest_plugin.budget import shape_of

THIS_FILE = Path(__file__)


class Base(DeclarativeBase):
    pass


class Singer(Base):
    __tablename__ = "singers"
    id: Mapped[int] = mapped_column(primary_key=True)
    songs: Mapped[list["Song"]] = relationship()

    @hybrid_property
    def repertoire(self):
        return len(self.songs)


class Song(Base):
    __tablename__ = "songs"
    id: Mapped[int] = mapped_column(primary_key=True)
    singer_id: Mapped[int] = mapped_column(ForeignKey("singers.id"))


SINGERS = "SELECT singers.id FROM singers"
SONGS = "SELECT songs.id, songs.singer_id FROM songs WHERE ? = songs.singer_id"


@pytest.fixture(scope="module")
def url(server):
    url = server.create_database()
    engine = create_engine(url)
    Base.metadata.create_all(engine)
    with engine.begin() as connection:
        connection.execute(insert(Singer), [{"id": number} for number in range(1, 4)])
    engine.dispose()
    yield url
    server.drop_database(url)


@pytest.fixture
def engines(url):
    made = [create_engine(url), create_engine(url)]
    yield made
    for engine in made:
        engine.dispose()


@pytest.fixture
def engine(engines):
    return engines[0]


def send(engine, number, statement="SELECT 1"):
    with engine.connect() as connection:
        for _ in range(number):
            connection.execute(text(statement))


def run(main, url):
    """Run main(engine) with an asyncio engine, in a loop of its own."""

    async def with_engine():
        engine = create_async_engine(url)
        try:
            return await main(engine)
        finally:
            await engine.dispose()

    return asyncio.run(with_engine())


def at(function, source):
    """What a message calls the only line of this file that reads so."""
    lines = THIS_FILE.read_text("utf-8").splitlines()
    (number,) = [number for number, line in enumerate(lines, 1) if line.strip() == source]
    return f"tests/pytest_plugin/test_query_budget.py:{number} in {function}: {source}"


def told(failure):
    # SQLAlchemy 2.0 labels the columns of a lazy load, 2.1 doesn't.
    return re.sub(r" AS songs_\w+", "", failure.value.msg).splitlines()


def shown(url):
    return url.set(query={}).render_as_string()


def test_all_engines_count_while_the_block_runs(query_budget, engines):
    send(engines[0], 1)
    with query_budget(5) as budget:
        send(engines[0], 3)
        send(engines[1], 2)
    send(engines[0], 1)
    assert budget.statements == ["SELECT 1"] * 5


def test_an_overspent_budget_fails_with_shapes_lines_and_connections(query_budget, engines, url):
    with pytest.raises(pytest.fail.Exception) as failure, query_budget(3):  # noqa: PT012
        send(engines[0], 2, "SELECT  2,\n 3")
        send(engines[1], 1, "SELECT now()")
        send(engines[0], 1, "SELECT 4, 5")
    here = "test_an_overspent_budget_fails_with_shapes_lines_and_connections"
    sent = at("send", "connection.execute(text(statement))")
    assert told(failure) == [
        "4 statements were sent where the budget is 3:",
        "     3 x SELECT ?, ?",
        f"         2 x {sent}",
        "             from " + at(here, r'send(engines[0], 2, "SELECT  2,\n 3")'),
        f"         1 x {sent}",
        "             from " + at(here, 'send(engines[0], 1, "SELECT 4, 5")'),
        "     1 x SELECT now()",
        f"         1 x {sent}",
        "             from " + at(here, 'send(engines[1], 1, "SELECT now()")'),
        "by connection:",
        f"     3 x 1, {shown(url)}",
        f"     1 x 2, {shown(url)}",
    ]


def test_an_error_in_the_block_is_shown_instead(query_budget, engine):
    with pytest.raises(ZeroDivisionError), query_budget(0):
        send(engine, 1 // 0)
    with pytest.raises(ZeroDivisionError), query_budget(0):  # noqa: PT012
        send(engine, 1)
        raise ZeroDivisionError


def test_the_fixture_is_there_wherever_the_plugin_is(project):
    project.configure(ini="")
    project.write(
        "checks/test_budget.py",
        "from sqlalchemy import create_engine, text\n\n"
        "def test_budget(query_budget):\n"
        "    with query_budget(0), create_engine('sqlite://').connect() as connection:\n"
        "        connection.execute(text('SELECT x FROM (SELECT 1 AS x) WHERE x = :x'), {'x': 1})\n",
    )
    result = project.run("-p", "no:xdist")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "1 statement was sent where the budget is 0:",
            "     1 x SELECT x FROM (SELECT ? AS x) WHERE x = ?",
            "         1 x checks/test_budget.py:5 in test_budget: connection.execute(text('SELECT x FROM *",
        ],
        consecutive=True,
    )


def test_greenlet_need_not_be_installed(project):
    project.configure(ini="")
    project.write("conftest.py", "import sys\n\nsys.modules['greenlet'] = None  # an import of it fails\n")
    project.write(
        "test_budget.py",
        "import sys\n\nimport pytest\nfrom sqlalchemy import create_engine, text\n\n"
        "def test_budget(query_budget):\n"
        "    engine = create_engine('sqlite://')\n"
        "    with pytest.raises(pytest.fail.Exception), engine.connect() as connection:\n"
        "        with query_budget(0), query_budget(1, on=engine), query_budget(1, on=connection):\n"
        "            connection.execute(text('SELECT 1'))\n"
        "    engine.dispose()\n",
    )
    project.run_alone().assert_outcomes(passed=1)


def test_a_budget_that_is_used_again_starts_anew(query_budget, engine):
    budget = query_budget(1)
    for statement in ("SELECT 1", "SELECT 2"):
        with budget:
            send(engine, 1, statement)
        assert budget.statements == [statement]


def test_a_budget_within_itself_is_refused_and_one_of_its_own_counts_too(query_budget, engine):
    outer, inner = query_budget(3), query_budget(1)
    with outer:
        send(engine, 1)
        with inner:
            send(engine, 1)
        with pytest.raises(RuntimeError) as caught, outer:
            pass
        send(engine, 1)
    assert (len(outer.sent), len(inner.sent)) == (3, 1)
    assert str(caught.value) == (
        "This budget of 3 is in use already. Give the inner block one of its own: with query_budget(...)."
    )


@pytest.mark.parametrize(
    ("most", "kind", "message"),
    [
        ("3", TypeError, "query_budget() takes the number of statements allowed, not '3'."),
        (None, TypeError, "query_budget() takes the number of statements allowed, not None."),
        (-1, ValueError, "query_budget(-1) allows fewer than no statements; query_budget(0) allows none."),
    ],
)
def test_a_budget_is_a_number_of_statements(query_budget, most, kind, message):
    with pytest.raises(kind) as caught:
        query_budget(most)
    assert str(caught.value) == message


def test_a_budget_of_no_statements(query_budget, engine):
    with query_budget(0):
        pass
    said = r"^1 statement was sent where the budget is 0:"
    with pytest.raises(pytest.fail.Exception, match=said), query_budget(0):
        send(engine, 1)


def test_a_long_statement_is_told_by_its_ends(query_budget, engine):
    columns = ", ".join(f"1 AS column_{number}" for number in range(100))
    with pytest.raises(pytest.fail.Exception) as caught, query_budget(0):
        send(engine, 1, f"SELECT {columns} WHERE 1 = 1")
    told = str(caught.value).splitlines()[1]
    assert told.startswith("     1 x SELECT ? AS column_0, ? AS column_1, ")
    assert told.endswith(", ? AS column_99 WHERE ? = ?")
    assert " ... " in told
    assert len(told) < 450


def test_a_lazy_load_is_told_with_the_models_line_and_the_tests(query_budget, engine):
    with pytest.raises(pytest.fail.Exception) as failure, Session(engine) as session, query_budget(1):  # noqa: PT012
        for singer in session.scalars(select(Singer)):
            assert singer.repertoire == 0
    here = "test_a_lazy_load_is_told_with_the_models_line_and_the_tests"
    assert told(failure) == [
        "4 statements were sent where the budget is 1:",
        f"     3 x {SONGS}",
        "         3 x " + at("Singer.repertoire", "return len(self.songs)"),
        "             from " + at(here, "assert singer.repertoire == 0"),
        f"     1 x {SINGERS}",
        "         1 x " + at(here, "for singer in session.scalars(select(Singer)):"),
    ]


async def sing(engine, budget):
    async with AsyncSession(engine) as session, engine.connect() as connection:
        with budget:
            singers = (await session.scalars(select(Singer))).all()
            await session.run_sync(lambda _: [singer.repertoire for singer in singers])
            await connection.execute(text("SELECT now()"))


def test_async_sessions_and_connections_count_with_the_lines_that_await_them(query_budget, url):
    with pytest.raises(pytest.fail.Exception) as failure:
        run(lambda engine: sing(engine, query_budget(1)), url)
    repertoire = "await session.run_sync(lambda _: [singer.repertoire for singer in singers])"
    assert told(failure) == [
        "5 statements were sent where the budget is 1:",
        f"     3 x {SONGS}",
        "         3 x " + at("Singer.repertoire", "return len(self.songs)"),
        "             from " + at("sing", repertoire),
        f"     1 x {SINGERS}",
        "         1 x " + at("sing", "singers = (await session.scalars(select(Singer))).all()"),
        "     1 x SELECT now()",
        "         1 x " + at("sing", 'await connection.execute(text("SELECT now()"))'),
        "by connection:",
        f"     4 x 1, {shown(url)}",
        f"     1 x 2, {shown(url)}",
    ]


async def ask(engine, number):
    async with engine.connect() as connection:
        await connection.execute(text("SELECT now()"))  # from a task
        return number


def test_tasks_of_asyncio_count_with_the_lines_they_are_at(query_budget, url):
    async def ask_together(engine):
        return await asyncio.gather(*(ask(engine, number) for number in range(3)))

    with pytest.raises(pytest.fail.Exception) as failure, query_budget(2):
        assert run(ask_together, url) == [0, 1, 2]
    assert told(failure) == [
        "3 statements were sent where the budget is 2:",
        "     3 x SELECT now()",
        "         3 x " + at("ask", 'await connection.execute(text("SELECT now()"))  # from a task'),
        "             from "
        + at(
            "test_tasks_of_asyncio_count_with_the_lines_they_are_at",
            "assert run(ask_together, url) == [0, 1, 2]",
        ),
        "by connection:",
        *(f"     1 x {number}, {shown(url)}" for number in (1, 2, 3)),
    ]


def test_other_threads_and_connections_opened_before_the_block_count(query_budget, engine, url):
    with engine.connect() as connection:
        connection.execute(text("SELECT 1"))
        in_thread = threading.Thread(target=send, args=(engine, 2))
        in_library = threading.Thread(target=connection.exec_driver_sql, args=("SELECT now()",))
        with pytest.raises(pytest.fail.Exception) as failure, query_budget(2):  # noqa: PT012
            for thread in (in_library, in_thread):
                thread.start()
                thread.join()
    assert told(failure) == [
        "3 statements were sent where the budget is 2:",
        "     2 x SELECT ?",
        "         2 x " + at("send", "connection.execute(text(statement))"),
        "     1 x SELECT now()",
        "         1 x code of libraries only",
        "by connection:",
        f"     2 x 2, {shown(url)}",
        f"     1 x 1, {shown(url)}",
    ]


def test_what_a_template_loads_is_told_with_the_templates_line(query_budget, engine, tmp_path):
    (tmp_path / "singers.txt").write_text(
        "{% for singer in singers %}\n\n{{ singer.songs | length }}\n{% endfor %}"
    )
    template = jinja2.Environment(loader=jinja2.FileSystemLoader(tmp_path)).get_template("singers.txt")
    with Session(engine) as session:
        singers = session.scalars(select(Singer)).all()
        with pytest.raises(pytest.fail.Exception) as failure, query_budget(0):
            template.render(singers=singers)
    here = "test_what_a_template_loads_is_told_with_the_templates_line"
    assert told(failure) == [
        "3 statements were sent where the budget is 0:",
        f"     3 x {SONGS}",
        f"         3 x {tmp_path}/singers.txt:3 in root: {{{{ singer.songs | length }}}}",
        "             from " + at(here, "template.render(singers=singers)"),
    ]


def test_an_executemany_is_one_statement_and_each_batch_of_an_insert_is_one(query_budget, engine):
    with Session(engine) as session, query_budget(3) as budget:
        session.connection().execute(insert(Singer), [{"id": number} for number in range(10, 20)])
        session.add_all([Song(singer_id=1) for _ in range(1_500)])
        session.flush()
        session.rollback()
    assert len(budget.statements) == 3


def test_what_begins_and_ends_transactions_and_savepoints_is_no_statement(query_budget, engine):
    with engine.connect() as connection, connection.begin(), query_budget(3) as budget:
        with Session(connection, join_transaction_mode="create_savepoint") as session:
            session.execute(text("SELECT 1"))
            session.commit()
            session.execute(text("SELECT 2"))
            session.rollback()
        connection.execute(text("SAVEPOINT by_hand"))
    assert budget.statements == ["SELECT 1", "SELECT 2", "SAVEPOINT by_hand"]


def test_what_an_engine_asks_when_it_first_connects_is_no_statement(query_budget, url, engine):
    async def connect(engine):
        async with engine.connect():
            pass

    with query_budget(0):
        send(engine, 0)
        run(connect, url)


def test_an_engine_with_options_of_its_own_counts_once(query_budget, engine):
    with query_budget(1):
        send(engine.execution_options(isolation_level="AUTOCOMMIT"), 1)


def test_a_budget_for_one_engine_leaves_the_others_out(query_budget, engines, url):
    async def ask_both(engine):
        with query_budget(1, on=engine) as budget:
            await ask(engine, 0)
            send(engines[0], 2)
        return budget.statements

    with query_budget(2, on=engines[1]) as budget:
        send(engines[0], 2)
        send(engines[1], 1)
        send(engines[1].execution_options(isolation_level="AUTOCOMMIT"), 1, "SELECT 2")
    assert budget.statements == ["SELECT 1", "SELECT 2"]
    assert run(ask_both, url) == ["SELECT now()"]


def test_a_budget_for_one_connection_leaves_the_others_out(query_budget, engine, url):
    async def ask_both(engine):
        async with engine.connect() as connection:
            with query_budget(1, on=connection) as budget:
                await connection.execute(text("SELECT 2"))
                await ask(engine, 0)
        return budget.statements

    with engine.connect() as connection, query_budget(1, on=connection) as budget:
        Session(connection).execute(text("SELECT 3"))
        send(engine, 1)
    assert budget.statements == ["SELECT 3"]
    assert run(ask_both, url) == ["SELECT 2"]


def test_a_budget_refuses_what_sends_no_statements_itself(query_budget, engine, url):
    closed = engine.connect()
    closed.close()
    never_opened = create_async_engine(url).connect()
    for on in (
        Session(engine),
        AsyncSession(create_async_engine(url)),
        closed,
        never_opened,
        Engine,
        str(url),
    ):
        with pytest.raises(TypeError) as refusal:
            query_budget(1, on=on)
        assert str(refusal.value) == (
            f"query_budget(on=...) takes an engine or an open connection, sync or async, not {on!r}. "
            "For a session, give what it is bound to: on=session.get_bind()."
        )


@pytest.mark.parametrize(
    ("statements", "shape"),
    [
        (
            ["SELECT 1", "SELECT  23.5", "SELECT\n1e-3", "SELECT 'it''s'", "SELECT '1'::double precision"],
            "SELECT ?",
        ),
        (['SELECT t_2.x1, "2nd" FROM t_2'], 'SELECT t_2.x1, "2nd" FROM t_2'),
        (["SELECT x::text, 2::text"], "SELECT x::text, ?"),
        (["a = %(a_1)s::NUMERIC(14, 6)", "a = %s", "a = :a", "a = $1::VARCHAR[]", "a = ?"], "a = ?"),
        (["a = %(a)s::TIMESTAMP WITHOUT TIME ZONE AND b", 'a = %(a)s::shop."a mood" AND b'], "a = ? AND b"),
        (
            ["a IN (%(a_1)s::INTEGER)", "a IN (%(a_1)s::INTEGER, %(a_2)s::INTEGER)", "a IN (1, -2, 3)"],
            "a IN (...)",
        ),
        (["(a, b) IN ((%(a)s, %(b)s))", "(a, b) in ((1, 2), (3, 4))"], "(a, b) IN (...)"),
        (["a IN (SELECT 1)", "a IN (SELECT 2)"], "a IN (SELECT ?)"),
        (["VALUES (%(a__0)s, now())", "VALUES (%(a__0)s, now()), (%(a__1)s, now())"], "VALUES (?, now())"),
        (["VALUES (%(a)s, now()), (DEFAULT, %(b)s)"], "VALUES (?, now()), (DEFAULT, ?)"),
    ],
)
def test_a_shape_is_the_text_without_its_values(statements, shape):
    assert {shape_of(statement) for statement in statements} == {shape}
