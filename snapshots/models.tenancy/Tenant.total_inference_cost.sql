-- Tenant.total_inference_cost

SELECT
  tenants.id,
  CASE
    WHEN (tenants.id IS NOT NULL) THEN (
      WITH RECURSIVE subtree(id) AS (
        SELECT tenants.id AS id
        UNION
        SELECT children.id AS id
        FROM subtree
        JOIN LATERAL (
          SELECT child.id AS id
          FROM tenants AS child
          WHERE child.parent_id = subtree.id
          LIMIT ALL
          OFFSET 0
        ) AS children
          ON true
      )
      SELECT coalesce(sum(usage.inference_cost), 0) AS cost
      FROM ai_feature_usage AS usage
      WHERE usage.tenant_id = ANY (array((
        SELECT subtree.id
        FROM subtree
      )))
    )
  END AS total_inference_cost
FROM tenants

-- tables: ai_feature_usage, tenants
-- columns: ai_feature_usage.inference_cost, ai_feature_usage.tenant_id, tenants.id, tenants.parent_id
-- plan: at 500 rows: ai_feature_usage by index (tenant_id), for each row; tenants by index (parent_id), at each step; tenants whole, once
-- result type: numeric (SQLAlchemy Numeric)
-- SQL cost: linear in the rows
-- Python side: 3 statements for 1 row, 201 for 100
