"""What every table, column, measure and code of a release means.

Belongs here: gathering it from dbt's manifest and the release itself, and the page that shows it. Does not belong here:
the descriptions (`dbt_project`, `contracts`).
"""
