"""A server that holds somebody's data: whatever a run does there, and however it ends, all of theirs is as it was."""

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest
import sqlalchemy

from harness.database import start_server

ROOT = Path(__file__).parents[2]
DEADLINE = 120.0
THEIRS = """
CREATE SCHEMA billing;
CREATE TYPE billing.colour AS ENUM ('red', 'green');
CREATE TABLE public.tenants (id int PRIMARY KEY, name text, parent_id int);
CREATE TABLE billing.invoices (id serial PRIMARY KEY, total numeric NOT NULL, colour billing.colour);
CREATE INDEX totals ON billing.invoices (total);
CREATE VIEW public.large AS SELECT * FROM billing.invoices WHERE total > 5;
CREATE FUNCTION public.twice(n int) RETURNS int LANGUAGE sql AS 'SELECT 2 * n';
INSERT INTO public.tenants SELECT n, 'tenant ' || n, n / 2 FROM generate_series(1, 500) n;
INSERT INTO billing.invoices (total, colour) SELECT n / 7.0, 'red' FROM generate_series(1, 500) n;
COMMENT ON TABLE public.tenants IS 'of somebody';
GRANT SELECT ON public.tenants TO PUBLIC;
GRANT USAGE ON SCHEMA billing TO PUBLIC;
GRANT ALL ON ALL TABLES IN SCHEMA billing TO PUBLIC;
"""
CATALOGUES = (
    "SELECT oid, relname, relnamespace, relkind, relpages, relfilenode, relacl::text FROM pg_class"
    " WHERE relnamespace::regnamespace::text IN ('public', 'billing', 'open') ORDER BY oid",
    "SELECT oid, nspname, nspacl::text FROM pg_namespace WHERE nspname !~ '^pg_' ORDER BY oid",
    "SELECT oid, proname FROM pg_proc WHERE oid > 16383 ORDER BY oid",
    "SELECT oid, typname FROM pg_type WHERE oid > 16383 AND typnamespace::regnamespace::text !~ '^pg_' ORDER BY oid",
    "SELECT extname, extversion, extnamespace FROM pg_extension ORDER BY 1",
    "SELECT rolname, rolsuper, rolcreatedb, rolconfig::text FROM pg_roles ORDER BY 1",
    "SELECT setdatabase, setrole, setconfig::text FROM pg_db_role_setting ORDER BY 1, 2",
    "SELECT oid, datname, datacl::text FROM pg_database ORDER BY 1",
    "SELECT name, setting FROM pg_settings WHERE name !~ '^(transaction_|application_name)' ORDER BY 1",
    "SELECT description FROM pg_description WHERE objoid > 16383 ORDER BY 1",
    "SELECT * FROM public.tenants ORDER BY 1",
    "SELECT * FROM billing.invoices ORDER BY 1",
    "SELECT * FROM open.guests ORDER BY 1",
    "SELECT last_value, is_called FROM billing.invoices_id_seq",
)
HEADER = """
from sqlalchemy import DDL, event, func
from sqlalchemy.dialects.postgresql import CITEXT
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

class Base(DeclarativeBase):
    pass
"""
ITEM = """
class Item(Base):
    __tablename__ = "tenants"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str | None]

    @hybrid_property
    def named(self):
        return self.name is not None

    @named.inplace.expression
    @classmethod
    def _named(cls):
        return cls.name.is_not(None)
"""
NAMES = """
    @hybrid_property
    def upper(self):
        return None if self.name is None else "n" + self.name

    @upper.inplace.expression
    @classmethod
    def _upper(cls):
        return "n" + cls.name
"""
ENDLESS = """
    @hybrid_property
    def endless(self):
        return 1

    @endless.inplace.expression
    @classmethod
    def _endless(cls):
        return func.char_length(func.pg_sleep(3600).op("::")(func.text())) + cls.id
"""


ENDS = """
    @hybrid_property
    def ends(self):
        _exit(3)

    @ends.inplace.expression
    @classmethod
    def _ends(cls):
        return cls.id
"""


class Theirs:
    """Somebody's database, and what can be seen of it."""

    def __init__(self, url: sqlalchemy.URL) -> None:
        self.url = url
        self.engine = sqlalchemy.create_engine(url, isolation_level="AUTOCOMMIT")

    def ask(self, statement):
        with self.engine.connect() as connection:
            result = connection.execute(sqlalchemy.text(statement))
            return [tuple(row) for row in result] if result.returns_rows else []

    def seen(self):
        return [self.ask(statement) for statement in CATALOGUES]

    def ours(self):
        """The databases and schemas that runs have there."""
        return [
            name
            for (name,) in self.ask(
                "SELECT datname FROM pg_database WHERE datname ~ '^hybrid_harness_' AND datname <> current_database()"
                " UNION ALL SELECT nspname FROM pg_namespace WHERE nspname ~ '^hybrid_harness_'"
            )
        ]


@pytest.fixture(scope="module")
def theirs():
    """A server of its own: its roles and databases are looked at, too."""
    with start_server("embedded") as server:
        found = Theirs(server.create_database())
        found.ask(THEIRS)
        name = found.url.database
        found.ask(
            f'CREATE ROLE guest LOGIN; GRANT CREATE ON DATABASE "{name}" TO guest; CREATE ROLE maker LOGIN CREATEDB'
        )
        found.ask("CREATE SCHEMA open; GRANT ALL ON SCHEMA open TO guest")
        found.ask(
            "SET ROLE guest; CREATE TABLE open.guests (id int); INSERT INTO open.guests SELECT 7; RESET ROLE"
        )
        found.ask("GRANT ALL ON ALL SEQUENCES IN SCHEMA billing TO PUBLIC")
        yield found
        found.engine.dispose()


def text_of(url):
    return url.set(drivername="postgresql").render_as_string(hide_password=False)


def started(folder, source, url, *options):
    (folder / "model.py").write_text(textwrap.dedent(source))
    words = ["check", "model.py:Base", "--database", text_of(url), "--format", "json", *options]
    return subprocess.Popen(
        [sys.executable, "-m", "harness", *words],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )


def checked(folder, source, url, *options):
    """The hybrids of a run's report by their names, and what it said on standard error."""
    with started(folder, source, url, "--examples", "10", "--scale", "20", *options) as run:
        out, err = run.communicate(timeout=DEADLINE)
    assert run.returncode in (0, 1), err
    return {each["name"]: each for each in json.loads(out)["hybrids"]}, err


@pytest.fixture(params=["guest", "maker"])
def role(request, theirs):
    """One that may create schemas only, and one that may create databases."""
    return theirs.url.set(username=request.param)


def test_a_run_leaves_all_of_it_alone_and_says_first_where_it_works(tmp_path, theirs, role):
    before = theirs.seen()
    reports, err = checked(tmp_path, HEADER + ITEM, role)
    assert [each["verdict"] for each in reports.values()] == ["ok"]
    assert err.startswith(
        f"hybrid-harness: works at {role.set(drivername='postgresql+psycopg')}, in databases of its own, or in schemas of its "
        "own if the role may create no databases; they are named hybrid_harness_... and dropped at the end.\n"
    )
    assert theirs.seen() == before


def test_the_reference_models_give_the_same_in_a_schema_as_in_a_database(tmp_path, theirs):
    before = theirs.seen()
    found = []
    for role in ("guest", "maker"):
        (tmp_path / role).mkdir()
        source = f"import sys\nsys.path.append({str(ROOT)!r})\nfrom models.pitfalls import *\n"
        reports, _ = checked(tmp_path / role, source, theirs.url.set(username=role), "--skip", "*depth*")
        found.append(
            {
                name: (each["verdict"], sorted(f["rule"] for f in each["findings"]))
                for name, each in reports.items()
            }
        )
    assert found[0] == found[1]
    assert len(found[0]) > 5
    assert theirs.seen() == before


def test_a_database_without_an_encoding_is_as_good_as_another(tmp_path, theirs):
    theirs.ask(
        "CREATE DATABASE plain TEMPLATE template0 ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C' LOCALE_PROVIDER libc"
    )
    try:
        theirs.ask("GRANT CREATE ON DATABASE plain TO guest")
        for role in ("guest", "maker"):
            url = theirs.url.set(username=role, database="plain")
            with start_server(text_of(url)) as server:
                assert server.version.startswith("18.")
            reports, _ = checked(tmp_path, HEADER + ITEM + NAMES, url)
            assert [each["verdict"] for each in reports.values()] == ["ok", "ok"]
    finally:
        theirs.ask("DROP DATABASE plain WITH (FORCE)")


def test_a_table_in_a_schema_of_theirs_is_not_touched(tmp_path, theirs):
    before = theirs.seen()
    source = HEADER + ITEM.replace('"tenants"', '"invoices"\n    __table_args__ = {"schema": "billing"}')
    reports, _ = checked(tmp_path, source, theirs.url.set(username="guest"))
    assert reports["Item.named"]["reason"] == (
        "billing.invoices needs the schema billing, which may be somebody's. Give the URL of a role that may create databases."
    )
    assert theirs.seen() == before
    reports, _ = checked(tmp_path, source, theirs.url.set(username="maker"))
    assert reports["Item.named"]["verdict"] == "ok"
    assert theirs.seen() == before


def test_an_extension_is_created_in_their_database_only_where_that_is_asked_for(tmp_path, theirs):
    before = theirs.seen()
    guest = theirs.url.set(username="guest")
    source = HEADER + ITEM.replace(
        "name: Mapped[str | None]", "name: Mapped[str | None] = mapped_column(CITEXT)"
    )
    reports, _ = checked(tmp_path, source, guest)
    assert reports["Item.named"]["reason"] == (
        'tenants can\'t be created: type "citext" does not exist. The extension citext is not seen from a schema of the '
        "harness's own. Give the URL of a role that may create databases, or --create-extensions if the database may have it."
    )
    reports, _ = checked(tmp_path, source, guest, "--create-extensions")
    assert reports["Item.named"]["verdict"] == "ok"
    assert theirs.seen() == before


LISTENER = """
event.listen(Base.metadata, "{when}", DDL("{statement}"))
"""


@pytest.mark.parametrize(
    ("statement", "kind", "who"),
    [
        ("CREATE ROLE intruder", "roles", "guest"),
        ("SELECT 1; ALTER SYSTEM SET work_mem = '1MB'", "systems", "maker"),
        ("alter role current_user set work_mem = '1MB'", "roles", "maker"),
        ("CREATE DATABASE another", "databases", "maker"),
        ("CREATE EXTENSION citext", "extensions", "guest"),
        ("CREATE SCHEMA another", "schemas", "guest"),
    ],
)
def test_what_models_create_elsewhere_on_the_server_is_refused_and_told(
    tmp_path, theirs, statement, kind, who
):
    before = theirs.seen()
    source = HEADER + ITEM + LISTENER.format(when="before_create", statement=statement)
    with started(
        tmp_path, source, theirs.url.set(username=who), "--examples", "5", "--scale", "1", "--format", "text"
    ) as run:
        out, err = run.communicate(timeout=DEADLINE)
    assert run.returncode == 0, err
    assert f"{kind} are not created, altered or dropped on a server that is somebody's" in " ".join(
        out.split()
    )
    assert theirs.seen() == before


@pytest.mark.parametrize(
    ("statement", "touched"),
    [
        ("DELETE FROM billing.invoices WHERE total > 5", "billing.invoices"),
        ("UPDATE billing.invoices SET total = 0", "billing.invoices"),
        ("DO 'BEGIN DELETE FROM billing.invoices; END'", "billing.invoices"),
        ("LOCK TABLE billing.invoices", "billing.invoices"),
        ("CREATE TABLE open.another (id int)", "open.another"),
        ("CREATE VIEW open.another AS SELECT 1 AS one", "open.another"),
        ("CREATE INDEX another ON open.guests (id)", "open.another, open.guests"),
        ("DROP TABLE open.guests", "open.guests"),
        ("TRUNCATE open.guests", "open.guests"),
        ("CREATE FUNCTION open.another() RETURNS int LANGUAGE sql AS 'SELECT 1'", "open.another()"),
        ("CREATE TYPE open.another AS ENUM ('a')", "open.another"),
        ("COMMENT ON TABLE open.guests IS 'another'", "open.guests"),
        ("GRANT SELECT ON open.guests TO PUBLIC", "open.guests"),
    ],
)
def test_what_models_do_to_others_schemas_is_undone_and_told(tmp_path, theirs, statement, touched):
    before = theirs.seen()
    source = HEADER + ITEM + LISTENER.format(when="after_create", statement=statement)
    with started(
        tmp_path,
        source,
        theirs.url.set(username="guest"),
        "--examples",
        "5",
        "--scale",
        "1",
        "--format",
        "text",
    ) as run:
        out, err = run.communicate(timeout=DEADLINE)
    assert run.returncode == 0, err
    assert theirs.seen() == before
    assert f"{touched}: nothing is changed or locked that is not the run's own" in " ".join(out.split())


DRAWING = """
    @hybrid_property
    def {name}(self):
        {getter}
        return self.id

    @{name}.inplace.expression
    @classmethod
    def _{name}(cls):
        return {expression}
"""


def test_no_number_is_drawn_from_a_sequence_of_theirs(tmp_path, theirs):
    """Neither by SQL nor by getters: a rollback would not give it back."""
    before = theirs.seen()
    drawn = "nextval('billing.invoices_id_seq')"
    source = (
        f"from sqlalchemy import literal_column, text\nfrom sqlalchemy.orm import object_session\n{HEADER}{ITEM}"
        + DRAWING.format(name="literal", getter="", expression=f'cls.id + 0 * literal_column("{drawn}")')
        + DRAWING.format(
            name="bound", getter="", expression='cls.id + 0 * func.nextval("billing.invoices_id_seq")'
        )
        + DRAWING.format(
            name="by_getter",
            getter=f'object_session(self).execute(text("SELECT {drawn}"))',
            expression="cls.id",
        )
        + DRAWING.format(
            name="own",
            getter="",
            expression="cls.id + 0 * func.char_length(func.pg_get_serial_sequence('tenants', 'id'))",
        )
    )
    reports, _ = checked(tmp_path, source, theirs.url.set(username="guest"))
    assert theirs.seen() == before
    said = "billing.invoices_id_seq: nothing is changed or locked that is not the run's own"
    for name in ("literal", "bound", "by_getter"):
        messages = [each["message"] for each in reports[f"Item.{name}"]["findings"]]
        assert any(said in message for message in messages), messages
    assert reports["Item.named"]["verdict"] == reports["Item.own"]["verdict"] == "ok"


def test_a_table_whose_rows_would_draw_from_a_sequence_of_theirs_is_not_created(tmp_path, theirs):
    before = theirs.seen()
    default = "text(\"nextval('billing.invoices_id_seq')\")"
    source = (
        "from sqlalchemy import text\n"
        + HEADER
        + ITEM.replace(
            "name: Mapped[str | None]",
            f"name: Mapped[str | None]\n    number: Mapped[int] = mapped_column(server_default={default})",
        )
    )
    reports, _ = checked(tmp_path, source, theirs.url.set(username="guest"))
    assert reports["Item.named"]["reason"].startswith(
        "tenants can't be created: billing.invoices_id_seq: nothing is changed or locked that is not the run's own."
    )
    assert theirs.seen() == before


def test_what_reaches_the_whole_server_by_another_way_is_undone_and_told(tmp_path, theirs):
    before = theirs.seen()
    source = (
        HEADER
        + ITEM
        + LISTENER.format(when="before_create", statement="DO 'BEGIN CREATE ROLE intruder; END'")
    )
    with started(tmp_path, source, theirs.url, "--examples", "5", "--scale", "1", "--format", "text") as run:
        out, err = run.communicate(timeout=DEADLINE)
    assert run.returncode == 0, err
    assert "pg_authid: nothing is changed or locked that is not the run's own" in " ".join(out.split())
    assert theirs.seen() == before


def until(condition, run):
    deadline = time.monotonic() + DEADLINE
    while not condition():
        assert run.poll() is None, run.communicate()
        assert time.monotonic() < deadline, f"not within {DEADLINE:.0f} s"
        time.sleep(0.005)


def test_ctrl_c_leaves_nothing(tmp_path, theirs, role):
    before = theirs.seen()
    with started(tmp_path, HEADER + ITEM + ENDLESS, role, "--examples", "100000") as run:
        until(theirs.ours, run)
        run.send_signal(signal.SIGINT)
        run.communicate(timeout=DEADLINE)
    assert run.returncode == 130
    assert theirs.seen() == before


def test_what_a_hybrid_leaves_that_ends_the_process_is_dropped_by_the_same_run(tmp_path, theirs, role):
    before = theirs.seen()
    source = HEADER + ITEM + ENDS
    reports, _ = checked(tmp_path, f"from os import _exit\n{source}", role)
    assert reports["Item.named"]["verdict"] == "ok"
    assert [each["rule"] for each in reports["Item.ends"]["findings"]] == ["HH507"]
    assert theirs.ours() == []
    assert theirs.seen() == before


def grown_old(theirs):
    """Runs were killed two hours ago."""
    for name in theirs.ours():
        old = f"{name[:15]}20200101000000{name[-9:]}"
        kind = "DATABASE" if theirs.ask(f"SELECT FROM pg_database WHERE datname = '{name}'") else "SCHEMA"
        theirs.ask(f'ALTER {kind} "{name}" RENAME TO "{old}"')


@pytest.mark.parametrize("times", [2, pytest.param(50, marks=pytest.mark.long)], ids=["twice", "fifty times"])
def test_killed_at_any_moment_it_leaves_only_what_the_next_run_drops(tmp_path, theirs, times):
    before = theirs.seen()
    chance = random.Random(0)
    for number in range(times):
        url = theirs.url.set(username=("guest", "maker")[number % 2])
        with started(tmp_path, HEADER + ITEM + ENDLESS, url, "--examples", "100000", "--timeout", "1") as run:
            until(theirs.ours, run)
            with contextlib.suppress(subprocess.TimeoutExpired):
                run.wait(chance.random())
            run.kill()
            run.communicate()
        deadline = time.monotonic() + DEADLINE
        while theirs.ask(
            "SELECT FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
            " AND (datname ~ '^hybrid_harness_' AND datname <> current_database() OR application_name ~ '^hybrid_harness_')"
        ):
            assert time.monotonic() < deadline, "a session of the killed run goes on"
        grown_old(theirs)
        assert theirs.ours()
        reports, _ = checked(tmp_path, HEADER + ITEM, url)
        assert reports["Item.named"]["verdict"] == "ok"
        assert theirs.ours() == []
    assert theirs.seen() == before


def test_connections_that_break_from_outside_are_no_hybrids_fault(tmp_path, theirs, role):
    """As when the server is restarted: what was lost is done again, and nothing is left."""
    before = theirs.seen()
    with started(tmp_path, HEADER + ITEM, role, "--examples", "300", "--scale", "20") as run:
        until(theirs.ours, run)
        connected = f"FROM pg_stat_activity WHERE usename = '{role.username}'"
        for _ in range(3):
            until(lambda: theirs.ask(f"SELECT {connected}"), run)
            theirs.ask(f"SELECT pg_terminate_backend(pid) {connected}")
        out, err = run.communicate(timeout=DEADLINE)
    assert run.returncode == 0, err
    [report] = json.loads(out)["hybrids"]
    assert (report["verdict"], report["stats"]["examples"]) == ("ok", 300)
    assert theirs.seen() == before
