"""What BI tools get beside the tables: metrics, and dashboards for Superset.

Belongs here: reading dbt's semantic layer, and writing `bi/superset` from it. Does not belong here: the definitions of
metrics (`dbt_project/models/semantic`), or how tools reach the tables (`orchestration.serving`).
"""
