"""The gate: what must be true of a warehouse before anybody reads it, as Great Expectations suites in code.

`suites` says what is expected of each mart, in the words of `vocabulary`; `context` opens a candidate for
Great Expectations; `gate` judges it and writes the verdict that publication demands; `docs` shows the verdict
to a person. Does not belong here: Dagster, publishing, and building any number. dbt tests prove the shape
while it is built; these suites prove the published content, from outside, on the very file that is published.
"""
