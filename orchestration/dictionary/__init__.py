"""The dictionary of a release: the meaning of every table, column, measure and code.

Contains gathering it from dbt's manifest and the release itself, and the page that shows it. Not here: the descriptions
(`dbt_project`, `contracts`).
"""
