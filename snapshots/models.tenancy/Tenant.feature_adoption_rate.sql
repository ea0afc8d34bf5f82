-- Tenant.feature_adoption_rate

SELECT
  tenants.id,
  CASE
    WHEN (tenants.id IS NOT NULL) THEN CAST((
      SELECT count(DISTINCT own_usage.feature_name) FILTER (WHERE own_usage.feature_name IN (
        'anomaly_detection',
        'chat_assistant',
        'churn_prediction',
        'code_completion',
        'document_summary',
        'image_generation',
        'semantic_search',
        'sentiment_analysis',
        'speech_transcription'
      )) AS adopted
      FROM ai_feature_usage AS own_usage
      WHERE own_usage.tenant_id = tenants.id
    ) AS DOUBLE PRECISION) / CAST(9.0 AS DOUBLE PRECISION)
  END AS feature_adoption_rate
FROM tenants

-- tables: ai_feature_usage, tenants
-- columns: ai_feature_usage.feature_name, ai_feature_usage.tenant_id, tenants.id
-- plan: at 500 rows: ai_feature_usage by index (tenant_id), for each row; tenants whole, once
-- result type: double precision (SQLAlchemy Double)
-- SQL cost: linear in the rows
-- Python side: 2 statements for 1 row, 101 for 100
