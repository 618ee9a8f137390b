"""How the words of a return are cleaned and compared, in SQL and, for the words of a contract, in Python.

Belongs here: names of columns inside the screening, spaces, case, conditions on labels. Does not belong
here: what a label means (`places`, `groups`, `measures`).
"""

from orchestration.contracts.model import CellRule
from orchestration.foundation.sql import literal, literals, sent_column

_SPACE = r"[\s\x{00A0}\x{200B}\x{FEFF}]+"
_SPACES = literal(" \t\r\n\u00a0\u200b\ufeff")


def clean(expression: str) -> str:
    """SQL for text without spaces (of any kind) around it; null where nothing is left."""
    return f"nullif(trim({expression}, {_SPACES}), '')"


def squeezed(expression: str) -> str:
    """SQL for text with single spaces between its words."""
    return f"trim(regexp_replace({expression}, '{_SPACE}', ' ', 'g'))"


def plain_label(expression: str) -> str:
    """SQL under which two spellings of a label are equal: spaces and case do not count."""
    return f"lower({squeezed(expression)})"


def plain(label: str) -> str:
    """The Python twin of `plain_label`, for the labels of a contract."""
    return " ".join(label.replace("\u200b", " ").replace("\ufeff", " ").split()).lower()


def condition(when: dict[str, list[str]], columns: dict[str, str] | None = None) -> str:
    """SQL that is true where each column has one of its labels; never null. `columns` says how a column is
    written, where it is not a `sent_column`."""
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
    """SQL that is true for the labels that a cell rule takes; never null. `columns` as for `condition`."""
    return condition(rule.when, columns) + (f" AND NOT ({condition(rule.unless, columns)})" if rule.unless else "")
