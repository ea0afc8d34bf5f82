"""Rules about evaluations that were stopped."""

from collections.abc import Iterator
from typing import ClassVar

from harness.core.finding import Family, Finding, Severity
from harness.core.observation import Example, LeftBehind, ProcessEnd, ServerLoss
from harness.core.outcome import Raised, TimedOut
from harness.rules.base import Documentation, Rule, counterexample


class EndlessSql(Rule[Example]):
    """The statement was stopped by the time limit."""

    code = "HH501"
    name = "sql-never-ends"
    family: ClassVar[Family] = Family.CONTAINMENT
    reads: ClassVar[type] = Example
    documentation = Documentation(
        what="A statement with the hybrid did not end within the time limit on a handful of rows.",
        why="One such row takes a server down: a recursive CTE with UNION ALL walks a circle for ever and fills the disk.",
        limits="Stopped at --timeout seconds; a slow server can be told apart by raising it.",
        example="UNION ALL over parent_id, on a row that is its own ancestor",
        instead="UNION over the ids alone: a row that came before is dropped, and the recursion ends.",
    )

    def judge(self, seen: Example) -> Iterator[Finding]:
        """One finding for the first statement that was stopped."""
        outcomes = [("select", seen.select), *((answer.position, answer.outcome) for answer in seen.answers)]
        for position, outcome in outcomes:
            if not isinstance(outcome, TimedOut):
                continue
            circle = seen.dataset.shape == "cycle"
            size = seen.dataset.size
            on = "a row that is its own ancestor" if circle else f"{size} row{'' if size == 1 else 's'}"
            recursion = seen.structure.union_all_recursion
            named = f" {recursion[0]}" if any(recursion[:1]) else ""
            because = f" Its recursive CTE{named} uses UNION ALL without a guard." if recursion else ""
            yield self.finding(
                position,
                f"The SQL of {seen.hybrid.name} never ends on {on}: stopped after {outcome.seconds:g} s.{because}",
                "Join the recursive part by UNION over the ids alone, so that a row seen before ends it."
                if recursion
                else "Look for a recursion or a join without a condition in the statement.",
                counterexample(seen.hybrid, seen.dataset, None, "-", outcome),
            )
            return


class EndlessPython(Rule[Example]):
    """The getter was stopped by the time limit."""

    code = "HH502"
    name = "python-never-ends"
    family: ClassVar[Family] = Family.CONTAINMENT
    reads: ClassVar[type] = Example
    documentation = Documentation(
        what="The getter did not end within the time limit on a handful of rows.",
        why="A request that touches such a row hangs its worker.",
        limits="Rows in a circle, which no CHECK forbids, are reported as a warning (HH503).",
        example="while node.parent: node = node.parent  # on a row that is its own parent",
        instead="Remember the rows seen, and stop at one that comes again.",
    )

    def judge(self, seen: Example) -> Iterator[Finding]:
        """One finding for the first instance that was stopped, on data without circles."""
        if seen.dataset.shape == "cycle":
            return
        for key, outcome in seen.python.items():
            if isinstance(outcome, TimedOut):
                yield self.finding(
                    "select",
                    f"The getter of {seen.hybrid.name} does not end: stopped after {outcome.seconds:g} s.",
                    "Look for a loop whose condition never turns false on this row.",
                    counterexample(seen.hybrid, seen.dataset, key, outcome, "-"),
                )
                return


class PythonOnCircles(Rule[Example]):
    """The getter does not end on rows in a circle, where the SQL side does."""

    code = "HH503"
    name = "python-endless-on-circle"
    family: ClassVar[Family] = Family.CONTAINMENT
    severity: ClassVar[Severity] = Severity.WARNING
    reads: ClassVar[type] = Example
    documentation = Documentation(
        what="On a row that is its own ancestor, which the schema allows, the getter recurses or loops without end.",
        why="One wrong UPDATE of a parent id hangs every page that shows the row.",
        limits="Made data: a row that refers to itself, a pair, a ring of three. A CHECK that forbids them ends the test.",
        example="return self.cost + sum(child.total for child in self.children)",
        instead="A loop with a set of the rows seen; or a CHECK or trigger that forbids circles.",
    )

    def judge(self, seen: Example) -> Iterator[Finding]:
        """One finding for the first instance, on data with circles only."""
        if seen.dataset.shape != "cycle":
            return
        for key, outcome in seen.python.items():
            recursed = isinstance(outcome, Raised) and "RecursionError" in outcome.kinds
            if not (recursed or isinstance(outcome, TimedOut)):
                continue
            yield self.finding(
                "select",
                f"The getter of {seen.hybrid.name} does not end on a row that is its own ancestor: {outcome}.",
                "Keep a set of the rows seen and stop at one that comes again, or forbid circles in the schema.",
                counterexample(seen.hybrid, seen.dataset, key, outcome, "-"),
            )
            return


class RecursionLimit(Rule[Example]):
    """The getter recurses deeper than Python allows."""

    code = "HH504"
    name = "python-recursion-limit"
    family: ClassVar[Family] = Family.CONTAINMENT
    severity: ClassVar[Severity] = Severity.INFO
    reads: ClassVar[type] = Example
    documentation = Documentation(
        what="The getter raises RecursionError on a chain of a thousand rows and more.",
        why="Data that deep is rare; where it occurs, the attribute can't be read.",
        limits="Tried on one chain only.",
        example="return 0 if self.parent is None else 1 + self.parent.depth",
        instead="A loop: while node.parent is not None: ...",
    )

    def judge(self, seen: Example) -> Iterator[Finding]:
        """One finding, on the chain."""
        if seen.dataset.shape != "chain":
            return
        for outcome in seen.python.values():
            if isinstance(outcome, Raised) and "RecursionError" in outcome.kinds:
                yield self.finding(
                    "select",
                    f"The getter of {seen.hybrid.name} raises {outcome.kind} on a chain of {_longest(seen)} rows.",
                    "Loop instead of recursing, if chains as long as this can occur.",
                )
                return


def _longest(seen: Example) -> int:
    return max((len(rows) for rows in seen.dataset.tables.values()), default=0)


class ChangesTheProcess(Rule[LeftBehind]):
    """Evaluating the hybrid changes what all code of a process shares."""

    code = "HH506"
    name = "changes-the-process"
    family: ClassVar[Family] = Family.CONTAINMENT
    severity: ClassVar[Severity] = Severity.WARNING
    reads: ClassVar[type] = LeftBehind
    documentation = Documentation(
        what="Evaluating the hybrid changes, each time, what all code of the process shares: the locale, the time zone, threads.",
        why="Reading an attribute changes the answers of code that has nothing to do with it, in an order that nobody sees.",
        limits="Once is forgiven, for a library that sets itself up; values that modules of the project keep are not looked at.",
        example='locale.setlocale(locale.LC_ALL, "de_DE.UTF-8"); return f"{self.amount:n}"',
        instead="What does it for one call, as babel's format_decimal(..., locale=...); or a `with` that puts it back.",
    )

    def judge(self, seen: LeftBehind) -> Iterator[Finding]:
        """One finding for all that was changed."""
        if seen.changes:
            yield self.finding(
                "select",
                f"Evaluating {seen.hybrid.name} leaves this behind in the process: {', '.join(seen.changes)}.",
                "Do without it, or undo it before the value is returned; for the other hybrids it was put back.",
            )


class ServerLost(Rule[ServerLoss]):
    """The connection to the server broke while the hybrid was evaluated."""

    code = "HH505"
    name = "server-lost"
    family: ClassVar[Family] = Family.CONTAINMENT
    reads: ClassVar[type] = ServerLoss
    documentation = Documentation(
        what="The connection to PostgreSQL broke while the hybrid was evaluated.",
        why="A statement that kills its backend, or fills memory or disk, takes other people's queries with it.",
        limits="What breaks once is tried again on a new connection: a server that is stopped from outside twice in a row, while the "
        "same hybrid is evaluated, looks the same.",
        example="pg_terminate_backend(pg_backend_pid()) in an expression",
        instead="Look at the server's log; then at what the statement asks of it.",
    )

    def judge(self, seen: ServerLoss) -> Iterator[Finding]:
        """One finding."""
        yield self.finding(
            "select",
            f"The connection to PostgreSQL broke while {seen.hybrid.name} was evaluated: {seen.message}.",
            "Run its SQL by hand and look at the server's log; the other hybrids were checked on a new connection.",
        )


class EndsTheProcess(Rule[ProcessEnd]):
    """The process ended while the hybrid was evaluated, or had to be killed."""

    code = "HH507"
    name = "ends-the-process"
    family: ClassVar[Family] = Family.CONTAINMENT
    reads: ClassVar[type] = ProcessEnd
    documentation = Documentation(
        what="The process ended while the hybrid was evaluated: it crashed in C, was told to exit at once, or never came back from a "
        "loop in C and had to be killed.",
        why="Reading the attribute takes a whole worker of the application down, and every request that it serves.",
        limits="The hybrid is named whose turn it was: a thread that another one left behind, or somebody who kills the process from "
        "outside, looks the same. Within pytest the session ends instead, which the next one says, or under -n the worker.",
        example="from os import _exit  # and _exit(1) in the getter; or sum(itertools.count())",
        instead="An exception, which a request can answer; a loop that has an end.",
    )

    def judge(self, seen: ProcessEnd) -> Iterator[Finding]:
        """One finding."""
        yield self.finding(
            "select",
            f"The process ended while {seen.hybrid.name} was evaluated: {seen.how}.",
            "Look for code in C, and for a loop in C without an end; the other hybrids were checked in another process.",
        )
