"""Files as tables: the type of a file, and its rows in DuckDB.

Contains detection of formats and encodings, and readers. Not here: comparing columns with the contract (`screening`).
"""
