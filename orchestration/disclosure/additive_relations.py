"""Which cells of a release add up to which, taken from the star alone.

Belongs here: the sums that places, groups, service lines and contracts imply. Does not belong here: whether they hold,
which the figures say (`figures`).

A place is a part of its region, country, upper tier, combined authority, police force area and of the body it was said
to lie within; parts are summed level by level. A group of people is a part of the group without one of its
characteristics. A service line is a part of the total of service lines. Where a contract says that measures add up
(`controls`), they do here too.
"""

import duckdb

from orchestration.contracts.load import Contracts
from orchestration.foundation.sql import values

# Parts of Great Britain and the like, which have no place of their own in the star's hierarchy.
_UNIONS = (
    ("K04000001", "E92000001"), ("K04000001", "W92000004"),
    ("K03000001", "E92000001"), ("K03000001", "W92000004"), ("K03000001", "S92000003"),
    ("K02000001", "E92000001"), ("K02000001", "W92000004"), ("K02000001", "S92000003"), ("K02000001", "N92000002"),
)  # fmt: skip


def lay_sums(con: duckdb.DuckDBPyConnection, contracts: Contracts, release: str) -> None:
    """Make the temporary tables `disclosure_sum`, a row for each part of each sum, and `disclosure_comparison`,
    which measure compares the groups of which.
    """
    unions = ", ".join(f"('country:{whole}', '{part}')" for whole, part in _UNIONS)
    con.execute(
        f"""
        CREATE TEMP TABLE disclosure_place AS
        WITH place AS (FROM {release}.marts.dim_location),
        lies_in AS (
            SELECT location_key, location_level, 'region:' || region_code AS whole FROM place
            UNION SELECT location_key, location_level, 'country:' || country_code FROM place
            UNION SELECT location_key, location_level, 'local_authority:' || upper_tier_code FROM place
            UNION SELECT location_key, location_level, 'combined_authority:' || combined_authority_code FROM place
            UNION SELECT location_key, location_level, 'police_force:' || police_force_code FROM place
            UNION SELECT location_key, location_level, within_location_key FROM place
            UNION SELECT location_key, location_level, unions.whole
                FROM place JOIN (VALUES {unions}) AS unions (whole, part)
                ON place.country_code = unions.part AND unions.whole <> place.location_key
        )
        -- What lies in a body lies in what that body lies in.
        SELECT location_key, location_level, whole FROM lies_in WHERE whole <> location_key
        UNION
        SELECT a.location_key, a.location_level, b.whole
        FROM lies_in AS a JOIN lies_in AS b ON a.whole = b.location_key
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
        SELECT population_group_code, split_part(pair, '=', 1) AS split_by,
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

    def but(column: str) -> str:
        return same.replace(f"t.{column} = c.{column}", "true")

    con.execute(
        f"""
        CREATE TEMP TABLE disclosure_sum AS
        WITH cell AS (FROM disclosure_cell),
        part_of AS (
            SELECT c.component, c.period_code, t.position AS total, c.position AS part,
                   'place ' || p.location_level AS way
            FROM cell AS c JOIN disclosure_place AS p USING (location_key)
            JOIN cell AS t ON t.location_key = p.whole AND {but("location_key")}
            UNION ALL
            SELECT c.component, c.period_code, t.position, c.position, 'group ' || g.split_by
            FROM cell AS c JOIN disclosure_group AS g USING (population_group_code)
            JOIN cell AS t ON t.population_group_code = g.whole AND {but("population_group_code")}
            UNION ALL
            SELECT c.component, c.period_code, t.position, c.position, 'line'
            FROM cell AS c JOIN cell AS t
                ON t.service_line = 'Total' AND c.service_line <> 'Total' AND {but("service_line")}
            UNION ALL
            SELECT c.component, c.period_code, t.position, c.position, 'control ' || k.number
            FROM cell AS c JOIN disclosure_control AS k ON c.return_code = k.return_code AND c.measure_code = k.part
            JOIN cell AS t ON t.measure_code = k.total AND {but("measure_code")}
        )
        SELECT component, period_code, dense_rank() OVER (ORDER BY total, way) AS sum_number, total, part
        FROM part_of
        """
    )
