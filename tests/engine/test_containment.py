"""Hybrids that misbehave: whatever one does, it is said, and the others are checked as if it weren't there."""

import json
import os
import re
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from harness.core.report import Verdict
from harness.engine import shrinking
from harness.evaluation import memory
from harness.evaluation.shared_state import put_back, read_state

ROOT = Path(__file__).parents[2]
DEADLINE = 60.0
HEADER = """
import decimal
import gc
import locale
import os
import random
import signal
import sys
import threading
import time
import warnings
from pathlib import Path

from sqlalchemy import CheckConstraint, ForeignKey, Text, case, cast, exists, func, literal, select, text
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import DeclarativeBase, Mapped, aliased, mapped_column, object_session, relationship


class Base(DeclarativeBase):
    pass


class Item(Base):
    __tablename__ = "items"

    id: Mapped[int] = mapped_column(primary_key=True)
    amount: Mapped[int | None]
"""
GOOD = """
    @hybrid_property
    def large(self):
        return self.amount is not None and self.amount > 3

    @large.inplace.expression
    @classmethod
    def _large(cls):
        return func.coalesce(cls.amount > 3, False)
"""
LATER = GOOD.replace("large", "later")


def bad(getter, expression="return cls.amount"):
    """A hybrid ``bad`` with these two bodies."""
    return (
        "\n    @hybrid_property\n    def bad(self):\n"
        + textwrap.indent(textwrap.dedent(getter).strip(), " " * 8)
        + "\n\n    @bad.inplace.expression\n    @classmethod\n    def _bad(cls):\n"
        + textwrap.indent(textwrap.dedent(expression).strip(), " " * 8)
        + "\n"
    )


def seen_of(report):
    """What a report says of a hybrid, whatever its neighbours add to the values that the rows hold."""
    stats = report.stats
    growth = stats.growth and (stats.growth.rows, stats.growth.queries, stats.growth.causes)
    counts = stats.examples, stats.distinct_values, stats.nulls
    findings = [(each.rule, each.position, each.severity) for each in report.findings]
    return report.verdict, report.reason, findings, counts, growth


def serious(report):
    return {each.rule: each.message for each in report.findings if each.severity != "info"}


def until(condition):
    deadline = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < deadline, f"not within {DEADLINE:.0f} s"
        time.sleep(0.01)


@pytest.fixture
def _hardly_shrunk(monkeypatch):
    """Every attempt at a smaller dataset lasts as long as the time limit, or as it takes to fill the memory."""
    monkeypatch.setattr(shrinking, "SHRINK_SECONDS", 0.0)


@pytest.fixture(autouse=True)
def _little_memory(monkeypatch):
    """Allocating a gigabyte takes longer than the time limit on a busy machine."""
    monkeypatch.setattr(memory, "MOST", 1 << 28)


@pytest.fixture(scope="module")
def undisturbed(checked):
    return seen_of(checked(HEADER + GOOD, examples=20)["Item.large"])


ENDED = "would have ended the transaction of whoever reads the attribute in Python"
REFUSED = {
    "os._exit(3)": "Refused: os._exit(3) would have ended the run or its limits in Python, where SQL answers ",
    "os.abort()": "Refused: os.abort() would ",
    "os.closerange(0, 99)": "Refused: os.closerange(0, 99) would have ended the run or its limits in Python, where SQL ",
    "os.kill(os.getpid(), signal.SIGKILL)": "Refused: os.kill(",
    "os.killpg(0, 9)": "Refused: os.killpg(0, 9) would ",
    "os.execv('/bin/true', ['true'])": "Refused: os.execv(",
    "signal.raise_signal(signal.SIGKILL)": "Refused: signal.raise_signal(",
    "signal.signal(signal.SIGALRM, signal.SIG_IGN)": "Refused: signal.signal(",
    "signal.setitimer(signal.ITIMER_REAL, 0)": "Refused: signal.setitimer(",
    "sys.setrecursionlimit(10**9)": "Refused: sys.setrecursionlimit(1000000000) would ",
    "object_session(self).commit()": f"Refused: session.commit() {ENDED}",
    "object_session(self).rollback()": f"Refused: session.rollback() {ENDED}",
    "object_session(self).close()": f"Refused: session.close() {ENDED}",
    "object_session(self).execute(text('COMMIT'))": f"ProgrammingError: COMMIT {ENDED}",
    "object_session(self).execute(text('rollback'))": f"ProgrammingError: rollback {ENDED}",
}  # fmt: skip
LEFT_BEHIND = {
    "the locale": "locale.setlocale(locale.LC_ALL, 'C.UTF-8' if locale.setlocale(locale.LC_ALL) == 'C' else 'C')",
    "the time zone": "os.environ['TZ'] = 'Asia/Tokyo'; time.tzset()",
    "environment variables": "os.environ['PGOPTIONS'] = '-c nonsense=1'; os.environ.pop('PATH', None)",
    "the working directory": "os.chdir('/')",
    "sys.path": "sys.path.clear()",
    "the warnings filter": "warnings.simplefilter('error')",
    "the recursion limit": "sys.setrecursionlimit(5000)",
    "decimal's context": "decimal.getcontext().prec = 3",
    "signal handlers": "signal.signal(signal.SIGINT, signal.SIG_IGN)",
    "garbage collection": "gc.disable()",
    "the standard streams": "sys.stdout = None",
    "megabytes of output": "print('x' * 1000000)",
    "threads that go on": "threading.Thread(target=threading.Event().wait).start()",
}  # fmt: skip
MISBEHAVIOUR = {
    "a getter loops": (bad("while True: pass"), "HH502", "The getter of Item.bad does not end: stopped after 1 s."),
    "a getter loops and swallows exceptions": (
        bad(
            """
            while True:
                try:
                    time.sleep(0.001)
                except Exception:
                    pass
            """
        ),
        "HH502",
        "The getter of Item.bad does not end: stopped after 1 s.",
    ),
    "a getter recurses": (
        bad("return self.bad"),
        "HH205",
        "Item.bad raises RecursionError: maximum recursion depth exceeded",
    ),
    "a getter raises a BaseException": (
        bad(
            """
            class Abort(BaseException):
                pass
            raise Abort("enough")
            """
        ),
        "HH205",
        "Item.bad raises Abort: enough in Python, where SQL answers ",
    ),
    "a getter exits": (bad("raise SystemExit(3)"), "HH205", "Item.bad raises SystemExit: 3 in Python, where SQL answers "),
    "an exception raises in __str__": (
        bad(
            """
            class Unreadable(Exception):
                def __str__(self):
                    raise ValueError
            raise Unreadable
            """
        ),
        "HH205",
        "Item.bad raises Unreadable: (its text can't be read: ValueError) in Python, where SQL answers ",
    ),
    "a value raises in __eq__ and __repr__": (
        bad(
            """
            class Hostile:
                def __eq__(self, other):
                    raise ValueError
                __repr__ = __eq__
                __hash__ = None
            return Hostile()
            """
        ),
        "HH20",
        "Item.bad is ",
    ),
    "a getter breaks the transaction": (
        bad('object_session(self).execute(text("SELECT 1/0"))'),
        "HH205",
        "Item.bad raises DivisionByZero: division by zero in Python, where SQL answers ",
    ),
    "a getter sends SQL that never ends": (
        bad('object_session(self).execute(text("SELECT pg_sleep(3600)")); return self.amount'),
        "HH502",
        "The getter of Item.bad does not end: stopped after 1 s.",
    ),
    "a getter leaves a change behind": (
        bad("self.amount = 17; return self.amount", "return literal(17) + 0 * cls.id"),
        None,
        None,
    ),
    "an expression loops": (
        bad("return self.amount", "while True: pass"),
        "HH101",
        "Building the SQL of Item.bad does not end: no answer within 1 s.",
    ),
    "an expression recurses": (
        bad("return self.amount", "return cls.bad"),
        "HH101",
        "Building the SQL of Item.bad recurses without end: its expression uses Item.bad itself, so each access builds "
        "the next one, and Python stops with RecursionError: maximum recursion depth exceeded",
    ),
    "an expression exits": (
        bad("return self.amount", "raise SystemExit(3)"),
        "HH102",
        "Item.bad has no SQL: on the class it raises SystemExit: 3.",
    ),
    "SQL never ends": (
        bad(
            "return self.amount",
            """
            endless = select(cls.id.label("id")).correlate(cls).cte(recursive=True, nesting=True)
            endless = endless.union_all(select(endless.c.id))
            return select(func.count()).select_from(endless).scalar_subquery()
            """,
        ),
        "HH501",
        "The SQL of Item.bad never ends on 1 row: stopped after 1 s. Its recursive CTE uses UNION ALL without a guard.",
    ),
    "SQL sleeps": (
        bad("return self.amount", "return case((func.pg_sleep(cls.id * 3600).is_(None), 1))"),
        "HH501",
        "The SQL of Item.bad never ends on ",
    ),
    "SQL fails": (
        bad("return self.amount", "return 1 / (cls.id - cls.id)"),
        "HH262",
        "PostgreSQL can't answer select(Item.bad), for a row divides by zero: ",
    ),
    "SQL kills its backend": (
        bad("return self.amount", "return cast(func.pg_terminate_backend(func.pg_backend_pid()), Text)"),
        "HH505",
        "The connection to PostgreSQL broke while Item.bad was evaluated: ",
    ),
    "a getter kills its backend": (
        bad('object_session(self).execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))'),
        "HH505",
        "The connection to PostgreSQL broke while Item.bad was evaluated: ",
    ),
    "a getter is a matter of chance": (bad("return random.random()", "return func.random()"), "HH230", "Item.bad is 0."),
    "a getter raises now and then": (
        bad(
            """
            if random.random() < 0.5:
                raise LookupError("just now")
            return self.amount
            """
        ),
        "HH205",
        "Item.bad raises LookupError: just now in Python, where SQL answers ",
    ),
    "a getter closes the connection": (
        bad("object_session(self).connection().connection.driver_connection.close(); return self.amount"),
        "HH505",
        "The connection to PostgreSQL broke while Item.bad was evaluated: ",
    ),
    **{f"a getter calls {call}": (bad(f"{call}; return self.amount"), "HH205", f"Item.bad raises {raised}") for call, raised in REFUSED.items()},
    "an expression ends the process": (
        bad("return self.amount", "os._exit(3)"),
        "HH102",
        "Item.bad has no SQL: on the class it raises Refused: os._exit(3) would have ended the run or its limits.",
    ),
    "a getter turns the alarm off and loops": (
        bad("signal.alarm(0)\nwhile True: pass"), "HH205", "Item.bad raises Refused: signal.alarm(0) would ",
    ),
    "a getter ends a process of its own": (
        bad(
            """
            if self.id > 1:
                return 7
            child = os.fork()
            if child == 0:
                os._exit(7)
            return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
            """,
            "return literal(7) + 0 * cls.id",
        ),
        None,
        None,
    ),
    "a getter forgets to end a process of its own": (
        bad(
            """
            child = os.fork() if self.id == 1 else None
            if child:
                os.waitpid(child, 0)
            return self.amount
            """,
        ),
        None,
        None,
    ),
    "a getter allocates at once": (
        bad("held = bytearray(10**15); return self.amount"),
        "HH205",
        "Item.bad raises MemoryError: the limit for one hybrid is 256 MB in Python, where SQL answers ",
    ),
    "a getter allocates without end": (
        bad("held = []\nwhile True: held.append(bytearray(1 << 26))"),
        "HH205",
        "Item.bad raises MemoryError: the limit for one hybrid is 256 MB in Python, where SQL answers ",
    ),
    "a getter keeps what it allocates": (
        bad("Base.held = (*getattr(Base, 'held', ()), bytearray(1 << 26)); return self.amount"),
        "HH205",
        "Item.bad raises MemoryError: the limit for one hybrid is 256 MB in Python, where SQL answers ",
    ),
    "an expression allocates without end": (
        bad("return self.amount", "held = []\nwhile True: held.append(bytearray(1 << 26))"),
        "HH102",
        "Item.bad has no SQL: on the class it raises MemoryError: the limit for one hybrid is 256 MB.",
    ),
    "a getter sleeps": (bad("time.sleep(3600)"), "HH502", "The getter of Item.bad does not end: stopped after 1 s."),
    "an expression sleeps": (
        bad("return self.amount", "time.sleep(3600)"),
        "HH101",
        "Building the SQL of Item.bad does not end: no answer within 1 s.",
    ),
    **{
        f"a getter leaves {left} behind": (
            bad(f"{change}; return self.amount"),
            "HH506",
            f"Evaluating Item.bad leaves this behind in the process: {left}.",
        )
        for left, change in LEFT_BEHIND.items()
    },
    "an expression leaves the locale behind": (
        bad("return self.amount", f"{LEFT_BEHIND['the locale']}; return cls.amount"),
        "HH506",
        "Evaluating Item.bad leaves this behind in the process: the locale.",
    ),
    "a getter has a warning for each of its neighbours": (
        bad("import sqlalchemy.exc; warnings.simplefilter('error'); random.seed(0); return self.amount"),
        "HH506",
        "Evaluating Item.bad leaves this behind in the process: the warnings filter.",
    ),
    "a getter writes": (
        bad("object_session(self).execute(text('UPDATE items SET amount = 17')); return self.amount"), None, None,
    ),
    "a getter deletes": (
        bad("object_session(self).execute(text('DELETE FROM items')); return self.amount"), None, None,
    ),
    "a getter sets": (
        bad("object_session(self).execute(text('SET search_path TO nowhere')); return self.amount"), None, None,
    ),
    "a getter rolls the connection back": (
        bad("object_session(self).connection().rollback(); return self.amount"),
        "HH505",
        "The connection to PostgreSQL broke while Item.bad was evaluated: the transaction with the rows was ended.",
    ),
    "a getter commits the connection": (
        bad("object_session(self).connection().commit(); return self.amount"),
        "HH505",
        "The connection to PostgreSQL broke while Item.bad was evaluated: the transaction with the rows was ended.",
    ),
    "a getter gives the connection back": (
        bad("object_session(self).connection().close(); return self.amount"),
        "HH505",
        "The connection to PostgreSQL broke while Item.bad was evaluated: the connection was closed.",
    ),
    "a getter takes locks": (
        bad("object_session(self).execute(text('LOCK TABLE items; SELECT pg_advisory_lock(1)')); return self.amount"), None, None,
    ),
    "SQL takes locks": (
        bad("return self.amount", "return cls.amount + case((func.pg_advisory_lock(cls.id).is_(None), 0), else_=0)"), None, None,
    ),
    "SQL sets": (
        bad(
            "return self.amount",
            "return cls.amount + case((func.set_config('search_path', 'nowhere', False).is_(None), 1), else_=0)",
        ),
        None,
        None,
    ),
    "SQL explodes a join": (
        bad(
            "return self.amount",
            """
            one, other, third = (func.generate_series(1, 1000000).table_valued() for _ in range(3))
            return select(func.count()).select_from(one, other, third).where(cls.id > 0).scalar_subquery()
            """,
        ),
        "HH501",
        "The SQL of Item.bad never ends on ",
    ),
    "SQL fills the disk": (
        bad(
            "return self.amount",
            """
            series = func.generate_series(cls.id, 4000000000).column_valued()
            return select(func.count(series.distinct())).scalar_subquery()
            """,
        ),
        "HH501",
        "The SQL of Item.bad never ends on ",
    ),
    "SQL makes a value larger than any": (
        bad("return self.amount", "return func.length(func.repeat('x', 2000000000)) * cls.id"),
        "HH202",
        "PostgreSQL ",
    ),
}  # fmt: skip


@pytest.mark.parametrize(
    "part", ["the locale", "the time zone", "the recursion limit", "decimal's context", "signal handlers"]
)
def test_what_an_expression_changes_is_as_it_was_after_the_run(checked, part):
    before = read_state()
    checked(HEADER + bad("return self.amount", f"{LEFT_BEHIND[part]}; return cls.amount"), examples=3)
    assert part not in put_back(before, imported=False)


@pytest.mark.usefixtures("_hardly_shrunk")
@pytest.mark.parametrize(("body", "rule", "message"), MISBEHAVIOUR.values(), ids=MISBEHAVIOUR)
def test_misbehaviour_is_said_and_its_neighbours_are_as_if_alone(checked, undisturbed, body, rule, message):
    reports = checked(HEADER + GOOD + body + LATER, examples=20, timeout=1)
    if rule is not None:
        said = serious(reports["Item.bad"])
        assert any(found.startswith(rule) and text.startswith(message) for found, text in said.items()), said
        assert rule == "HH505" or "HH505" not in said, said
    assert seen_of(reports["Item.large"]) == undisturbed
    assert seen_of(reports["Item.later"]) == undisturbed


@pytest.mark.usefixtures("_hardly_shrunk")
def test_sql_takes_memory_without_end(checked):
    """Of a server that is started here; the time limit of the others would come first on a busy machine."""
    body = bad(
        "return self.amount",
        """
        number = select(func.generate_series(1, 2000000000).label("number")).subquery().c.number
        large = func.concat(func.repeat("x", 1000000), number)
        return select(func.array_length(func.array_agg(large), 1) + cls.id).scalar_subquery()
        """,
    )
    undisturbed = seen_of(checked(HEADER + GOOD, examples=3)["Item.large"])
    reports = checked(HEADER + GOOD + body + LATER, examples=3, timeout=60)
    assert serious(reports["Item.bad"]) == {
        "HH202": "PostgreSQL can't answer select(Item.bad): OutOfMemory: out of memory."
    }
    assert seen_of(reports["Item.large"]) == seen_of(reports["Item.later"]) == undisturbed


def test_locks_of_the_session_are_free_for_the_next_hybrid(checked):
    """A rollback leaves them, and somebody else may ask for the same number."""
    held = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()"
    looks = bad(f"return object_session(self).execute(text({held!r})).scalar()", "return 0 * cls.id").replace(
        "bad", "looks"
    )
    locks = bad('object_session(self).execute(text("SELECT pg_advisory_lock(4711)")); return self.amount')
    reports = checked(HEADER + locks + looks, examples=20)
    assert set(serious(reports["Item.looks"])) == {"HH601"}  # always 0


def test_ctrl_c_is_not_contained(checked):
    with pytest.raises(KeyboardInterrupt):
        checked(HEADER + bad("raise KeyboardInterrupt"))


TREE = HEADER.replace(
    "amount: Mapped[int | None]",
    """parent_id: Mapped[int | None] = mapped_column(ForeignKey("items.id"))
    parent: Mapped["Item | None"] = relationship(remote_side=[id])""",
)
UP = """
    up = select(cls.id.label("id")).correlate(cls).cte(recursive=True, nesting=True)
    other = aliased(Item)
    up = up.union(
        select(other.parent_id).where(other.id == up.c.id, other.parent_id.is_not(None)).correlate(up)
    )
    return select(func.count() - 1).select_from(up).scalar_subquery()
"""


@pytest.mark.parametrize(
    ("getter", "outcome", "seconds", "deep"),
    [
        pytest.param(
            """
            depth, item = 0, self
            while item.parent is not None:
                depth, item = depth + 1, item.parent
            return depth
            """,
            "no answer within 1 s",
            1,
            False,
            id="loops",
        ),
        pytest.param(
            "return 0 if self.parent is None else 1 + self.parent.bad",
            "RecursionError: maximum recursion depth exceeded",
            30,
            True,
            id="recurses",
        ),
    ],
)  # fmt: skip
def test_a_row_that_is_its_own_ancestor(checked, getter, outcome, seconds, deep):
    report = checked(TREE + bad(getter, UP), examples=20, timeout=seconds)["Item.bad"]
    [(rule, message)] = serious(report).items()
    assert rule == "HH503"
    assert message.startswith(
        f"The getter of Item.bad does not end on a row that is its own ancestor: {outcome}"
    )
    found = next(each for each in report.findings if each.rule == "HH503")
    assert found.severity == "warning"
    [row] = found.counterexample.dataset.tables["items"]
    assert row["parent_id"] == row["id"]
    on_a_chain = [each.message for each in report.findings if each.rule == "HH504"]
    said = "The getter of Item.bad raises RecursionError on a chain of 1100 rows."
    assert on_a_chain == ([said] if deep else [])


KILL = """
session = object_session(self)
folder = session.execute(text("SHOW data_directory")).scalar()
with open({log!r}, "a") as log:
    print(folder, file=log)
os.kill(int((Path(folder) / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)
{then}
"""


@pytest.mark.parametrize(
    "then",
    ['session.execute(text("SELECT pg_sleep(60)"))', "return self.amount"],
    ids=["and waits for an answer", "and returns"],
)
def test_the_whole_server_killed(checked, undisturbed, tmp_path, then):
    log = tmp_path / "folders"
    getter = KILL.format(log=str(log), then=then)
    reports = checked(HEADER + GOOD + bad(getter) + LATER, examples=20, timeout=30, database="embedded")
    blamed = {
        name: report.findings[0].message
        for name, report in reports.items()
        if any(each.rule == "HH505" for each in report.findings)
    }
    assert blamed
    for name, message in blamed.items():
        assert message.startswith(f"The connection to PostgreSQL broke while {name} was evaluated: ")
    # A server that was killed may answer once more, so that the next dataset is lost instead of this one.
    assert seen_of(reports["Item.large"])[:3] == undisturbed[:3]
    if then.startswith("session"):  # else nobody knows until the next hybrid asks
        assert list(blamed) == ["Item.bad"]
        assert seen_of(reports["Item.later"]) == undisturbed
    folders = log.read_text().splitlines()
    assert folders
    assert not [folder for folder in folders if Path(folder).exists()]


def working_in(folder):
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if (process / "cwd").readlink().is_relative_to(folder):
                found.append(int(process.name))
        except OSError:
            continue
    return found


def started(folder, source, *options):
    (folder / "model.py").write_text(source)
    return subprocess.Popen(
        [sys.executable, "-m", "harness", "check", "model", "--format", "json", *options],
        cwd=folder,
        # Where a CI service is recognised Hypothesis keeps nothing.
        env={"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


WAIT = """
session = object_session(self)
folder = session.execute(text("SHOW data_directory")).scalar()
Path({marker!r} + ".part").write_text(folder)
os.rename({marker!r} + ".part", {marker!r})
while True:
    time.sleep(1)
"""


def test_sigkill_of_the_run_leaves_no_process_and_no_folder(tmp_path):
    marker = tmp_path / "marker"
    source = HEADER + bad(WAIT.format(marker=str(marker)))
    with started(tmp_path, source, "--database", "embedded", "--timeout", "600") as run:
        try:
            until(lambda: marker.exists() or run.poll() is not None)
            assert run.poll() is None, run.communicate()
            folder = Path(marker.read_text())
            assert folder.is_dir()
            assert working_in(folder)
        finally:
            run.kill()
        run.communicate()
    until(lambda: not working_in(folder) and not folder.exists())
    # The socket, the password and whatever else the run had stand beside the data.
    assert not working_in(folder.parent)


RARE = """
with open("calls", "a") as log:
    print(self.amount, file=log)
return -1 if BROKEN and self.amount == EIGHT * 32 - 1 else self.amount
"""


def test_a_known_failure_comes_first_until_it_is_mended(shared_url, tmp_path):
    calls = tmp_path / "calls"
    broken = HEADER.replace("class Base", "BROKEN, EIGHT = True, 8\n\n\nclass Base") + bad(RARE)
    mended = broken.replace("EIGHT = True,", "EIGHT = False,")

    def run(source):
        calls.unlink(missing_ok=True)
        with started(tmp_path, source, "--database", shared_url) as process:
            output, errors = process.communicate(timeout=DEADLINE)
        assert process.returncode in (0, 1), errors
        found = json.loads(output)["hybrids"][0]
        examples = [each["counterexample"]["rows"] for each in found["findings"] if each["rule"] == "HH208"]
        return process.returncode, examples, calls.read_text().split()

    smallest = {"items": [{"id": 1, "amount": 255}]}
    first, again, after, later = run(broken), run(broken), run(mended), run(mended)
    assert first[:2] == again[:2] == (1, [smallest])
    assert first[2][0] != "255"
    assert again[2][0] == "255"
    assert len(again[2]) < len(first[2])
    # Once more it comes first, does no harm, and is forgotten.
    assert after[:2] == later[:2] == (0, [])
    assert after[2][0] == "255"
    assert later[2][0] != "255"
    assert len(later[2]) < len(after[2])


def test_a_schema_that_the_server_refuses(checked):
    source = (
        HEADER + '    token: Mapped[str] = mapped_column(server_default=text("no_such_function()"))\n' + GOOD
    )
    report = checked(source)["Item.large"]
    assert report.verdict is Verdict.UNTESTED
    assert report.findings == ()
    assert report.reason == (
        "items can't be created: function no_such_function() does not exist. Create it when the tables are created: "
        "`event.listen(metadata, 'before_create', DDL(...))`."
    )


def test_rows_that_the_server_never_accepts(checked):
    check = "(amount IS NULL) AND (amount IS NOT NULL) AND length(md5(amount::text)) < 3"
    source = HEADER + f"    __table_args__ = (CheckConstraint({check!r}, name='impossible'),)\n" + GOOD
    report = checked(source)["Item.large"]
    assert report.verdict is Verdict.UNTESTED
    assert re.fullmatch(
        r'the server accepted \d+ of \d+ datasets: new row for relation "items" violates check constraint "impossible"',
        report.reason,
    )


def test_python_and_the_database_have_one_clock(checked):
    source = """
import datetime as dt
from sqlalchemy import DateTime, Double, cast, extract, func
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

class Base(DeclarativeBase):
    pass

class Item(Base):
    __tablename__ = "items"
    id: Mapped[int] = mapped_column(primary_key=True)
    made_at: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True))

    @hybrid_property
    def age(self):
        return (dt.datetime.now(dt.UTC) - self.made_at).total_seconds()

    @age.inplace.expression
    @classmethod
    def _age(cls):
        return cast(extract("epoch", func.now() - cls.made_at), Double)
"""
    report = checked(source)["Item.age"]
    assert [each for each in report.findings if each.severity != "info"] == []
    assert report.verdict is Verdict.OK


def test_a_class_that_cant_be_loaded_is_no_bug_of_ours(checked):
    source = """
from sqlalchemy import ForeignKey, select
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import DeclarativeBase, Mapped, column_property, mapped_column, relationship

class Base(DeclarativeBase):
    pass

class Line(Base):
    __tablename__ = "lines"
    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"), index=True)
    amount: Mapped[int]

class Order(Base):
    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(primary_key=True)
    lines: Mapped[list[Line]] = relationship()

    @hybrid_property
    def empty(self):
        return not self.lines

    @empty.inplace.expression
    @classmethod
    def _empty(cls):
        return ~cls.lines.any()

Order.amount = column_property(
    select(Line.amount).where(Line.order_id == Order.id).correlate_except(Line).scalar_subquery()
)
"""
    reports = checked(source)
    assert [each.rule for each in reports["Order.amount"].findings if each.severity == "error"] == ["HH233"]
    other = reports["Order.empty"]
    assert {each.rule for each in other.findings if each.severity != "info"} <= {"HH601"}
    assert other.verdict is not Verdict.OK or other.stats.comparisons > 0


def test_an_expression_that_is_never_built_for_some_argument(checked):
    source = """
    from sqlalchemy.ext.hybrid import hybrid_method
    from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


    class Base(DeclarativeBase):
        pass


    class Item(Base):
        __tablename__ = "items"

        id: Mapped[int] = mapped_column(primary_key=True)
        amount: Mapped[int]

        @hybrid_method
        def above(self, strictly: bool):
            return self.amount > 5 if strictly else self.amount >= 5

        @above.expression
        def above(cls, strictly: bool):
            while strictly:
                pass
            return cls.amount >= 5
    """
    report = checked(source, timeout=0.5, examples=20)["Item.above"]
    assert [each.rule for each in report.findings if each.severity.name == "ERROR"] == ["HH501"]
