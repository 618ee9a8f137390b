"""Files as tables: what a file is, and its rows in DuckDB.

Contains format and encoding detection and readers. Not here: whether its columns are the agreed ones (`screening`).
"""
