"""Rules about the SQL side before any data: whether there is one, and whether every query position takes it."""

from collections.abc import Iterator
from typing import ClassVar

from harness.core.finding import Family, Finding, Severity
from harness.core.hybrid import Hybrid
from harness.core.observation import ClassLevel, Compiled, Translation
from harness.core.outcome import Raised, Returned, TimedOut
from harness.rules.base import Documentation, Rule


class TranslationRule(Rule[Translation]):
    """Reads a Translation."""

    family: ClassVar[Family] = Family.TRANSLATION
    reads: ClassVar[type] = Translation


def class_level(seen: Translation) -> ClassLevel | None:
    """The class-level value, where there is one."""
    value = seen.class_level.value if isinstance(seen.class_level, Returned) else None
    return value if isinstance(value, ClassLevel) else None


def where_clause(seen: Translation) -> str | None:
    """What ``where(M.h == 5)`` compiled to, from WHERE on."""
    outcome = seen.statements.get("where")
    if not isinstance(outcome, Returned) or not isinstance(outcome.value, Compiled):
        return None
    _, where, rest = " ".join(outcome.value.sql.split()).partition("WHERE ")
    return where + rest if where else "no WHERE at all"


class EndlessConstruction(TranslationRule):
    """The expression builds itself again and again."""

    code = "HH101"
    name = "recursion-while-building"
    documentation = Documentation(
        what="Accessing the hybrid on its class recurses until Python gives up, or does not end.",
        why="No statement is ever sent: every query that names the hybrid raises RecursionError.",
        limits="Construction that ends after very many steps is reported once it exceeds the time limit.",
        example="select(func.sum(child.total_cost)) inside the expression of total_cost",
        instead="A recursive CTE over the ids: select(...).cte(recursive=True, nesting=True), joined by UNION.",
    )

    def judge(self, seen: Translation) -> Iterator[Finding]:
        """One finding where the class-level access recursed or never came back."""
        outcome = seen.class_level
        name = seen.hybrid.name
        if isinstance(outcome, Raised) and "RecursionError" in outcome.kinds:
            message = (
                f"Building the SQL of {name} recurses without end: its expression uses {name} itself, so each "
                f"access builds the next one, and Python stops with {outcome}."
            )
        elif isinstance(outcome, TimedOut) and not seen.hybrid.wiring.expression and _loops(seen):
            yield self._loop_over_a_column(seen.hybrid, outcome)
            return
        elif isinstance(outcome, TimedOut):
            message = f"Building the SQL of {name} does not end: {outcome}."
        else:
            return
        yield self.finding(
            "select",
            message,
            f"Let the database recurse: collect the ids below the row in a recursive CTE "
            f"(`.cte(recursive=True, nesting=True)`, UNION) and aggregate over it, instead of {name} over its children.",
        )

    def _loop_over_a_column(self, hybrid: Hybrid, outcome: TimedOut) -> Finding:
        return self.finding(
            "select",
            f"Building the SQL of {hybrid.name} does not end: {outcome}. It has no expression, so its getter runs on the class, and "
            "there a loop over a JSON or ARRAY column never ends: column[0], column[1] and so on are SQL, all of them.",
            f"Add `@{hybrid.attribute}.inplace.expression` with a classmethod that builds the SQL from `cls`; a hybrid that is never "
            "queried can be a property.",
        )


def _loops(seen: Translation) -> bool:
    return "for" in seen.hybrid.python.operators


class ExpressionRaises(TranslationRule):
    """The class-level access raises."""

    code = "HH102"
    name = "no-sql-raises"
    documentation = Documentation(
        what="Accessing the hybrid on its class raises.",
        why="The hybrid works on instances and fails in the first query that uses it.",
        limits="Only what the expression function itself raises.",
        example="len(self.items) in a getter without an expression",
        instead="Give the hybrid an expression that says the same in SQL.",
    )

    def judge(self, seen: Translation) -> Iterator[Finding]:
        """One finding where the access raised anything but RecursionError."""
        outcome = seen.class_level
        if isinstance(outcome, Raised) and "RecursionError" not in outcome.kinds:
            yield self.finding(
                "select",
                f"{seen.hybrid.name} has no SQL: on the class it raises {outcome}.",
                f"Add `@{seen.hybrid.attribute}.inplace.expression` with a classmethod that builds the SQL from `cls`.",
            )


class NoExpression(TranslationRule):
    """The class-level value is None."""

    code = "HH103"
    name = "expression-returns-none"
    documentation = Documentation(
        what="The class-level value of the hybrid is None.",
        why="SELECT and ORDER BY raise, but `Model.h == value` is plain Python, False, and turns into WHERE false: no error, no rows.",
        limits="None only; other Python values are HH104.",
        example="an expression function without a return",
        instead="Return the expression; or raise, if there is no SQL side, so that queries fail loudly.",
    )

    def judge(self, seen: Translation) -> Iterator[Finding]:
        """One finding where the class-level value is None."""
        value = class_level(seen)
        if value is None or value.form != "none":
            return
        name = seen.hybrid.name
        where = where_clause(seen)
        silent = f"; `where({name} == 5)` silently becomes `{where}`" if where else ""
        yield self.finding(
            "select",
            f"{name} has no SQL at all: its class-level value is None{silent}.",
            f"Return the SQL from the expression of {name}, built from `cls`. If it has none, raise there: a query then "
            "fails instead of finding nothing.",
        )


class ConstantExpression(TranslationRule):
    """The class-level value is a plain Python value."""

    code = "HH104"
    name = "expression-is-python-value"
    documentation = Documentation(
        what="The class-level value of the hybrid is a Python value (bool, str, number, ...), not SQL.",
        why="Python's `if`, `and`, `is` and `in` decide while the query is built, once for all rows; comparisons become WHERE true or WHERE false.",
        limits="A value that SQLAlchemy wraps into a literal by itself is not seen here; agreement tests find it.",
        example="return self.status is None  # False on the class, for every row",
        instead="An expression with sqlalchemy.case, .is_(None), .in_(...), and_/or_.",
    )

    def judge(self, seen: Translation) -> Iterator[Finding]:
        """One finding where the class-level value is neither SQL nor None."""
        value = class_level(seen)
        if value is None or value.form != "constant":
            return
        name = seen.hybrid.name
        where = where_clause(seen)
        silent = f"; `where({name} == ...)` becomes `{where}` for all rows" if where else ""
        yield self.finding(
            "select",
            f"{name} is not SQL on the class but the Python value {value.shown} ({value.type_name}){silent}.",
            f"Add an expression to {name} that decides in SQL (case(), .is_(None), .in_(), and_(), or_()).",
        )


class TextExpression(TranslationRule):
    """The class-level value is text()."""

    code = "HH105"
    name = "text-does-not-compose"
    documentation = Documentation(
        what="The class-level value of the hybrid is text().",
        why="text() is opaque: it has no operators (`M.h == v` is Python's identity), ignores aliases, and its parameters must be supplied by every query.",
        limits="text() as a part of a larger expression is judged by what it does under an alias.",
        example='return text("SELECT count(*) FROM items WHERE m_id = :id")',
        instead="select(...) correlated to `cls`, as a scalar subquery or a label.",
    )

    def judge(self, seen: Translation) -> Iterator[Finding]:
        """One finding; unbound parameters are named in it."""
        value = class_level(seen)
        if value is None or value.form != "text":
            return
        name = seen.hybrid.name
        if seen.structure.unbound:
            listed = ", ".join(f":{parameter}" for parameter in seen.structure.unbound)
            unbound = (
                f" Its parameter {listed} is unbound: it can only ever answer for the one row whose value the caller "
                "passes, not for each row of a query."
            )
        else:
            unbound = ""
        yield self.finding(
            "select",
            f"{name} is text() on the class, so it can't compose: no comparison, no alias, no ORDER BY by value.{unbound}",
            f"Build the same query with select(), correlated to the row by `cls`, and return `.scalar_subquery()` "
            f"from the expression of {name}.",
        )


class UnboundParameter(TranslationRule):
    """The expression has a parameter nobody binds."""

    code = "HH106"
    name = "unbound-parameter"
    documentation = Documentation(
        what="The expression holds a bindparam() without a value.",
        why="Every query that names the hybrid fails until its caller passes the value, and then has the same value for all rows.",
        limits="Parameters inside text() are reported by HH105.",
        example='cls.price * bindparam("rate")',
        instead="A hybrid_method with an argument, or a column.",
    )

    def judge(self, seen: Translation) -> Iterator[Finding]:
        """One finding that names the parameters."""
        value = class_level(seen)
        if value is None or value.form == "text" or not seen.structure.unbound:
            return
        listed = ", ".join(f":{parameter}" for parameter in seen.structure.unbound)
        yield self.finding(
            "select",
            f"The SQL of {seen.hybrid.name} needs {listed}, which nothing binds.",
            "Give the parameter a value in the expression, take it from a column, or make the hybrid a hybrid_method.",
        )


class LabelHidesColumn(TranslationRule):
    """The expression labels itself with the name of another attribute."""

    code = "HH108"
    name = "label-hides-column"
    severity: ClassVar[Severity] = Severity.WARNING
    documentation = Documentation(
        what="The expression ends in .label() with the name of another mapped attribute.",
        why="In a row, a subquery or ORDER BY by name the two collide: one hides the other or gets an anonymous name.",
        limits="Only labels equal to a mapped attribute of the class.",
        example='return func.lower(cls.name).label("name")',
        instead="The hybrid's own name as the label, or none.",
    )

    def judge(self, seen: Translation) -> Iterator[Finding]:
        """One finding that names both."""
        label = seen.structure.label_of_column
        if label is None:
            return
        hybrid = seen.hybrid
        yield self.finding(
            "subquery",
            f"{hybrid.name} labels its SQL {label!r}, which is the name of {hybrid.class_name}.{label}: rows and subqueries with "
            "both have one name for two columns.",
            f"Leave the label out, or call it {hybrid.attribute!r}.",
        )


class PositionDoesNotCompile(TranslationRule):
    """A statement around the hybrid can't be built."""

    code = "HH107"
    name = "position-does-not-compile"
    documentation = Documentation(
        what="The hybrid has SQL, but a statement that uses it in some position can't be built or compiled.",
        why="The hybrid works until somebody filters, sorts or aliases by it.",
        limits="One finding for the first position that fails; the others often share its cause.",
        example="a bare select() as the expression, compared with ==",
        instead="Return a column expression: .scalar_subquery() or .label() on a select.",
    )

    def judge(self, seen: Translation) -> Iterator[Finding]:
        """One finding for the first position that raised."""
        value = class_level(seen)
        if value is None or value.form not in ("expression", "select"):
            return
        for position, outcome in seen.statements.items():
            if isinstance(outcome, Returned):
                continue
            yield self.finding(
                position,
                f"{seen.hybrid.name} does not compile in the position {position!r}: {outcome}.",
                f"Return a column expression from {seen.hybrid.name} (`.scalar_subquery()` or `.label()` on a select).",
            )
            return


class NotRead(TranslationRule):
    """The tree of the expression can't be walked."""

    code = "HH109"
    name = "expression-not-read"
    severity: ClassVar[Severity] = Severity.INFO
    documentation = Documentation(
        what="The tree of the expression can't be read, for a part of it, a construct of the user's most often, raises or never ends when it is asked for its parts.",
        why="Values and positions are compared all the same, but findings can't name their cause, and rules that go by the tree see nothing.",
        limits="What exactly raised is told in the words of the exception.",
        example="a ColumnElement of one's own whose get_children() raises",
        instead="a construct with _traverse_internals, or one made of SQLAlchemy's own elements",
    )

    def judge(self, seen: Translation) -> Iterator[Finding]:
        """One finding where the engine could not."""
        if not seen.structure.unread:
            return
        yield self.finding(
            "select",
            f"The expression of {seen.hybrid.name} can't be read part by part: {seen.structure.unread}. What is found in it is told without its cause.",
            f"Look at the construct of your own that {seen.hybrid.name} is made of: SQLAlchemy asks it for its parts by get_children().",
        )


class OrderedByCollation(TranslationRule):
    """Text is ordered by a language in SQL and by code point in Python."""

    code = "HH215"
    name = "text-ordered-by-collation"
    family: ClassVar[Family] = Family.AGREEMENT
    severity: ClassVar[Severity] = Severity.WARNING
    documentation = Documentation(
        what="The SQL orders text with <, > or BETWEEN under the collation of a language.",
        why="Python compares code points: 'B' < 'a' is true there and false under the collation; accents and punctuation differ too.",
        limits="Collations that are named on the column or in the expression; the database's own default is not known before the run.",
        example="name = mapped_column(Text(collation='en-x-icu')), and cls.name < 'm' beside self.name < 'm'",
        instead="cls.name.collate('C') < 'm', which orders by code point as well.",
    )

    def judge(self, seen: Translation) -> Iterator[Finding]:
        """One finding for the first comparison."""
        if not seen.structure.collated_order:
            return
        predicate = seen.structure.collated_order[0]
        yield self.finding(
            "select",
            f"{seen.hybrid.name} orders text by the collation of a language in `{predicate}`, where Python orders by code point: "
            "'B' < 'a' in Python only.",
            'Compare by code point in SQL as well, `.collate("C")`, or by a key of that language in Python.',
        )


class UncorrelatedAlone(TranslationRule):
    """Selected alone, the hybrid has nothing to correlate to."""

    code = "HH305"
    name = "uncorrelated-when-selected-alone"
    family: ClassVar[Family] = Family.COMPOSITION
    severity: ClassVar[Severity] = Severity.INFO
    documentation = Documentation(
        what="select(M.h), with nothing else of M, has no FROM of M, so a correlated subquery in the hybrid reads the table itself.",
        why="It gives one row with the total of all rows, not one for each.",
        limits="True of every hybrid that is a correlated subquery, correct ones too.",
        example="session.scalars(select(Customer.number_of_orders))",
        instead="select(Customer.id, Customer.number_of_orders), or select(Customer.number_of_orders).select_from(Customer)",
    )

    def judge(self, seen: Translation) -> Iterator[Finding]:
        """One finding where the structure says so."""
        if not seen.structure.uncorrelated_alone:
            return
        hybrid = seen.hybrid
        yield self.finding(
            "select alone",
            f"select({hybrid.name}) alone does not correlate: without {hybrid.class_name} in the FROM clause its subquery reads the "
            "whole table and gives one row.",
            f"Select it beside a column, or with `.select_from({hybrid.class_name})`.",
        )
