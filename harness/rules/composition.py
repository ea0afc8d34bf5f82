"""Rules about the other positions: each must give what the plain select's values imply."""

from collections.abc import Iterator
from typing import ClassVar

from harness.core.finding import Family, Finding, Severity
from harness.core.observation import Answer, Example
from harness.core.outcome import Raised
from harness.rules.apart import position_example, rows_said
from harness.rules.base import Documentation, Rule
from harness.rules.causes import position_cause, position_difference

TIME_ZONE = "time zone "
TWICE = "group by, accessed twice"
UPDATE = "update"
MEANING = "42"
"""The class of PostgreSQL's codes for what a statement says: syntax, names, types, grouping."""
ALIASED = frozenset({"aliased", "self-join", "exists"})


class CompositionRule(Rule[Example]):
    """Reads the answers of an Example."""

    family: ClassVar[Family] = Family.COMPOSITION
    reads: ClassVar[type] = Example


def _left_behind(seen: Example, answer: Answer) -> bool:
    """Whether columns of the un-aliased class explain what this answer got wrong."""
    return answer.position in ALIASED and bool(seen.structure.own_table_under_alias)


def _explained(seen: Example, answer: Answer) -> bool:
    """Whether another rule tells why: the expression reads a table it doesn't join, or a cause that positions go wrong for."""
    return bool(seen.structure.foreign_tables) or position_cause(seen, answer)[0] is not None


class HardCodedClass(CompositionRule):
    """The class is named in the expression where `cls` was meant."""

    code = "HH301"
    name = "class-in-place-of-cls"
    documentation = Documentation(
        what="Under an alias the expression still reads the un-aliased class.",
        why="Each row of the alias gets another row's value, or the un-aliased table joins without a condition. SQLAlchemy does not warn when it happens inside a subquery.",
        limits="Reported for the aliased positions, where the values show it.",
        example="select(func.sum(Usage.cost)).where(Usage.tenant_id == Tenant.id)",
        instead="select(func.sum(Usage.cost)).where(Usage.tenant_id == cls.id)",
    )

    def judge(self, seen: Example) -> Iterator[Finding]:
        """One finding for the first aliased position that went wrong."""
        for answer in seen.answers:
            apart = position_difference(answer)
            if not _left_behind(seen, answer) or (apart is None and not isinstance(answer.outcome, Raised)):
                continue
            columns = ", ".join(seen.structure.own_table_under_alias)
            class_name = seen.hybrid.class_name
            yield self.finding(
                answer.position,
                f"Under aliased({class_name}), {seen.hybrid.name} still reads {columns} of the un-aliased class, so a row "
                f"gets another row's answer ({rows_said(answer, apart)}); SQLAlchemy gives no warning.",
                f"Write `cls` in place of `{class_name}` in the expression of {seen.hybrid.name}.",
                position_example(seen, answer, apart),
            )
            return


class DependsOnTimeZone(CompositionRule):
    """The value changes with the session's time zone."""

    code = "HH304"
    name = "depends-on-session-time-zone"
    documentation = Documentation(
        what="The plain select gives other values in a session of another time zone.",
        why="The same row is expired for one client and not for another; reports change with the server's configuration.",
        limits="Tried in America/New_York and Pacific/Kiritimati, for hybrids about dates and times.",
        example="cast(cls.created_at, Date) of a timestamp with time zone; a naive parameter compared with one",
        instead="func.timezone('UTC', cls.created_at) before taking it apart; aware parameters; func.now() with aware columns.",
    )

    def judge(self, seen: Example) -> Iterator[Finding]:
        """One finding for the first zone that makes a difference."""
        for answer in seen.answers:
            apart = position_difference(answer)
            if not answer.position.startswith(TIME_ZONE) or apart is None or position_cause(seen, answer)[0]:
                continue
            yield self.finding(
                answer.position,
                f"{seen.hybrid.name} depends on the session's time zone: in {answer.position.removeprefix(TIME_ZONE)}, "
                f"{rows_said(answer, apart)}.",
                "Fix the zone in the SQL: func.timezone('UTC', column) before taking dates or hours of it, intervals in hours "
                "rather than days, aware parameters in place of naive ones.",
                position_example(seen, answer, apart),
            )
            return


class PositionRefused(CompositionRule):
    """PostgreSQL refuses a position."""

    code = "HH302"
    name = "position-refused"
    documentation = Documentation(
        what="The plain select works, but PostgreSQL refuses the hybrid in another position.",
        why="The hybrid works until somebody filters, sorts or joins by it.",
        limits="The message is the server's.",
        example="a set-returning function, which WHERE does not take",
        instead="A correlated scalar subquery around it.",
    )

    def judge(self, seen: Example) -> Iterator[Finding]:
        """One finding for each complaint of the server, with all positions that it has it about."""
        refused: dict[str, list[Answer]] = {}
        for answer in seen.answers:
            if (
                _refuses_the_hybrid(answer)
                and not _left_behind(seen, answer)
                and not _explained(seen, answer)
            ):
                refused.setdefault(str(answer.outcome), []).append(answer)
        for first, *others in refused.values():
            assert isinstance(first.outcome, Raised)
            yield self.finding(
                first.position,
                f"{seen.hybrid.name} fails in the position {first.position!r}: {first.outcome}.",
                _way_out(first.outcome),
                position_example(seen, first, None),
                also=tuple(each.position for each in others),
            )


def _refuses_the_hybrid(answer: Answer) -> bool:
    """Whether the statement failed for what it says; an UPDATE may fail for what it is done to: a view, a trigger's rule."""
    if not isinstance(answer.outcome, Raised) or answer.position == TWICE:
        return False
    return answer.position != UPDATE or (answer.outcome.sqlstate or MEANING).startswith(MEANING)


def _way_out(outcome: Raised) -> str:
    if "auto-correlation" in outcome.message:
        return (
            "Where the query has the subquery's own table too, SQLAlchemy correlates that away as well: say what the subquery "
            "correlates to, `.correlate(cls)`, or read its table through aliased()."
        )
    return "Return a scalar expression that stands in any clause; a scalar subquery does."


class PositionDiffers(CompositionRule):
    """A position gives other rows than the plain select implies."""

    code = "HH303"
    name = "position-differs"
    documentation = Documentation(
        what="In some position the hybrid gives other rows than its own values in the plain select imply.",
        why="Filtering by the hybrid finds rows that don't show the value, or misses some that do.",
        limits="Rows are compared with multiplicity; the order by text is the collation's and not compared.",
        example="a volatile function, which differs between SELECT and WHERE",
        instead="An expression that depends on the row alone.",
    )

    def judge(self, seen: Example) -> Iterator[Finding]:
        """One finding with all positions whose rows differ."""
        differing = [
            (answer, apart)
            for answer in seen.answers
            if (apart := position_difference(answer)) is not None
            and not (
                _left_behind(seen, answer)
                or _explained(seen, answer)
                or answer.position.startswith(TIME_ZONE)
            )
        ]
        if not differing:
            return
        (answer, apart), *others = differing
        yield self.finding(
            answer.position,
            f"{seen.hybrid.name} means something else in the position {answer.position!r} than in the plain select: "
            f"{rows_said(answer, apart)}.",
            f"Look at the FROM clauses of the statement: what the expression of {seen.hybrid.name} reads must "
            "hang on `cls` alone (correlate explicitly with .correlate(cls)).",
            position_example(seen, answer, apart),
            also=tuple(each.position for each, _ in others),
        )


class AccessedTwice(CompositionRule):
    """Two accesses in one GROUP BY query are two expressions to PostgreSQL."""

    code = "HH306"
    name = "accessed-twice-in-group-by"
    severity: ClassVar[Severity] = Severity.INFO
    documentation = Documentation(
        what="select(M.h, count()).group_by(M.h) fails: each access of M.h builds its expression anew, with parameters and aliases of its own.",
        why="PostgreSQL compares the two expressions by what they say and finds them different, so the selected one is not grouped.",
        limits="True of every hybrid with a parameter or a subquery in its SQL, correct ones too.",
        example="select(M.h, func.count()).group_by(M.h)",
        instead="h = M.h.label('h'); select(h, func.count()).group_by(h): one access.",
    )

    def judge(self, seen: Example) -> Iterator[Finding]:
        """One finding where the server refused it."""
        for answer in seen.answers:
            if answer.position == TWICE and isinstance(answer.outcome, Raised):
                name = seen.hybrid.name
                yield self.finding(
                    answer.position,
                    f"select({name}, func.count()).group_by({name}) fails, since each access of {name} builds other SQL: "
                    f"{answer.outcome}.",
                    f"Access it once: `value = {name}.label({seen.hybrid.attribute!r})`, then "
                    "`select(value, func.count()).group_by(value)`.",
                )
