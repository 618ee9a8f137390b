"""Metrics and Superset dashboards for BI tools.

Contains the reader of dbt's semantic layer and the writer of `bi/superset`. Not here: definitions of metrics
(`dbt_project/models/semantic`), and access to the tables (`orchestration.serving`).
"""
