"""Every cause on the models beside it: what it says of values that are apart for it, and of values that are not."""

import uuid
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from case import Case
from cause_models import Color, elsewhere, seen, translated

from harness.core.outcome import Raised, Unevaluated

NOTHING_SAID = None
TOKEN = uuid.UUID("12345678-1234-5678-1234-567812345678")
KEY_ERROR = Raised(("KeyError", "LookupError", "Exception"), "'tags'")
NO_ITEMS = Raised(("ValueError", "Exception"), "max() iterable argument is empty")
FIRST_OF_NONE = Raised(("IndexError", "LookupError", "Exception"), "list index out of range")
OF_NONE = Raised(("AttributeError", "Exception"), "'NoneType' object has no attribute 'lower'")
DECIMAL = Raised(
    ("TypeError", "Exception"), "unsupported operand type(s) for *: 'decimal.Decimal' and 'float'"
)
ZERO = Raised(("ZeroDivisionError", "ArithmeticError", "Exception"), "division by zero")
NAIVE = Raised(("TypeError", "Exception"), "can't compare offset-naive and offset-aware datetimes")
OTHER = Raised(("TypeError", "Exception"), "unhashable type: 'list'")
GROUPING = Raised(
    ("GroupingError", "Exception"), 'column "orders.id" must appear in the GROUP BY clause', "42803"
)
SEVERAL = Raised(("CardinalityViolation", "Exception"), "more than one row returned by a subquery", "21000")
OPERATOR = Raised(
    ("UndefinedFunction", "Exception"), "operator does not exist: text[] @> character varying", "42883"
)
RANGE = Raised(("NumericValueOutOfRange", "Exception"), "integer out of range", "22003")
UNKNOWN = Raised(
    ("UndefinedFunction", "Exception"),
    "function julianday(timestamp with time zone) does not exist\nLINE 1: SELECT",
    "42883",
)
BY_ZERO = Raised(("DivisionByZero", "Exception"), "division by zero", "22012")
IN_WHERE = Raised(
    ("FeatureNotSupported", "Exception"), "set-returning functions are not allowed in WHERE", "0A000"
)
NO_TABLE = Raised(
    ("UndefinedTable", "Exception"), 'invalid reference to FROM-clause entry for table "orders"', "42P01"
)
NOON = datetime(2024, 3, 10, 12, tzinfo=UTC)
NEW_YORK, KIRITIMATI = "time zone America/New_York", "time zone Pacific/Kiritimati"

CASES = [
    Case(
        "HH218",
        "EXISTS over two tables",
        seen("by_artist", False, True),
        "Order.by_artist is False in Python and True in SQL: the subquery reads songs beside items, and no condition ties the one to the other, so every row of the one meets every row of the other.",
    ),
    Case("HH218", "they are joined", seen("joined_by_artist", False, True), NOTHING_SAID),
    Case(
        "HH219",
        "NULL among the prices",
        seen("dearest", 5, None, items=[{"price": 5}, {"price": None}]),
        "Order.dearest is 5 in Python and NULL in SQL: Item.price is NULL in one of the rows, and ORDER BY Item.price DESC puts it before all values.",
    ),
    Case("HH219", "no NULL", seen("dearest", 5, None, items=[{"price": 5}]), NOTHING_SAID),
    Case("HH219", "a value", seen("dearest", 5, 4, items=[{"price": None}]), NOTHING_SAID),
    Case(
        "HH220",
        "a getter of the subclass",
        seen("Gift.total", 4, 2, {"kind": "gift", "number": 2}),
        "Gift.total is 4 in Python and 2 in SQL: Gift has a getter of its own, and the expression is still that of Order.total, which was written for another getter.",
    ),
    Case("HH220", "the parent has both", seen("total", 4, 2, {"number": 2}), NOTHING_SAID),
    Case(
        "HH221",
        "a row of the subclass",
        seen("fee", 0, 2, {"kind": "gift", "number": 2}),
        "Order.fee is 0 in Python and 2 in SQL: the row is a Gift, which defines fee anew. Python calls Gift.fee; select(Order.fee) has the SQL of Order for all rows.",
    ),
    Case("HH221", "a row of the class itself", seen("fee", 0, 2, {"number": 2}), NOTHING_SAID),
    Case(
        "HH222",
        "both are set",
        translated("Order.word"),
        "Order.word has a comparator and an expression, and SQLAlchemy takes the comparator: the expression is never called, so select(Order.word) gives what the comparator is built on.",
    ),
    Case("HH222", "neither is set", translated("Order.same_word"), NOTHING_SAID),
    Case(
        "HH223",
        "attached after use",
        seen("late", "a", None),
        "Order.late is 'a' in Python and NULL in SQL: the expression of Order.late is never called. It was attached after Order.late had been used on the class, and SQLAlchemy keeps the SQL that it built then.",
    ),
    Case("HH223", "attached in time", seen("lowered", "a", None), NOTHING_SAID),
    Case(
        "HH227",
        "what the class keeps",
        seen("kept", Unevaluated("orders.number * 2"), 4, {"number": 2}),
        "Order.kept is the SQL `orders.number * 2` in Python and 4 in SQL: the getter of Order.kept returns SQL on an instance, which it finds on the class. Without an expression it runs on the class too, and what it stores on `self` there is found on Order by every instance.",
    ),
    Case(
        "HH227",
        "a select() that nobody runs",
        seen("total", Unevaluated("SELECT 1"), 1, {"number": 2}),
        "Order.total is the SQL `SELECT 1` in Python and 1 in SQL: the getter of Order.total returns SQL on an instance, such as a select() that it builds and never runs.",
    ),
    Case("HH227", "a value", seen("kept", 2, 4, {"number": 2}), NOTHING_SAID),
    Case(
        "HH224",
        "str() of a column",
        seen("label", "a1", "aOrder.number"),
        "Order.label is 'a1' in Python and 'aOrder.number' in SQL: the SQL has the text 'Order.number' in place of the column. On the class, the getter of Order.label makes a text of the column object, which is its name.",
    ),
    Case(
        "HH224",
        "under an alias",
        seen("label", "a", "a", answers=[elsewhere("aliased", ((1, "b"),))]),
        "Order.label is another text in the position 'aliased': the SQL has the text 'Order.number' in place of the column. On the class, the getter of Order.label makes a text of the column object, which is its name.",
    ),
    Case("HH224", "another text", seen("label", "a1", "a2"), NOTHING_SAID),
    Case(
        "HH225",
        "`and` of two columns",
        seen("ready", False, True, {"paid": False}),
        "Order.ready is False in Python and True in SQL: the SQL lacks Order.paid. Order.ready has no expression, so its getter runs on the class too, where `and` sees column objects in place of values, and takes one branch for all rows.",
    ),
    Case(
        "HH225",
        "a condition",
        seen("shown", Decimal(1), Decimal(2), {"paid": False}),
        "Order.shown is Decimal('1') in Python and Decimal('2') in SQL: the SQL lacks Order.number, Order.paid. Order.shown has no expression, so its getter runs on the class too, where `if` sees column objects in place of values, and takes one branch for all rows.",
    ),
    Case(
        "HH225",
        "the expression is on a copy",
        seen("zero_fee", 0, None, {"number": None}),
        "Order.zero_fee is 0 in Python and NULL in SQL: the SQL doesn't depend on whether Order.number is empty. Order.zero_fee has no expression, so its getter runs on the class too, where `if`, `is` sees column objects in place of values, and takes one branch for all rows.",
    ),
    Case("HH225", "there is an expression", seen("decided", 1, 2, {"paid": False}), NOTHING_SAID),
    Case(
        "HH226",
        "a factor left out",
        seen("doubled", 6, 4, {"number": 2, "other": 3}),
        "Order.doubled is 6 in Python and 4 in SQL: the getter of Order.doubled reads Order.other, and its expression does not.",
    ),
    Case(
        "HH226",
        "a condition of the relationship left out",
        seen("number_done", 0, 1, items=[{"done": False}]),
        "Order.number_done is 0 in Python and 1 in SQL: Order.done_items, which the getter of Order.number_done reads, has a condition on Item.done, and the expression does not.",
    ),
    Case(
        "HH226",
        "an order of the relationship left out",
        seen("last_done", "b", "a", items=[{"done": True, "name": "b"}, {"done": True, "name": "a"}]),
        "Order.last_done is 'b' in Python and 'a' in SQL: Order.priced_items, which the getter of Order.last_done reads, is ordered by Item.price, and the subquery that takes a row by LIMIT is not.",
    ),
    Case("HH226", "all are read", seen("product", 6, 4, {"number": 2, "other": 3}), NOTHING_SAID),
    Case(
        "HH228",
        "another column of the row",
        seen("misjoined", 1, 0),
        "Order.misjoined is 1 in Python and 0 in SQL: Order.items, which the getter reads, joins Item.order_id to Order.id, and the subquery to Order.parent_id.",
    ),
    Case(
        "HH228",
        "another column of the related row",
        seen("counted_elsewhere", 1, 0),
        "Order.counted_elsewhere is 1 in Python and 0 in SQL: Order.items, which the getter reads, joins Item.order_id to Order.id, and the subquery Item.song_id to it.",
    ),
    Case("HH228", "the right one", seen("number_of_items", 1, 0), NOTHING_SAID),
    Case(
        "HH229",
        "no column of the row",
        seen("uncorrelated", 0, 1),
        "Order.uncorrelated is 0 in Python and 1 in SQL: the subquery over items mentions no column of Order, so it has one value for all rows.",
    ),
    Case("HH229", "one at least", seen("misjoined", 0, 1), NOTHING_SAID),
    Case(
        "HH230",
        "random()",
        seen("chance", 1, 0.5, answers=[elsewhere("where", (), ((1,),))]),
        "Order.chance is 1 in Python and 0.5 in SQL: `random()` has another value each time it is evaluated, in SELECT, WHERE and ORDER BY of one statement, and Python knows none of them.",
    ),
    Case(
        "HH230",
        "in a position alone",
        seen("chance", 1, 1, answers=[elsewhere("where", (), ((1,),))]),
        "Order.chance gives other rows in the position 'where' than in the plain select: `random()` has another value each time it is evaluated, in SELECT, WHERE and ORDER BY of one statement, and Python knows none of them.",
    ),
    Case(
        "HH230",
        "no such function",
        seen("product", 1, 0.5, answers=[elsewhere("where", (), ((1,),))]),
        NOTHING_SAID,
    ),
    Case(
        "HH231",
        "two elements",
        seen("tag", "a", ["a", "b"]),
        "select(Order.tag) gives 2 rows for one Order: `unnest(orders.tags)` returns a set, one row for each element and none where it is empty.",
    ),
    Case(
        "HH231",
        "one element, another",
        seen("tag", "a", "b"),
        "Order.tag is 'a' in Python and 'b' in SQL: `unnest(orders.tags)` returns a set, one row for each element and none where it is empty.",
    ),
    Case(
        "HH231",
        "refused in WHERE",
        seen("tag", "a", "a", answers=[elsewhere("where", IN_WHERE)]),
        "Order.tag in the position 'where': FeatureNotSupported: set-returning functions are not allowed in WHERE: `unnest(orders.tags)` returns a set, one row for each element and none where it is empty.",
    ),
    Case("HH231", "no such function", seen("product", 1, [1, 1]), NOTHING_SAID),
    Case(
        "HH232",
        "an aggregate alone",
        seen("items_total", 1, GROUPING),
        'PostgreSQL can\'t answer select(Order.items_total): the aggregate `sum(items.price)` stands in the query itself, not in a subquery of its own, so it is one value for all rows (GroupingError: column "orders.id" must appear in the GROUP BY clause).',
    ),
    Case("HH232", "refused for something else", seen("items_total", 1, OPERATOR), NOTHING_SAID),
    Case(
        "HH233",
        "two rows",
        seen("any_price", 1, SEVERAL),
        "PostgreSQL can't answer select(Order.any_price): its scalar subquery over items gives more than one row for one Order.",
    ),
    Case("HH233", "refused for something else", seen("any_price", 1, BY_ZERO), NOTHING_SAID),
    Case(
        "HH234",
        "an array and a text",
        seen("tagged", True, OPERATOR),
        "PostgreSQL can't answer select(Order.tagged): operator does not exist: text[] @> character varying in `orders.tags @> 'x'`.",
    ),
    Case(
        "HH234",
        "a function of another database",
        seen("days", 1, UNKNOWN),
        "PostgreSQL can't answer select(Order.days): function julianday(timestamp with time zone) does not exist, with these types or with any.",
    ),
    Case("HH234", "refused for something else", seen("tagged", True, BY_ZERO), NOTHING_SAID),
    Case(
        "HH235",
        "the parent for the children",
        seen("number_of_children", 2, 0),
        "Order.number_of_children is 2 in Python and 0 in SQL: Order.children, which the getter reads, are the rows whose parent_id is this row's id; the subquery looks for those whose id is this row's parent_id.",
    ),
    Case("HH235", "another relationship", seen("number_of_items", 2, 0), NOTHING_SAID),
    Case(
        "HH236",
        "two rows to choose from",
        seen("first_price", 1, 2, items=[{"price": 1}, {"price": 2}]),
        "Order.first_price is 1 in Python and 2 in SQL: the subquery over items takes a row by LIMIT without ORDER BY, and PostgreSQL gives any of the 2.",
    ),
    Case("HH236", "one row", seen("first_price", 1, 2, items=[{"price": 2}]), NOTHING_SAID),
    Case(
        "HH237",
        "the same names",
        seen("names", "a,b", "b,a"),
        "Order.names is 'a,b' in Python and 'b,a' in SQL: the same elements in another order. `string_agg(items.name, ',')` has no ORDER BY, so its order is that in which PostgreSQL happens to read the rows.",
    ),
    Case("HH237", "other names", seen("names", "a,b", "b,c"), NOTHING_SAID),
    Case(
        "HH238",
        "a set in Python",
        seen("artists", 1, 2, items=[{"song_id": 1}, {"song_id": 1}], songs=[{"artist": "a"}]),
        "Order.artists is 1 in Python and 2 in SQL: the getter puts the values into a set, and `count(songs.artist)` takes one as often as it comes.",
    ),
    Case("HH238", "fewer in SQL", seen("artists", 2, 1), NOTHING_SAID),
    Case(
        "HH239",
        "a song twice",
        seen("known_items", 1, 2, items=[{"name": "a"}], songs=[{"artist": "a"}, {"artist": "a"}]),
        "Order.known_items is 1 in Python and 2 in SQL: `count(items.id)` runs over the join of items and songs, in which a row comes once for each partner that it finds.",
    ),
    Case(
        "HH239",
        "fewer in SQL",
        seen("known_items", 1, 0, items=[{"name": "a"}], songs=[{"artist": "b"}, {"artist": "b"}]),
        NOTHING_SAID,
    ),
    Case(
        "HH240",
        "no such key",
        seen("settings", [], None, {"data": {}}),
        "Order.settings is [] in Python and NULL in SQL: Order.data has no key 'tags', and what SQL takes from it is NULL.",
    ),
    Case(
        "HH240",
        "null under the key",
        seen("settings", [], None, {"data": {"tags": None}}),
        "Order.settings is [] in Python and NULL in SQL: Order.data holds null under 'tags', and what SQL takes from it is NULL.",
    ),
    Case(
        "HH240",
        "a KeyError",
        seen("settings", KEY_ERROR, None, {"data": {}}),
        "Order.settings raises KeyError: 'tags' in Python and is NULL in SQL: Order.data has no key 'tags', and what SQL takes from it is NULL.",
    ),
    Case(
        "HH240",
        "a function of the document and the key",
        seen("extracted", KEY_ERROR, None, {"data": {}}),
        "Order.extracted raises KeyError: 'tags' in Python and is NULL in SQL: Order.data has no key 'by', and what SQL takes from it is NULL.",
    ),
    Case("HH240", "the key is there", seen("settings", [], None, {"data": {"tags": [1]}}), NOTHING_SAID),
    Case(
        "HH241",
        "None in a text",
        seen("full_name", "A None", None, {"first": "A", "last": None}),
        "Order.full_name is 'A None' in Python and NULL in SQL: Order.last is NULL, Python writes it as 'None', and in SQL `||` with NULL is NULL.",
    ),
    Case(
        "HH241",
        "no column is NULL",
        seen("full_name", "A None", None, {"first": "A", "last": "None"}),
        NOTHING_SAID,
    ),
    Case(
        "HH242",
        "an empty text",
        seen("nick", "b", "", {"first": "", "last": "b"}),
        "Order.nick is 'b' in Python and '' in SQL: Order.first is '', which `or` in the getter skips as empty, while `coalesce(orders.first, orders.last)` skips NULL alone.",
    ),
    Case("HH242", "NULL", seen("nick", "b", "c", {"first": None, "last": "b"}), NOTHING_SAID),
    Case(
        "HH243",
        "NOT IN over NULL",
        seen("unusual", True, None, {"first": None}),
        "Order.unusual is True in Python and NULL in SQL: Order.first is NULL, and over NULL `(orders.first NOT IN ('x', 'y'))` is neither true nor false. WHERE drops the row under Order.unusual and under its negation.",
    ),
    Case("HH243", "no NULL", seen("unusual", True, None, {"first": "a"}), NOTHING_SAID),
    Case(
        "HH244",
        "a flag that is NULL",
        seen("all_done", False, True, items=[{"done": None}]),
        "Order.all_done is False in Python and True in SQL: Item.done is NULL in one of the rows, so `items.done = false` is neither true nor false there, and the subquery leaves the row out; the getter does not.",
    ),
    Case("HH244", "no flag is NULL", seen("all_done", False, True, items=[{"done": True}]), NOTHING_SAID),
    Case(
        "HH245",
        "a price that is NULL",
        seen("number_of_items", 1, 0, items=[{"price": None}]),
        "Order.number_of_items is 1 in Python and 0 in SQL: `count(items.price)` leaves out the rows in which Item.price is NULL; the getter takes them.",
    ),
    Case("HH245", "no price is NULL", seen("number_of_items", 1, 0, items=[{"price": 1}]), NOTHING_SAID),
    Case(
        "HH246",
        "the sum of no rows",
        seen("sum_of_items", 0, None),
        "Order.sum_of_items is 0 in Python and NULL in SQL: there is no row of items to aggregate, and `sum(items.price)` of no rows is NULL.",
    ),
    Case(
        "HH246",
        "no row",
        seen("any_price", 0, None),
        "Order.any_price is 0 in Python and NULL in SQL: there is no row of items, and a scalar subquery without rows is NULL.",
    ),
    Case("HH246", "a value", seen("sum_of_items", 0, 1, items=[{"price": 1}]), NOTHING_SAID),
    Case(
        "HH247",
        "a sum with NULL",
        seen("both", 1, None, {"number": 1, "other": None}),
        "Order.both is 1 in Python and NULL in SQL: Order.other is NULL, and `orders.number + orders.other` passes NULL on; the getter does not.",
    ),
    Case(
        "HH247",
        "a share with NULL in a branch",
        seen("share", 0.0, None, {"number": 4, "other": None}),
        "Order.share is 0.0 in Python and NULL in SQL: Order.other is NULL, and `orders.other / CAST(orders.number AS NUMERIC)` passes NULL on; the getter does not.",
    ),
    Case(
        "HH247",
        "a branch that asks for NULL",
        seen("share", 0.0, None, {"number": None, "other": 1}),
        NOTHING_SAID,
    ),
    Case("HH247", "no NULL", seen("both", 1, None, {"number": 1, "other": 2}), NOTHING_SAID),
    Case(
        "HH248",
        "a column that is NULL",
        seen("lowered", OF_NONE, None, {"first": None}),
        "Order.lowered raises AttributeError: 'NoneType' object has no attribute 'lower' in Python, where SQL answers NULL: Order.first is NULL, and the getter takes `.lower` of it.",
    ),
    Case("HH248", "another exception", seen("lowered", OTHER, None, {"first": None}), NOTHING_SAID),
    Case(
        "HH249",
        "the largest of none",
        seen("highest", NO_ITEMS, None),
        "Order.highest raises ValueError: max() iterable argument is empty in Python, where SQL answers NULL: Order.items is empty.",
    ),
    Case("HH249", "another exception", seen("highest", OTHER, None), NOTHING_SAID),
    Case(
        "HH250",
        "a member and its value",
        seen("color", Color.RED, "red"),
        "Order.color is <Color.RED: 'red'> in Python and 'red' in SQL: one is a member of Color, the other the value that is stored for it. `Order.color == Color.RED` is sent without the type, and finds no row.",
    ),
    Case("HH250", "a member and another text", seen("color", Color.RED, "green"), NOTHING_SAID),
    Case(
        "HH251",
        "seconds and a span",
        seen("seconds", 60.0, timedelta(minutes=1)),
        "Order.seconds is 60.0 in Python and datetime.timedelta(seconds=60) in SQL: a number against a span of time.",
    ),
    Case("HH251", "two spans", seen("seconds", timedelta(0), timedelta(minutes=1)), NOTHING_SAID),
    Case(
        "HH252",
        "a text and a UUID",
        seen("token_text", str(TOKEN), TOKEN),
        "Order.token_text is '12345678-1234-5678-1234-567812345678' in Python and UUID('12345678-1234-5678-1234-567812345678') in SQL: the text of a UUID against the UUID.",
    ),
    Case("HH252", "another UUID", seen("token_text", str(TOKEN), uuid.UUID(int=1)), NOTHING_SAID),
    Case(
        "HH253",
        "9 and 10",
        seen("many", False, True, {"data": {"n": 9}}),
        "Order.many is False in Python and True in SQL: the document has the number 9 under 'n', and `(orders.data ->> 'n') > '10'` compares it as text, by which '9' > '10'.",
    ),
    Case("HH253", "a text in the document", seen("many", False, True, {"data": {"n": "9"}}), NOTHING_SAID),
    Case(
        "HH254",
        "a day and its midnight",
        seen("day", date(2024, 1, 2), datetime(2024, 1, 2)),
        "Order.day is datetime.date(2024, 1, 2) in Python and datetime.datetime(2024, 1, 2, 0, 0) in SQL: a date against a timestamp of that day.",
    ),
    Case("HH254", "another day", seen("day", date(2024, 1, 2), datetime(2024, 1, 3)), NOTHING_SAID),
    Case(
        "HH255",
        "a number and its text",
        seen("number_text", "5", 5),
        "Order.number_text is '5' in Python and 5 in SQL: Python gives the text of SQL's int.",
    ),
    Case(
        "HH255",
        "a document and its text",
        seen("by", {"a": 1}, '{"a": 1}'),
        "Order.by is {'a': 1} in Python and '{\"a\": 1}' in SQL: SQL gives the text of Python's document.",
    ),
    Case("HH255", "another document", seen("by", {"a": 2}, '{"a": 1}'), NOTHING_SAID),
    Case("HH255", "another number", seen("number_text", "5", 6), NOTHING_SAID),
    Case(
        "HH256",
        "a label before another",
        seen("urgent", False, True, {"priority": "high"}),
        "Order.urgent is False in Python and True in SQL: `orders.priority > 'low'` orders by the enum's declaration, low < mid < high, where Python orders the labels as texts.",
    ),
    Case("HH256", "text, not an enum", seen("in_first_half", False, True), NOTHING_SAID),
    Case(
        "HH260",
        "a Decimal and a float",
        seen("with_tax", DECIMAL, Decimal("1.50")),
        "Order.with_tax raises TypeError: unsupported operand type(s) for *: 'decimal.Decimal' and 'float' in Python, where SQL computes. Order.price is Numeric, which is a Decimal in Python.",
    ),
    Case("HH260", "another TypeError", seen("with_tax", OTHER, Decimal("1.50")), NOTHING_SAID),
    Case(
        "HH261",
        "a product too large",
        seen("product", 2**40, RANGE),
        "PostgreSQL can't answer select(Order.product): integer out of range. `orders.number * orders.other` is computed as INTEGER, which ends at 2147483647. Python answers 1099511627776.",
    ),
    Case("HH261", "refused for something else", seen("product", 2**40, BY_ZERO), NOTHING_SAID),
    Case(
        "HH262",
        "refused",
        seen("ratio", ZERO, BY_ZERO),
        "PostgreSQL can't answer select(Order.ratio), for a row divides by zero: `orders.number / CAST(orders.other AS NUMERIC)`. Python raises ZeroDivisionError on that instance alone.",
    ),
    Case(
        "HH262",
        "raised",
        seen("ratio", ZERO, None),
        "Order.ratio raises ZeroDivisionError: division by zero in Python, where SQL answers NULL.",
    ),
    Case("HH262", "another exception", seen("ratio", OTHER, None), NOTHING_SAID),
    Case(
        "HH263",
        "a half",
        seen("rounded", Decimal(0), Decimal(1)),
        "Order.rounded is Decimal('0') in Python and Decimal('1') in SQL: a half, which Python's round() takes to the even neighbour and `round(orders.price, 0)` away from zero.",
    ),
    Case("HH263", "two apart", seen("rounded", Decimal(0), Decimal(2)), NOTHING_SAID),
    Case(
        "HH264",
        "int() and CAST",
        seen("whole", 2, 3),
        "Order.whole is 2 in Python and 3 in SQL: the getter cuts the fraction off, and `CAST(orders.price AS INTEGER)` rounds.",
    ),
    Case("HH264", "two apart", seen("whole", 2, 4), NOTHING_SAID),
    Case(
        "HH265",
        "a negative dividend",
        seen("quotient", -4, -3, {"number": -7, "other": 2}),
        "Order.quotient is -4 in Python and -3 in SQL: `//` goes down in Python, and `orders.number / orders.other` cuts the fraction off in PostgreSQL, which is another number where the quotient is negative.",
    ),
    Case("HH265", "two positive numbers", seen("quotient", 4, 3, {"number": 7, "other": 2}), NOTHING_SAID),
    Case(
        "HH266",
        "a negative dividend",
        seen("remainder", 2, -1, {"number": -7}),
        "Order.remainder is 2 in Python and -1 in SQL: the remainder has the sign of the divisor in Python, and in `orders.number % 3` that of the dividend.",
    ),
    Case("HH266", "a positive one", seen("remainder", 2, 1, {"number": 7}), NOTHING_SAID),
    Case(
        "HH267",
        "a fraction lost",
        seen("fraction", 3.5, 3),
        "Order.fraction is 3.5 in Python and 3 in SQL: `/` keeps the fraction in Python, and `orders.number / orders.other` of integers loses it.",
    ),
    Case("HH267", "another number", seen("fraction", 3.5, 2), NOTHING_SAID),
    Case(
        "HH270",
        "a short value",
        seen("length", 5, 2, {"code": "ab"}),
        "Order.length is 5 in Python and 2 in SQL: Order.code is CHAR(5) and 'ab' is filled up to 5 with blanks, which Python sees and PostgreSQL's functions leave out.",
    ),
    Case("HH270", "a full one", seen("length", 5, 2, {"code": "abcde"}), NOTHING_SAID),
    Case(
        "HH271",
        "an underscore",
        seen("matching", False, True, {"first": "axb"}),
        "Order.matching is False in Python and True in SQL: in `orders.first LIKE '%' || 'a_b' || '%'` the `_` of 'a_b' is a wildcard or an escape of LIKE; the getter takes it as it is.",
    ),
    Case("HH271", "no wildcard", seen("has_x", False, True, {"first": "X"}), NOTHING_SAID),
    Case(
        "HH272",
        "ILIKE",
        seen("has_x", False, True, {"first": "X"}),
        "Order.has_x is False in Python and True in SQL: `orders.first ILIKE '%' || 'x' || '%'` ignores the case of letters, and the getter does not.",
    ),
    Case(
        "HH272",
        "both change the case",
        seen("lowered", "ss", "SS"),
        "Order.lowered is 'ss' in Python and 'SS' in SQL: Python and `lower(orders.first)` change the case of some letters by different rules.",
    ),
    Case(
        "HH272",
        "no side changes the case",
        seen("as_written", "True", "true", {"first": "true"}),
        NOTHING_SAID,
    ),
    Case("HH272", "no capital letter", seen("has_x", False, True, {"first": "y"}), NOTHING_SAID),
    Case(
        "HH273",
        "a start of 0",
        seen("prefix", "abc", "ab"),
        "Order.prefix is 'abc' in Python and 'ab' in SQL: `substr(orders.first, 0, 3)` begins at character 0, and SQL counts from 1 where Python's slice counts from 0.",
    ),
    Case(
        "HH273",
        "one of several starts at 0",
        seen("initials", "aa", "a"),
        "Order.initials is 'aa' in Python and 'a' in SQL: `substr(orders.last, 0, 1)` begins at character 0, and SQL counts from 1 where Python's slice counts from 0.",
    ),
    Case("HH273", "another text", seen("prefix", "abc", "x"), NOTHING_SAID),
    Case(
        "HH274",
        "in the middle",
        seen("pattern", False, True, {"first": "cab"}),
        "Order.pattern is False in Python and True in SQL: the getter matches from the start of the text, and `orders.first ~ 'ab'` anywhere in it.",
    ),
    Case("HH274", "found by Python only", seen("pattern", True, False, {"first": "cab"}), NOTHING_SAID),
    Case(
        "HH275",
        "an order of text",
        seen("in_first_half", True, False, {"first": "Z"}),
        "Order.in_first_half is True in Python and False in SQL: `orders.first < 'm'` orders text by the collation of the database or the column, Python by code point.",
    ),
    Case("HH275", "an order of numbers", seen("product", True, False), NOTHING_SAID),
    Case(
        "HH280",
        "a day is missing",
        seen("duration", 60, 86460),
        'Order.duration is 60 in Python and 86460 in SQL: `.seconds` of a timedelta is what is left below a day, and `EXTRACT(epoch FROM orders."end" - orders.start)` the whole span.',
    ),
    Case("HH280", "a minute is missing", seen("duration", 60, 120), NOTHING_SAID),
    Case(
        "HH281",
        "a birthday to come",
        seen("age", 25, 26),
        "Order.age is 25 in Python and 26 in SQL: the SQL subtracts years, `EXTRACT(year FROM CURRENT_DATE) - EXTRACT(year FROM orders.born)`, whether the day has come this year or not; the getter asks for it.",
    ),
    Case("HH281", "ten years", seen("age", 25, 35), NOTHING_SAID),
    Case(
        "HH282",
        "compared",
        seen("over", NAIVE, True),
        "Order.over raises TypeError: can't compare offset-naive and offset-aware datetimes in Python, where SQL answers True: Order.at has a time zone, and what it meets in the getter has none.",
    ),
    Case(
        "HH282",
        "one has a zone",
        seen("due", datetime(2024, 3, 10, 12), NOON),
        "Order.due is datetime.datetime(2024, 3, 10, 12, 0) in Python and datetime.datetime(2024, 3, 10, 12, 0, tzinfo=datetime.timezone.utc) in SQL: Order.at has a time zone, and what it meets in the getter has none.",
    ),
    Case("HH282", "another TypeError", seen("over", OTHER, True), NOTHING_SAID),
    Case(
        "HH283",
        "another day in another zone",
        seen(
            "local_day",
            date(2024, 1, 1),
            date(2024, 1, 1),
            answers=[
                elsewhere(NEW_YORK, ((1, date(2023, 12, 31)),), ((1, date(2024, 1, 1)),)),
                elsewhere(KIRITIMATI, ((1, date(2024, 1, 2)),), ((1, date(2024, 1, 1)),)),
            ],
        ),
        "Order.local_day is datetime.date(2024, 1, 1) in UTC and datetime.date(2023, 12, 31) in a session in America/New_York: `date(orders.at)` goes by the time zone of the session.",
    ),
    Case(
        "HH283",
        "the day before",
        seen("local_day", date(2024, 1, 1), date(2023, 12, 31)),
        "Order.local_day is datetime.date(2024, 1, 1) in Python and datetime.date(2023, 12, 31) in SQL: `date(orders.at)` goes by the time zone of the session.",
    ),
    Case("HH283", "a week apart", seen("local_day", date(2024, 1, 8), date(2024, 1, 1)), NOTHING_SAID),
    Case(
        "HH284",
        "an hour less",
        seen("due", NOON, NOON - timedelta(hours=1)),
        "Order.due is datetime.datetime(2024, 3, 10, 12, 0, tzinfo=datetime.timezone.utc) in Python and datetime.datetime(2024, 3, 10, 11, 0, tzinfo=datetime.timezone.utc) in SQL: in `orders.at + interval '1 day'` a day is one of the calendar in the session's zone, of 23 or 25 hours when its clocks change; timedelta(days=1) is 24 hours.",
    ),
    Case("HH284", "three hours", seen("due", NOON, NOON - timedelta(hours=3)), NOTHING_SAID),
    Case(
        "HH285",
        "another zone",
        seen("begun", True, True, answers=[elsewhere(NEW_YORK, ((1, False),), ((1, True),))]),
        "Order.begun is True in UTC and False in a session in America/New_York: in `orders.start < now()` `orders.start` has no time zone and is taken as of the session's.",
    ),
    Case(
        "HH285",
        "no such position",
        seen("product", True, True, answers=[elsewhere(NEW_YORK, ((1, False),), ((1, True),))]),
        NOTHING_SAID,
    ),
    Case(
        "HH307",
        "IS NULL",
        seen("unpaid", False, False, answers=[elsewhere("where is null", ((1,),), ())]),
        "`Order.unpaid.is_(None)` becomes `NOT orders.paid IS NULL`, which PostgreSQL reads as NOT (orders.paid IS NULL): it finds the rows whose value is not NULL.",
    ),
    Case(
        "HH307",
        "another position",
        seen("unpaid", False, False, answers=[elsewhere("where", ((1,),), ())]),
        NOTHING_SAID,
    ),
    Case(
        "HH308",
        "an alias",
        seen("twice", 2, 2, answers=[elsewhere("aliased", NO_TABLE)]),
        "Order.twice fails in the position 'aliased': UndefinedTable: invalid reference to FROM-clause entry for table \"orders\". Its SQL is text, which SQLAlchemy can't rewrite: under an alias the table that it names has another name.",
    ),
    Case("HH308", "a column", seen("product", 2, 2, answers=[elsewhere("aliased", NO_TABLE)]), NOTHING_SAID),
    Case(
        "HH309",
        "an alias",
        seen("counted", 2, 2, answers=[elsewhere("aliased", ((1, 5),), ((1, 2),))]),
        "Under aliased(Order), the subquery of Order.counted reads all rows of the alias: it says `.correlate(Order)`, which is not the alias, so nothing is correlated.",
    ),
    Case(
        "HH309",
        "not under an alias",
        seen("counted", 2, 2, answers=[elsewhere("subquery", ((1, 5),), ((1, 2),))]),
        NOTHING_SAID,
    ),
    Case(
        "HH310",
        "NOT of text",
        seen("begun_as_text", True, True, answers=[elsewhere("where not", ((1,),), ())]),
        "`where(not_(Order.begun_as_text))` finds row 1, for which Order.begun_as_text is True in the plain select: it belongs to `where(Order.begun_as_text)` alone. SQLAlchemy puts no parentheses around `orders.paid OR orders.sent`, so that NOT, IS NULL or = beside it takes one part of it alone.",
    ),
    Case(
        "HH310",
        "IS NULL after an operator of one's own",
        seen("begun_by_operator", True, True, answers=[elsewhere("where is null", ((1,),), ())]),
        "`where(Order.begun_by_operator.is_(None))` finds row 1, for which Order.begun_by_operator is True in the plain select: it belongs to `where(Order.begun_by_operator)` alone. SQLAlchemy puts no parentheses around `orders.paid OR orders.sent`, so that NOT, IS NULL or = beside it takes one part of it alone.",
    ),
    Case(
        "HH310",
        "a comparison of text",
        seen("begun_as_text", True, True, answers=[elsewhere("where", ((1,),), ())]),
        "`where(Order.begun_as_text == value)` finds row 1, for which Order.begun_as_text is True in the plain select: that is another value. SQLAlchemy puts no parentheses around `orders.paid OR orders.sent`, so that NOT, IS NULL or = beside it takes one part of it alone.",
    ),
    Case(
        "HH310",
        "a comparison of text that misses a row",
        seen("begun_as_text", False, False, answers=[elsewhere("exists", (), ((1,),))]),
        "`where(Order.begun_as_text == value)` does not find row 1, for which Order.begun_as_text is False in the plain select: that is the value. SQLAlchemy puts no parentheses around `orders.paid OR orders.sent`, so that NOT, IS NULL or = beside it takes one part of it alone.",
    ),
    Case(
        "HH310",
        "a negation that misses a row",
        seen("begun_in_any_way", False, False, answers=[elsewhere("where ~", (), ((1,),))]),
        "`where(~Order.begun_in_any_way)` does not find row 1, for which Order.begun_in_any_way is False in the plain select: it belongs there and nowhere else.",
    ),
    Case(
        "HH310",
        "a negation that finds NULL, twice",
        seen("begun_in_any_way", None, None, answers=[elsewhere("where ~", ((1,), (1,)), ())]),
        "`where(~Order.begun_in_any_way)` finds 2 times row 1, for which Order.begun_in_any_way is NULL in the plain select: it belongs to `where(Order.begun_in_any_way.is_(None))` alone.",
    ),
    Case(
        "HH310",
        "a criterion that finds a row twice",
        seen("begun_in_any_way", True, True, answers=[elsewhere("where true", ((1,), (1,)), ((1,),))]),
        "`where(Order.begun_in_any_way)` finds 2 times row 1, for which Order.begun_in_any_way is True in the plain select: it belongs there once.",
    ),
    Case(
        "HH310",
        "each row once",
        seen(
            "begun_as_text",
            True,
            True,
            answers=[elsewhere("where true", ((1,),), ((1,),)), elsewhere("where ~", (), ())],
        ),
        NOTHING_SAID,
    ),
    Case(
        "HH310",
        "another position",
        seen("begun_as_text", True, True, answers=[elsewhere("cte", ((1, False),), ((1, True),))]),
        NOTHING_SAID,
    ),
    Case(
        "HH310",
        "IS NULL that keeps its parentheses",
        seen("begun_in_any_way", True, True, answers=[elsewhere("where is null", ((1,),), ())]),
        NOTHING_SAID,
    ),
    Case(
        "HH310",
        "a row that the plain select did not give",
        seen("begun_as_text", True, True, answers=[elsewhere("where not", ((2,),), ())]),
        NOTHING_SAID,
    ),
    Case(
        "HH250",
        "its value and its name",
        seen("colour_text", "red", "RED", {"colour": Color.RED}),
        "Order.colour_text is 'red' in Python and 'RED' in SQL: the getter gives the value of Color.RED, and Order.colour stores its name.",
    ),
    Case(
        "HH257",
        "a text is ordered",
        seen("later", True, False, {"code": "10"}),
        "Order.later is True in Python and False in SQL: the getter compares a number, and `orders.code > '9'` the text, by which '10' comes before '9'.",
    ),
    Case("HH257", "NULL", seen("later", True, None, {"code": None}), NOTHING_SAID),
    Case(
        "HH258",
        "a member and a text",
        seen("is_red", False, True, {"colour": Color.RED}),
        "Order.is_red is False in Python and True in SQL: Order.colour holds members of Color, of which none is equal to the text 'RED' in Python; in `orders.colour = 'RED'` SQLAlchemy takes it for the name of one.",
    ),
    Case("HH258", "no member", seen("is_red", False, True, {"colour": None}), NOTHING_SAID),
    Case(
        "HH259",
        "the element before",
        seen("second_tag", "b", "a", {"tags": ["a", "b"]}),
        "Order.second_tag is 'b' in Python and 'a' in SQL: `orders.tags[1]` counts from 1, Python's [1] from 0.",
    ),
    Case("HH259", "another element", seen("second_tag", "b", "c", {"tags": ["a", "b"]}), NOTHING_SAID),
    Case(
        "HH286",
        "Monday",
        seen("weekday", 0, 1, {"born": date(2024, 1, 1)}),
        "Order.weekday is 0 in Python and 1 in SQL: `.weekday()` counts Monday as 0, and `EXTRACT(dow FROM orders.born)` Sunday as 0.",
    ),
    Case(
        "HH286",
        "another part of the date",
        seen("weekday_and_day", 0, 1, {"born": date(2024, 1, 1)}),
        NOTHING_SAID,
    ),
    Case(
        "HH287",
        "the hours of two days",
        seen("hours", 48.0, 0, {"start": datetime(2024, 1, 1), "end": datetime(2024, 1, 3)}),
        'Order.hours is 48.0 in Python and 0 in SQL: `EXTRACT(hour FROM orders."end" - orders.start)` is the hours field of the interval, what is left beside its larger units and cut towards zero; the getter takes the whole span.',
    ),
    Case("HH287", "a part of a moment", seen("hour", 48.0, 0), NOTHING_SAID),
]
