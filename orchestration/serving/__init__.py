"""Releases for readers who do not speak DuckDB: a PostgreSQL server over the release in force.

Belongs here: what turns a release into what other programs read. Does not belong here: making or changing a release;
everything here can be thrown away and made again of the release files.
"""
