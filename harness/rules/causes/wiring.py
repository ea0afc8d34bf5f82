"""Causes in how the getter and the expression are attached to each other and to the classes."""

from collections.abc import Iterator
from typing import Any, ClassVar

from harness.core.expression import Override
from harness.core.finding import Family, Finding, Severity
from harness.core.observation import Example, Key, Translation
from harness.core.outcome import Unevaluated
from harness.rules.base import Documentation, Rule
from harness.rules.cause import Explanation, ValueCause, own_row, values_shown


class ParentExpressionKept(ValueCause):
    """A subclass has a getter of its own and its parent's expression."""

    code = "HH220"
    name = "parent-expression-kept"
    documentation = Documentation(
        what="A subclass replaces the getter, by @Parent.h.getter, and keeps the expression that was written for the parent's.",
        why="Instances of the subclass compute one thing, queries on it another.",
        limits="Seen where the very same expression function stands beside two getters.",
        example="@Employee.bonus.getter\ndef bonus(self): return self.pay * 2",
        instead="Define the hybrid anew in the subclass, with a getter and an expression of its own.",
    )

    def explain_values(self, seen: Example, key: Key, python: Any, sql: Any) -> Explanation | None:
        """Where the expression is the parent's."""
        del key
        parent, hybrid = seen.hybrid.wiring.expression_of, seen.hybrid
        if parent is None:
            return None
        return (
            f"{values_shown(seen, python, sql)}: {hybrid.class_name} has a getter of its own, and the expression is still that "
            f"of {parent}.{hybrid.attribute}, which was written for another getter.",
            f"Give {hybrid.class_name} an expression that does what its getter does: `@{hybrid.attribute}.inplace.expression` "
            f"with `@classmethod`, under a `@hybrid_property` of its own in place of `@{parent}.{hybrid.attribute}.getter`.",
        )


class OverriddenInSubclass(ValueCause):
    """Python dispatches to the subclass, SQL does not."""

    code = "HH221"
    name = "overridden-in-subclass"
    documentation = Documentation(
        what="A subclass defines the hybrid anew, so its rows have the subclass's value in Python and the base class's in a query on the base class.",
        why="select(Base.h) computes one formula for all rows, whichever class they are of.",
        limits="Reported on rows whose discriminator is one of the subclass's.",
        example="class Boss(Employee): a hybrid bonus that returns self.pay * 2, where Employee.bonus returns self.pay",
        instead='case((cls.kind == "boss", cls.pay * 2), else_=cls.pay) as the expression of Employee.bonus',
    )

    def explain_values(self, seen: Example, key: Key, python: Any, sql: Any) -> Explanation | None:
        """Where the row is of a class that overrides."""
        override = _override(seen, key)
        if override is None:
            return None
        hybrid = seen.hybrid
        column = (hybrid.wiring.discriminator or "").rpartition(".")[2]
        return (
            f"{values_shown(seen, python, sql)}: the row is a {override.class_name}, which defines {hybrid.attribute} anew. "
            f"Python calls {override.class_name}.{hybrid.attribute}; select({hybrid.name}) has the SQL of {hybrid.class_name} for "
            "all rows.",
            f"Let the expression of {hybrid.name} tell the classes apart: "
            f"`case((cls.{column}.in_({list(override.identities)!r}), ...), else_=...)`.",
        )


def _override(seen: Example, key: Key) -> Override | None:
    wiring = seen.hybrid.wiring
    row = own_row(seen, key)
    if wiring.discriminator is None or wiring.discriminator not in row:
        return None
    identity = row[wiring.discriminator]
    return next((each for each in wiring.overrides if identity in each.identities), None)


class ExpressionIgnored(ValueCause):
    """The class answers with another expression than the one attached last."""

    code = "HH223"
    name = "expression-attached-too-late"
    documentation = Documentation(
        what="An expression was attached by .inplace after the class-level attribute had been used, and SQLAlchemy keeps what it had built then.",
        why="The expression in the source is never called; queries have the SQL of the getter.",
        limits="Seen where calling the expression by hand gives other SQL than the class does.",
        example="hasattr(User, 'label'); vars(User)['label'].inplace.expression(label_sql)  # too late",
        instead="Attach the expression in the class body, or before anything reads User.label.",
    )

    def explain_values(self, seen: Example, key: Key, python: Any, sql: Any) -> Explanation | None:
        """Where the structure says so."""
        del key
        if not seen.structure.expression_ignored:
            return None
        hybrid = seen.hybrid
        return (
            f"{values_shown(seen, python, sql)}: the expression of {hybrid.name} is never called. It was attached after "
            f"{hybrid.name} had been used on the class, and SQLAlchemy keeps the SQL that it built then.",
            f"Write the expression in the class body, with `@{hybrid.attribute}.inplace.expression`, so that it is there before "
            f"anything reads {hybrid.name}.",
        )


class SqlOnInstance(ValueCause):
    """The getter gives SQL where an instance has a value."""

    code = "HH227"
    name = "sql-on-instance"
    documentation = Documentation(
        what="On an instance the getter returns SQL, not a value.",
        why="Code that shows, compares or computes with the attribute gets an expression; `if obj.h` raises.",
        limits="Whether it happens may depend on what ran before: the class keeps what a getter stores on `self` while it runs on the class.",
        example="if not hasattr(self, '_area'):\n    self._area = self.width * self.depth\nreturn self._area",
        instead="return self.width * self.depth; or keep the result where no class has it, in self.__dict__, under an expression of its own",
    )

    def explain_values(self, seen: Example, key: Key, python: Any, sql: Any) -> Explanation | None:
        """Where that came of it."""
        del key
        if not isinstance(python, Unevaluated):
            return None
        hybrid = seen.hybrid
        kept = {"hasattr", "getattr", "setattr"} & hybrid.python.names
        return (
            f"{values_shown(seen, python, sql)}: the getter of {hybrid.name} returns SQL on an instance, "
            + (
                f"which it finds on the class. Without an expression it runs on the class too, and what it stores on `self` there is found on "
                f"{hybrid.class_name} by every instance."
                if kept
                else "such as a select() that it builds and never runs."
            ),
            f"Give {hybrid.name} an expression, so that its getter runs on instances only, or store nothing on `self` in it."
            if kept
            else "Return a value from the getter: compute it from the instance's attributes, or run the statement in "
            "`object_session(self)`.",
        )


class ComparatorHidesExpression(Rule[Translation]):
    """There are a comparator and an expression, of which SQLAlchemy takes the comparator."""

    code = "HH222"
    name = "comparator-hides-expression"
    family: ClassVar[Family] = Family.AGREEMENT
    severity: ClassVar[Severity] = Severity.WARNING
    reads: ClassVar[type] = Translation
    documentation = Documentation(
        what="The hybrid has both a comparator and an expression; SQLAlchemy never calls the expression.",
        why="select(M.h), ORDER BY and arithmetic have the comparator's plain column, not the SQL that the expression says.",
        limits="Read from the descriptor, whatever the values are.",
        example="@h.inplace.comparator returning CaseInsensitive(cls.word), and @h.inplace.expression returning func.lower(cls.word)",
        instead="The comparator alone, around what the expression says: CaseInsensitive(func.lower(cls.word))",
    )

    def judge(self, seen: Translation) -> Iterator[Finding]:
        """One finding where both are set."""
        wiring, hybrid = seen.hybrid.wiring, seen.hybrid
        if not (wiring.comparator and wiring.expression):
            return
        yield self.finding(
            "class",
            f"{hybrid.name} has a comparator and an expression, and SQLAlchemy takes the comparator: the expression is never "
            f"called, so select({hybrid.name}) gives what the comparator is built on.",
            f"Remove one of them; let the comparator of {hybrid.name} be built on what its expression says.",
        )


CAUSES = (SqlOnInstance(), ParentExpressionKept(), ExpressionIgnored(), OverriddenInSubclass())
