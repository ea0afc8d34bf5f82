"""A kept finding as a pytest file that needs the models and a session, and nothing of the harness."""

import re

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
LAZY = """from sqlalchemy import select
from sqlalchemy.orm import lazyload"""
ALIASED = """from collections import Counter

from sqlalchemy import inspect, select
from sqlalchemy.orm import aliased, lazyload"""
IMPORTS = {"select": LAZY, "where": LAZY, "aliased": ALIASED}
BODIES = {
    "select": """    statement = select({class_name}, {class_name}.{attribute}).options(lazyload("*"))
    for instance, value in session.execute(statement):
        assert instance.{attribute} == value
""",
    "aliased": """    other = aliased({class_name})
    plain = session.execute(select({class_name}, {class_name}.{attribute}).options(lazyload("*")))
    under_alias = session.execute(select(other, other.{attribute}).options(lazyload("*")))
    expected = Counter((inspect(each).identity, repr(value)) for each, value in plain)
    assert Counter((inspect(each).identity, repr(value)) for each, value in under_alias) == expected
""",
    "where": """    plain = select({class_name}).options(lazyload("*"))
    instances = session.scalars(plain).all()
    for value in [instance.{attribute} for instance in instances]:
        found = session.scalars(plain.where({class_name}.{attribute} == value)).all()
        same = [instance for instance in instances if instance.{attribute} == value]
        assert sorted(found, key=id) == sorted(same, key=id)
""",
}


def test_source(kept: KeptFinding) -> str:
    """The file's text. Raises UsageProblem for a position that a test of a few lines can't show."""
    address = kept.address
    class_name, _, attribute = address.hybrid.rpartition(".")
    if address.position not in BODIES:
        raise UsageProblem(
            f"{address} can't be written as a test.",
            where="--emit",
            hint=f"Findings in the positions {', '.join(BODIES)} can; `replay` runs any.",
        )
    names = {
        "address": address,
        "imports": IMPORTS[address.position],
        "message": kept.message.replace('"""', "'''").replace("\\", "\\\\"),
        "module": kept.module,
        "root": class_name.partition(".")[0],
        "rows": "\n".join(f"    {statement!r}," for statement in kept.statements),
        "name": re.sub(r"\W+", "_", f"{address.hybrid}_{address.rule}").lower(),
        "class_name": class_name,
        "attribute": attribute,
    }
    return (HEAD + BODIES[address.position]).format(**names)
