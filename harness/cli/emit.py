"""A kept finding as a pytest file that needs the models and a session, and nothing of the harness."""

import re

from harness.core.errors import UsageProblem
from harness.engine.kept_findings import KeptFinding

HEAD = '''"""{address}

{message}

`session` is a fixture of yours: a Session on an empty PostgreSQL database that has the tables.
"""

from sqlalchemy import select
from sqlalchemy.orm import aliased

from {module} import {root}

ROWS = [
{rows}
]


def test_{name}(session):
    connection = session.connection()
    for statement in ROWS:
        connection.exec_driver_sql(statement, execution_options={{"no_parameters": True}})
    instances = session.scalars(select({class_name})).unique().all()
    python = [instance.{attribute} for instance in instances]
'''
BODIES = {
    "select": """    identities = [{identity} for instance in instances]
    sql = {{tuple(row[:-1]): row[-1] for row in session.execute(select({keys}, {class_name}.{attribute}))}}
    assert python == [sql[identity] for identity in identities]
""",
    "aliased": """    plain = session.execute(select({keys}, {class_name}.{attribute})).all()
    other = aliased({class_name})
    assert python is not None
    assert sorted(session.execute(select({other_keys}, other.{attribute})).all()) == sorted(plain)
""",
    "where": """    for value in python:
        found = session.scalars(select({class_name}).where({class_name}.{attribute} == value)).unique().all()
        assert found == [each for each, own in zip(instances, python, strict=True) if own == value]
""",
}


def test_source(kept: KeptFinding) -> str:
    """The file's text. Raises UsageProblem for a position that a test of a few lines can't show."""
    address = kept.address
    class_name, _, attribute = address.hybrid.rpartition(".")
    if address.position not in BODIES or kept.instance is None:
        raise UsageProblem(
            f"{address} can't be written as a test.",
            where="--emit",
            hint=f"Findings on a row in the positions {', '.join(BODIES)} can; `replay` runs any.",
        )
    keys = tuple(kept.instance)
    rows = "\n".join(f"    {statement!r}," for statement in kept.statements)
    names = {
        "address": address,
        "message": kept.message.replace('"""', "'''").replace("\\", "\\\\"),
        "module": kept.module,
        "root": class_name.partition(".")[0],
        "rows": rows,
        "name": re.sub(r"\W+", "_", f"{address.hybrid}_{address.rule}").lower(),
        "class_name": class_name,
        "attribute": attribute,
        "keys": ", ".join(f"{class_name}.{key}" for key in keys),
        "other_keys": ", ".join(f"other.{key}" for key in keys),
        "identity": f"({', '.join(f'instance.{key}' for key in keys)},)",
    }
    text = (HEAD + BODIES[address.position]).format(**names)
    return text if "aliased(" in text else text.replace("from sqlalchemy.orm import aliased\n", "")
