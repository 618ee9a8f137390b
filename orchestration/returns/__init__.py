"""From bytes that arrived to observations that may be trusted.

Belongs here: connectors, landing, reading, screening, the long table of observations. Does not belong
here: what the numbers mean through time (dbt), and Dagster.
"""
