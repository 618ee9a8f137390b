"""Quoting of names and values in SQL.

Contains quoting, and expressions that several packages share. Not here: queries.
"""

from collections.abc import Iterable


def ident(name: str) -> str:
    """Return a name as a quoted SQL identifier, with quotation marks in it doubled."""
    return '"' + name.replace('"', '""') + '"'


def sent_column(name: str) -> str:
    """Return the name of a contract's column in screening tables, which differs from all of their own columns."""
    return ident(f"sent: {name}")


def literal(value: object) -> str:
    """Return a Python value as a SQL literal: None, bool, int, float, a list of these, or text."""
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, list):
        return "[" + literals(value) + "]"
    return "'" + str(value).replace("'", "''") + "'"


def literals(values: Iterable[object]) -> str:
    """Return values as a comma-separated list of SQL literals, without brackets."""
    return ", ".join(literal(value) for value in values)


def values(rows: Iterable[Iterable[object]]) -> str:
    """Return rows of Python values as the list after VALUES.

    Parameters would do the same, but the first one bound in a process makes DuckDB import pandas, which takes longer
    than most queries.
    """
    return ", ".join(f"({literals(row)})" for row in rows)


def slug(expression: str) -> str:
    """Return SQL that turns text into a code: lower case, with each run of other characters as one underscore."""
    return f"trim(regexp_replace(lower({expression}), '[^a-z0-9]+', '_', 'g'), '_')"


def plain_name(expression: str) -> str:
    """Return SQL that makes different spellings of one location equal: it ignores case, punctuation and `the`."""
    words = f"regexp_replace(replace(lower({expression}), '&', ' and '), '[^a-z0-9]+', ' ', 'g')"
    return f"trim(regexp_replace(' ' || {words} || ' ', ' (the) ', ' ', 'g'))"
