"""Causes in what the SQL queries: rows it doesn't join, joins too often, or takes in no order."""

import re
from typing import Any

from harness.comparison import RowDifference, same
from harness.core.expression import Operation, Subquery
from harness.core.observation import Answer, Example, Key
from harness.core.outcome import Raised, Returned
from harness.rules.base import Documentation
from harness.rules.cause import (
    AGGREGATES,
    Cause,
    Difference,
    Explanation,
    ValueCause,
    attribute,
    fact,
    is_number,
    operand_written,
    operations,
    rows_of,
    uses,
    values_shown,
    written,
)

VOLATILE = frozenset(
    {
        "random",
        "random_normal",
        "gen_random_uuid",
        "uuid_generate_v1",
        "uuid_generate_v4",
        "uuidv4",
        "uuidv7",
        "clock_timestamp",
        "timeofday",
        "nextval",
        "setseed",
        "txid_current",
    }
)
UNKNOWN_FUNCTION = re.compile(r"function (\S+)\(.*\) does not exist")
SET_RETURNING = frozenset(
    {
        "unnest",
        "generate_series",
        "generate_subscripts",
        "json_array_elements",
        "json_array_elements_text",
        "jsonb_array_elements",
        "jsonb_array_elements_text",
        "json_each",
        "json_each_text",
        "jsonb_each",
        "jsonb_each_text",
        "json_object_keys",
        "jsonb_object_keys",
        "jsonb_path_query",
        "regexp_matches",
        "regexp_split_to_table",
        "string_to_table",
    }
)
IN_ORDER = frozenset({"string_agg", "array_agg", "json_agg", "jsonb_agg", "json_arrayagg", "xmlagg"})
COUNTED = frozenset({"count", "sum", "avg", "string_agg", "array_agg", "json_agg", "jsonb_agg"})
"""Aggregates that change when a row comes twice."""
LARGEST = {"max": "greatest", "min": "least"}
NO_KEY = ".where(...)"
DEDUPLICATING = frozenset({"set", "frozenset", "fromkeys", "unique", "unique_everseen"})


class Volatile(Cause):
    """The SQL has another value at each evaluation."""

    code = "HH230"
    name = "volatile-function"
    documentation = Documentation(
        what="The expression calls a function that has another value each time it is evaluated: random(), gen_random_uuid(), clock_timestamp().",
        why="SELECT, WHERE and ORDER BY of one statement see different values, and Python a third.",
        limits="Functions of PostgreSQL that are known to be volatile; a user's own are not known.",
        example="func.random() * 100",
        instead="A column that is filled once, or func.now(), which is one moment for the whole transaction.",
    )

    def marks(self, seen: Example) -> bool:
        """Where such a function is called."""
        return next(operations(seen, *VOLATILE), None) is not None

    def explain(self, seen: Example, difference: Difference) -> Explanation | None:
        """Where such a function is called."""
        if len(difference.sql) != 1 or not isinstance(difference.python, Returned):
            return None
        return self._said(seen, f"{values_shown(seen, difference.python.value, difference.value)}: ")

    def explain_position(
        self, seen: Example, answer: Answer, apart: RowDifference | None
    ) -> Explanation | None:
        """Any position that differs."""
        if apart is None:
            return None
        return self._said(
            seen,
            f"{seen.hybrid.name} gives other rows in the position {answer.position!r} than in the plain select: ",
        )

    def _said(self, seen: Example, said: str) -> Explanation | None:
        call = next(operations(seen, *VOLATILE), None)
        if call is None:
            return None
        return (
            f"{said}`{call.brief}` has another value each time it is evaluated, in SELECT, WHERE and ORDER BY of one statement, and "
            "Python knows none of them.",
            f"Store the value in a column of {seen.hybrid.class_name} (`server_default={_func(call)}`) and read that on both sides.",
        )


def _func(call: Operation) -> str:
    return f"func.{call.name}()"


class SetReturning(Cause):
    """A function that returns a set stands where one value should."""

    code = "HH231"
    name = "set-returning-function"
    documentation = Documentation(
        what="The expression is a function that returns a set of rows: unnest(), jsonb_array_elements(), generate_series().",
        why="An instance comes back once for each element, or not at all, and WHERE refuses the expression.",
        limits="Seen outside of subqueries.",
        example="func.unnest(cls.tags)",
        instead="cls.tags[1], or a scalar subquery that aggregates over the set",
    )

    def marks(self, seen: Example) -> bool:
        """Where one is called outside of a subquery."""
        return _set_returning(seen) is not None

    def explain(self, seen: Example, difference: Difference) -> Explanation | None:
        """Where the rows are too many or too few, or hold an element."""
        rows = f"select({seen.hybrid.name}) gives {len(difference.sql)} rows for one {seen.hybrid.class_name}"
        if len(difference.sql) == 1 and isinstance(difference.python, Returned):
            rows = values_shown(seen, difference.python.value, difference.value)
        return self._said(seen, rows)

    def explain_position(
        self, seen: Example, answer: Answer, apart: RowDifference | None
    ) -> Explanation | None:
        """Refused in WHERE, and multiplied elsewhere."""
        if apart is None and not (
            isinstance(answer.outcome, Raised) and "set-returning" in answer.outcome.message
        ):
            return None
        said = str(answer.outcome) if apart is None else "other rows than in the plain select"
        return self._said(seen, f"{seen.hybrid.name} in the position {answer.position!r}: {said}")

    def _said(self, seen: Example, said: str) -> Explanation | None:
        call = _set_returning(seen)
        if call is None:
            return None
        array = next(
            (each.column for each in call.operands if each.column and each.type_name.endswith("[]")), None
        )
        element = f"an element, `{written(seen, array)}[1]`" if array else "an element"
        return (
            f"{said}: `{call.brief}` returns a set, one row for each element and none where it is empty.",
            f"Return one value for each {seen.hybrid.class_name}: {element}, or a scalar subquery that aggregates over `{call.brief}`.",
        )


def _set_returning(seen: Example) -> Operation | None:
    return next((each for each in operations(seen, *SET_RETURNING) if each.depth == 0), None)


class AggregateOutside(Cause):
    """An aggregate is the expression itself."""

    code = "HH232"
    name = "aggregate-without-subquery"
    documentation = Documentation(
        what="The expression is an aggregate over a table, without a subquery of its own.",
        why="It aggregates over the rows of whatever query it is put in: PostgreSQL refuses it beside a column, and alone it gives one row.",
        limits="Reported where the select is refused for want of a GROUP BY.",
        example="func.sum(Item.price)",
        instead="select(func.coalesce(func.sum(Item.price), 0)).where(Item.order_id == cls.id).scalar_subquery()",
    )

    def explain_refusal(self, seen: Example, refusal: Raised) -> Explanation | None:
        """Where PostgreSQL misses a GROUP BY."""
        call = next((each for each in operations(seen, *AGGREGATES) if each.depth == 0), None)
        if refusal.sqlstate != "42803" or call is None:
            return None
        inside = ", ".join(operand_written(seen, each) for each in call.operands)
        table = next((column.rpartition(".")[0] for column in call.columns), None)
        return (
            f"PostgreSQL can't answer select({seen.hybrid.name}): the aggregate `{call.brief}` stands in the query itself, not in a "
            f"subquery of its own, so it is one value for all rows ({refusal}).",
            f"Make it a correlated subquery: `select(func.{call.name}({inside})){_joined(seen, table)}.scalar_subquery()`.",
        )


def _joined(seen: Example, table: str | None) -> str:
    """The condition that ties ``table`` to the row, where a foreign key says it."""
    for column, known in seen.structure.facts.items():
        for target in known.references:
            if column.rpartition(".")[0] == table and not known.own and fact(seen, target).own:
                return f".where({written(seen, column)} == {written(seen, target)})"
    return NO_KEY


class SeveralRows(Cause):
    """A scalar subquery gives more than one row."""

    code = "HH233"
    name = "several-rows-in-scalar-subquery"
    documentation = Documentation(
        what="A scalar subquery of the expression gives more than one row for an instance, and PostgreSQL refuses the query.",
        why="One such instance makes every query with the hybrid fail.",
        limits="Reported where PostgreSQL says so (21000).",
        example="select(Item.price).where(Item.order_id == cls.id).scalar_subquery()",
        instead="An aggregate over them, or .order_by(Item.id).limit(1).",
    )

    def explain_refusal(self, seen: Example, refusal: Raised) -> Explanation | None:
        """Where PostgreSQL says so."""
        if refusal.sqlstate != "21000":
            return None
        queries = [
            each
            for each in seen.structure.subqueries
            if not (each.exists or each.limited or _aggregates(seen, each))
        ]
        about = f" over {', '.join(queries[0].tables)}" if queries else ""
        selected = operand_written(seen, queries[0].selected[0]) if queries and queries[0].selected else "..."
        return (
            f"PostgreSQL can't answer select({seen.hybrid.name}): its scalar subquery{about} gives more than one row for one "
            f"{seen.hybrid.class_name}.",
            f"Say which of the rows is meant, `.order_by(...).limit(1)`, or aggregate over them, as in `func.max({selected})`.",
        )


def _aggregates(seen: Example, query: Subquery) -> list[Operation]:
    """The aggregates that a subquery selects."""
    shown_ones = " ".join(each.shown for each in query.selected)
    return [each for each in operations(seen, *AGGREGATES) if each.depth and each.shown in shown_ones]


class NoSuchOperator(Cause):
    """PostgreSQL has no such operator or function for these types."""

    code = "HH234"
    name = "no-operator-for-types"
    documentation = Documentation(
        what="The expression applies an operator or a function to types that PostgreSQL has none for.",
        why="No query with the hybrid works. Python's operators are looser: `'x' in tags`, number + text column.",
        limits="Reported where PostgreSQL says so (42883).",
        example="cls.tags.contains('x') over an ARRAY: the operator @> takes an array on both sides",
        instead="cls.tags.contains(['x'])",
    )

    def explain_refusal(self, seen: Example, refusal: Raised) -> Explanation | None:
        """Where PostgreSQL says so."""
        if refusal.sqlstate != "42883":
            return None
        said = str(refusal).partition(": ")[2]
        if match := UNKNOWN_FUNCTION.match(said):
            return self._unknown_function(seen, said, match.group(1))
        wrong = next(
            (each for each in seen.structure.operations if _between_types(each)),
            None,
        )
        where = f" in `{wrong.brief}`" if wrong is not None else ""
        return (
            f"PostgreSQL can't answer select({seen.hybrid.name}): {said}{where}.",
            _matching_types(seen, wrong),
        )

    def _unknown_function(self, seen: Example, said: str, name: str) -> Explanation | None:
        return (
            f"PostgreSQL can't answer select({seen.hybrid.name}): {said}, with these types or with any.",
            f"If {name}() is of another database, write what PostgreSQL has in its place: where the SQL depends on the database, a "
            "construct with @compiles for each. If PostgreSQL has it, cast what it is given.",
        )


def _between_types(operation: Operation) -> bool:
    types = {each.type_name for each in operation.operands if each.type_name}
    return len(types) > 1 and len(operation.operands) == 2  # noqa: PLR2004 - a binary operator


def _matching_types(seen: Example, wrong: Operation | None) -> str:
    """What to write: a list where an array is asked for, else a cast."""
    call = next(operations(seen, *LARGEST), None)
    if wrong is None and call is not None and len(call.operands) > 1:
        inside = ", ".join(operand_written(seen, each) for each in call.operands)
        return f"Of several values it is `func.{LARGEST[call.name]}({inside})`; `{call.name}` is an aggregate over rows."
    if wrong is None:
        return "Cast one side to a type that has the operator: `cast(..., Text)` or `cast(..., Integer)`."
    left, right = wrong.operands
    if (
        wrong.name in ("@>", "<@", "&&", "contains", "contained_by", "overlap")
        and left.type_name.endswith("[]")
        and right.literal
    ):
        return f"Compare with an array: `{operand_written(seen, left)}.contains([{right.value!r}])`."
    return f"Make both sides of one type: {left.type_name or '?'} and {right.type_name or '?'} don't mix; `cast({operand_written(seen, right)}, ...)`."


class JoinReversed(ValueCause):
    """The subquery joins to the parent where the getter goes to the children, or the other way round."""

    code = "HH235"
    name = "join-reversed"
    documentation = Documentation(
        what="The subquery over the class's own table compares the columns of the relationship the wrong way round.",
        why="It reads the parent where the getter reads the children, and 0 or 1 rows where there are many.",
        limits="Self-referential relationships that the getter reads, where the SQL has the mirrored condition and not the right one.",
        example="child = aliased(Node); select(func.count()).where(child.id == cls.parent_id)",
        instead="child = aliased(Node); select(func.count()).where(child.parent_id == cls.id)",
    )

    def explain_values(self, seen: Example, key: Key, python: Any, sql: Any) -> Explanation | None:
        """Where only the mirrored condition is there."""
        del key
        have = {
            (each.inner, each.outer) for query in seen.structure.subqueries for each in query.correlations
        }
        for each in seen.hybrid.relationships_read:
            pairs = set(zip(each.remote_side, each.local_side, strict=False))
            mirrored = {(local, remote) for remote, local in pairs}
            if each.owner != each.target or not pairs or pairs <= have or not mirrored <= have:
                continue
            remote, local = min(pairs)
            names = [column.rpartition(".")[2] for column in (remote, local)]
            return (
                f"{values_shown(seen, python, sql)}: {each.owner}.{each.name}, which the getter reads, are the rows whose "
                f"{names[0]} is this row's {names[1]}; the subquery looks for those whose {names[1]} is this row's {names[0]}.",
                f"Turn the condition round: `.where(other.{attribute(seen, remote).rpartition('.')[2]} == {written(seen, local)})`, with "
                f"`other = aliased({each.target})`.",
            )
        return None


class CorrelatedToAnother(ValueCause):
    """The subquery is tied to another column of the row than the relationship."""

    code = "HH228"
    name = "correlated-to-another-column"
    documentation = Documentation(
        what="The subquery compares the foreign key with another column of the row than the relationship that the getter reads does.",
        why="Each row gets the total of another row's children.",
        limits="Relationships to other classes that the getter reads, where the SQL compares one of their columns with another than the other and never with it.",
        example="select(func.count(Item.id)).where(Item.order_id == cls.customer_id)",
        instead="select(func.count(Item.id)).where(Item.order_id == cls.id)",
    )

    def explain_values(self, seen: Example, key: Key, python: Any, sql: Any) -> Explanation | None:
        """Where the far column of a relationship meets another one."""
        del key
        have = {
            (each.inner, each.outer) for query in seen.structure.subqueries for each in query.correlations
        }
        for each in seen.hybrid.relationships_read:
            for remote, local in zip(each.remote_side, each.local_side, strict=False):
                wrong = _wrong_pair(have, remote, local)
                if wrong is None or each.owner == each.target:
                    continue
                inner, outer = wrong
                instead = (
                    f"to {attribute(seen, outer)}" if inner == remote else f"{attribute(seen, inner)} to it"
                )
                return (
                    f"{values_shown(seen, python, sql)}: {each.owner}.{each.name}, which the getter reads, joins {attribute(seen, remote)} to "
                    f"{attribute(seen, local)}, and the subquery {instead}.",
                    f"Tie it to the row as the relationship does: `{written(seen, remote)} == {written(seen, local)}`.",
                )
        return None


def _wrong_pair(have: set[tuple[str, str]], remote: str, local: str) -> tuple[str, str] | None:
    """What the SQL compares in place of the two columns: one of them with another column, of the same table as the other."""
    if (remote, local) in have:
        return None
    table = remote.rpartition(".")[0]
    far = (pair for pair in sorted(have) if pair[0] == remote)
    near = (pair for pair in sorted(have) if pair[1] == local and pair[0].rpartition(".")[0] == table)
    return next(far, None) or next(near, None)


class JoinWithoutCondition(ValueCause):
    """Tables stand beside each other in FROM."""

    code = "HH218"
    name = "join-without-condition"
    documentation = Documentation(
        what="A subquery reads two tables, and no condition ties the one to the other.",
        why="Every row of the one meets every row of the other: EXISTS is true for all rows once there is one, counts are products.",
        limits="Reported where the values differ. Functions and subqueries in FROM may be tied by what they read, and are left out.",
        example="cls.songs.any(Genre.name == 'jazz')",
        instead="cls.songs.any(Song.genre.has(Genre.name == 'jazz'))",
    )

    def explain_values(self, seen: Example, key: Key, python: Any, sql: Any) -> Explanation | None:
        """Where a table of a subquery is not tied to the others."""
        del key
        query = next((each for each in seen.structure.subqueries if each.unjoined), None)
        if query is None:
            return None
        alone = query.unjoined[0]
        others = ", ".join(each for each in query.tables if each != alone)
        return (
            f"{values_shown(seen, python, sql)}: the subquery reads {alone} beside {others}, and no condition ties the one to the other, so "
            "every row of the one meets every row of the other.",
            f"Join {alone} by its foreign key, {_tie(seen, alone, query.tables)}; inside `.any()` go on with `.has()` or `.any()` of "
            "the next relationship.",
        )


def _tie(seen: Example, alone: str, tables: tuple[str, ...]) -> str:
    """The condition between ``alone`` and another of ``tables``, where a foreign key says it."""
    for column, known in sorted(seen.structure.facts.items()):
        for target in known.references:
            ends = {column.rpartition(".")[0], target.rpartition(".")[0]}
            if alone in ends and ends <= set(tables):
                return f"`{attribute(seen, column)} == {attribute(seen, target)}`"
    return "`.join(...)`"


class NullSortedFirst(ValueCause):
    """The largest comes after NULL."""

    code = "HH219"
    name = "null-sorted-first"
    documentation = Documentation(
        what="A subquery takes the first row of ORDER BY column DESC, and in some rows the column is NULL, which PostgreSQL sorts first.",
        why="One row without a value, and the largest or latest is NULL.",
        limits="Reported where SQL's value is NULL and the getter has one.",
        example="select(Bid.amount).where(Bid.lot_id == cls.id).order_by(Bid.amount.desc()).limit(1)",
        instead="select(Bid.amount).where(Bid.lot_id == cls.id).order_by(Bid.amount.desc().nulls_last()).limit(1)",
    )

    def explain_values(self, seen: Example, key: Key, python: Any, sql: Any) -> Explanation | None:
        """Where NULL is among the rows that the subquery chooses from."""
        if sql is not None:
            return None
        for query in seen.structure.subqueries:
            column = query.null_first
            rows = rows_of(seen, query, key) if query.limited and column is not None else None
            if column is None or not any(row.get(column) is None for row in rows or ()):
                continue
            name = attribute(seen, column)
            return (
                f"{values_shown(seen, python, sql)}: {name} is NULL in one of the rows, and ORDER BY {name} DESC puts it before all values.",
                f"Put it last, `.order_by({name}.desc().nulls_last())`, or leave it out, `.where({name}.is_not(None))`.",
            )
        return None


class NotCorrelated(ValueCause):
    """The subquery is not tied to the row at all."""

    code = "HH229"
    name = "subquery-not-correlated"
    documentation = Documentation(
        what="The expression is, or has in it, a subquery that mentions no column of the row it is evaluated for.",
        why="It gives one value, that of the whole table, for all rows.",
        limits="Reported where no part of the SQL mentions the class's own table but as the subquery joins it anew, or the subquery is over the table of a relationship that the getter reads and not under IN; and none of it is text.",
        example="select(func.count(Item.id)).scalar_subquery()",
        instead="select(func.count(Item.id)).where(Item.order_id == cls.id).scalar_subquery()",
    )

    def explain_values(self, seen: Example, key: Key, python: Any, sql: Any) -> Explanation | None:
        """Where nothing ties a subquery to the row."""
        del key
        structure = seen.structure
        query = next((each for each in structure.subqueries if _untied(seen, each)), None)
        if structure.literal or query is None:
            return None
        tables = query.tables
        condition = next((each for table in tables if (each := _joined(seen, table)) != NO_KEY), NO_KEY)
        anew = sorted({each.name for each in seen.hybrid.tables} & set(tables))
        why = (
            f"joins {anew[0]} anew and is not tied to the row"
            if anew
            else f"mentions no column of {seen.hybrid.class_name}"
        )
        return (
            f"{values_shown(seen, python, sql)}: the subquery over {', '.join(tables)} {why}, so it "
            "has one value for all rows.",
            f"Tie it to the row: `{condition}`.",
        )


def _untied(seen: Example, query: Subquery) -> bool:
    """Whether nothing ties the subquery to the row where something should."""
    read = {
        column.rpartition(".")[0] for each in seen.hybrid.relationships_read for column in each.remote_side
    }
    return not query.tied and (not seen.structure.depends_on_row or bool(read & set(query.tables)))


class LimitWithoutOrder(ValueCause):
    """LIMIT takes any of the rows."""

    code = "HH236"
    name = "limit-without-order"
    documentation = Documentation(
        what="A subquery takes one of several rows by LIMIT, in no order, or in one that leaves a tie between them.",
        why="PostgreSQL may give any of them, and another one tomorrow. Python's `items[0]` has the relationship's order.",
        limits="Reported where the subquery has several rows to choose from.",
        example="select(Item.price).where(Item.order_id == cls.id).limit(1)",
        instead="select(Item.price).where(Item.order_id == cls.id).order_by(Item.id).limit(1)",
    )

    def explain_values(self, seen: Example, key: Key, python: Any, sql: Any) -> Explanation | None:
        """Where there are at least two rows to choose from."""
        for query in seen.structure.subqueries:
            if not query.limited or query.exists or _aggregates(seen, query):
                continue
            if query.ordered:
                tie = _tie_between(seen, query, key)
                if tie is not None:
                    return f"{values_shown(seen, python, sql)}: {tie[0]}", tie[1]
                continue
            rows = rows_of(seen, query, key)
            many = (
                len(rows)
                if rows is not None
                else max(len(seen.dataset.tables.get(t, ())) for t in query.tables)
            )
            if many < 2:  # noqa: PLR2004 - nothing to choose from
                continue
            tables = ", ".join(query.tables)
            return (
                f"{values_shown(seen, python, sql)}: the subquery over {tables} takes a row by LIMIT without ORDER BY, "
                f"and PostgreSQL gives any of the {many}.",
                "Order it as the getter does, down to a column that is unique: `.order_by(...)` before `.limit(1)`.",
            )
        return None


def _tie_between(seen: Example, query: Subquery, key: Key) -> Explanation | None:
    """Where rows to choose from are alike in all columns that they are ordered by."""
    rows = rows_of(seen, query, key) or []
    values = [tuple(row.get(column) for column in query.order) for row in rows]
    if not query.order or not any(
        same(list(one), list(two)) for i, one in enumerate(values) for two in values[:i]
    ):
        return None
    by = ", ".join(attribute(seen, each) for each in query.order)
    return (
        f"the subquery over {query.tables[0]} takes a row by LIMIT, and rows are alike in what it orders them by, {by}: PostgreSQL gives any of "
        "them.",
        f"Say which of those comes first, as the getter does: {query.tables[0]}'s key as the last of `.order_by(...)`.",
    )


class AggregateWithoutOrder(ValueCause):
    """The same elements, in another order."""

    code = "HH237"
    name = "aggregate-without-order"
    documentation = Documentation(
        what="string_agg(), array_agg() or json_agg() without ORDER BY gives the elements in any order.",
        why="The text changes with the plan and the order on disk; Python's has the relationship's order.",
        limits="Reported where both sides have the same elements.",
        example='func.string_agg(Item.name, ",")',
        instead='func.string_agg(aggregate_order_by(Item.name, Item.name), ",")',
    )

    def explain_values(self, seen: Example, key: Key, python: Any, sql: Any) -> Explanation | None:
        """Where sorted they are the same."""
        del key
        call = next((each for each in operations(seen, *IN_ORDER) if not each.ordered), None)
        if call is None or not _permuted(python, sql):
            return None
        first, *rest = [operand_written(seen, each) for each in call.operands] or ["..."]
        return (
            f"{values_shown(seen, python, sql)}: the same elements in another order. `{call.brief}` has no ORDER BY, so its order is "
            "that in which PostgreSQL happens to read the rows.",
            f"Order it as the getter does: `func.{call.name}({', '.join([f'aggregate_order_by({first}, ...)', *rest])})`.",
        )


def _permuted(python: Any, sql: Any) -> bool:
    if isinstance(python, str) and isinstance(sql, str):
        return sorted(python) == sorted(sql)
    if not (isinstance(python, list | tuple) and isinstance(sql, list | tuple)) or len(python) != len(sql):
        return False
    left = list(sql)
    for each in python:
        index = next((i for i, other in enumerate(left) if same(each, other)), None)
        if index is None:
            return False
        del left[index]
    return True


class DuplicatesCounted(ValueCause):
    """One side leaves out what comes twice, the other does not."""

    code = "HH238"
    name = "duplicates-on-one-side"
    documentation = Documentation(
        what="The getter puts values into a set, and the aggregate has no DISTINCT; or the other way round.",
        why="A value that comes twice counts twice on one side.",
        limits="Seen by a set in the getter's code, and by DISTINCT in the subquery or the aggregate.",
        example="the getter: len({track.artist for track in self.tracks}); the expression: func.count(Track.artist)",
        instead="func.count(Track.artist.distinct())",
    )

    def explain_values(self, seen: Example, key: Key, python: Any, sql: Any) -> Explanation | None:
        """Where the side without it has more."""
        del key
        if not (_is_magnitude(python) and _is_magnitude(sql)):
            return None
        python_distinct = "{}" in seen.hybrid.python.operators or uses(seen, *DEDUPLICATING)
        sql_distinct = any(each.distinct for each in seen.structure.operations) or any(
            each.distinct or each.grouped for each in seen.structure.subqueries
        )
        call = next((each for each in operations(seen, *COUNTED - {"sum", "avg"}) if each.depth), None)
        if call is None or python_distinct == sql_distinct or not _repeats(seen, call):
            return None
        if (_size(python) < _size(sql)) != python_distinct:
            return None
        inside = operand_written(seen, call.operands[0]) if call.operands else "..."
        if python_distinct:
            return (
                f"{values_shown(seen, python, sql)}: the getter puts the values into a set, and `{call.brief}` takes one "
                "as often as it comes.",
                f"Take each once in SQL too: `func.{call.name}({inside}.distinct())`.",
            )
        return (
            f"{values_shown(seen, python, sql)}: the SQL is DISTINCT, and the getter takes a value as often as it comes.",
            f"Put the values into a set in the getter of {seen.hybrid.name}, or leave DISTINCT out.",
        )


def _repeats(seen: Example, call: Operation) -> bool:
    """Whether a value that the aggregate takes can come twice in the data: its own rows repeat it, or a join does."""
    column = call.operands[0].column if call.operands else None
    if column is None:
        return False
    table, _, name = column.rpartition(".")
    values = [row.get(name) for row in seen.dataset.tables.get(table, ()) if row.get(name) is not None]
    repeated = any(same(one, other) for i, one in enumerate(values) for other in values[:i])
    query = next((each for each in seen.structure.subqueries if table in each.tables), None)
    others = [each for each in query.tables if each != table] if query is not None else []
    return repeated or (bool(values) and any(len(seen.dataset.tables.get(each, ())) > 1 for each in others))


def _is_magnitude(value: Any) -> bool:
    return is_number(value) or isinstance(value, str | list | tuple)


def _size(value: Any) -> float:
    return float(len(value)) if isinstance(value, str | list | tuple) else abs(float(value))


class FanOut(ValueCause):
    """A join multiplies the rows that an aggregate takes."""

    code = "HH239"
    name = "join-multiplies-rows"
    documentation = Documentation(
        what="The aggregate runs over a join, which gives a row once for each partner; Python takes it once.",
        why="Counts and sums are too high as soon as a second partner exists.",
        limits="Reported where the subquery joins several tables, without DISTINCT or GROUP BY, and SQL's number is larger.",
        example="select(func.sum(Order.total)).join(Item).where(Order.customer_id == cls.id)",
        instead="Aggregate before joining, ask for the partner by EXISTS (`.any()`), or count DISTINCT.",
    )

    def explain_values(self, seen: Example, key: Key, python: Any, sql: Any) -> Explanation | None:
        """Where SQL has more of it, over a join of tables with several rows."""
        del key
        if not (_is_magnitude(python) and _is_magnitude(sql)) or _size(sql) <= _size(python):
            return None
        for query in seen.structure.subqueries:
            calls = [each for each in _aggregates(seen, query) if each.name in COUNTED and not each.distinct]
            tables = [each for each in query.tables if each in seen.dataset.tables]
            several = [each for each in tables if len(seen.dataset.tables[each]) > 1]
            if len(query.tables) < 2 or query.distinct or query.grouped or not calls or not several:  # noqa: PLR2004 - no join
                continue
            return (
                f"{values_shown(seen, python, sql)}: `{calls[0].brief}` runs over the join of {' and '.join(query.tables)}, in which a row comes "
                "once for each partner that it finds.",
                f"Ask for the partner by EXISTS (`.any()`) in place of the join, aggregate before joining, or take each once: "
                f"`func.{calls[0].name}({operand_written(seen, calls[0].operands[0]) if calls[0].operands else '...'}.distinct())`.",
            )
        return None


CERTAIN = (
    Volatile(),
    SetReturning(),
    AggregateOutside(),
    SeveralRows(),
    NoSuchOperator(),
    JoinReversed(),
    CorrelatedToAnother(),
    NotCorrelated(),
    JoinWithoutCondition(),
    NullSortedFirst(),
)
ORDER = (LimitWithoutOrder(), AggregateWithoutOrder())
LIKELY = (DuplicatesCounted(), FanOut())
