"""Calculation of the worked examples of docs/methods.md on groups, consistency and aggregation.

Contains the calls, as in `methods_calculated`, for models of groups, spread and aggregation. Not here: figures and
their comparison.
"""

from tests.conformance.rendering import render
from tests.docs.methods_calculated import around, model

_HELD = """'d' AS department_code, 'r' AS return_code, 'm' AS measure_code, 'local_authority:A' AS location_key,
    'Total' AS service_line, 'Total' AS held_group_code"""
_ERROR = render(
    "{{ standard_error_of_estimate('\\'byar\\'', 'events', 'people', '1000', 'null::double', 'null::double') }} AS standard_error"
)
_RATES = f"""events AS numerator, people AS denominator, 1000.0 * events / people AS value, {_ERROR},
    false AS is_from_rounded_counts"""


def _fairness() -> str:
    return around(
        {
            "int_population_group_prepared": f"""SELECT {_HELD}, period AS period_code, 'deprivation' AS dimension, true AS is_ordered,
                'deprivation_quintile' AS characteristic_code, quintile::varchar AS category_code,
                quintile AS category_number, NULL::integer AS reference_rank, 'low' AS polarity, {_RATES},
                hash(period) AS fairness_key FROM given""",
            "dim_period": """SELECT DISTINCT period AS period_code, 'FY' AS period_kind,
                make_date(substr(period, 3, 4)::integer, 4, 1) AS period_start FROM given""",
        },
        f"SELECT * FROM ({model('fct_fairness')}) ORDER BY period_code",
    )


FAIRNESS = {
    "two groups": around(
        {
            "int_population_group_prepared": f"""SELECT {_HELD}, 'CY2023' AS period_code, 'ethnicity' AS dimension, false AS is_ordered,
                'ethnicity' AS characteristic_code, ethnic_group AS category_code, 'none' AS polarity, {_RATES},
                1 AS fairness_key, 1 AS national_key, 'country:E' AS whole_location_key,
                if(ethnic_group = 'white', 0, NULL) AS reference_rank, NULL::integer AS category_number FROM given""",
            "int_reference_group_selected": model("int_reference_group_selected"),
            "stg_companions": "SELECT NULL::varchar AS measure_code, NULL::varchar AS whole_measure_code",
            "fct_estimate": """SELECT *, 'Total' AS population_group_code FROM int_population_group_prepared WHERE false""",
        },
        f"SELECT * FROM ({model('fct_group_gap')}) ORDER BY numerator",
    ),
    "gap of a split": _fairness(),
    "spread between groups": _fairness(),
    "slope": _fairness(),
    "change of a gap": _fairness(),
    "area deprivation quintiles": around(
        {
            "ranked": "SELECT *, rank() OVER (ORDER BY score DESC) AS place_rank, count(*) OVER () AS place_count FROM given",
        },
        "SELECT *, "
        + render("{{ quantile_of_rank('place_rank', 'place_count', 5) }} AS quintile")
        + " FROM ranked ORDER BY authority",
    ),
    "areas by deprivation": around(
        {
            "fct_estimate": f"""SELECT {_HELD.replace("'local_authority:A'", "'local_authority:E' || authority")},
                'FY2023-24' AS period_code, 'Total' AS population_group_code, events AS numerator, people AS denominator,
                false AS is_computed_from_rounded_counts FROM given""",
            "stg_measures": """SELECT 'm' AS measure_code, 'ratio' AS aggregation, 0.9 AS minimum_coverage,
                1000 AS multiplier, 'rate' AS limits_method""",
            "int_area_deprivation_ranked": """SELECT 'local_authority:E' || authority AS location_key, edition, published AS
                published_date, quintile, 'area_deprivation_quintile:' || edition AS characteristic_code FROM given CROSS JOIN (VALUES ('imd2019', DATE '2019-09-26'),
                ('imd2025', DATE '2025-10-30')) AS editions(edition, published)""",
            "dim_period": "SELECT 'FY2023-24' AS period_code, DATE '2024-03-31' AS period_end",
        },
        f"SELECT * FROM ({model('int_deprivation_quintile_aggregated')}) ORDER BY category_code",
    ),
    "consistency": around(
        {
            "int_estimate_peer_grouped": """SELECT 'd' AS department_code, 'r' AS return_code, 'm' AS measure_code,
                'FY2023-24' AS period_code, 'Total' AS population_group_code, 'Total' AS service_line, 1 AS set_key,
                unit AS location_key, 'low' AS polarity, value, lower_95, upper_95, 'E' AS benchmark_country_code, NULL AS region_code,
                unit <> 'England' AS has_peers,
                if(unit = 'England', 'country', 'local_authority') AS location_level
                FROM given""",
            "placed_with_keys": """SELECT * REPLACE (if(location_key = 'England', 'country:E', location_key) AS location_key)
                FROM int_estimate_peer_grouped""",
            "dim_location": """SELECT unit AS location_key, NULL::varchar AS upper_tier_code,
                NULL::varchar AS within_location_key FROM given""",
        },
        "SELECT * FROM (" + model("fct_consistency").replace("int_estimate_peer_grouped", "placed_with_keys") + ")",
    ),
}

_CELLS = """'d' AS department_code, 'r' AS return_code, 'm' AS measure_code, 'FY2023-24' AS period_code,
    'Total' AS population_group_code"""
_MEASURE = """SELECT 'm' AS measure_code, 'ratio' AS aggregation, NULL::varchar AS aggregation_reason,
    0.9 AS minimum_coverage, 100 AS multiplier, 'proportion' AS value_type, true AS service_lines_add_up"""

AGGREGATION = {
    "aggregate": around(
        {
            "int_service_line_total_added": f"""SELECT rowid AS observation_key, {_CELLS}, 'local_authority:' || authority AS location_key,
                'Total' AS service_line, numerator, denominator, 100.0 * numerator / denominator AS value,
                '' AS value_status, NULL::double AS lower_95, NULL::double AS upper_95, NULL::double AS lower_99_8,
                NULL::double AS upper_99_8, 'sent' AS origin, NULL::varchar AS reason
                FROM given""",
            "stg_measures": _MEASURE,
            "dim_location": """SELECT 'local_authority:' || authority AS location_key, 'local_authority' AS location_level,
                region AS region_code, 'England' AS country_code, true AS in_reference, NULL::date AS valid_from,
                NULL::date AS valid_to FROM given""",
            "stg_returns": "SELECT 'r' AS return_code, NULL::varchar AS covers_code",
            "dim_period": "SELECT 'FY2023-24' AS period_code, DATE '2023-04-01' AS period_start, DATE '2024-03-31' AS period_end",
        },
        f"""WITH int_parent_location_assigned AS ({model("int_parent_location_assigned")})
            SELECT split_part(location_key, ':', 2) AS place, * FROM ({model("int_parent_location_aggregated")})
            WHERE origin = 'aggregate' ORDER BY place = 'England', place""",
    ),
    "total of service lines": around(
        {
            "stg_measures": _MEASURE,
            "fct_observation": f"""SELECT rowid AS observation_key, {_CELLS}, 'nhs_trust:' || trust AS location_key,
                type AS service_line, over_four_hours AS numerator, attendances AS denominator,
                100.0 * over_four_hours / attendances AS value, '' AS value_status, NULL::double AS lower_95,
                NULL::double AS upper_95, NULL::double AS lower_99_8, NULL::double AS upper_99_8,
                TIMESTAMP '9999-12-31' AS known_to FROM given""",
            "fct_derived_measure": """SELECT *, NULL::varchar AS reason FROM fct_observation WHERE false""",
        },
        f"""SELECT split_part(location_key, ':', 2) AS trust, * FROM ({model("int_service_line_total_added")})
            WHERE origin = 'total of service lines' ORDER BY trust""",
    ),
}
