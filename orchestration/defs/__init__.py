"""The Dagster layer, thin: assets that call the rooms beside it.

Belongs here: assets, checks, jobs, schedules, sensors, resources. Does not belong here: anything that could
be tested without Dagster.
"""
