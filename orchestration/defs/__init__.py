"""A thin Dagster layer, which calls the other packages.

Contains assets, checks, jobs, schedules, sensors and resources. Not here: anything that can be tested without Dagster.
"""
