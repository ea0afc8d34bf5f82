"""Rules about the plain select against Python, row by row, that know a difference by its looks alone."""

from collections.abc import Iterator

from harness.comparison import drift
from harness.core.finding import Family, Finding, Severity
from harness.core.observation import Example
from harness.core.outcome import Raised, Returned
from harness.rules.base import Documentation, Rule, counterexample, shown
from harness.rules.cause import Cause, Difference, Explanation, fact, outcome_shown, sql_shown

MADE_DEEP = frozenset({"cycle", "chain"})
"""Shapes of data on which a recursing getter is left to the containment rules."""


class SelfCorrelated(Cause):
    """The subquery meant to read the table itself reads the outer row."""

    code = "HH201"
    name = "subquery-correlates-to-itself"
    documentation = Documentation(
        what="A subquery over the hybrid's own table, not aliased, is correlated away: both sides of its join condition are the outer row.",
        why="SQLAlchemy takes a table that the enclosing select has out of the subquery's FROM. What is left compares a row with itself, and an aggregate over it belongs to the outer query, or sums another table unfiltered.",
        limits="Seen where the SQL's tree compares two columns of the class's own table inside a subquery and the values differ.",
        example="select(func.sum(Node.cost)).where(Node.parent_id == cls.id)",
        instead="child = aliased(Node); select(func.sum(child.cost)).where(child.parent_id == cls.id)",
    )

    def explain_refusal(self, seen: Example, refusal: Raised) -> Explanation | None:
        """Where the tree shows the mark."""
        if not seen.structure.self_correlated:
            return None
        return self._said(seen, f"PostgreSQL refuses it: {refusal}")

    def explain(self, seen: Example, difference: Difference) -> Explanation | None:
        """Where the tree shows the mark."""
        if not seen.structure.self_correlated:
            return None
        values = ", ".join(shown(value) for value in difference.sql)
        return self._said(seen, f"PostgreSQL compares each row with itself and answers {values}")

    def _said(self, seen: Example, then: str) -> tuple[str, str]:
        predicate = seen.structure.self_correlated[0]
        return (
            f"The subquery of {seen.hybrid.name} correlates to itself: in `{predicate}` both columns are the outer row's, "
            f"because the subquery's own table is not aliased and SQLAlchemy takes it out of its FROM. {then}.",
            f"Read the related rows through an alias: `other = aliased({seen.hybrid.class_name})`, and `other` in place of "
            f"`{seen.hybrid.class_name}` in the subquery.",
        )


class SelectRefused(Cause):
    """PostgreSQL refuses the plain select."""

    code = "HH202"
    name = "select-refused"
    documentation = Documentation(
        what="PostgreSQL refuses or fails the plain select of the hybrid.",
        why="No query with this hybrid works, or none on rows like these.",
        limits="The message is the server's.",
        example="func.sum(Item.price) directly as the expression, without a subquery",
        instead="What the server's message asks for.",
    )

    def explain_refusal(self, seen: Example, refusal: Raised) -> Explanation | None:
        """With the server's words."""
        return (
            f"PostgreSQL can't answer select({seen.hybrid.name}): {refusal}.",
            f"Run the statement under `sql` of the report by hand; the expression of {seen.hybrid.name} makes it.",
        )


class DirectionReversed(Cause):
    """A many-to-one relationship is used as if it were a collection."""

    code = "HH203"
    name = "relationship-direction-reversed"
    documentation = Documentation(
        what="The getter loops over or counts a relationship that is many-to-one.",
        why="On a self-referential table, remote_side=[id] makes a relationship point to the parent, whatever its name. Python raises on None or on the one object.",
        limits="Seen where Python raises TypeError for not being a collection and the getter reads a many-to-one relationship.",
        example='children = relationship("Node", remote_side=[id], backref="parent")',
        instead='parent = relationship("Node", remote_side=[id], back_populates="children"); children = relationship("Node", back_populates="parent")',
    )

    def explain(self, seen: Example, difference: Difference) -> Explanation | None:
        """Where Python raised for want of a collection."""
        python = difference.python
        wants_collection = ("not iterable", "has no len()", "not subscriptable")
        if not (isinstance(python, Raised) and any(text in python.message for text in wants_collection)):
            return None
        scalars = [each for each in seen.hybrid.relationships_read if each.direction == "MANYTOONE"]
        if not scalars:
            return None
        each = next((r for r in scalars if r.owner == r.target), scalars[0])
        remote = ", ".join(each.remote_side)
        return (
            f"The direction of {each.owner}.{each.name} is reversed: remote_side is {remote}, which makes it many-to-one, "
            f"one {each.target} or None. {seen.hybrid.name} uses it as a collection, and Python raises {python}.",
            f"Put remote_side on the many-to-one side: `parent = relationship({each.target!r}, remote_side=[{remote}], "
            f"back_populates={each.name!r})`, and `{each.name} = relationship({each.target!r}, back_populates='parent')`.",
        )


class PythonRaisesOnNull(Cause):
    """Python raises TypeError on None where SQL skips NULL."""

    code = "HH204"
    name = "python-raises-on-null"
    documentation = Documentation(
        what="The getter raises TypeError on None, where the SQL side has an answer.",
        why="SQL's aggregates skip NULL and its operators pass it on; Python's + and < raise.",
        limits="Recognised by NoneType in the message of the TypeError.",
        example="sum(usage.cost for usage in self.usages) over a nullable cost",
        instead="sum(usage.cost or 0 for usage in self.usages), or make the column NOT NULL.",
    )

    def explain(self, seen: Example, difference: Difference) -> Explanation | None:
        """Where the TypeError names NoneType."""
        python = difference.python
        if not (isinstance(python, Raised) and "TypeError" in python.kinds and "NoneType" in python.message):
            return None
        if len(difference.sql) != 1:
            return None
        nulls = _null_columns(seen)
        where = f" ({', '.join(nulls)} is NULL)" if nulls else ""
        return (
            f"{seen.hybrid.name} raises {python} in Python{where}, where SQL skips NULL and answers {sql_shown(difference.value)}.",
            f"Say in the getter what NULL counts for, as in `(value or 0)`, or declare {_or_list(nulls)} nullable=False.",
        )


def _null_columns(seen: Example) -> list[str]:
    """Columns that the SQL reads and that hold NULL in the data, foreign keys left out."""
    found = {
        f"{table}.{column}"
        for table, rows in seen.dataset.tables.items()
        for row in rows
        for column, value in row.items()
        if value is None
    }
    return sorted(
        column for column in found & set(seen.structure.columns) if not fact(seen, column).references
    )


def _or_list(columns: list[str]) -> str:
    return " or ".join(columns) if columns else "the column"


class PythonRaises(Cause):
    """Python raises where SQL answers."""

    code = "HH205"
    name = "python-raises"
    documentation = Documentation(
        what="The getter raises on an instance for which the SQL side has an answer.",
        why="The attribute can't be used on rows that a query happily returns.",
        limits="RecursionError on deep data is reported by the containment rules.",
        example="self.items[0].name  # IndexError without items",
        instead="Handle the empty case in the getter as the SQL does.",
    )

    def explain(self, seen: Example, difference: Difference) -> Explanation | None:
        """Any other exception."""
        python = difference.python
        if not isinstance(python, Raised):
            return None
        if "RecursionError" in python.kinds and seen.dataset.shape in MADE_DEEP:
            return None
        sql = ", ".join(shown(value) for value in difference.sql) or "no row"
        return (
            f"{seen.hybrid.name} raises {python} in Python, where SQL answers {sql}.",
            "Handle this row in the getter as the SQL side does, or make the SQL side exclude it too.",
        )


class RowsMultiplied(Cause):
    """The plain select gives no row, or several, for one instance."""

    code = "HH206"
    name = "rows-multiplied"
    documentation = Documentation(
        what="The plain select gives more than one row for an instance, or none.",
        why="Totals and counts over the query are wrong, and instances come back twice.",
        limits="Compared with multiplicity on the primary key.",
        example="a column of another table as the expression: its table joins without a condition",
        instead="A correlated scalar subquery, which gives one value for each row.",
    )

    def explain(self, seen: Example, difference: Difference) -> Explanation | None:
        """Where the number of rows is not one, or a table is not joined."""
        added = seen.structure.foreign_tables
        if isinstance(difference.python, Raised):
            return None
        if len(difference.sql) == 1:
            return self._one_row(seen, difference) if added else None
        because = (
            f" The expression adds {', '.join(added)} to the FROM clause without a join condition."
            if added
            else ""
        )
        return (
            f"select({seen.hybrid.name}) gives {len(difference.sql)} rows for one {seen.hybrid.class_name}.{because}",
            "Put what the expression reads of other tables into a correlated scalar subquery.",
        )

    def _one_row(self, seen: Example, difference: Difference) -> Explanation:
        """Where the other table happens to have one row, whosever it is."""
        added = ", ".join(seen.structure.foreign_tables)
        return (
            f"{seen.hybrid.name} is {outcome_shown(difference.python)} in Python and {shown(difference.value)} in SQL: the expression adds "
            f"{added} to the FROM clause without a join condition, so each {seen.hybrid.class_name} meets any row of it.",
            "Put what the expression reads of other tables into a correlated scalar subquery.",
        )


class NullAgainstValue(Cause):
    """One side says NULL, the other a value."""

    code = "HH207"
    name = "null-against-value"
    documentation = Documentation(
        what="One side is None and the other a value.",
        why="NULL drops the row from every comparison and poisons arithmetic; the Python side's 0 or '' does not.",
        limits="None against False, 0 and '' are differences.",
        example="func.sum(...) without coalesce: NULL for a row without children, where Python's sum() is 0",
        instead="func.coalesce(func.sum(...), 0)",
    )

    def explain(self, seen: Example, difference: Difference) -> Explanation | None:
        """Where exactly one side is None."""
        if not isinstance(difference.python, Returned):
            return None
        python, sql = difference.python.value, difference.value
        if (python is None) == (sql is None):
            return None
        name = seen.hybrid.name
        if sql is None:
            return (
                f"{name} is {shown(python)} in Python and NULL in SQL.",
                f"Wrap the SQL: `func.coalesce(..., {shown(python)})`, or let the getter return None too.",
            )
        return (
            f"{name} is None in Python and {shown(sql)} in SQL.",
            "Return the same from the getter as SQL does, or let the SQL be NULL there too.",
        )


class ValuesDiffer(Cause):
    """The sides give two values."""

    code = "HH208"
    name = "values-differ"
    documentation = Documentation(
        what="Python and SQL give different values for the same row.",
        why="A page shows one number and the report another.",
        limits="Floats may differ by 1e-9 of their size.",
        example="items counted without distinct in SQL, with a set in Python",
        instead="Decide which side is right, and make the other say the same.",
    )

    def explain(self, seen: Example, difference: Difference) -> Explanation | None:
        """What no other cause explains."""
        if not isinstance(difference.python, Returned):
            return None
        return (
            f"{seen.hybrid.name} is {shown(difference.python.value)} in Python and {shown(difference.value)} in SQL.",
            "Follow both sides on the rows shown; they are the fewest on which the two differ.",
        )


class TypeDrift(Rule[Example]):
    """Equal values of types that don't mix."""

    code = "HH209"
    name = "decimal-against-float"
    family = Family.AGREEMENT
    severity = Severity.WARNING
    reads = Example
    documentation = Documentation(
        what="The values are equal, but one side gives a Decimal and the other a float.",
        why="Decimal + float raises TypeError in Python, and sums drift apart in the last digits.",
        limits="Only these two types.",
        example="func.count(...) / 9 is NUMERIC in PostgreSQL, len(...) / 9 a float in Python",
        instead="cast(func.count(...), Double) / 9, or Decimal on the Python side.",
    )

    def judge(self, seen: Example) -> Iterator[Finding]:
        """One finding for the first row whose types are apart."""
        if not isinstance(seen.select, Returned):
            return
        for row in seen.select.value:
            python = seen.python.get(tuple(row[:-1]))
            if not isinstance(python, Returned) or (types := drift(python.value, row[-1])) is None:
                continue
            to_float = types[1] == "Decimal"
            yield self.finding(
                "select",
                f"{seen.hybrid.name} is a {types[1]} from SQL ({shown(row[-1])}) and a {types[0]} from Python "
                f"({shown(python.value)}).",
                "Make the SQL a float too: `cast(..., Double)` around the whole, or around the operand of a division."
                if to_float
                else "Make the SQL a Decimal too: `cast(..., Numeric)`.",
                counterexample(
                    seen.hybrid, seen.dataset, tuple(row[:-1]), shown(python.value), shown(row[-1])
                ),
            )
            return
