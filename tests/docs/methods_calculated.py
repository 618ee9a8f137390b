"""Calculation of each worked example of docs/methods.md by the macros and models of the dbt project.

Contains the calls, and the smallest set of other tables that a model needs in addition to the figures on the page (`given`).
Not here: the figures, which are on the page, and their comparison (`test_docs_methods`).
"""

import re

from orchestration.foundation.settings import PROJECT_ROOT
from tests.conformance.rendering import render

MODELS = PROJECT_ROOT / "dbt_project" / "models"


def model(name: str) -> str:
    """Return a model as a query; the tables it reads are those of its bare names."""
    [path] = MODELS.rglob(f"{name}.sql")
    text = path.read_text(encoding="utf-8")
    text = re.sub(r"\{\{ config\(.*?\) \}\}", "", text)
    return render(re.sub(r"\{\{ ref\('(\w+)'\) \}\}", r"\1", text))


def around(tables: dict[str, str], query: str) -> str:
    """A query over tables given as queries, each of which sees those before it."""
    named = ",\n".join(f"{name} AS ({text})" for name, text in tables.items())
    return f"WITH {named}\nSELECT * FROM ({query}\n)"


def limits_of(call: str, **others: str) -> str:
    """Four limits of one macro: `side` and `confidence` are placeholders in the call."""
    limits = [
        f"{call.replace('SIDE', repr(side)).replace('CONFIDENCE', repr(level))} AS {side}_{level}"
        for level in ("95", "99_8")
        for side in ("lower", "upper")
    ]
    return render(", ".join([f"{text} AS {name}" for name, text in others.items()] + limits))


_ESTIMATE = """
    SELECT observation_key, 'd' AS department_code, 'r' AS return_code, 'm' AS measure_code,
        'l' AS location_key, 'FY2023-24' AS period_code, 'Total' AS population_group_code, 'Total' AS service_line,
        'sent' AS origin, numerator, denominator, 10000.0 * numerator / denominator AS value, '' AS value_status,
        lower_supplied AS lower_95, upper_supplied AS upper_95, NULL::double AS lower_99_8, NULL::double AS upper_99_8,
        NULL::double AS coverage, NULL AS reason
    FROM (SELECT rowid AS observation_key, * FROM given)
"""

ESTIMATES = {
    "proportion": "SELECT numerator, denominator, "
    + limits_of(
        "100 * {{ wilson_limit(SIDE, 'numerator', 'denominator', CONFIDENCE) }}",
        percent="100.0 * CASE WHEN {{ is_valid_proportion('numerator', 'denominator') }} THEN numerator / denominator END",
    )
    + " FROM given",
    "rate": "SELECT events, people, "
    + limits_of(
        "10000 * {{ poisson_limit(SIDE, 'events', CONFIDENCE) }} / people",
        rate="10000.0 * events / people",
        method="{{ poisson_method('events') }}",
    )
    + " FROM given",
    "supplied and computed": around(
        {
            "int_parent_location_aggregated": _ESTIMATE,
            "int_standardised_value_calculated": """SELECT * EXCLUDE (origin), NULL::varchar AS limits_method
                FROM int_parent_location_aggregated WHERE false""",
            "stg_measures": """SELECT 'm' AS measure_code, 'rate' AS limits_method, 10000 AS multiplier,
                5.0 AS counts_rounded_to, DATE '2012-04-01' AS counts_rounded_from""",
            "dim_period": "SELECT 'FY2023-24' AS period_code, DATE '2023-04-01' AS period_start",
        },
        f"SELECT * FROM ({model('fct_estimate')}) ORDER BY observation_key",
    ),
    "standard error": "SELECT *, "
    + render(
        "{{ standard_error_of_estimate('method', 'numerator', 'denominator', '100', 'lower', 'upper') }} AS standard_error"
    )
    + " FROM given",
    "mean": render("{{ mean_estimated('(SELECT 1 AS place, value FROM given)', ['place'], 'value') }}"),
    "directly standardised rate": render(
        "{{ dsr_estimated('(SELECT 1 AS place, * FROM given)', ['place'], 'events', 'people', 'standard_people', '1000') }}"
    ),
    "indirectly standardised ratio": render(
        "{{ isr_estimated('(SELECT 1 AS place, * FROM given)', ['place'], 'events', 'people', 'england_events',"
        " 'england_people', '100', '1000') }}"
    ),
    "life expectancy": around(
        {
            "bands": """SELECT 1 AS place, age, deaths_in_each, people_in_each
                FROM given INNER JOIN (SELECT unnest([0, 1] || range(5, 91, 5)) AS age)
                ON age BETWEEN first_band AND last_band""",
            "expected": render(
                "{{ life_expectancy_estimated('bands', ['place'], 'age', 'deaths_in_each', 'people_in_each') }}"
            ),
        },
        "SELECT * FROM expected WHERE start_age IN (0, 65) ORDER BY start_age",
    ),
    "standardised by age": around(
        {
            "counts": """SELECT name AS place, 'direct' AS standardisation_method, 100000.0 AS multiplier, category_code,
                if(name = 'B' AND category_code = '40_to_44', NULL, deaths) AS numerator, people AS denominator,
                NULL::double AS reference_numerator, NULL::double AS reference_denominator,
                NULL::bigint AS reference_band_count
                FROM given CROSS JOIN (VALUES ('A'), ('B'), ('C')) AS places(name)
                WHERE NOT (name = 'C' AND category_code = '40_to_44')""",
            "made": render("{{ standardised_by_age('counts', 'place') }}"),
        },
        "SELECT * FROM made ORDER BY place",
    ),
}

_PLACED = """
    SELECT place AS observation_key, 1 AS set_key, 1 AS peer_set_key, true AS has_peers, 'low' AS polarity,
        value, value AS lower_is_better_value, place AS location_code, 'local_authority' AS location_level
    FROM given
"""


def _peers() -> str:
    return around({"int_estimate_peer_grouped": _PLACED}, model("int_peer_ranked"))


def _funnel(kind: str, rate: str = "null") -> str:
    call = f"""{{{{ funnel_classified(
        'items', ['peers'], ['place'], "'{kind}'", 'events', 'people', '100', rate='{rate}'
    ) }}}}"""
    items = {"items": "SELECT 1 AS peers, * FROM given", "classified": render(call)}
    return around(items, "SELECT * FROM classified ORDER BY place")


def _overdispersion() -> dict[str, str]:
    call = "{{ overdispersion_estimated('items', ['peers'], ['place'], 'events', 'people', \"'proportion'\") }}"
    return {"items": "SELECT 1 AS peers, * FROM given", "dispersed": render(call)}


def _charted(query: str) -> str:
    tables = {
        "fct_estimate": """SELECT month AS observation_key, 'm' AS measure_code, 'l' AS location_key, month AS period_code,
            'Total' AS population_group_code, 'Total' AS service_line, value FROM given""",
        "dim_period": """SELECT month AS period_code, (month || '-01')::date AS period_start, 'month' AS period_kind
            FROM given""",
        "stg_measures": """SELECT 'm' AS measure_code, 'low' AS polarity, true AS screen_outliers,
            NULL::bigint AS baseline_point_count, NULL::varchar AS rebase_dates""",
        "int_standard_applied": "SELECT month AS observation_key, 5.0 AS threshold, 1 AS standard_number FROM given",
        "charted": model("int_control_chart_calculated"),
    }
    return around(tables, query)


STANDARDS = {
    "comparison": "SELECT *, "
    + render(
        "{{ compared_with_value('lower_95', 'upper_95', 'compared_with', 'good') }} AS one_level, "
        "{{ compared_at_two_levels('value', 'lower_95', 'upper_95', 'lower_99_8', 'upper_99_8', 'compared_with', 'good') }}"
        " AS two_levels"
    )
    + " FROM given",
    "own past": "SELECT *, "
    + render("{{ intervals_compared('lower_95', 'upper_95', 'lower_before', 'upper_before', 'good') }} AS compared")
    + " FROM given",
    "statistical neighbours": around(
        {
            "int_estimate_peer_grouped": _PLACED.replace("FROM given", "FROM given WHERE value IS NOT NULL"),
            "stg_statistical_neighbours": """SELECT 'A' AS location_code, place AS neighbour_code
                FROM given WHERE place <> 'A'""",
        },
        model("int_neighbour_median_compared"),
    ),
    "ranks": f"SELECT observation_key AS place, * FROM ({_peers()}) ORDER BY observation_key",
    "peers": f"SELECT DISTINCT peer_median, peer_median_deviation, best_value FROM ({_peers()})",
    "funnel of proportions": _funnel("proportion"),
    "funnel of rates": _funnel("crude_rate", "100 * events / people"),
    "overdispersion": around(
        _overdispersion(),
        """SELECT place, 100 * value AS percent, z, winsorised_z, 100 * lower_95 AS lower_95, 100 * upper_95 AS upper_95,
            funnel_class FROM dispersed ORDER BY place""",
    ),
    "overdispersion of all": around(
        _overdispersion(),
        "SELECT DISTINCT 100 * target AS target_percent, phi, 10000 * tau2 AS ten_thousand_tau2 FROM dispersed",
    ),
    "recent trend": render(
        "{{ recent_trend_estimated('(SELECT 1 AS place, * FROM given)', ['place'], 'year', 'value', 'lower_95', 'upper_95',"
        " '0', '1', \"'wls_ci'\", \"'low'\") }}"
    ),
    "control chart": _charted(
        "SELECT observation_key AS month, special_cause, variation_icon FROM charted ORDER BY month"
    ),
    "control chart limits": _charted(
        "SELECT DISTINCT process_mean, lower_process_limit, upper_process_limit, assurance_icon FROM charted"
    ),
    "attainment": around(
        {
            "int_estimate_peer_grouped": """SELECT place AS observation_key, 'm' AS measure_code, 'police_force' AS location_level,
                'Total' AS service_line, 'Total' AS population_group_code, value, DATE '2024-03-31' AS period_end FROM given""",
            "stg_standards": """SELECT 's' AS standard_code, 'm' AS measure_code, 'minimum' AS standard_kind,
                NULL::double AS at_least, 5.0 AS at_most, 'police_force' AS location_level, 'Total' AS service_line,
                DATE '2020-04-01' AS valid_from, NULL::date AS valid_to""",
            "int_standard_applied": model("int_standard_applied"),
            "fct_standard": """SELECT 'm' AS measure_code, 'd' AS department_code, 'r' AS return_code,
                'p' AS period_code, 'Total' AS service_line, observation_key, observation_key AS location_key
                FROM int_standard_applied""",
            "dim_location": "SELECT place AS location_key, 'police_force' AS location_level FROM given",
            "dim_period": "SELECT 'p' AS period_code, DATE '2024-03-31' AS period_end",
            "int_location_population_estimated": """SELECT place AS location_key, 2022 AS population_year, residents AS population_count
                FROM given WHERE residents IS NOT NULL""",
        },
        model("fct_standard_attainment"),
    ),
    "target": "SELECT *, "
    + render(
        "{{ compared_with_target('value', 'target', 'good') }} AS by_value, "
        "{{ compared_with_target_by_limits('lower_95', 'upper_95', 'target', 'good') }} AS by_limits"
    )
    + " FROM given",
    "limits of a benchmark": "SELECT *, "
    + render(
        "{{ compared_with_control_limits_of_proportion('value', 'benchmark', 'people', '100', \"'high'\", '95') }}"
        " AS as_proportion, "
        "{{ compared_with_control_limits_of_rate('value', 'benchmark', 'people', '100', \"'high'\", '95') }} AS as_rate"
    )
    + " FROM given",
    "percentile bounds": around(
        {
            "bounded": render(
                "{{ quintile_bounds_estimated('(SELECT 1 AS peers, value FROM given)', ['peers'], 'value') }}"
            )
        },
        "SELECT value, bounds[2] AS p20, bounds[3] AS p40, bounds[4] AS p60, bounds[5] AS p80, "
        + render("{{ percentile_category('value', 'bounds', \"'low'\") }} AS category")
        + " FROM given CROSS JOIN bounded ORDER BY given.rowid",
    ),
    "Mann-Kendall": render(
        "{{ mann_kendall_tested('(SELECT 1 AS place, * FROM given)', ['place'], 'year', 'value') }}"
    ),
}
