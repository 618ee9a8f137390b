"""Returns: from files that arrive to checked observations.

Contains connectors, landing, reading, screening and the long table of observations. Not here: versions of figures over
time (dbt), and Dagster.
"""
