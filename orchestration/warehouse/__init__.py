"""Build, candidate, release: everything that happens to the numbers between dbt and their readers.

Only `connection` opens DuckDB. A candidate is a copy of what may be published (`candidate`), named by what
it says (`fingerprint`), judged from outside (`verdict`), and becomes a release by one move of a pointer
(`release`). Does not belong here: Dagster, Great Expectations, and the meaning of any number.
"""
