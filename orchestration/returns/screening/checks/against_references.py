"""The file compared with the references: codes and names of locations that do not belong together.

Contains checks of locations that a code or name has identified. Not here: locations that nothing identifies
(`content_checks`), and identification itself (`meaning.locations`).
"""

import duckdb

from orchestration.contracts.model import ReturnContract
from orchestration.foundation.sql import literal, literals, plain_name
from orchestration.returns.screening.checks.problem_table import Search, header_of, record
from orchestration.returns.screening.layout.matching import Fit

_COUNTRIES = {
    "E92000001": "E",
    "W92000004": "W",
    "S92000003": "S",
    "N92000002": "N",
    "K04000001": "EW",
    "K03000001": "EWS",
}
"""First letters of the GSS codes in a coverage; a coverage that is not listed has no limits."""

LONGEST_NAME = 200
_STRANGE = r"^[=+@]|[\x00-\x1f\x7f-\x9f\x{200e}\x{200f}\x{202a}-\x{202e}\x{2066}-\x{2069}]|Ã.|â€|;\s*--|\bDROP TABLE\b"
"""Formulas, control and direction characters, UTF-8 read in another encoding, and SQL."""


def check_locations(con: duckdb.DuckDBPyConnection, contract: ReturnContract, fit: Fit) -> None:
    """Record locations outside the coverage, and names that do not belong to their codes or are no names."""
    names = next((rule.name for rule in fit.layout.locations if rule.name), None)
    codes = next((rule.code for rule in fit.layout.locations if rule.code), None)
    column = header_of(fit, names or codes)
    record(con, [*_coverage(con, contract, header_of(fit, codes or names)), *_names(column)])


def _of_places(column: str, value: str, message: str, condition: str) -> str:
    """Return a query for the resolved locations `p` that meet `condition`."""
    return f"""SELECT min(p.first_row) AS source_row, {column} AS column_name, {value} AS value,
                      sum(p.row_count) AS occurrence_count, {message} AS message
               FROM places AS p WHERE p.row_count > 0 AND p.location_code IS NOT NULL AND {condition}
               GROUP BY ALL"""


def _coverage(con: duckdb.DuckDBPyConnection, contract: ReturnContract, column: str) -> list[Search]:
    """Search for locations of countries that the return does not cover: by its contract, or its rows of countries."""
    countries = con.execute(
        "SELECT DISTINCT location_code FROM places WHERE location_level = 'country' AND row_count > 0"
    ).fetchall()
    covered = [contract.covers] if contract.covers else [code for (code,) in countries]
    letters = "".join(_COUNTRIES.get(code, "EWSN") for code in covered)
    outside = [letter for letter in "EWSN" if letter not in letters]
    if not covered or not outside:
        return []
    message = "'location ' || p.location_code || ' (' || p.location_name || ') is outside the coverage'"
    condition = f"p.scheme = 'gss' AND left(p.location_code, 1) IN ({literals(outside)})"
    return [Search("location.outside_coverage", _of_places(column, "p.location_code", message, condition))]


def _names(column: str) -> list[Search]:
    """Search for names of other locations, several names of one code, and texts that are no names."""
    plain = plain_name("p.location_name")
    owners = f"FROM known_names AS n WHERE n.plain = {plain}"
    # Names of different levels are compared only where they cannot be namesakes, such as the East Midlands, which are
    # a region and a combined authority.
    levels = "('country', 'region', 'local_authority')"
    words = "list_filter(regexp_split_to_array(lower({}), '[^a-z]+'), word -> length(word) > 3)"
    shared = f"list_has_any({words.format('k.name')}, {words.format('p.location_name')})"
    known = plain_name("k.name")
    same_level = f"EXISTS ({owners} AND n.location_level = p.location_level)"
    own = f"""SELECT 1 FROM known_places AS k WHERE k.location_code = p.location_code
              AND (contains({known}, {plain}) OR contains({plain}, {known}) OR (NOT {same_level} AND {shared}))"""
    owned = f"""({same_level} OR (p.location_level IN {levels}
                                  AND EXISTS ({owners} AND n.location_level IN {levels})))"""
    too_long = f"length(p.location_name) > {LONGEST_NAME}"
    of_another = "'''' || p.location_name || ''' is the name of another location than ' || p.location_code"
    unlikely = "'''' || p.location_name || ''' is unlikely to be the name of a location'"
    long = "'the name of ' || p.location_code || ' has ' || length(p.location_name) || ' characters'"
    strange = f"NOT {too_long} AND regexp_matches(p.location_name, {literal(_STRANGE)})"
    foreign = f"""p.in_reference AND {owned} AND NOT EXISTS ({own})
                  AND NOT EXISTS ({owners} AND n.location_code = p.location_code)"""
    return [
        Search("location.another_name", _of_places(column, "p.location_name", of_another, foreign)),
        Search("location.unlikely_name", _of_places(column, "left(p.location_name, 80)", long, too_long), "error"),
        Search("location.unlikely_name", _of_places(column, "p.location_name", unlikely, strange), "warning"),
        Search(
            "location.several_names",
            f"""SELECT min(p.first_row) AS source_row, {column} AS column_name, p.location_code AS value,
                       sum(p.row_count) AS occurrence_count,
                       p.location_code || ' has ' || count(DISTINCT {plain}) || ' names: '
                       || string_agg(DISTINCT left(p.location_name, 40), ', ' ORDER BY left(p.location_name, 40))
                       AS message
                FROM places AS p WHERE p.row_count > 0 AND p.location_code IS NOT NULL
                GROUP BY p.location_code, p.location_level HAVING count(DISTINCT {plain}) > 1""",
        ),
    ]
