"""Spending in the small warehouse: York's cost per child in school in two years, and its outcome.

Contains the rows of marts of derived measures, unit costs and productivity, with the measures, estimates and comparisons
that they need. Not here: what departments sent (`small_warehouse`).
"""

ROWS = """
INSERT INTO marts.dim_measure BY NAME
SELECT *, 'dfe' AS department_code, 'dfe.children' AS return_code, 'value_for_money' AS domain, 'none' AS polarity,
       1.0 AS multiplier, 0.9 AS minimum_coverage, 'As it is worked out.' AS definition,
       'contract' AS definition_source
FROM (VALUES ('dfe.spending', 'Spending on children', '£', 'currency', 'sum', NULL),
             ('dfe.child_cost', 'Cost of a child in school', '£ per child', 'mean', 'ratio', 5.0))
    AS t(measure_code, measure_name, unit, value_type, aggregation, rounded_to);

INSERT INTO marts.bridge_measure_component BY NAME
SELECT *, 'dfe.child_cost' AS measure_code, 1.0 AS weight, 'same' AS period_rule
FROM (VALUES (1, 'spending', 'numerator', 'dfe.spending', 'value', true),
             (2, 'children', 'denominator', 'dfe.in_school', 'denominator', false))
    AS t(component_number, component_name, side, component_measure_code, figure, is_lead);

INSERT INTO marts.fct_derived_measure BY NAME
SELECT *, 'dfe' AS department_code, 'dfe.children' AS return_code, 'dfe.child_cost' AS measure_code,
       'Total' AS population_group_code, 'Total' AS service_line
FROM (VALUES
    (301, 'local_authority:E06000014', 'FY2021-22', 4000.0, 50.0, 80.0, '', NULL),
    (302, 'local_authority:E06000014', 'FY2022-23', 4090.0, 40.0, 100.0, '', NULL),
    (303, 'local_authority:E06000065', 'FY2022-23', NULL, 50.0, NULL, 'x', 'spending is not reported')
) AS t(observation_key, location_key, period_code, numerator, denominator, value, value_status, reason);

INSERT INTO marts.fct_estimate BY NAME
SELECT *, 'derived' AS origin, false AS is_computed_from_rounded_counts FROM marts.fct_derived_measure;

INSERT INTO marts.fct_standard BY NAME
SELECT derived.* EXCLUDE (numerator, denominator, value_status, reason),
       lag(period_code) OVER (ORDER BY period_code) AS previous_period_code,
       lag(value) OVER (ORDER BY period_code) AS previous_period_value,
       1 AS peer_count, 1 AS peer_rank, value AS best_value, 'not applicable' AS funnel_class,
       'cannot be calculated' AS trend
FROM marts.fct_derived_measure AS derived WHERE value IS NOT NULL;

-- Sources of calculated figures: both years of the cost use York's only count of children, the earlier and the current one.
INSERT INTO marts.bridge_figure_source BY NAME
SELECT *, if(observation_key = 201, 'ons', 'dfe') AS department_code
FROM (VALUES (101, 1, 2, 0), (101, 3, 1, 0), (103, 1, 1, 0), (201, 6, 1, 0), (301, 1, 1, 2), (302, 1, 2, 2))
    AS t(observation_key, source_observation_key, source_version_number, component_number);

INSERT INTO marts.dim_unit_cost BY NAME
SELECT 'dfe.child_cost' AS measure_code, 'dfe.spending' AS cost_measure_code, 'dfe.in_school' AS output_measure_code,
       'denominator' AS output_figure, true AS is_money, 'dfe.in_school' AS outcome_measure_code,
       'Total' AS outcome_service_line, 'same' AS outcome_period_rule, 'FY2022-23' AS price_base_code;

-- Prices rose by a tenth. In the second year costs are split, as if by two service lines that add up.
INSERT INTO marts.fct_productivity BY NAME
SELECT *, 'dfe' AS department_code, 'dfe.children' AS return_code, 'dfe.child_cost' AS measure_code,
       'local_authority:E06000014' AS location_key, 'Total' AS population_group_code
FROM (VALUES
    (1, 'Total', 'FY2021-22', NULL, 2, 1.0, 1.0, 1.0, NULL, NULL, NULL, NULL),
    (2, 'Total', 'FY2022-23', 'FY2021-22', 2, 0.8, 4090 / 4400.0, 0.8 * 4400 / 4090, -20.0, 100 * (4090 / 4400.0 - 1),
     100 * (0.8 * 4400 / 4090 - 1), NULL),
    (3, 'Inpatient', 'FY2022-23', 'FY2021-22', 1, 0.8, NULL, NULL, -20.0, NULL, NULL, -20.0)
) AS t(productivity_key, service_line, period_code, previous_period_code, line_count, output_index, input_index,
       productivity_index, output_growth_pct, input_growth_pct, productivity_growth_pct, growth_contribution_points);

-- York and North Yorkshire: the one does better with as much, the other is of the better size.
INSERT INTO marts.fct_frontier BY NAME
SELECT *, 'dfe' AS department_code, 'schooling' AS frontier_code, 'Children in school' AS frontier_name, 'FY2022-23' AS period_code,
       2 AS unit_count, 1.0 AS hull_input_efficiency, 1.0 AS hull_output_efficiency,
       location_key AS hull_peer_location_key, 1.0 AS variable_returns_efficiency,
       1.0 AS variable_returns_output_efficiency, true AS is_efficient
FROM (VALUES (1, 'local_authority:E06000014', 0.8, 0.8, 'decreasing'),
             (2, 'local_authority:E06000065', 1.0, 1.0, 'constant'))
    AS t(frontier_key, location_key, constant_returns_efficiency, scale_efficiency, returns_to_scale);

INSERT INTO marts.fct_value_for_money BY NAME
SELECT derived.observation_key AS value_for_money_key, department_code, return_code,
       measure_code AS unit_cost_measure_code, 'dfe.spending' AS cost_measure_code,
       'dfe.in_school' AS output_measure_code, location_key, period_code, population_group_code, service_line,
       numerator AS cost, numerator * prices AS real_cost, denominator AS output, value AS unit_cost,
       value * prices AS real_unit_cost, 'FY2022-23' AS price_base_code, 90.0 AS comparator_unit_cost,
       'median of peers' AS comparator_kind, unit_cost - comparator_unit_cost AS cost_difference,
       50.0 AS cost_percentile, 1.0 AS constant_returns_efficiency, 1.0 AS hull_input_efficiency,
       1.0 AS hull_output_efficiency, 'dfe.in_school' AS outcome_measure_code, 30.0 AS outcome_value,
       period_code AS outcome_period_code, 20.0 AS outcome_comparator, 'better' AS outcome_comparison,
       'better outcome, ' || if(cost_difference > 0, 'higher', 'lower') || ' cost' AS quadrant
FROM marts.fct_derived_measure AS derived
JOIN (VALUES (301, 1.1), (302, 1.0)) AS t(observation_key, prices) USING (observation_key);
"""
