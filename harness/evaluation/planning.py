"""What the planner is told of tables for a plan that is to be the same on any server: their rows, and nothing of their values."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import Connection

_STATEMENTS: Final = """
WITH given AS (SELECT CAST(name AS regclass) AS oid FROM unnest(CAST(%(names)s AS text[])) AS name),
    tables AS (
        SELECT class.oid FROM pg_catalog.pg_class AS class
        WHERE class.relkind = 'r' AND class.oid IN (
            SELECT given.oid FROM given
            UNION ALL
            SELECT part.relid FROM given CROSS JOIN LATERAL pg_catalog.pg_partition_tree(given.oid) AS part
        )
    )
SELECT format('ALTER TABLE %%s SET (fillfactor = 10)', tables.oid::regclass) FROM tables
UNION ALL
SELECT format('ALTER TABLE %%s ALTER COLUMN %%I SET STATISTICS 0', tables.oid::regclass, attname)
FROM tables JOIN pg_catalog.pg_attribute ON attrelid = tables.oid AND attnum > 0 AND NOT attisdropped
UNION ALL
SELECT format('ALTER INDEX %%s ALTER COLUMN %%s SET STATISTICS 0', indexrelid::regclass, attnum)
FROM tables
JOIN pg_catalog.pg_index ON indrelid = tables.oid
JOIN pg_catalog.pg_attribute ON attrelid = indexrelid AND indkey[attnum - 1] = 0
"""


def without_statistics(connection: Connection, names: Sequence[str]) -> list[str]:
    """Statements after which rows that are put into the tables are few to a page, and ANALYZE counts them but no values.

    The planner then takes its defaults for how many rows a condition finds, far from where an index is as dear as reading the
    whole table; on that border versions differ, and so do rows. ``names`` are quoted where they must be.
    """
    return list(connection.exec_driver_sql(_STATEMENTS, {"names": list(names)}).scalars())
