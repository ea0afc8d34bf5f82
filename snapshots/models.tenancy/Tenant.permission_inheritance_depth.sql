-- Tenant.permission_inheritance_depth

SELECT
  tenants.id,
  CASE
    WHEN (tenants.id IS NOT NULL) THEN (
      WITH RECURSIVE lineage(id) AS (
        SELECT tenants.id AS id
        UNION
        SELECT parents.parent_id AS parent_id
        FROM lineage
        JOIN LATERAL (
          SELECT member.parent_id AS parent_id
          FROM tenants AS member
          WHERE
            member.id = lineage.id
            AND member.parent_id IS NOT NULL
          LIMIT ALL
          OFFSET 0
        ) AS parents
          ON true
      )
      SELECT count(*) - 1 AS depth
      FROM lineage
    )
  END AS permission_inheritance_depth
FROM tenants

-- tables: tenants
-- columns: tenants.id, tenants.parent_id
-- plan: at 500 rows: tenants by index (id), at each step; tenants whole, once
-- result type: bigint (SQLAlchemy Integer)
-- SQL cost: linear in the rows
-- Python side: 1 statement, however many rows
