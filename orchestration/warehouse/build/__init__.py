"""The build: from screened submissions to the star schema in build.duckdb.

Contains the tables that dbt reads, the dbt run and its provenance. Not here: SQL of models (`dbt_project/`).
"""
