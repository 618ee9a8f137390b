"""Damage to derived measures, unit costs, productivity and value for money.

Contains the damage to these marts, as `breaking` does for others.
"""

from tests.expectations.damage import Damage, changed, copied

COMPONENT = {
    "one_row_per_measure_code_and_component_number": copied("bridge_measure_component", "component_number = 2"),
    "measure_code_is_known": copied(
        "bridge_measure_component", "is_lead", "'dfe.costly' AS measure_code, 3 AS component_number"
    ),
    "a_component_that_nobody_sent_gives_no_value": changed(
        "bridge_measure_component",
        "component_measure_code = 'dfe.fun'",
        "component_number = 2",
        "bridge_figure_source.a_component_is_of_its_measure",
    ),
    "a_component_has_its_side_and_figure": changed("bridge_measure_component", "weight = 0", "component_number = 2"),
    "one_component_leads": changed("bridge_measure_component", "is_lead = true", "true"),
}

DERIVED = {
    "one_row_per_observation_key": copied("fct_derived_measure", "observation_key = 303"),
    "everything_it_names_is_known": changed("fct_derived_measure", "service_line = 'Outpatient'", "value IS NULL"),
    "a_value_is_numerator_over_denominator": changed("fct_derived_measure", "value = 105", "observation_key = 302"),
    "a_missing_value_says_why": changed("fct_derived_measure", "reason = ' '", "observation_key = 303"),
    "a_derived_measure_has_components": changed(
        "fct_derived_measure", "measure_code = 'dfe.spending'", "value IS NULL"
    ),
}

FIGURE_SOURCE = {
    "one_row_per_source_of_a_figure": copied(
        "bridge_figure_source", "observation_key = 101 AND source_observation_key = 1"
    ),
    "a_source_is_a_version_of_a_cell": changed(
        "bridge_figure_source", "source_version_number = 9", "observation_key = 101 AND source_observation_key = 1"
    ),
    "only_what_was_made_has_sources": changed(
        "bridge_figure_source", "observation_key = 303", "observation_key = 101 AND source_observation_key = 1"
    ),
    "what_was_made_says_of_what": Damage("DELETE FROM marts.bridge_figure_source WHERE observation_key = 201"),
    "a_component_is_of_its_measure": changed("bridge_figure_source", "component_number = 1", "observation_key = 301"),
}

UNIT_COST = {
    "one_row_per_measure_code": Damage(
        """INSERT INTO marts.dim_measure SELECT * REPLACE ('dfe.costly' AS measure_code) FROM marts.dim_measure
           WHERE measure_code = 'dfe.child_cost';
           INSERT INTO marts.dim_unit_cost SELECT * REPLACE ('dfe.costly' AS measure_code) FROM marts.dim_unit_cost;
           INSERT INTO marts.dim_unit_cost SELECT * FROM marts.dim_unit_cost WHERE measure_code = 'dfe.costly'"""
    ),
    "measure_code_is_known": Damage(
        """INSERT INTO marts.dim_unit_cost SELECT * REPLACE ('dfe.fun' AS measure_code) FROM marts.dim_unit_cost"""
    ),
    "a_unit_cost_is_a_cost_over_an_output": changed("dim_unit_cost", "output_figure = 'mean'", "true"),
}

PRODUCTIVITY = {
    "one_row_per_productivity_key": copied("fct_productivity", "productivity_key = 1"),
    "everything_it_names_is_known": changed("fct_productivity", "department_code = 'unknown'", "productivity_key = 1"),
    "a_series_starts_at_one": changed("fct_productivity", "output_growth_pct = 1", "productivity_key = 1"),
    "productivity_is_output_over_input": changed("fct_productivity", "productivity_index = 1", "productivity_key = 2"),
    "contributions_add_up_to_growth": changed(
        "fct_productivity", "growth_contribution_points = -19", "productivity_key = 3"
    ),
}

VALUE_FOR_MONEY = {
    "one_row_per_value_for_money_key": copied("fct_value_for_money", "value_for_money_key = 301"),
    "everything_it_names_is_known": changed(
        "fct_value_for_money", "department_code = 'unknown'", "value_for_money_key = 301"
    ),
    "measures_are_known": changed(
        "fct_value_for_money", "outcome_measure_code = 'dfe.fun'", "value_for_money_key = 302"
    ),
    "a_unit_cost_is_an_estimate": Damage("DELETE FROM marts.fct_value_for_money WHERE value_for_money_key = 301"),
    "money_is_in_the_prices_of_one_year": changed(
        "fct_value_for_money", "price_base_code = 'FY2021-22'", "value_for_money_key = 302"
    ),
    "efficiency_lies_on_its_side": changed(
        "fct_value_for_money", "hull_input_efficiency = 1.1", "value_for_money_key = 302"
    ),
    "a_quadrant_follows_from_both_sides": changed(
        "fct_value_for_money", "quadrant = 'better outcome, lower cost'", "value_for_money_key = 302"
    ),
}

FRONTIER = {
    "one_row_per_frontier_key": copied("fct_frontier", "frontier_key = 1"),
    "everything_it_names_is_known": changed("fct_frontier", "period_code = 'FY1999-00'", "frontier_key = 1"),
    "hull_peer_location_key_is_known": changed(
        "fct_frontier", "hull_peer_location_key = 'district:E07000001'", "frontier_key = 1"
    ),
    "scores_lie_on_their_side_of_one": changed("fct_frontier", "hull_output_efficiency = 0.9", "frontier_key = 1"),
    "who_is_efficient_is_on_the_frontier": changed("fct_frontier", "is_efficient = false", "frontier_key = 1"),
}
