"""Every rule on observations made by hand: what it says of a bad one, word for word, and its silence on good ones."""

from collections import Counter
from dataclasses import fields, replace
from decimal import Decimal

import cause_cases
import pytest
from case import Case
from cause_models import discovered

from harness.core.dataset import Dataset
from harness.core.expression import DefaultsApart, PythonCode, Wiring
from harness.core.finding import Family, Severity
from harness.core.hybrid import Hybrid, Kind, RelationshipRead
from harness.core.observation import (
    Answer,
    BeforeDatabase,
    ClassLevel,
    Compiled,
    Cost,
    Example,
    Execution,
    Growth,
    IndexLookup,
    LeftBehind,
    Match,
    ProcessEnd,
    QueryPlan,
    RepeatedScan,
    Rounded,
    ServerLoss,
    Structure,
    Survey,
    Translation,
    TriedIndex,
    Unflushed,
    Write,
    Writes,
)
from harness.core.outcome import Raised, Returned, TimedOut
from harness.core.policy import Policy
from harness.rules import RULES, judge

HYBRID = Hybrid(
    target="shop:Base",
    module="shop",
    class_name="Node",
    attribute="total",
    kind=Kind.HYBRID_PROPERTY,
    file="shop.py",
    line=7,
    shown_by=("Node",),
    primary_key=("id",),
)
REVERSED = replace(
    HYBRID,
    relationships_read=(
        RelationshipRead(
            "Node", "usages", "Usage", "ONETOMANY", uselist=True, remote_side=("usages.node_id",)
        ),
        RelationshipRead("Node", "children", "Node", "MANYTOONE", uselist=False, remote_side=("nodes.id",)),
    ),
)
ROWS = Dataset({"nodes": ({"id": 1, "cost": None}, {"id": 2, "cost": 3})})
CIRCLE = Dataset({"nodes": ({"id": 1, "parent_id": 1},)}, shape="cycle")
CHAIN = Dataset({"nodes": tuple({"id": i} for i in range(1, 4)), "usages": ({"id": 1},)}, shape="chain")
NOTHING_SAID = None

RECURSION = Raised(("RecursionError", "RuntimeError", "Exception"), "maximum recursion depth exceeded")
ON_NONE = Raised(("TypeError", "Exception"), "unsupported operand type(s) for +: 'int' and 'NoneType'")
NOT_ITERABLE = Raised(("TypeError", "Exception"), "'NoneType' object is not iterable")
BROKEN = Raised(("IndexError", "LookupError", "Exception"), "list index out of range\nand more")
REFUSED = Raised(
    ("GroupingError", "Exception"), 'column "n.id" must appear in GROUP BY\nLINE 1: ...', "42803"
)
VIEW = Raised(("ObjectNotInPrerequisiteState", "Exception"), 'cannot update view "n"', "55000")
SQL = Returned(Compiled("SELECT nodes.id \nFROM nodes", {}))
WHERE_FALSE = Returned(Compiled("SELECT nodes.id \nFROM nodes \nWHERE false", {}))


INDEX = TriedIndex(
    "ix_usages_node_id",
    "usages",
    ("node_id",),
    "CREATE INDEX ix_usages_node_id ON usages (node_id)",
    10_960,
    900,
)
BY_KEY = IndexLookup("usages", "usages_pkey", 2_000, 6.6, ("node_id",))


def cost(few, many, *repeated, index=None, **parts):
    """``few`` and ``many`` are (rows, rows handled, pages); as many pages as rows handled if left out."""
    executions = [
        Execution(rows, handled, *(pages or (handled,)), seconds=0.1, repeated=repeated, **parts)
        for rows, handled, *pages in (few, many)
    ]
    return Cost(*executions, index)


def in_another_order(index):
    seen = cost((500, 2_455, 4_785), (2_000, 9_960, 43_817), index=index)
    few, many = ((BY_KEY,), (replace(BY_KEY, pages=19.0),))
    return replace(seen, few=replace(seen.few, lookups=few), many=replace(seen.many, lookups=many))


QUADRATIC = cost((500, 95_215), (2_000, 1_500_280))


def translation(form="expression", *, shown="nodes.cost", type_name="Column", **parts):
    level = Returned(ClassLevel(form, type_name, shown))
    return Translation(
        **{"hybrid": HYBRID, "class_level": level, "statements": {"select": SQL, "where": SQL}, **parts}
    )


def example(python, sql, *, structure=None, dataset=ROWS, hybrid=HYBRID, answers=(), **parts):
    """Row 1 on both sides; ``sql`` is a value, a list with the values of all rows that came, or an outcome."""
    select = (
        sql
        if isinstance(sql, Raised | TimedOut)
        else Returned(tuple((1, value) for value in (sql if isinstance(sql, list) else [sql])))
    )
    outcome = python if isinstance(python, Raised | TimedOut) else Returned(python)
    return Example(
        hybrid, structure or Structure(), dataset, {(1,): outcome}, select, tuple(answers), **parts
    )


def evaluated(outcome):
    """What SQLAlchemy's evaluator gave for row 1."""
    return {(1,): outcome if isinstance(outcome, Raised) else Returned(outcome)}


def answer(position, got, expected=((1, 5),), *, ordered=False):
    outcome = got if isinstance(got, Raised | TimedOut) else Returned(got)
    return Answer(position, outcome, expected, ordered)


def answers(*given, left_behind=()):
    return example(5, 5, answers=given, structure=Structure(own_table_under_alias=left_behind))


def writes(by_setter, by_update):
    return Writes(HYBRID, ROWS, (Write((1,), Decimal("0.5"), by_setter, by_update),))


def before(unflushed=(), rounded=()):
    return BeforeDatabase(HYBRID, ROWS, tuple(unflushed), tuple(rounded))


def matches(found, *, expected=((1,),), known=((1,), (2,)), position="where"):
    outcome = found if isinstance(found, Raised | TimedOut) else Returned(frozenset(found))
    match = Match(position, "'ab'", frozenset(expected), frozenset(known), outcome)
    return Example(HYBRID, Structure(), ROWS, {}, Returned(()), matches=(match,))


CASES = [
    *cause_cases.CASES,
    Case(
        "HH101",
        "the expression uses itself",
        Translation(HYBRID, RECURSION),
        "Building the SQL of Node.total recurses without end: its expression uses Node.total itself, so each access builds "
        "the next one, and Python stops with RecursionError: maximum recursion depth exceeded.",
    ),
    Case(
        "HH101",
        "the expression loops",
        Translation(HYBRID, TimedOut(5.0)),
        "Building the SQL of Node.total does not end: no answer within 5 s.",
    ),
    Case(
        "HH101",
        "the getter loops over a column",
        Translation(replace(HYBRID, python=PythonCode(operators=frozenset({"for"}))), TimedOut(5.0)),
        "Building the SQL of Node.total does not end: no answer within 5 s. It has no expression, so its getter runs on the class, and "
        "there a loop over a JSON or ARRAY column never ends: column[0], column[1] and so on are SQL, all of them.",
    ),
    Case("HH101", "the expression raises something else", Translation(HYBRID, BROKEN), NOTHING_SAID),
    Case(
        "HH102",
        "the expression raises",
        Translation(HYBRID, BROKEN),
        "Node.total has no SQL: on the class it raises IndexError: list index out of range.",
    ),
    Case("HH102", "the expression recurses", Translation(HYBRID, RECURSION), NOTHING_SAID),
    Case("HH102", "the expression is fine", translation(), NOTHING_SAID),
    Case(
        "HH103",
        "None",
        translation("none", statements={"where": WHERE_FALSE}),
        "Node.total has no SQL at all: its class-level value is None; `where(Node.total == 5)` silently becomes "
        "`WHERE false`.",
    ),
    Case(
        "HH103",
        "None, and even where() raises",
        translation("none", statements={"where": BROKEN}),
        "Node.total has no SQL at all: its class-level value is None.",
    ),
    Case("HH103", "an expression", translation(), NOTHING_SAID),
    Case(
        "HH104",
        "a bool",
        translation("constant", shown="False", type_name="bool", statements={"where": WHERE_FALSE}),
        "Node.total is not SQL on the class but the Python value False (bool); `where(Node.total == ...)` becomes "
        "`WHERE false` for all rows.",
    ),
    Case(
        "HH104",
        "a list that nothing compares with",
        translation("constant", shown="[]", type_name="list", statements={"where": BROKEN}),
        "Node.total is not SQL on the class but the Python value [] (list).",
    ),
    Case("HH104", "None is no constant", translation("none"), NOTHING_SAID),
    Case("HH104", "an expression", translation(), NOTHING_SAID),
    Case(
        "HH105",
        "text with a parameter",
        translation("text", structure=Structure(unbound=("id",))),
        "Node.total is text() on the class, so it can't compose: no comparison, no alias, no ORDER BY by value. Its "
        "parameter :id is unbound: it can only ever answer for the one row whose value the caller passes, not for each row "
        "of a query.",
    ),
    Case(
        "HH105",
        "text alone",
        translation("text"),
        "Node.total is text() on the class, so it can't compose: no comparison, no alias, no ORDER BY by value.",
    ),
    Case("HH105", "an expression", translation(), NOTHING_SAID),
    Case(
        "HH106",
        "two parameters",
        translation(structure=Structure(unbound=("rate", "year"))),
        "The SQL of Node.total needs :rate, :year, which nothing binds.",
    ),
    Case("HH106", "of text() HH105 says it", translation("text", structure=Structure(unbound=("id",))), NOTHING_SAID),
    Case("HH106", "all bound", translation(), NOTHING_SAID),
    Case(
        "HH107",
        "the first position that fails",
        translation("select", statements={"select": SQL, "where": BROKEN, "order by": RECURSION}),
        "Node.total does not compile in the position 'where': IndexError: list index out of range.",
    ),
    Case("HH107", "all compile", translation(), NOTHING_SAID),
    Case("HH107", "None compiles nowhere", translation("none", statements={"select": BROKEN}), NOTHING_SAID),
    Case(
        "HH108",
        "the name of a column",
        translation(structure=Structure(label_of_column="name")),
        "Node.total labels its SQL 'name', which is the name of Node.name: rows and subqueries with both have one name for "
        "two columns.",
    ),
    Case("HH108", "no such label", translation(), NOTHING_SAID),
    Case(
        "HH201",
        "another value",
        example(3, None, structure=Structure(self_correlated=("nodes.parent_id = nodes.id",))),
        "The subquery of Node.total correlates to itself: in `nodes.parent_id = nodes.id` both columns are the outer row's, "
        "because the subquery's own table is not aliased and SQLAlchemy takes it out of its FROM. PostgreSQL compares each "
        "row with itself and answers None.",
    ),
    Case(
        "HH201",
        "refused by the server",
        example(3, REFUSED, structure=Structure(self_correlated=("nodes.parent_id = nodes.id",))),
        "The subquery of Node.total correlates to itself: in `nodes.parent_id = nodes.id` both columns are the outer row's, "
        "because the subquery's own table is not aliased and SQLAlchemy takes it out of its FROM. PostgreSQL refuses it: "
        'GroupingError: column "n.id" must appear in GROUP BY.',
    ),
    Case("HH201", "the values agree", example(3, 3, structure=Structure(self_correlated=("a = b",))), NOTHING_SAID),
    Case("HH201", "no such mark", example(3, None), NOTHING_SAID),
    Case(
        "HH202",
        "refused by the server",
        example(3, REFUSED),
        "PostgreSQL can't answer select(Node.total): GroupingError: column \"n.id\" must appear in GROUP BY.",
    ),
    Case("HH202", "answered", example(3, 3), NOTHING_SAID),
    Case("HH202", "stopped", example(3, TimedOut(5.0)), NOTHING_SAID),
    Case(
        "HH203",
        "None in place of a collection",
        example(NOT_ITERABLE, 0, hybrid=REVERSED),
        "The direction of Node.children is reversed: remote_side is nodes.id, which makes it many-to-one, one Node or None. "
        "Node.total uses it as a collection, and Python raises TypeError: 'NoneType' object is not iterable.",
    ),
    Case("HH203", "no many-to-one relationship is read", example(NOT_ITERABLE, 0), NOTHING_SAID),
    Case("HH203", "another TypeError", example(ON_NONE, 0, hybrid=REVERSED), NOTHING_SAID),
    Case(
        "HH204",
        "a column named",
        example(ON_NONE, 3, structure=Structure(columns=("nodes.cost", "nodes.id"))),
        "Node.total raises TypeError: unsupported operand type(s) for +: 'int' and 'NoneType' in Python (nodes.cost is NULL), "
        "where SQL skips NULL and answers 3.",
    ),
    Case(
        "HH204",
        "no column known",
        example(ON_NONE, None),
        "Node.total raises TypeError: unsupported operand type(s) for +: 'int' and 'NoneType' in Python, where SQL skips NULL "
        "and answers NULL.",
    ),
    Case("HH204", "both have an answer", example(3, 3), NOTHING_SAID),
    Case("HH204", "another exception", example(BROKEN, 3), NOTHING_SAID),
    Case(
        "HH205",
        "an exception",
        example(BROKEN, [3, 4]),
        "Node.total raises IndexError: list index out of range in Python, where SQL answers 3, 4.",
    ),
    Case(
        "HH205",
        "recursion without a circle",
        example(RECURSION, 3),
        "Node.total raises RecursionError: maximum recursion depth exceeded in Python, where SQL answers 3.",
    ),
    Case("HH205", "recursion on a circle is another matter", example(RECURSION, 3, dataset=CIRCLE), NOTHING_SAID),
    Case("HH205", "SQL fails too", example(BROKEN, REFUSED), NOTHING_SAID),
    Case("HH205", "an answer", example(3, 3), NOTHING_SAID),
    Case(
        "HH206",
        "two rows",
        example(3, [3, 3], structure=Structure(foreign_tables=("usages",))),
        "select(Node.total) gives 2 rows for one Node. The expression adds usages to the FROM clause without a join condition.",
    ),
    Case("HH206", "no row", example(3, []), "select(Node.total) gives 0 rows for one Node."),
    Case("HH206", "one row", example(3, [3]), NOTHING_SAID),
    Case("HH207", "NULL from SQL", example(Decimal(0), None), "Node.total is Decimal('0') in Python and NULL in SQL."),
    Case("HH207", "None from Python", example(python=None, sql=False), "Node.total is None in Python and False in SQL."),
    Case("HH207", "both", example(None, None), NOTHING_SAID),
    Case("HH207", "neither", example(python=0, sql=False), NOTHING_SAID),
    Case("HH208", "numbers", example(3, 4), "Node.total is 3 in Python and 4 in SQL."),
    Case(
        "HH208",
        "numbers, and the evaluator gives the getter's",
        example(3, 4, evaluated=evaluated(3)),
        "Node.total is 3 in Python and 4 in SQL. Computed in Python, by SQLAlchemy's evaluator, the SQL expression agrees with "
        "the getter: both say the same, and PostgreSQL computes it in another way.",
    ),
    Case(
        "HH208",
        "numbers, and the evaluator gives PostgreSQL's",
        example(3, 4, evaluated=evaluated(Decimal("4.0"))),
        "Node.total is 3 in Python and 4 in SQL. Computed in Python, by SQLAlchemy's evaluator, the SQL expression agrees with "
        "PostgreSQL: it says something else than the getter.",
    ),
    Case("HH208", "texts", example("", " "), "Node.total is '' in Python and ' ' in SQL."),
    Case("HH208", "the same", example(0.1 + 0.2, 0.3), NOTHING_SAID),
    Case("HH208", "never came back", example(TimedOut(5.0), 3), NOTHING_SAID),
    Case(
        "HH209",
        "Decimal from SQL",
        example(0.5, Decimal("0.50")),
        "Node.total is a Decimal from SQL (Decimal('0.50')) and a float from Python (0.5).",
    ),
    Case(
        "HH209",
        "float from SQL",
        example(Decimal("0.5"), 0.5),
        "Node.total is a float from SQL (0.5) and a Decimal from Python (Decimal('0.5')).",
    ),
    Case("HH209", "integers don't drift", example(1, Decimal(1)), NOTHING_SAID),
    Case("HH209", "the select fails", example(0.5, REFUSED), NOTHING_SAID),
    Case(
        "HH210",
        "two values stored",
        writes(Returned({"cents": 50, "rate": 1}), Returned({"cents": 0, "rate": 1})),
        "Set to Decimal('0.5'), Node.total stores cents=50 by its setter and cents=0 by update(Node).values().",
    ),
    Case(
        "HH210",
        "an attribute and nothing more",
        replace(writes(Returned({"cents": 50}), Returned({"cents": 0})), attribute="cents"),
        "Set to Decimal('0.5'), Node.total stores cents=50 by its setter and cents=0 by update(Node).values(). On the class Node.total is "
        "Node.cents and nothing more, so SQLAlchemy sets that and calls no update_expression.",
    ),
    Case("HH210", "the same stored", writes(Returned({"cents": 50}), Returned({"cents": 50})), NOTHING_SAID),
    Case("HH210", "the setter refuses", writes(BROKEN, Returned({"cents": 50})), NOTHING_SAID),
    Case(
        "HH211",
        "the UPDATE fails",
        writes(Returned({"cents": 50}), BROKEN),
        "Node.total has a setter, but update(Node).values({Node.total: Decimal('0.5')}) fails: IndexError: list index out of "
        "range.",
    ),
    Case("HH211", "both refuse", writes(BROKEN, BROKEN), NOTHING_SAID),
    Case(
        "HH212",
        "a default is missing",
        before([Unflushed(("cost", "rate"), ON_NONE)]),
        "Node.total raises TypeError: unsupported operand type(s) for +: 'int' and 'NoneType' on a new Node: Node.cost, "
        "Node.rate has its default only once it is flushed.",
    ),
    Case(
        "HH212",
        "defaults of which the getter reads one for certain",
        replace(
            before([Unflushed(("cost", "rate"), ON_NONE)]),
            hybrid=replace(HYBRID, python=PythonCode(own=("nodes.rate",))),
        ),
        "Node.total raises TypeError: unsupported operand type(s) for +: 'int' and 'NoneType' on a new Node: Node.rate has its "
        "default only once it is flushed.",
    ),
    Case("HH212", "another exception", before([Unflushed(("cost",), BROKEN)]), NOTHING_SAID),
    Case("HH212", "an answer", before([Unflushed(("cost",), Returned(None))]), NOTHING_SAID),
    Case(
        "HH213",
        "rounded",
        before(rounded=[Rounded((1,), {"cost": Decimal("1.005")}, Returned(Decimal("1.005")), Returned(Decimal("1.01")))]),
        "Node.total changes as the row is stored: with cost=Decimal('1.005') it is Decimal('1.005') before the flush and "
        "Decimal('1.01') after, because the column rounds.",
    ),
    Case(
        "HH213",
        "the same before and after",
        before(rounded=[Rounded((1,), {"cost": Decimal("1.005")}, Returned(Decimal(1)), Returned(Decimal("1.00")))]),
        NOTHING_SAID,
    ),
    Case("HH213", "raises", before(rounded=[Rounded((1,), {}, BROKEN, Returned(1))]), NOTHING_SAID),
    Case(
        "HH214",
        "rows missing",
        matches([], expected=[(1,), (2,)]),
        "`where(Node.total == 'ab')` on Node does not find row 1, 2, whose attribute is that in Python.",
    ),
    Case(
        "HH214",
        "a row too many, under an alias",
        matches([(1,), (2,)], position="aliased"),
        "`where(Node.total == 'ab')` on an alias of Node finds row 2, whose attribute is something else in Python.",
    ),
    Case(
        "HH214",
        "refused",
        matches(REFUSED),
        "`where(Node.total == 'ab')` on Node fails: GroupingError: column \"n.id\" must appear in GROUP BY.",
    ),
    Case(
        "HH214",
        "a member of a collection",
        replace(matches([]), matches=tuple(replace(each, member=True) for each in matches([]).matches)),
        "`where(Node.total.contains('ab'))` on Node does not find row 1, whose attribute is that in Python.",
    ),
    Case(
        "HH214",
        "the same under an alias",
        replace(matches([]), matches=(*matches([]).matches, *matches([], position="aliased").matches)),
        "`where(Node.total == 'ab')` on Node does not find row 1, whose attribute is that in Python.",
    ),
    Case("HH214", "the same rows", matches([(1,)]), NOTHING_SAID),
    Case("HH214", "a row of which Python can't tell", matches([(1,), (3,)]), NOTHING_SAID),
    Case(
        "HH301",
        "another row's answer",
        answers(answer("aliased", ((1, 7),)), left_behind=("nodes.id", "nodes.name")),
        "Under aliased(Node), Node.total still reads nodes.id, nodes.name of the un-aliased class, so a row gets another row's "
        "answer (expected (1, 5), got (1, 7)); SQLAlchemy gives no warning.",
    ),
    Case(
        "HH301",
        "refused under an alias",
        answers(answer("self-join", REFUSED), left_behind=("nodes.id",)),
        "Under aliased(Node), Node.total still reads nodes.id of the un-aliased class, so a row gets another row's answer "
        '(GroupingError: column "n.id" must appear in GROUP BY); SQLAlchemy gives no warning.',
    ),
    Case("HH301", "the same answer", answers(answer("aliased", ((1, 5),)), left_behind=("nodes.id",)), NOTHING_SAID),
    Case("HH301", "no un-aliased column", answers(answer("aliased", ((1, 7),))), NOTHING_SAID),
    Case("HH301", "not under an alias", answers(answer("subquery", ((1, 7),)), left_behind=("nodes.id",)), NOTHING_SAID),
    Case(
        "HH302",
        "refused",
        answers(answer("order by", REFUSED)),
        "Node.total fails in the position 'order by': GroupingError: column \"n.id\" must appear in GROUP BY.",
    ),
    Case("HH302", "answered", answers(answer("order by", ((1, 5),))), NOTHING_SAID),
    Case("HH302", "HH301 says why", answers(answer("aliased", REFUSED), left_behind=("nodes.id",)), NOTHING_SAID),
    Case(
        "HH303",
        "other rows",
        answers(answer("where", ((2,),), ((1,),))),
        "Node.total means something else in the position 'where' than in the plain select: expected (1,), got (2,).",
    ),
    Case(
        "HH303",
        "a row too many",
        answers(answer("where", ((1,), (1,)), ((1,),))),
        "Node.total means something else in the position 'where' than in the plain select: expected nothing, got (1,).",
    ),
    Case(
        "HH303",
        "rows missing",
        answers(answer("where", (), tuple((i,) for i in range(5)))),
        "Node.total means something else in the position 'where' than in the plain select: expected (0,), (1,), (2,) and 2 "
        "more, which did not come.",
    ),
    Case(
        "HH303",
        "another order",
        answers(answer("order by", ((2,), (1,)), ((1,), (2,)), ordered=True)),
        "Node.total means something else in the position 'order by' than in the plain select: expected (1,), got (2,).",
    ),
    Case("HH303", "an order that isn't implied", answers(answer("subquery", ((2,), (1,)), ((1,), (2,)))), NOTHING_SAID),
    Case("HH303", "stopped", answers(answer("where", TimedOut(5.0))), NOTHING_SAID),
    Case(
        "HH304",
        "another value in another zone",
        answers(answer("time zone America/New_York", ((1, 4),))),
        "Node.total depends on the session's time zone: in America/New_York, expected (1, 5), got (1, 4).",
    ),
    Case("HH304", "the same value", answers(answer("time zone America/New_York", ((1, 5),))), NOTHING_SAID),
    Case(
        "HH302",
        "an UPDATE refused for what it says",
        answers(answer("update", REFUSED)),
        "Node.total fails in the position 'update': GroupingError: column \"n.id\" must appear in GROUP BY.",
    ),
    Case("HH302", "an UPDATE refused for what it is done to", answers(answer("update", VIEW)), NOTHING_SAID),
    Case("HH302", "accessed twice", answers(answer("group by, accessed twice", REFUSED)), NOTHING_SAID),
    Case(
        "HH215",
        "text ordered by a language",
        translation(structure=Structure(collated_order=("nodes.name < :name_1",))),
        "Node.total orders text by the collation of a language in `nodes.name < :name_1`, where Python orders by code point: "
        "'B' < 'a' in Python only.",
    ),
    Case("HH215", "by code point", translation(), NOTHING_SAID),
    Case(
        "HH305",
        "a correlated subquery",
        translation(structure=Structure(uncorrelated_alone=True)),
        "select(Node.total) alone does not correlate: without Node in the FROM clause its subquery reads the whole table and "
        "gives one row.",
    ),
    Case("HH305", "a column", translation(), NOTHING_SAID),
    Case(
        "HH306",
        "two expressions",
        answers(answer("group by, accessed twice", REFUSED)),
        "select(Node.total, func.count()).group_by(Node.total) fails, since each access of Node.total builds other SQL: "
        'GroupingError: column "n.id" must appear in GROUP BY.',
    ),
    Case("HH306", "the same expression", answers(answer("group by, accessed twice", ((3, 1),))), NOTHING_SAID),
    Case(
        "HH401",
        "two statements a row",
        Growth(HYBRID, (25, 100), (51, 201), ("Node.usages", "Node.children")),
        "Node.total sends 51 statements for 25 instances and 201 for 100 in Python (Node.usages, Node.children).",
    ),
    Case(
        "HH401",
        "sent by the getter itself",
        Growth(HYBRID, (25, 100), (26, 101)),
        "Node.total sends 26 statements for 25 instances and 101 for 100 in Python (no relationship's: queries of the getter's "
        "own, or columns that are loaded when they are asked for).",
    ),
    Case(
        "HH401",
        "some rows only",
        Growth(HYBRID, (25, 100), (5, 15), ("Node.usages",)),
        "Node.total sends 5 statements for 25 instances and 15 for 100 in Python (Node.usages).",
    ),
    Case("HH401", "one statement whatever the rows", Growth(HYBRID, (25, 100), (2, 2), ("Node.usages",)), NOTHING_SAID),
    Case("HH401", "no more rows", Growth(HYBRID, (0, 0), (1, 9)), NOTHING_SAID),
    Case(
        "HH402",
        "a table scanned",
        QueryPlan(HYBRID, ("usages", "users")),
        "select(Node.total) reads the whole table usages, users for each row: no index fits the condition of its correlated "
        "subquery.",
    ),
    Case("HH402", "none", QueryPlan(HYBRID, ()), NOTHING_SAID),
    Case(
        "HH402",
        "an index tried",
        QueryPlan(HYBRID, ("usages",), cost((500, 750_755), (2_000, 12_004_960), index=INDEX)),
        "select(Node.total) reads the whole table usages for each row: no index fits the condition of its correlated subquery. "
        "For 500 rows the server handled 750,755, for 2,000 rows 12,004,960: they grow with the power 2.0.",
    ),
    Case(
        "HH403",
        "quadratic",
        QueryPlan(HYBRID, (), cost((500, 95_215), (2_000, 1_500_280))),
        "select(Node.total) grows faster than the rows. For 500 rows the server handled 95,215, for 2,000 rows 1,500,280: they "
        "grow with the power 2.0.",
    ),
    Case(
        "HH403",
        "a join of a whole table",
        QueryPlan(HYBRID, (), cost((500, 95_215), (2_000, 1_500_280), RepeatedScan("usages", 2_000, 6_000))),
        "select(Node.total) grows faster than the rows. It reads usages from end to end 2,000 times, 6,000 rows each. For 500 "
        "rows the server handled 95,215, for 2,000 rows 1,500,280: they grow with the power 2.0.",
    ),
    Case("HH403", "linear", QueryPlan(HYBRID, (), cost((500, 1_000), (2_000, 4_100))), NOTHING_SAID),
    Case("HH403", "a missing index says it", QueryPlan(HYBRID, ("usages",), QUADRATIC), NOTHING_SAID),
    Case("HH403", "not measured", QueryPlan(HYBRID, ()), NOTHING_SAID),
    Case(
        "HH404",
        "each step",
        QueryPlan(
            HYBRID, (), cost((500, 95_215), (2_000, 1_500_280), RepeatedScan("nodes", 9_356, 2_000, recursive=True))
        ),
        "The recursive part of select(Node.total) reads a whole table at each step. It reads nodes from end to end 9,356 times, "
        "2,000 rows each. For 500 rows the server handled 95,215, for 2,000 rows 1,500,280: they grow with the power 2.0.",
    ),
    Case("HH404", "no recursion", QueryPlan(HYBRID, (), QUADRATIC), NOTHING_SAID),
    Case(
        "HH405",
        "two functions",
        QueryPlan(HYBRID, (), volatile=("clock_timestamp", "random")),
        "select(Node.total) calls clock_timestamp(), random() anew for each row: volatile, so no index can answer it.",
    ),
    Case("HH405", "none", QueryPlan(HYBRID, ()), NOTHING_SAID),
    Case(
        "HH406",
        "on disk",
        QueryPlan(HYBRID, (), cost((500, 1_000), (2_000, 4_000), spilled=("Sort", "Sort", "Hash"))),
        "For 2,000 rows, select(Node.total) writes to disk what its plan sorts or hashes (Sort, Hash).",
    ),
    Case("HH406", "in memory", QueryPlan(HYBRID, (), QUADRATIC), NOTHING_SAID),
    Case(
        "HH407",
        "compiled",
        QueryPlan(HYBRID, (), cost((500, 1_000), (2_000, 4_000), jit_functions=7)),
        "For 2,000 rows, PostgreSQL compiles 7 functions to answer select(Node.total).",
    ),
    Case("HH407", "interpreted", QueryPlan(HYBRID, (), QUADRATIC), NOTHING_SAID),
    Case(
        "HH408",
        "the same pages",
        QueryPlan(HYBRID, (), cost((500, 95_215, 10), (2_000, 1_500_280, 40))),
        "select(Node.total) computes an intermediate result once and looks through all of it for each row. For 500 rows the "
        "server handled 95,215, for 2,000 rows 1,500,280: they grow with the power 2.0.",
    ),
    Case("HH408", "more pages too", QueryPlan(HYBRID, (), QUADRATIC), NOTHING_SAID),
    Case(
        "HH409",
        "an index in another order",
        QueryPlan(HYBRID, (), in_another_order(replace(INDEX, instead_of="usages_pkey"))),
        "select(Node.total) looks up node_id in the index usages_pkey, which is in another order. One look-up reads 7 pages of "
        "it where there are 500 rows, 19 where there are 2,000.",
    ),
    Case("HH409", "no other index helps", QueryPlan(HYBRID, (), in_another_order(None)), NOTHING_SAID),
    Case("HH409", "an index in the place of a scan", QueryPlan(HYBRID, ("usages",), cost((5, 9), (20, 99), index=INDEX)), NOTHING_SAID),
    Case(
        "HH501",
        "on a circle",
        example(3, TimedOut(5.0), dataset=CIRCLE, structure=Structure(union_all_recursion=("up",))),
        "The SQL of Node.total never ends on a row that is its own ancestor: stopped after 5 s. Its recursive CTE up uses "
        "UNION ALL without a guard.",
    ),
    Case("HH501", "on two rows", example(3, TimedOut(0.5)), "The SQL of Node.total never ends on 2 rows: stopped after 0.5 s."),
    Case(
        "HH501",
        "on one row, in one position",
        replace(answers(answer("where", TimedOut(5.0))), dataset=Dataset({"nodes": ({"id": 1},)})),
        "The SQL of Node.total never ends on 1 row: stopped after 5 s.",
    ),
    Case("HH501", "it ends", example(3, 3), NOTHING_SAID),
    Case("HH502", "stopped", example(TimedOut(5.0), 3), "The getter of Node.total does not end: stopped after 5 s."),
    Case("HH502", "on a circle it is HH503", example(TimedOut(5.0), 3, dataset=CIRCLE), NOTHING_SAID),
    Case("HH502", "it ends", example(3, 3), NOTHING_SAID),
    Case(
        "HH503",
        "a loop",
        example(TimedOut(5.0), 3, dataset=CIRCLE),
        "The getter of Node.total does not end on a row that is its own ancestor: no answer within 5 s.",
    ),
    Case(
        "HH503",
        "a recursion",
        example(RECURSION, 3, dataset=CIRCLE),
        "The getter of Node.total does not end on a row that is its own ancestor: RecursionError: maximum recursion depth "
        "exceeded.",
    ),
    Case("HH503", "no circle", example(TimedOut(5.0), 3), NOTHING_SAID),
    Case("HH503", "it ends", example(3, 3, dataset=CIRCLE), NOTHING_SAID),
    Case(
        "HH504",
        "a long chain",
        example(RECURSION, 3, dataset=CHAIN),
        "The getter of Node.total raises RecursionError on a chain of 3 rows.",
    ),
    Case("HH504", "no chain", example(RECURSION, 3), NOTHING_SAID),
    Case("HH504", "it ends", example(3, 3, dataset=CHAIN), NOTHING_SAID),
    Case(
        "HH505",
        "lost",
        ServerLoss(HYBRID, "server closed the connection unexpectedly"),
        "The connection to PostgreSQL broke while Node.total was evaluated: server closed the connection unexpectedly.",
    ),
    Case("HH505", "not lost", example(3, 3), NOTHING_SAID),
    Case(
        "HH506",
        "locale and threads",
        LeftBehind(HYBRID, ("the locale", "threads that go on")),
        "Evaluating Node.total leaves this behind in the process: the locale, threads that go on.",
    ),
    Case("HH506", "all as it was", LeftBehind(HYBRID, ()), NOTHING_SAID),
    Case(
        "HH507",
        "a crash",
        ProcessEnd(HYBRID, "SIGSEGV"),
        "The process ended while Node.total was evaluated: SIGSEGV.",
    ),
    Case("HH507", "no end", example(3, 3), NOTHING_SAID),
    Case(
        "HH601",
        "one value",
        Survey(HYBRID, 100, 250, 1, 0, "Decimal('0')"),
        "Node.total was Decimal('0') on all 250 rows that were compared: it was not tested.",
    ),
    Case(
        "HH601",
        "always NULL",
        Survey(HYBRID, 100, 250, 1, 250, "None"),
        "Node.total was NULL on all 250 rows that were compared: it was not tested.",
    ),
    Case("HH601", "Python varies", Survey(HYBRID, 100, 250, 1, 0, "0", python_varies=True), NOTHING_SAID),
    Case(
        "HH601",
        "a constant beside no other",
        Survey(HYBRID, 100, 250, 1, 0, "4", constant=True),
        "Node.total was 4 on all 250 rows that were compared: it was not tested.",
    ),
    Case(
        "HH601",
        "what one class of an inheritance answers",
        Survey(replace(HYBRID, wiring=Wiring(elsewhere=True)), 100, 250, 1, 0, "4", constant=True),
        NOTHING_SAID,
    ),
    Case("HH601", "two values", Survey(HYBRID, 100, 250, 2, 0), NOTHING_SAID),
    Case("HH601", "hardly compared", Survey(HYBRID, 100, 49, 1, 0, "0"), NOTHING_SAID),
    Case(
        "HH701",
        "a copy has the setter",
        translation(hybrid=replace(HYBRID, setter_under="set_total")),
        "Node.total can't be assigned: its setter was attached to Node.set_total, a copy of the hybrid under the name of the "
        "decorated function.",
    ),
    Case("HH701", "no copy", translation(), NOTHING_SAID),
    Case(
        "HH702",
        "a copy has the expression",
        translation(hybrid=replace(HYBRID, expression_under="total_sql")),
        "Node.total has no expression: the one written for it was attached to Node.total_sql, a copy of the hybrid under the name of the "
        "decorated function, which has the getter of Node.total on its instances.",
    ),
    Case("HH702", "no copy", translation(), NOTHING_SAID),
    Case(
        "HH109",
        "a construct of one's own",
        translation(structure=Structure(unread="AttributeError: no parts")),
        "The expression of Node.total can't be read part by part: AttributeError: no parts. What is found in it is told without its cause.",
    ),
    Case("HH109", "read", translation(), NOTHING_SAID),
    Case(
        "HH703",
        "fourteen days and thirty",
        translation(hybrid=replace(HYBRID, wiring=Wiring(defaults_apart=(DefaultsApart("days", "30", "14"),)))),
        "Node.total() asks two questions when it is called without arguments: days is 30 in the getter and 14 in the expression.",
    ),
    Case("HH703", "one default", translation(), NOTHING_SAID),
]  # fmt: skip
BAD = [case for case in CASES if case.message is not None]
GOOD = [case for case in CASES if case.message is None]
CENTURIES = {
    "1": Family.TRANSLATION,
    "2": Family.AGREEMENT,
    "3": Family.COMPOSITION,
    "4": Family.SCALE,
    "5": Family.CONTAINMENT,
    "6": Family.VACUITY,
    "7": Family.HYGIENE,
}


def ids(cases):
    return [f"{case.code} {case.title}" for case in cases]


@pytest.mark.parametrize("case", BAD, ids=ids(BAD))
def test_a_bad_observation_is_one_finding(case):
    rule = next(each for each in RULES if each.code == case.code)
    [found] = judge(case.seen)
    assert (found.rule, found.message) == (case.code, case.message)
    assert (found.name, found.family, found.severity) == (rule.name, rule.family, rule.severity)
    assert found.hint.endswith(".")
    assert found.position


@pytest.mark.parametrize("case", GOOD, ids=ids(GOOD))
def test_a_good_observation_is_none_of_this_rule(case):
    assert case.code not in [found.rule for found in judge(case.seen)]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_every_rule_has_a_bad_and_a_good_example(rule):
    assert rule.code in {case.code for case in BAD}, "add a Case with its message"
    good = [case.seen for case in GOOD if case.code == rule.code]
    assert any(isinstance(seen, rule.reads) for seen in good) or rule.code in {"HH505", "HH507"}, (
        "add a Case that it is silent on"
    )


def test_positions_of_one_cause_are_one_finding():
    refused = answers(answer("where", REFUSED), answer("order by", REFUSED), answer("cte", VIEW))
    first, second = judge(refused)
    assert (first.position, first.also) == ("where", ("order by",))
    assert (second.position, second.also) == ("cte", ())
    assert first.overlaps(judge(answers(answer("order by", VIEW)))[0])
    assert not first.overlaps(second)
    [found] = judge(answers(answer("where", ((1,), (1,)), ((1,),)), answer("subquery", ((2,),), ((1,),))))
    assert (found.position, found.also) == ("where", ("subquery",))


def test_cases_are_of_rules_that_exist_and_have_names_of_their_own():
    assert {case.code for case in CASES} <= {rule.code for rule in RULES}
    assert max(Counter((case.code, case.title) for case in CASES).values()) == 1


def test_codes_and_names_are_unique_and_in_the_order_of_the_families():
    codes = [rule.code for rule in RULES]
    assert codes == sorted(codes)
    assert len(set(codes)) == len({rule.name for rule in RULES}) == len(RULES)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_a_rule_is_documented(rule):
    assert CENTURIES[rule.code[2]] is rule.family
    assert rule.code[:2] == "HH"
    assert rule.code[2:].isdigit()
    assert len(rule.code) == 5
    assert rule.name == rule.name.lower().replace(" ", "-")
    assert isinstance(rule.severity, Severity)
    for field in fields(rule.documentation):
        text = getattr(rule.documentation, field.name)
        assert text == text.strip()
        assert len(text) >= 8
        if field.name in ("what", "why", "limits"):
            assert text.endswith("."), f"{field.name} is a sentence"
    assert len({getattr(rule.documentation, field.name) for field in fields(rule.documentation)}) == 5
    assert type(rule).__doc__


@pytest.mark.parametrize("form", ["none", "text", "constant", "select", "expression"])
def test_a_class_level_value_gets_one_explanation(form):
    """However many positions fail for it."""
    statements = {"select": BROKEN, "where": BROKEN}
    assert len(judge(translation(form, statements=statements))) == 1


@pytest.mark.parametrize(
    ("python", "sql", "rule"),
    [
        (NOT_ITERABLE, [], "HH203"),
        (ON_NONE, 3, "HH204"),
        (BROKEN, [], "HH205"),
        (None, [1, 2], "HH206"),
        (None, 1, "HH207"),
    ],
)
def test_each_difference_has_the_first_cause_that_explains_it(python, sql, rule):
    assert [found.rule for found in judge(example(python, sql, hybrid=REVERSED))] == [rule]


def test_two_causes_in_one_dataset_are_two_findings():
    seen = Example(
        HYBRID,
        Structure(),
        ROWS,
        {(1,): Returned(0), (2,): Returned(4), (3,): Returned(9)},
        Returned(((1, None), (2, 5), (3, 8))),
    )
    assert [(found.rule, found.counterexample.instance) for found in judge(seen)] == [
        ("HH207", {"id": 1}),
        ("HH208", {"id": 2}),
    ]


@pytest.mark.parametrize(
    "seen",
    [
        example(3, 4, evaluated=evaluated(5)),
        example(3, 4, evaluated=evaluated(ON_NONE)),
        example(3, 4, evaluated={(2,): Returned(3)}),
        example(3, 4, evaluated=evaluated(3.5), policy=Policy(tolerance=0.2)),
        example(BROKEN, 4, evaluated=evaluated(4)),
        example(3, [4, 4], evaluated=evaluated(4)),
    ],
    ids=[
        "a third value",
        "raises",
        "of another row",
        "with both",
        "no value in Python",
        "several rows in SQL",
    ],
)
def test_the_evaluator_is_told_of_where_it_sides_with_one_of_two_values(seen):
    [found] = judge(seen)
    assert "evaluator" not in found.message


def test_a_row_that_python_never_had_is_no_difference():
    assert judge(replace(example(3, 3), select=Returned(((1, 3), (2, 9))))) == []


def test_the_counterexample_shows_both_sides():
    [found] = judge(example(Decimal(0), None))
    assert found.counterexample.dataset is ROWS
    assert found.counterexample.instance == {"id": 1}
    assert (found.counterexample.python, found.counterexample.sql) == ("Decimal('0')", "None")


class Hostile:
    """A value that can't be shown."""

    def __repr__(self):
        raise ValueError


def test_values_that_can_not_be_shown_are_named():
    [found] = judge(example(Hostile(), "x" * 300))
    assert found.message == (
        f"Node.total is <Hostile whose repr raises ValueError> in Python and '{'x' * 196}... in SQL."
    )


def test_nothing_is_said_of_what_no_rule_reads():
    assert judge(object()) == []


def test_the_defaults_of_a_method_are_read_from_both_functions():
    assert discovered()["Order.late_by"].hybrid.wiring.defaults_apart == (DefaultsApart("days", "30", "14"),)
