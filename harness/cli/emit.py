"""A kept finding as a pytest file that needs the models and a session, and nothing of the harness."""

import re
from dataclasses import dataclass

from harness.core.errors import UsageProblem
from harness.engine.kept_findings import KeptFinding

HEAD = '''"""{address}

{message}

`session` is a fixture of yours: a Session on an empty PostgreSQL database that has the tables.
"""

{imports}

from {module} import {root}

ROWS = [
{rows}
]


def test_{name}(session):
    connection = session.connection()
    for statement in ROWS:
        connection.exec_driver_sql(statement, execution_options={{"no_parameters": True}})
'''
KEYED = """
    def key_of(entity):
        mapper = inspect({class_name})
        return [getattr(entity, mapper.get_property_by_column(column).key) for column in mapper.primary_key]

    def rows_of(entity):
        return select(*key_of(entity), entity.{attribute}.label("value"))

    plain = session.execute(rows_of({class_name})).all()
"""
ALIKE = "assert Counter(map(repr, found)) == Counter(map(repr, expected))\n"


@dataclass(frozen=True, slots=True)
class Body:
    """What a test of one position runs. ``core`` and ``orm`` are the names that it uses of SQLAlchemy."""

    text: str
    core: tuple[str, ...] = ()
    orm: tuple[str, ...] = ()
    counts: bool = True

    @property
    def imports(self) -> str:
        """The import statements."""
        orm = f"\nfrom sqlalchemy.orm import {', '.join(self.orm)}" if self.orm else ""
        counter = "from collections import Counter\n\n" if self.counts else ""
        return f"{counter}from sqlalchemy import {', '.join(sorted(self.core, key=str.lower))}{orm}"


def _keyed(
    statement: str,
    expected: str = "plain",
    *core: str,
    orm: tuple[str, ...] = (),
    before: str = "",
) -> Body:
    """The rows of ``statement``, whatever their order, against what the plain select's rows imply."""
    text = f"{KEYED}{before}    found = session.execute({statement}).all()\n    expected = {expected}\n    {ALIKE}"
    return Body(text, ("inspect", "select", *core), orm)


def _for_values(before: str, statement: str, *core: str, orm: tuple[str, ...] = ()) -> Body:
    """The same for each value that the plain select gave."""
    text = f"""{KEYED}{before}    for value in [row[-1] for row in plain if row[-1] is not None]:
        found = session.execute({statement}).all()
        expected = [row[:-1] for row in plain if row[-1] == value]
        {ALIKE}"""
    return Body(text, ("inspect", "select", *core), orm)


def _where(criterion: str, value: str, *core: str) -> Body:
    found = f"select(*key_of({{class_name}})).where({criterion})"
    return _keyed(found, f"[row[:-1] for row in plain if row[-1] is {value}]", *core)


HYBRID = "{class_name}.{attribute}"
GROUPS = "list(Counter(row[-1] for row in plain).items())"
BODIES = {
    "select": Body(
        """    statement = select({class_name}, {class_name}.{attribute}).options(lazyload("*"))
    for instance, value in session.execute(statement):
        assert instance.{attribute} == value
""",
        ("select",),
        ("lazyload",),
        counts=False,
    ),
    "where": Body(
        """    plain = select({class_name}).options(lazyload("*"))
    instances = session.scalars(plain).all()
    for value in [instance.{attribute} for instance in instances]:
        found = session.scalars(plain.where({class_name}.{attribute} == value)).all()
        same = [instance for instance in instances if instance.{attribute} == value]
        assert sorted(found, key=id) == sorted(same, key=id)
""",
        ("select",),
        ("lazyload",),
        counts=False,
    ),
    "where true": _where(HYBRID, "True"),
    "where not": _where(f"not_({HYBRID})", "False", "not_"),
    "where ~": _where(f"~{HYBRID}", "False"),
    "where is null": _where(f"{HYBRID}.is_(None)", "None"),
    "order by": Body(
        KEYED
        + """    key = key_of({class_name})
    found = session.execute(select(*key).order_by({class_name}.{attribute}, *key)).all()
    values = dict((tuple(row[:-1]), row[-1]) for row in plain)
    in_order = [values[tuple(row)] for row in found]
    known = [value for value in in_order if value is not None]
    assert len(found) == len(plain)
    assert in_order[: len(known)] == known, "NULL comes last"
    if not any(isinstance(value, str) for value in known):  # text is in the order of a collation
        assert known == sorted(known)
""",
        ("inspect", "select"),
        counts=False,
    ),
    "aliased": _keyed("rows_of(aliased({class_name}))", orm=("aliased",)),
    "self-join": _keyed(
        "values.select_from(left).join(right, true())",
        "[(*a[:-1], *b[:-1], a[-1], b[-1]) for a in plain for b in plain]",
        "true",
        orm=("aliased",),
        before="""    left, right = aliased({class_name}), aliased({class_name})
    values = select(*key_of(left), *key_of(right), left.{attribute}, right.{attribute})
""",
    ),
    "subquery": _keyed("select(rows_of({class_name}).subquery())"),
    "cte": _keyed("select(rows_of({class_name}).cte())"),
    "exists": _for_values(
        """    other = aliased({class_name})
    key = key_of({class_name})
    same_row = [left == right for left, right in zip(key_of(other), key)]
""",
        "select(*key).where(exists().where(*same_row, other.{attribute} == value))",
        "exists",
        orm=("aliased",),
    ),
    "group by": _keyed(
        f'select({HYBRID}.label("grouped"), func.count()).select_from({{class_name}}).group_by("grouped")',
        GROUPS,
        "func",
    ),
    "group by, accessed twice": _keyed(
        f"select({HYBRID}, func.count()).select_from({{class_name}}).group_by({HYBRID})", GROUPS, "func"
    ),
    "having": _keyed(
        f"select(*key_of({{class_name}})).group_by(*key_of({{class_name}})).having(func.count({HYBRID}) > 0)",
        "[row[:-1] for row in plain if row[-1] is not None]",
        "func",
    ),
    "with_polymorphic": _keyed('rows_of(with_polymorphic({class_name}, "*"))', orm=("with_polymorphic",)),
    "update": _for_values(
        """    columns = [each for each in {class_name}.__table__.columns if each.computed is None and each.identity is None]
    column = min(columns, key=lambda each: each.primary_key)
    unchanged = update({class_name}).values({{column: column}}).returning(*key_of({class_name}))
""",
        f"unchanged.where({HYBRID} == value).execution_options(synchronize_session=False)",
        "update",
    ),
}
ENDINGS = {
    "joined to ": _keyed("rows_of({class_name}).outerjoin({class_name}.{ending}).distinct()"),
    "time zone ": _keyed(
        "rows_of({class_name})",
        "plain",
        "text",
        before="    session.execute(text(\"SET LOCAL TIME ZONE '{ending}'\"))\n",
    ),
}
"""Positions whose names end in a relationship or a time zone."""


def test_source(kept: KeptFinding) -> str:
    """The file's text. Raises UsageProblem for a position that is no place in a query."""
    address = kept.address
    class_name, _, attribute = address.hybrid.rpartition(".")
    body, ending = _body(address.position)
    if body is None:
        raise UsageProblem(
            f"{address} can't be written as a test.",
            where="--emit",
            hint=f"Findings about a place in a query can, such as {', '.join(list(BODIES)[:3])}; `replay` runs any.",
        )
    names = {
        "address": address,
        "imports": body.imports,
        "message": kept.message.replace('"""', "'''").replace("\\", "\\\\"),
        "module": kept.module,
        "root": class_name.partition(".")[0],
        "rows": "\n".join(f"    {statement!r}," for statement in kept.statements),
        "name": re.sub(r"\W+", "_", f"{address.hybrid}_{address.rule}").lower(),
        "class_name": class_name,
        "attribute": attribute,
        "ending": ending,
    }
    return (HEAD + body.text).format(**names)


def _body(position: str) -> tuple[Body | None, str]:
    """The body for a position, and what its name ends in."""
    for beginning, body in ENDINGS.items():
        if position.startswith(beginning):
            return body, position.removeprefix(beginning)
    return BODIES.get(position), ""
