"""Additive relationships between the cells of a release, taken from the star schema alone.

Contains the sums that locations, population groups, service lines and contracts imply. Not here: whether the figures
add up (`figures`).

A location is a part of its region, country, upper tier, combined authority, police force area and parent location;
parts are summed level by level. A population group is a part of the same group without one of its characteristics. A
service line is a part of the total of service lines. Measures that a contract declares to add up (`controls`) are parts
of their total.
"""

import duckdb

from orchestration.contracts.load import Contracts
from orchestration.foundation.sql import values

# Great Britain and similar unions of countries, which the hierarchy of locations does not contain.
_UNIONS = (
    ("K04000001", "E92000001"), ("K04000001", "W92000004"),
    ("K03000001", "E92000001"), ("K03000001", "W92000004"), ("K03000001", "S92000003"),
    ("K02000001", "E92000001"), ("K02000001", "W92000004"), ("K02000001", "S92000003"), ("K02000001", "N92000002"),
)  # fmt: skip


def create_additive_relations(con: duckdb.DuckDBPyConnection, contracts: Contracts, release: str) -> None:
    """Create the temporary tables `disclosure_sum`, one row per part of each sum, and `disclosure_comparison`, one row
    per measure that compares the population groups of another.
    """
    unions = ", ".join(f"('country:{whole}', '{part}')" for whole, part in _UNIONS)
    con.execute(
        f"""
        CREATE TEMP TABLE disclosure_parent AS
        WITH location AS (FROM {release}.marts.dim_location),
        parent AS (
            SELECT location_key, location_level, 'region:' || region_code AS whole FROM location
            UNION SELECT location_key, location_level, 'country:' || country_code FROM location
            UNION SELECT location_key, location_level, 'local_authority:' || upper_tier_code FROM location
            UNION SELECT location_key, location_level, 'combined_authority:' || combined_authority_code FROM location
            UNION SELECT location_key, location_level, 'police_force:' || police_force_code FROM location
            UNION SELECT location_key, location_level, within_location_key FROM location
            UNION SELECT location_key, location_level, unions.whole
                FROM location JOIN (VALUES {unions}) AS unions (whole, part)
                ON location.country_code = unions.part AND unions.whole <> location.location_key
        )
        -- A location is also a part of the parents of its parents.
        SELECT location_key, location_level, whole FROM parent WHERE whole <> location_key
        UNION
        SELECT a.location_key, a.location_level, b.whole
        FROM parent AS a JOIN parent AS b ON a.whole = b.location_key
        WHERE b.whole <> a.location_key AND a.whole <> a.location_key
        """
    )
    compared = [pair for contract in contracts.returns.values() for pair in contract.disclosure.compares_groups.items()]
    con.execute("CREATE TEMP TABLE disclosure_comparison (measure_code VARCHAR, compared_code VARCHAR)")
    if compared:
        con.execute(f"INSERT INTO disclosure_comparison VALUES {values(compared)}")
    con.execute(
        """
        CREATE TEMP TABLE disclosure_group AS
        WITH pairs AS (
            SELECT population_group_code, unnest(string_split(population_group_code, ';')) AS pair
            FROM (SELECT DISTINCT population_group_code FROM disclosure_cell WHERE population_group_code <> 'Total')
        )
        SELECT population_group_code, split_part(pair, '=', 1) AS characteristic,
               coalesce(nullif(array_to_string(list_filter(string_split(population_group_code, ';'),
                                                           lambda other: other <> pair), ';'), ''), 'Total') AS whole
        FROM pairs
        """
    )
    controls = [
        (code, number, control.total, part)
        for code, contract in contracts.returns.items()
        for number, control in enumerate(contract.controls)
        if control.kind == "sum" and not any(part.startswith("-") for part in control.parts)
        for part in control.parts
    ]
    con.execute(
        "CREATE TEMP TABLE disclosure_control (return_code VARCHAR, number INTEGER, total VARCHAR, part VARCHAR)"
    )
    if controls:
        con.execute(f"INSERT INTO disclosure_control VALUES {values(controls)}")
    same = " AND ".join(
        f"t.{name} = c.{name}"
        for name in ("return_code", "measure_code", "period_code", "location_key", "population_group_code",
                     "service_line")
    )  # fmt: skip

    def same_except(column: str) -> str:
        return same.replace(f"t.{column} = c.{column}", "true")

    con.execute(
        f"""
        CREATE TEMP TABLE disclosure_sum AS
        WITH cell AS (FROM disclosure_cell),
        part_of AS (
            SELECT c.component, c.period_code, t.position AS total, c.position AS part,
                   'location ' || p.location_level AS relation
            FROM cell AS c JOIN disclosure_parent AS p USING (location_key)
            JOIN cell AS t ON t.location_key = p.whole AND {same_except("location_key")}
            UNION ALL
            SELECT c.component, c.period_code, t.position, c.position, 'group ' || g.characteristic
            FROM cell AS c JOIN disclosure_group AS g USING (population_group_code)
            JOIN cell AS t ON t.population_group_code = g.whole AND {same_except("population_group_code")}
            UNION ALL
            SELECT c.component, c.period_code, t.position, c.position, 'line'
            FROM cell AS c JOIN cell AS t
                ON t.service_line = 'Total' AND c.service_line <> 'Total' AND {same_except("service_line")}
            UNION ALL
            SELECT c.component, c.period_code, t.position, c.position, 'control ' || k.number
            FROM cell AS c JOIN disclosure_control AS k ON c.return_code = k.return_code AND c.measure_code = k.part
            JOIN cell AS t ON t.measure_code = k.total AND {same_except("measure_code")}
        )
        SELECT component, period_code, dense_rank() OVER (ORDER BY total, relation) AS sum_number, total, part
        FROM part_of
        """
    )
