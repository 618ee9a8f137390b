"""How names and values from outside become SQL, in one place.

Belongs here: quoting, and the expressions that several rooms share. Does not belong here: queries.
"""

from collections.abc import Iterable


def ident(name: str) -> str:
    """A name as a quoted SQL identifier; quotation marks inside it are doubled."""
    return '"' + name.replace('"', '""') + '"'


def sent_column(name: str) -> str:
    """A contract's column as the tables of a screening name it: apart from every column of their own."""
    return ident(f"sent: {name}")


def literal(value: object) -> str:
    """A Python value as a SQL literal: None, bool, int, float, a list of these, or text."""
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
    """Values as a comma-separated list of SQL literals, without brackets."""
    return ", ".join(literal(value) for value in values)


def values(rows: Iterable[Iterable[object]]) -> str:
    """Rows of Python values as the list after VALUES. Parameters would do the same, but the first one bound in a
    process makes DuckDB import pandas, which takes longer than most queries."""
    return ", ".join(f"({literals(row)})" for row in rows)


def slug(expression: str) -> str:
    """SQL that turns text into a code: lower case, runs of anything else become one underscore."""
    return f"trim(regexp_replace(lower({expression}), '[^a-z0-9]+', '_', 'g'), '_')"


def plain_name(expression: str) -> str:
    """SQL under which two spellings of one place are equal: case, `&`, punctuation and `the` do not count."""
    without_signs = f"regexp_replace(replace(lower({expression}), '&', ' and '), '[^a-z0-9]+', ' ', 'g')"
    return f"trim(regexp_replace(' ' || {without_signs} || ' ', ' (the) ', ' ', 'g'))"
