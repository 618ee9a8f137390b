"""How labels are cleaned and compared: those of a return in SQL, those of a contract in Python.

Contains spaces, case and conditions on labels. Not here: what a label means (`meaning`).
"""

from orchestration.contracts.model import CellRule
from orchestration.foundation.sql import literal, literals, sent_column

_SPACE = r"[\s\x{00A0}\x{200B}\x{FEFF}]+"
_SPACES = literal(" \t\r\n\u00a0\u200b\ufeff")


def clean(expression: str) -> str:
    """Return SQL for text without spaces of any kind around it; null if it is blank."""
    return f"nullif(trim({expression}, {_SPACES}), '')"


def squeezed(expression: str) -> str:
    """Return SQL for text with single spaces between its words."""
    return f"trim(regexp_replace({expression}, '{_SPACE}', ' ', 'g'))"


def plain_label(expression: str) -> str:
    """Return SQL for a label as it is compared: spaces and case make no difference."""
    return f"lower({squeezed(expression)})"


def plain(label: str) -> str:
    """Return a label of a contract as `plain_label` does in SQL."""
    return " ".join(label.replace("\u200b", " ").replace("\ufeff", " ").split()).lower()


def condition(when: dict[str, list[str]], columns: dict[str, str] | None = None) -> str:
    """Return SQL that is true if each column has one of its labels, and never null. `columns` gives the SQL of a column
    that is not a `sent_column`."""
    tests = []
    for column, labels in when.items():
        text = columns[column] if columns is not None else sent_column(column)
        filled = [label for label in map(plain, labels) if label]
        test = f"coalesce({plain_label(text)} IN ({literals(filled)}), false)" if filled else "false"
        if len(filled) < len(labels):
            test = f"({test} OR {text} IS NULL)"
        tests.append(test)
    return " AND ".join(tests) or "true"


def taken(rule: CellRule, columns: dict[str, str] | None = None) -> str:
    """Return SQL that is true for the labels of a cell rule, and never null; `columns` as in `condition`."""
    return condition(rule.when, columns) + (f" AND NOT ({condition(rule.unless, columns)})" if rule.unless else "")
