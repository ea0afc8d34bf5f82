"""Rules about what a hybrid stores."""

from collections.abc import Iterator
from typing import ClassVar

from harness.comparison import same
from harness.core.finding import Family, Finding, Severity
from harness.core.hybrid import Hybrid
from harness.core.observation import Translation, Write, Writes
from harness.core.outcome import Raised, Returned
from harness.rules.base import Documentation, Rule, counterexample, shown


class UpdateDiffersFromSetter(Rule[Writes]):
    """The bulk UPDATE stores something else than the setter."""

    code = "HH210"
    name = "update-differs-from-setter"
    family: ClassVar[Family] = Family.AGREEMENT
    reads: ClassVar[type] = Writes
    documentation = Documentation(
        what="Assigning a value to the attribute and update(Model).values({Model.h: value}) leave different columns behind.",
        why="The same change stores other data depending on how it was made.",
        limits="Values that the getter gave on other rows are tried; what the setter refuses is not compared.",
        example="setter: self.cents = round(value * 100); update_expression: [(cls.cents, value)]",
        instead="The same arithmetic in both.",
    )

    def judge(self, seen: Writes) -> Iterator[Finding]:
        """One finding for the first value that is stored differently."""
        for write in seen.writes:
            apart = _apart(write)
            if apart is None:
                continue
            setter, update = apart
            hybrid = seen.hybrid
            reason, hint = _unasked(seen) or ("", _as_the_setter(hybrid))
            yield self.finding(
                "bulk update",
                f"Set to {shown(write.value)}, {hybrid.name} stores {setter} by its setter and {update} by "
                f"update({hybrid.class_name}).values().{reason}",
                hint,
                counterexample(hybrid, seen.dataset, write.key, setter, update),
            )
            return


def _as_the_setter(hybrid: Hybrid) -> str:
    if hybrid.wiring.update_expression:
        return f"Make the update_expression of {hybrid.name} do what its setter does."
    return f"Give {hybrid.name} an update_expression that returns [(cls.column, value), ...] for all that its setter stores."


def _unasked(seen: Writes) -> tuple[str, str] | None:
    """Why SQLAlchemy asks no update_expression, if it doesn't, and what makes it ask."""
    hybrid, attribute = seen.hybrid, seen.attribute
    if attribute is None:
        return None
    return (
        f" On the class {hybrid.name} is {hybrid.class_name}.{attribute} and nothing more, so SQLAlchemy sets that and calls no "
        "update_expression.",
        f"Give {hybrid.name} an expression that is more than the attribute, `type_coerce(cls.{attribute}, cls.{attribute}.type)`, "
        "and an update_expression that does what its setter does.",
    )


def _apart(write: Write) -> tuple[str, str] | None:
    """The columns that differ, as each way left them."""
    if not isinstance(write.by_setter, Returned) or not isinstance(write.by_update, Returned):
        return None
    setter, update = write.by_setter.value, write.by_update.value
    names = [name for name in setter if not same(setter[name], update[name])]
    if not names:
        return None
    return tuple(", ".join(f"{name}={shown(row[name])}" for name in names) for row in (setter, update))  # type: ignore[return-value]


TAKEN = ("23505", "23P01")
"""PostgreSQL's unique_violation and exclusion_violation: another row has the value, which is no fault of the UPDATE."""


class UpdateRefused(Rule[Writes]):
    """The hybrid has a setter, but an UPDATE can't set it."""

    code = "HH211"
    name = "update-refused"
    family: ClassVar[Family] = Family.AGREEMENT
    severity: ClassVar[Severity] = Severity.WARNING
    reads: ClassVar[type] = Writes
    documentation = Documentation(
        what="The hybrid has a setter, but update(Model).values({Model.h: value}) fails.",
        why="Code that assigns the attribute works, and the bulk form of the same change does not.",
        limits="Only hybrids with a setter.",
        example="a setter without an update_expression, on a hybrid whose SQL is more than a column",
        instead="@h.inplace.update_expression that returns the columns and what they become.",
    )

    def judge(self, seen: Writes) -> Iterator[Finding]:
        """One finding for the first value that the setter took and the UPDATE did not."""
        for write in seen.writes:
            if not (isinstance(write.by_setter, Returned) and isinstance(write.by_update, Raised)):
                continue
            if write.by_update.sqlstate in TAKEN:
                continue
            hybrid = seen.hybrid
            yield self.finding(
                "bulk update",
                f"{hybrid.name} has a setter, but update({hybrid.class_name}).values({{{hybrid.name}: {shown(write.value)}}}) "
                f"fails: {write.by_update}.",
                f"Give {hybrid.name} an update_expression that returns [(cls.column, value), ...] as the setter stores it.",
                counterexample(hybrid, seen.dataset, write.key, "-", write.by_update),
            )
            return


class SetterUnderAnotherName(Rule[Translation]):
    """The setter hangs on a copy of the hybrid."""

    code = "HH701"
    name = "setter-under-another-name"
    family: ClassVar[Family] = Family.HYGIENE
    reads: ClassVar[type] = Translation
    documentation = Documentation(
        what="`@h.setter` decorates a function of another name, so the setter belongs to a copy of the hybrid under that name.",
        why="Assigning to the hybrid raises AttributeError; assigning to the copy works, and nobody knows it.",
        limits="Recognised by two descriptors on one class that share a getter.",
        example="@h.setter followed by def set_h(self, value)",
        instead="@h.inplace.setter, which keeps the name; or call the function h.",
    )

    def judge(self, seen: Translation) -> Iterator[Finding]:
        """One finding where another name has the setter."""
        hybrid = seen.hybrid
        if hybrid.setter_under is None:
            return
        yield self.finding(
            "class",
            f"{hybrid.name} can't be assigned: its setter was attached to {hybrid.class_name}.{hybrid.setter_under}, a copy "
            "of the hybrid under the name of the decorated function.",
            f"Decorate the function with `@{hybrid.attribute}.inplace.setter`, or call it {hybrid.attribute!r}.",
        )


class DefaultsDiffer(Rule[Translation]):
    """Called without arguments, the two sides of a method take different ones."""

    code = "HH703"
    name = "defaults-differ"
    family: ClassVar[Family] = Family.HYGIENE
    reads: ClassVar[type] = Translation
    documentation = Documentation(
        what="A parameter of a hybrid_method has one default in the getter and another in the expression.",
        why="`row.late()` and `where(Model.late())` ask two questions, and nobody sees it where they are asked.",
        limits="Defaults are compared as Python shows them; what the body makes of None is not followed, and a parameter that one side requires is none of it.",
        example="def late(self, days=30) and def _late(cls, days=14)",
        instead="One default for both, a constant that both signatures name.",
    )

    def judge(self, seen: Translation) -> Iterator[Finding]:
        """One finding that names the parameters."""
        apart = seen.hybrid.wiring.defaults_apart
        if not apart:
            return
        name = seen.hybrid.name
        told = "; ".join(
            f"{each.parameter} is {each.getter} in the getter and {each.expression} in the expression"
            for each in apart
        )
        yield self.finding(
            "class",
            f"{name}() asks two questions when it is called without arguments: {told}.",
            f"Give both functions of {name} the same default, a constant that both name.",
        )


class ExpressionUnderAnotherName(Rule[Translation]):
    """The expression hangs on a copy of the hybrid."""

    code = "HH702"
    name = "expression-under-another-name"
    family: ClassVar[Family] = Family.HYGIENE
    severity: ClassVar[Severity] = Severity.WARNING
    reads: ClassVar[type] = Translation
    documentation = Documentation(
        what="`@h.expression` decorates a function of another name, so the expression belongs to a copy of the hybrid under that name.",
        why="Queries with the hybrid have the SQL of its getter, and the copy has this hybrid's getter on its instances.",
        limits="Recognised by two descriptors on one class that share a getter.",
        example="@gross.expression followed by def net(cls)",
        instead="@net.inplace.expression, which keeps the name; or call the function as the hybrid is called.",
    )

    def judge(self, seen: Translation) -> Iterator[Finding]:
        """One finding where another name has the expression."""
        hybrid = seen.hybrid
        if hybrid.expression_under is None:
            return
        copy = f"{hybrid.class_name}.{hybrid.expression_under}"
        yield self.finding(
            "class",
            f"{hybrid.name} has no expression: the one written for it was attached to {copy}, a copy of the hybrid under the name "
            f"of the decorated function, which has the getter of {hybrid.name} on its instances.",
            f"Decorate the function with `@{hybrid.attribute}.inplace.expression`; if it is the expression of another hybrid, name "
            f"that one in the decorator.",
        )
