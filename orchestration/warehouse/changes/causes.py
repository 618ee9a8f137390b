"""The cause of a change between two releases: a submission, a contract, a method or a reference file.

Contains the causes that two warehouses and their manifests show. Not here: finding the changed cells (`change_list`).
"""

from collections.abc import Mapping
from dataclasses import dataclass

import duckdb

OBSERVATIONS = "observations"
DERIVED = "derived_measures"

CAUSES = """LEFT JOIN fresh ON new.submission_key = fresh.submission_key
        LEFT JOIN taken_back ON old.submission_key = taken_back.submission_key
        LEFT JOIN news USING (return_code)
        LEFT JOIN recontracted USING (return_code)
        LEFT JOIN remade USING (measure_code)
        LEFT JOIN derived_news USING (measure_code)"""
"""SQL that joins the tables for `cause_of` to old and new cells side by side."""


@dataclass(frozen=True)
class Origins:
    """Whether the code and the reference files of two releases differ."""

    code: bool = False
    references: bool = False


def differing(before: Mapping[str, object], now: Mapping[str, object]) -> Origins:
    """Return the differences between the provenance of two releases (`build.provenance`)."""
    return Origins(
        code=before.get("code") != now.get("code"),
        references=before.get("reference_files") != now.get("reference_files"),
    )


def has_relation(connection: duckdb.DuckDBPyConnection, name: str, relation: str) -> bool:
    """Return whether the warehouse attached as `name` has this view of `analysis` or table of `marts`."""
    return bool(
        connection.execute(
            """SELECT 1 FROM duckdb_views() WHERE database_name = $name AND schema_name = 'analysis'
                   AND view_name = $relation
               UNION ALL
               SELECT 1 FROM duckdb_tables() WHERE database_name = $name AND schema_name = 'marts'
                   AND table_name = $relation""",
            {"name": name, "relation": relation},
        ).fetchall()
    )


def find_causes(connection: duckdb.DuckDBPyConnection) -> None:
    """Create the tables that `CAUSES` joins, from the warehouses attached as `old` and `new`.

    `fresh` has the submissions that only the new release uses, `taken_back` those that it no longer uses, `news` the
    latest fresh one of each return, `recontracted` the returns with another contract, `remade` the derived measures
    with another formula, and `derived_news` the cause of change in the returns that other derived measures use.
    """
    connection.execute(
        """
        CREATE TEMP TABLE fresh AS
        SELECT submission_key, return_code, received_at, if(is_late, 'late return', 'new submission') AS cause
        FROM new.marts.dim_submission
        WHERE submission_status = 'accepted' AND submission_key NOT IN (
            SELECT submission_key FROM old.marts.dim_submission WHERE submission_status = 'accepted'
        );
        CREATE TEMP TABLE taken_back AS
        SELECT submission_key, return_code FROM old.marts.dim_submission
        WHERE submission_status = 'accepted' AND submission_key IN (
            SELECT submission_key FROM new.marts.dim_submission WHERE submission_status = 'withdrawn'
        );
        CREATE TEMP TABLE news AS
        SELECT return_code, arg_max(cause, (received_at, submission_key)) AS cause FROM fresh GROUP BY return_code;
        CREATE TEMP TABLE recontracted AS
        SELECT return_code FROM old.marts.dim_return LEFT JOIN new.marts.dim_return AS new USING (return_code)
        WHERE new.contract_version IS DISTINCT FROM old.marts.dim_return.contract_version;
        """
    )
    # Every attribute of each component, with the factor and the rounding of the measure.
    recipe = """(SELECT measure_code, hash(list(hash(parts) ORDER BY component_number),
                                           any_value(multiplier), any_value(rounded_to)) AS recipe
                 FROM {0}.marts.bridge_measure_component AS parts JOIN {0}.marts.dim_measure USING (measure_code)
                 GROUP BY measure_code)"""
    nothing = "(SELECT NULL::VARCHAR AS measure_code, NULL::UBIGINT AS recipe WHERE false)"
    old, new = (
        recipe.format(name) if has_relation(connection, name, "bridge_measure_component") else nothing
        for name in ("old", "new")
    )
    connection.execute(
        f"""CREATE TEMP TABLE remade AS
            SELECT measure_code FROM {old} AS old FULL JOIN {new} AS new USING (measure_code)
            WHERE old.recipe IS DISTINCT FROM new.recipe"""
    )
    made_of = "marts.bridge_measure_component"
    parts = (
        f"""SELECT parts.measure_code, measures.return_code
            FROM new.{made_of} AS parts JOIN new.marts.dim_measure AS measures
                ON parts.component_measure_code = measures.measure_code"""
        if has_relation(connection, "new", "bridge_measure_component")
        else "SELECT NULL::VARCHAR AS measure_code, NULL::VARCHAR AS return_code WHERE false"
    )
    connection.execute(
        f"""CREATE TEMP TABLE derived_news AS
            SELECT measure_code,
                   coalesce(
                       max(news.cause),
                       max(if(taken_back.submission_key IS NOT NULL, 'submission withdrawn', NULL)),
                       max(if(recontracted.return_code IS NOT NULL, 'contract change', NULL))
                   ) AS cause
            FROM ({parts}) LEFT JOIN news USING (return_code) LEFT JOIN taken_back USING (return_code)
            LEFT JOIN recontracted USING (return_code)
            GROUP BY measure_code"""
    )


def no_causes(connection: duckdb.DuckDBPyConnection) -> None:
    """Create the tables of `find_causes` without rows, since there is no release to compare with."""
    nothing = "NULL::VARCHAR AS {}"
    for table, columns in {
        "fresh": ("submission_key", "cause"),
        "taken_back": ("submission_key",),
        "news": ("return_code", "cause"),
        "recontracted": ("return_code",),
        "remade": ("measure_code",),
        "derived_news": ("measure_code", "cause"),
    }.items():
        listed = ", ".join(nothing.format(column) for column in columns)
        connection.execute(f"CREATE TEMP TABLE {table} AS SELECT {listed} WHERE false")


def cause_of(origins: Origins) -> str:
    """Return SQL for the cause of a change. A submission comes before a contract, and a contract before code: a new
    submission explains a figure, whatever else changed at the same time."""
    rest = "'method change'" if origins.code else "'reference change'" if origins.references else "'unexplained'"
    return f"""CASE
        WHEN fresh.cause IS NOT NULL THEN fresh.cause
        WHEN taken_back.submission_key IS NOT NULL THEN 'submission withdrawn'
        WHEN section = '{DERIVED}' AND remade.measure_code IS NOT NULL THEN 'contract change'
        WHEN section = '{DERIVED}' THEN coalesce(derived_news.cause, {rest})
        WHEN new.is_there IS NULL AND news.cause IS NOT NULL THEN news.cause
        WHEN recontracted.return_code IS NOT NULL THEN 'contract change'
        ELSE {rest} END"""
