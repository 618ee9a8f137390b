"""The current release on a PostgreSQL server, for programs that cannot open DuckDB files.

Contains copying a release to the server and access to it. Not here: creating or changing a release. The server can be
deleted and recreated from the release files at any time.
"""
