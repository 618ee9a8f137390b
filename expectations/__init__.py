"""The gate: what must be true of a warehouse before it is published, as Great Expectations suites in code.

Contains the expectations of each mart (`suites`), built with `vocabulary`; opening a candidate (`context`); running the
suites and writing the verdict (`gate`); and the page that shows it (`docs`). Not here: Dagster, publication, and
calculating figures. dbt tests check the tables while they are built; these suites check the file that is published.
"""
