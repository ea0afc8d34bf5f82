"""Snapshots edited by hand, by merges and by checkouts: told as changed or as unreadable, never passed over."""

import re
import subprocess

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from harness.core.errors import UsageProblem
from harness.core.snapshot_file import Parameter, read_snapshot, snapshot_text
from harness.review import FORMATS, Comparison, changed_hybrids, impact_of, render_comparison, render_impact
from harness.review.hybrids import Status
from harness.review.revisions import Side, at_revision, in_working_tree

fuzzed = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    deadline=None,
    max_examples=200,
    derandomize=True,
    database=None,
)
FILE = "shop.models/Order.total.sql"
SQL = """WITH RECURSIVE tree AS (
  SELECT orders.id AS id FROM orders WHERE orders.parent_id IS NULL
  UNION
  SELECT orders_1.id FROM orders AS orders_1 JOIN tree ON orders_1.parent_id = tree.id
)
SELECT
  orders.id,
  (
    SELECT coalesce(sum(line.price), %(coalesce_1)s::INTEGER) AS s
    FROM line LEFT OUTER JOIN item ON item.id = line.item_id AND item.name = %(name_1)s::VARCHAR
    WHERE line.order_id = orders.id AND (line.price > 3 OR NOT line.free)
    GROUP BY line.kind ORDER BY s DESC LIMIT 1
  ) AS total
FROM orders
WHERE orders.id IN (SELECT tree.id FROM tree)"""
FACTS = {
    "tables": ("item", "line", "orders"),
    "columns": ("line.order_id", "line.price", "orders.id"),
    "result type": "numeric",
    "Python side": "1 statement, however many rows",
}
TEXT = snapshot_text("Order.total", {"coalesce_1": 0, "name_1": "it's"}, SQL, facts=FACTS)
WORDS = re.findall(r"\w+|\s+|.", TEXT)
PIECES = st.sampled_from(
    [
        *sorted(set(WORDS)),
        "\0",
        "\ufeff",
        "\r",
        "%",
        "%(gone)s",
        "%(coalesce_1)sx",
        "%(coalesce_1)s1",
        "'",
        '"',
        "/*",
        "--",
        "$$",
        ";",
        "((((",
        "(" * 3000,
        "NOT " * 3000,
        "1 + " * 3000,
        "9" * 5000,
        "1e999",
        "UNION ALL SELECT 1",
        "-- tables: none\n",
        "-- :coalesce_1 int = 9\n",
        "CASE WHEN",
        "OVER (PARTITION BY",
        "ARRAY[",
        "::",
        "INTERVAL '",
    ]
) | st.text(max_size=4)
MARKS = ["<<<<<<< HEAD\n", "||||||| base\n", "=======\n", ">>>>>>> topic\n"]


@st.composite
def edited(draw):
    """The snapshot with one to three words lost, exchanged, moved or put in."""
    words = list(WORDS)
    for _ in range(draw(st.integers(1, 3))):
        place = draw(st.integers(0, max(len(words) - 1, 0)))
        action = draw(st.sampled_from(["drop", "replace", "insert", "cut", "move"]))
        if action == "drop":
            del words[place : place + 1]
        elif action == "replace":
            words[place : place + 1] = [draw(PIECES)]
        elif action == "insert":
            words.insert(place, draw(PIECES))
        elif action == "cut":
            words = words[: place + 1]
        else:
            other = draw(st.integers(0, place))
            words = [*words[:other], *words[place:], *words[other:place]]
    return "".join(words).encode("utf-8", "surrogatepass")


def side(name, data):
    return Side(name, {FILE: data.decode("utf-8", "surrogateescape")})


def compared(before, after):
    """The one changed hybrid of two snapshots, or None; in every format there are words for it."""
    sides = side("main", before), side("topic", after)
    found = changed_hybrids(*sides)
    for form in FORMATS:
        assert render_comparison(Comparison("main", "topic", found, 1 - len(found)), form, width=100)
        assert render_impact(impact_of("line.price", sides[1].snapshots), form)
    assert len(found) <= 1
    assert all(change.sentence for each in found for change in each.changes)
    return found[0] if found else None


@given(edited() | st.binary(max_size=60))
@example(TEXT.encode())
@example(TEXT.replace("%(coalesce_1)s", "%(coalesce_1)s1").encode())
@example(TEXT.replace("%(coalesce_1)s::", "%(coalesce_1)sx").encode())
@fuzzed
def test_any_edit_is_told(data):
    same = data.replace(b"\r\n", b"\n") == TEXT.encode()
    for changed in (compared(TEXT.encode(), data), compared(data, TEXT.encode())):
        assert (changed is None) is same


@given(st.data())
@fuzzed
def test_merge_conflict_marks_in_any_line_are_unreadable(data):
    lines = TEXT.splitlines(keepends=True)
    for mark in data.draw(st.lists(st.sampled_from(MARKS), min_size=1, max_size=4)):
        lines.insert(data.draw(st.integers(0, len(lines))), mark)
    newline = data.draw(st.sampled_from(["\n", "\r\n"]))
    text = "".join(lines).replace("\n", newline).encode()
    changed = compared(TEXT.encode(), text)
    assert changed.status is Status.UNREADABLE
    assert "it has merge-conflict marks: take either side" in changed.changes[0].sentence
    (new,) = changed_hybrids(Side("main", {}), side("topic", text))
    assert new.status is Status.UNREADABLE
    assert new.changes[0].sentence.startswith("The text is new, and in topic it has merge-conflict marks: ")
    assert impact_of("line.price", {FILE: text.decode()}).unknown


NAMES = st.text(st.characters(codec="utf-8"), min_size=1, max_size=6)
WRITTEN = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Zl", "Zp"]), max_size=8)


@given(
    NAMES,
    st.dictionaries(
        st.from_regex(r"[a-z_][a-z_ 0-9]{0,6}", fullmatch=True), st.integers() | st.text(max_size=8)
    ),
    WRITTEN,
    st.dictionaries(st.sampled_from(list(FACTS)), WRITTEN),
    st.sampled_from(["\n", "\r\n"]),
)
@fuzzed
def test_what_is_written_is_read_again(name, parameters, sql, facts, newline):
    sql = f"SELECT {sql}".rstrip()
    text = snapshot_text(name, parameters, sql, facts=facts)
    read = read_snapshot(text.replace("\n", newline))
    assert read.name == "\\n".join(name.splitlines())
    assert read.sql == sql
    assert read.parameters == {
        key: Parameter(type(value).__name__, repr(value)) for key, value in parameters.items()
    }
    assert read.facts == facts
    assert not read.repeated


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        (
            "-- :coalesce_1 int = 0",
            "-- :coalesce_1 int 0",
            "The text changed, and in topic it can't be parsed: what it means is for you to read.",
        ),
        (
            "-- :coalesce_1 int = 0",
            "-- :coalesce_1 int = 0\n-- :coalesce_1 int = 1",
            "The text changed, and in topic `coalesce_1` has several lines: run `pytest --snapshot-update` and "
            "compare again.",
        ),
        (
            "-- tables: item",
            "-- tables: none\n-- tables: item",
            "The text changed, and in topic `tables` has several lines: run `pytest --snapshot-update` and compare "
            "again.",
        ),
        (
            "SELECT",
            "\udcff SELECT",
            "The text changed, and in topic it is no UTF-8 text: run `pytest --snapshot-update` and compare again.",
        ),
    ],
    ids=["a parameter that is none", "a parameter twice", "a fact twice", "no UTF-8"],
)
def test_what_would_be_read_in_part_is_unreadable(old, new, sentence):
    text = TEXT.replace(old, new).encode("utf-8", "surrogateescape")
    changed = compared(TEXT.encode(), text)
    assert [change.sentence for change in changed.changes] == [sentence]


def test_bytes_that_are_no_utf8_differ_where_files_do(tmp_path):
    path = tmp_path / "snapshots" / FILE
    path.parent.mkdir(parents=True)
    sides = []
    for byte in (b"\xfe", b"\xff"):
        path.write_bytes(TEXT.encode() + byte)
        sides.append(in_working_tree(tmp_path))
    (changed,) = changed_hybrids(*sides)
    assert changed.status is Status.UNREADABLE


def test_a_revision_has_a_files_name_as_the_folder_has_it(tmp_path):
    folder = tmp_path / "snapshots" / "shop.models"
    folder.mkdir(parents=True)
    try:
        (folder / "Order.caf\udce9.sql").write_text(TEXT, "utf-8")
    except OSError:
        pytest.skip("the file system takes UTF-8 only")
    for arguments in (
        ["init", "--quiet"],
        ["add", "--all"],
        ["-c", "user.name=t", "-c", "user.email=t@example.org", "commit", "--quiet", "--message=."],
    ):
        subprocess.run(["git", *arguments], cwd=tmp_path, check=True, capture_output=True)
    assert at_revision(tmp_path, "HEAD").snapshots == in_working_tree(tmp_path).snapshots


def test_a_column_without_its_table():
    with pytest.raises(UsageProblem, match="'price' is no column"):
        impact_of("price", {FILE: TEXT})
