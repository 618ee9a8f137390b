"""Known locations, from the current references and the list of spellings in the contracts.

Contains the code, name and level of every known location, loaded once for all files of a refresh. Not here: the
location of a row (`locations`), hierarchy and history (dbt's `dim_location`).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb

from orchestration.contracts.load import Contracts
from orchestration.foundation.sql import ident, literal, plain_name

GSS = "'[A-Z][0-9]{8}'"
"""SQL literal of the pattern of a GSS code."""


def slugged(name: str) -> str:
    """Return the slug of a header, as `orchestration.foundation.sql.slug` does in SQL."""
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")


_TABLES = ("gss_levels", "known_places", "known_names")


@dataclass(frozen=True)
class KnownLocations:
    """The tables `gss_levels`, `known_places` and `known_names` as Parquet files in `folder`.

    `absent` lists the references of locations that have not landed; `has_learned` is true if one of them has.
    """

    folder: Path
    absent: tuple[str, ...]
    has_learned: bool

    def create_tables(self, con: duckdb.DuckDBPyConnection) -> None:
        """Create the three tables in `con`."""
        for name in _TABLES:
            con.execute(f"CREATE TABLE {name} AS FROM read_parquet({literal(str(self.folder / name))})")


def load_known_locations(contracts: Contracts, references: Mapping[str, Path], folder: Path) -> KnownLocations:
    """Load the locations of `references` (Parquet files by code, with slugs of headers as columns) into `folder`."""
    teachers = [code for code, contract in contracts.references.items() if contract.places]
    with duckdb.connect() as con:
        _learn_codes(con, contracts, references)
        _learn_names(con, contracts)
        for name in _TABLES:
            con.execute(f"COPY (FROM {name} ORDER BY ALL) TO {literal(str(folder / name))} (FORMAT parquet)")
    absent = tuple(code for code in teachers if code not in references)
    return KnownLocations(folder, absent, has_learned=len(absent) < len(teachers))


def _learn_codes(con: duckdb.DuckDBPyConnection, contracts: Contracts, references: Mapping[str, Path]) -> None:
    """Create `gss_levels`, `taught` and `known_places`."""
    entities = ", ".join(
        f"({literal(prefix)}, {literal(entity.level)})" for prefix, entity in contracts.codes.gss_entities.items()
    )
    con.execute(f"CREATE TABLE gss_levels AS SELECT * FROM (VALUES {entities}) AS t(prefix, location_level)")
    con.execute("CREATE TABLE taught (scheme VARCHAR, code VARCHAR, gss VARCHAR, name VARCHAR, ended BOOLEAN)")
    lessons = [
        f"""SELECT {literal(place.scheme)}, regexp_replace({_column(place.code)}, '\\.0$', ''),
                   {_column(place.gss or place.code)}, {_column(name) if name else "NULL"},
                   {f"{_column(place.ended)} IS NOT NULL" if place.ended else "false"}
            FROM read_parquet({literal(str(path))}) WHERE {_column(place.code)} IS NOT NULL"""
        for code, path in references.items()
        if code in contracts.references
        for place in contracts.references[code].places
        for name in (*place.names,) or (None,)
    ]
    codes = ", ".join(f"('gss', {literal(a.code)}, {literal(a.code)}, NULL, false)" for a in contracts.codes.aliases)
    lessons += [f"SELECT * FROM (VALUES {codes})"] if codes else []
    if lessons:
        con.execute(f"INSERT INTO taught {' UNION '.join(lessons)}")
    # If an issuer's code has two GSS codes, the one that is still in use counts.
    con.execute(
        f"""CREATE TABLE known_places AS
        SELECT t.scheme, t.code, first(t.gss ORDER BY t.ended, t.gss DESC) AS location_code,
               first(l.location_level ORDER BY t.ended, t.gss DESC) AS location_level,
               bool_and(t.ended) AS ended, min(t.name) AS name
        FROM taught AS t JOIN gss_levels AS l ON l.prefix = left(t.gss, 3)
        WHERE regexp_full_match(t.gss, {GSS}) GROUP BY t.scheme, t.code"""
    )


def _learn_names(con: duckdb.DuckDBPyConnection, contracts: Contracts) -> None:
    """Create `known_names`."""
    aliases = [(alias.name, alias.code, alias.level) for alias in contracts.codes.aliases if alias.name]
    spelled = ", ".join(f"({literal(n)}, {literal(c)}, {literal(le)})" for n, c, le in aliases) or "(NULL, NULL, NULL)"
    con.execute(
        f"""
        CREATE TABLE known_names AS
        WITH spelled AS (
            SELECT {plain_name("t.name")} AS plain, t.gss AS location_code, l.location_level, 1 AS rank
            FROM taught AS t JOIN gss_levels AS l ON l.prefix = left(t.gss, 3) WHERE t.name IS NOT NULL
            UNION
            SELECT {plain_name("a.name")}, a.code, a.level, 0
            FROM (VALUES {spelled}) AS a(name, code, level) WHERE a.name IS NOT NULL
        )
        -- An agreed spelling comes before any reference, and a current location before one that was abolished.
        SELECT s.* EXCLUDE (rank), CASE WHEN rank = 0 THEN 0 WHEN coalesce(k.ended, false) THEN 2 ELSE 1 END AS rank
        FROM spelled AS s LEFT JOIN known_places AS k ON k.scheme = 'gss' AND k.code = s.location_code
        """
    )


def _column(name: str) -> str:
    """Return a column of a reference, by the slug that its Parquet file uses."""
    return ident(slugged(name))
