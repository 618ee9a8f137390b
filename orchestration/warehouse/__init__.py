"""Build, candidate, release: the way of the figures from dbt to their readers.

A candidate is a copy of the tables to publish (`store.candidate`), identified by its content (`store.fingerprint`),
validated by the gate (`store.verdict`), and becomes a release when one pointer moves (`publishing`). Not here: Dagster,
Great Expectations, and the meaning of figures.
"""
