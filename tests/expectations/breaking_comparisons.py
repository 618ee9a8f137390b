"""Damage to comparisons: estimates, standards, groups and units.

Contains the damage to these marts, as `breaking` does for others.
"""

from tests.expectations.damage import Damage, changed, copied

STANDARD = {
    "one_row_per_standard_code": copied("dim_standard", "true"),
    "measure_code_is_known": copied("dim_standard", "true", "'more' AS standard_code, 'dfe.fun' AS measure_code"),
    "a_standard_is_a_floor_or_a_ceiling": copied("dim_standard", "true", "'more' AS standard_code, 30 AS at_most"),
    "a_standard_says_who_set_it_and_since_when": changed("dim_standard", "legal_source = ' '", "true"),
}

CATEGORY = {
    "one_row_per_characteristic_code_and_category_code": copied("dim_category", "characteristic_code = 'region'"),
    "a_characteristic_is_one_thing": copied(
        "dim_category", "category_code = 'male'", "'other' AS category_code, 'Gender' AS characteristic_name"
    ),
}

ESTIMATE = {
    "one_row_per_observation_key": copied("fct_estimate", "observation_key = 9"),
    "everything_it_names_is_known": changed(
        "fct_estimate", "location_key = 'district:E07000001'", "observation_key = 9"
    ),
    "a_missing_estimate_says_why": changed("fct_estimate", "reason = NULL", "observation_key = 102"),
    "what_was_sent_is_what_is_in_force": Damage("DELETE FROM marts.fct_estimate WHERE observation_key = 9"),
    "an_aggregate_is_of_enough_places": changed("fct_estimate", "coverage = 0.5", "observation_key = 101"),
    "limits_say_whose_they_are": changed("fct_estimate", "lower_95 = 60", "observation_key = 9"),
    "computed_limits_hold_what_they_are_of": changed(
        "fct_estimate", "computed_upper_99_8 = computed_lower_95", "observation_key = 1"
    ),
    "a_standardised_value_lies_within_its_limits": changed(
        "fct_estimate", "computed_lower_99_8 = 100", "observation_key = 201"
    ),
    "supplied_limits_agree_with_computed": changed("fct_estimate", "limits_difference = 0.2", "observation_key = 6"),
}

COMPARED = {
    "one_row_per_observation_key": copied("fct_standard", "observation_key = 8"),
    "every_estimate_with_a_value_is_compared": Damage("DELETE FROM marts.fct_standard WHERE observation_key = 8"),
    "words_are_in_their_lists": changed("fct_standard", "trend = 'up'", "observation_key = 8"),
    "a_comparison_follows_from_the_limits": changed(
        "fct_standard", "benchmark_comparison = 'better'", "observation_key = 8"
    ),
    "a_place_has_a_rank_among_its_peers": changed("fct_standard", "peer_rank = 2", "observation_key = 8"),
    "funnels_and_charts_have_their_middle_inside": changed(
        "fct_standard", "funnel_baseline = 60", "observation_key = 1"
    ),
    "a_standard_is_judged_as_it_demands": changed("dim_standard", "at_least = 40", "true"),
    "the_period_before_is_before": changed(
        "fct_standard", "previous_period_code = period_code", "observation_key = 101"
    ),
}

ATTAINMENT = {
    "one_row_per_standard_and_where_it_applies": copied("fct_standard_attainment", "true"),
    "people_where_it_is_met_and_where_not_are_all_people": changed(
        "fct_standard_attainment", "people_count = 1", "true"
    ),
    "places_are_those_judged": changed("fct_standard_attainment", "place_count = 3, met_count = 2", "true"),
}

GROUP_GAP = {
    "one_row_per_group_gap_key": copied("fct_group_gap", "group_gap_key = 1"),
    "everything_it_names_is_known": changed("fct_group_gap", "service_line = 'Outpatient'", "group_gap_key = 1"),
    "groups_are_named": changed("fct_group_gap", "category_code = 'boys'", "group_gap_key = 1"),
    "a_gap_is_group_less_reference": changed("fct_group_gap", "absolute_gap = -9", "group_gap_key = 1"),
    "a_comparison_follows_from_the_limits": changed("fct_group_gap", "comparison = 'worse'", "group_gap_key = 1"),
    "a_missing_gap_says_why": changed(
        "fct_group_gap",
        """reference_value = NULL, absolute_gap = NULL, absolute_gap_lower_95 = NULL, absolute_gap_upper_95 = NULL,
           relative_gap = NULL, relative_gap_lower_95 = NULL, relative_gap_upper_95 = NULL, comparison = NULL""",
        "group_gap_key = 1",
    ),
}

FAIRNESS = {
    "one_row_per_fairness_key": copied("fct_fairness", "fairness_key = 1"),
    "everything_it_names_is_known": changed("fct_fairness", "service_line = 'Outpatient'", "fairness_key = 1"),
    "both_extremes_are_named": changed("fct_fairness", "better_category_code = '6'", "fairness_key = 2"),
    "limits_hold_what_they_are_of": changed("fct_fairness", "slope_index_lower_95 = 26", "fairness_key = 2"),
    "a_missing_gap_says_why": changed("fct_fairness", "reason = NULL", "fairness_key = 3"),
    "a_gap_narrows_or_widens_beyond_chance": changed("fct_fairness", "gap_direction = 'narrows'", "fairness_key = 2"),
}


def _units(**changes: str) -> str:
    """SQL for a comparison of units; the small warehouse has too few places for one of its own."""
    figures = {
        "service_line": "'Total'",
        "consistency_key": "1",
        "unit_count": "3",
        "lowest_value": "10.0",
        "lower_quartile": "15.0",
        "median_value": "20.0",
        "upper_quartile": "25.0",
        "highest_value": "30.0",
        "interquartile_range": "10.0",
        "worse_unit_count": "1",
        "better_unit_count": "0",
        **changes,
    }
    return f"""INSERT INTO marts.fct_consistency BY NAME
        SELECT 'dfe' AS department_code, 'dfe.children' AS return_code, 'dfe.in_school' AS measure_code,
               'country:E92000001' AS location_key, 'local_authority' AS unit_level, 'FY2022-23' AS period_code,
               'Total' AS population_group_code,
               {", ".join(f"{figure} AS {column}" for column, figure in figures.items())};"""


CONSISTENCY = {
    "one_row_per_consistency_key": Damage(_units() + _units()),
    "everything_it_names_is_known": Damage(_units(service_line="'Outpatient'")),
    "units_spread_in_order": Damage(_units(median_value="26.0")),
}


TREND = {
    "one_row_per_trend_key": copied("fct_trend", "trend_key = 1"),
    "everything_it_names_is_known": changed("fct_trend", "department_code = 'unknown'", "trend_key = 1"),
    "a_trend_has_its_direction": changed("fct_trend", "tau = -0.8", "trend_key = 1"),
    "a_series_ends_with_its_last_standard": changed("fct_trend", "last_series_value = 1", "trend_key = 1"),
}
