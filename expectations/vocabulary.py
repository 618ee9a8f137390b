"""The vocabulary of suites: functions that each build one expectation of Great Expectations with a named rule.

Contains the functions that all suites share. Not here: expectations of a particular mart (`suites`).

Great Expectations is imported inside the functions, because the import takes seconds and only the gate needs it.
Patterns and joins, which it cannot do in DuckDB, are written in SQL. The name and description of a rule are in `meta`;
its severity decides whether a failure stops publication (`critical`) or is only reported.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

from orchestration.foundation.sql import literal

if TYPE_CHECKING:
    from great_expectations import ExpectationSuite
    from great_expectations.expectations.core.unexpected_rows_expectation import UnexpectedRowsExpectation
    from great_expectations.expectations.expectation import Expectation

Severity = Literal["critical", "warning"]

FOREVER = "TIMESTAMP '9999-12-31'"
"""`known_to` of the current version."""


def specification(mart: str, *expectations: Expectation) -> ExpectationSuite:
    """A suite named after its mart (`marts.dim_return` -> `dim_return`).

    Raises `ValueError` if two rules have the same name, since a verdict identifies failures by name.
    """
    from great_expectations import ExpectationSuite

    rules = [rule_of(expectation) for expectation in expectations]
    if twice := sorted({rule for rule in rules if rules.count(rule) > 1}):
        raise ValueError(f"The suite of {mart} has more than one rule named {', '.join(twice)}.")
    return ExpectationSuite(name=mart.partition(".")[2], expectations=list(expectations))


def rule_of(expectation: Expectation) -> str:
    """Return the name of the rule of an expectation."""
    return str((expectation.meta or {})["rule"])


def sentence_of(expectation: Expectation) -> str:
    """Return the description of that rule, one sentence."""
    return str((expectation.meta or {})["says"])


def one_row_per(*columns: str, rule: str | None = None, severity: Severity = "critical") -> Expectation:
    """No two rows agree in all of `columns`; the rule is named after them unless `rule` is given."""
    listed = ", ".join(columns)
    # GROUP BY takes a third of the time of ExpectCompoundColumnsToBeUnique, which uses window functions.
    query = f"SELECT {listed}, count(*) AS row_count FROM mart GROUP BY {listed} HAVING count(*) > 1"
    name = rule or f"one_row_per_{'_and_'.join(columns)}"
    return no_rows(name, f"One row per {listed}.", query, severity=severity)


def never_missing(column: str, severity: Severity = "critical") -> Expectation:
    """`column` is never null."""
    told = _told(f"{column}_is_never_missing", f"{column} is never missing.", severity)
    return _built("ExpectColumnValuesToNotBeNull", told, column=column)


def one_of(column: str, values: Iterable[str], severity: Severity = "critical") -> Expectation:
    """`column`, if it is not null, is one of `values`."""
    listed = sorted(values)
    told = _told(f"{column}_is_in_its_list", f"{column} is one of {', '.join(listed)}.", severity)
    return _built("ExpectColumnValuesToBeInSet", told, column=column, value_set=listed)


def at_least(column: str, minimum: float, severity: Severity = "critical") -> Expectation:
    """`column`, if it is not null, is `minimum` or more."""
    told = _told(f"{column}_is_at_least_{minimum}", f"{column} is {minimum} or more.", severity)
    return _built("ExpectColumnValuesToBeBetween", told, column=column, min_value=minimum)


def rows_at_least(minimum: int, rule: str, says: str, severity: Severity = "critical") -> Expectation:
    """The mart has `minimum` rows or more."""
    return _built("ExpectTableRowCountToBeBetween", _told(rule, says, severity), min_value=minimum)


def says_something(column: str, severity: Severity = "critical") -> Expectation:
    """`column` is not null and not blank."""
    return every_row(
        f"{column}_says_something", f"{column} is never blank.", f"trim({column}) <> ''", severity=severity
    )


def looks_like(column: str, pattern: str, severity: Severity = "critical") -> Expectation:
    """`column` matches the regular expression `pattern` in full, and so is not null."""
    condition = f"regexp_full_match({column}, {literal(pattern)})"
    return every_row(f"{column}_has_its_form", f"{column} matches {pattern}.", condition, severity=severity)


def refers_to(column: str, mart: str, key: str | None = None, severity: Severity = "critical") -> Expectation:
    """`column`, if it is not null, is in column `key` (default: the same name) of `mart`."""
    there = key or column
    query = f"""
        SELECT here.{column}, count(*) AS row_count FROM mart AS here
        WHERE here.{column} IS NOT NULL AND NOT EXISTS (
            FROM {mart} AS there WHERE there.{there} = here.{column})
        GROUP BY ALL"""
    return no_rows(f"{column}_is_known", f"{column} is in {mart}.", query, severity=severity)


def all_known(references: Mapping[str, str], severity: Severity = "critical") -> Expectation:
    """Each column of `references`, if it is not null, is in its mart under the same name; all in one rule."""
    missing = " UNION ALL ".join(
        f"""SELECT {literal(column)} AS column_name, {column} AS code
            FROM (SELECT DISTINCT {column} FROM mart WHERE {column} IS NOT NULL)
            WHERE {column} NOT IN (SELECT {column} FROM {mart})"""
        for column, mart in references.items()
    )
    says = f"{', '.join(references)} are in their dimensions."
    return no_rows("everything_it_names_is_known", says, missing, severity=severity)


def every_row(
    rule: str, says: str, condition: str, shows: Iterable[str] = ("*",), severity: Severity = "critical"
) -> Expectation:
    """The SQL `condition` is true, not false and not null, in every row; a sample has the columns `shows`."""
    query = f"SELECT {', '.join(shows)} FROM mart WHERE ({condition}) IS NOT TRUE"
    return no_rows(rule, says, query, severity=severity)


def judged(lower: str, upper: str, benchmark: str) -> str:
    """Return SQL that compares limits with a benchmark, using the labels of the star schema and the row's `polarity`.

    It is written independently of the dbt macros, because it checks them.
    """
    return f"""CASE
        WHEN polarity IS NULL OR ({lower} <= {upper}) IS NOT TRUE OR {benchmark} IS NULL THEN NULL
        WHEN {upper} < {benchmark}
            THEN CASE polarity WHEN 'high' THEN 'worse' WHEN 'low' THEN 'better' ELSE 'lower' END
        WHEN {lower} > {benchmark}
            THEN CASE polarity WHEN 'high' THEN 'better' WHEN 'low' THEN 'worse' ELSE 'higher' END
        ELSE 'similar' END"""


def in_order(*columns: str) -> str:
    """Return SQL that is true if the columns that are not null do not decrease, except in the last digits."""
    pairs = [(low, high) for at, low in enumerate(columns) for high in columns[at + 1 :]]
    return " AND ".join(f"coalesce({low} <= {high} + 1e-9 * (1 + abs({high})), true)" for low, high in pairs)


def no_rows(rule: str, says: str, query: str, severity: Severity = "critical") -> Expectation:
    """The SQL `query`, in which `mart` is replaced by the mart, returns no row."""
    # Great Expectations treats any other brace as a placeholder, SQLAlchemy a colon before a word.
    escaped = re.sub(r"(?<![:\w\\]):(?=\w)", r"\:", query.replace("{", "{{").replace("}", "}}"))
    # An alias for the batch, which otherwise has one in some queries and none in others.
    named = f"WITH mart AS NOT MATERIALIZED (SELECT * FROM {{batch}}) {escaped}"
    return _counted_rows()(unexpected_rows_query=named, **_told(rule, says, severity))


@cache
def _counted_rows() -> type[UnexpectedRowsExpectation]:
    """`UnexpectedRowsExpectation` that counts rows without fetching them.

    The original runs its query twice; the gate fetches a sample only if there are rows.
    """
    from great_expectations.expectations.core.unexpected_rows_expectation import UnexpectedRowsExpectation

    class NoRows(UnexpectedRowsExpectation):
        metric_dependencies = ("unexpected_rows_query.row_count",)

        def _validate(self, metrics: dict[str, Any], *_: object, **__: object) -> dict[str, Any]:
            count = metrics["unexpected_rows_query.row_count"]
            return {"success": count == 0, "result": {"observed_value": count}}

    return NoRows


def _built(name: str, told: dict[str, Any], **arguments: object) -> Expectation:
    """One of Great Expectations' own expectations."""
    import great_expectations.expectations

    expectation: Expectation = getattr(great_expectations.expectations, name)(**arguments, **told)
    return expectation


def _told(rule: str, says: str, severity: Severity) -> dict[str, Any]:
    return {"severity": severity, "meta": {"rule": rule, "says": says}, "description": says}
