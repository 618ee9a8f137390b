"""Comparisons in the small warehouse: two authorities with a standard, a region, a ratio, deprivation quintiles.

Contains the rows of marts that are calculated from observations. Not here: the observations themselves, with their
locations, periods and groups (`small_warehouse`).
"""

ROWS = """
INSERT INTO marts.dim_standard BY NAME
SELECT 'in_school_minimum' AS standard_code, 'At least a fifth are in school' AS standard_name,
       'dfe.in_school' AS measure_code, 'minimum' AS standard_kind, 20.0 AS at_least, 'Total' AS service_line,
       '2010-01-01'::DATE AS valid_from, 'An Act of 2009' AS legal_source;

INSERT INTO marts.dim_category BY NAME
FROM (VALUES ('sex', 'male', 'Sex', 'Male', 'sex', false),
             ('region', 'E12000003', 'Region', 'Yorkshire and The Humber', 'region', false))
    AS t(characteristic_code, category_code, characteristic_name, category_name, dimension, is_ordered)
UNION ALL BY NAME
SELECT 'area_deprivation_quintile:imd2019' AS characteristic_code, quintile::VARCHAR AS category_code,
       'Deprivation quintile of the area (IMD 2019)' AS characteristic_name, quintile::VARCHAR AS category_name,
       'deprivation' AS dimension, true AS is_ordered
FROM range(1, 6) AS t(quintile);

-- What was sent, and the region as the warehouse adds it up; of England too few places have figures. A ratio is
-- standardised by age.
INSERT INTO marts.fct_estimate BY NAME
SELECT cells.* EXCLUDE (lower_95, upper_95, lower_99_8, upper_99_8, version_number, submission_key, known_to,
                        known_from, confirmed_submission_key, source_row, source_column, closed_by_submission_key,
                        numerator_status, denominator_status, note),
       coalesce(cells.lower_95, computed_lower_95) AS lower_95, coalesce(cells.upper_95, computed_upper_95) AS upper_95,
       coalesce(cells.lower_99_8, computed_lower_99_8) AS lower_99_8,
       coalesce(cells.upper_99_8, computed_upper_99_8) AS upper_99_8,
       computed_lower_95, computed_upper_95, computed_lower_99_8, computed_upper_99_8,
       CASE WHEN cells.lower_95 IS NOT NULL THEN 'supplied' WHEN computed_lower_95 IS NOT NULL THEN 'computed' END
           AS limits_source,
       CASE WHEN origin = 'standardised' THEN 'byar' WHEN computed_lower_95 IS NOT NULL THEN 'wilson' END AS limits_method, false AS is_computed_from_rounded_counts
FROM (
    SELECT *, 'sent' AS origin, NULL::DOUBLE AS coverage, NULL::VARCHAR AS reason FROM marts.fct_observation
    WHERE known_to = '9999-12-31' AND measure_code <> 'dfe.children_count'
    UNION ALL BY NAME
    SELECT *, 'dfe' AS department_code, 'dfe.children' AS return_code, 'dfe.in_school' AS measure_code,
           'Total' AS population_group_code, 'Total' AS service_line, 'aggregate' AS origin
    FROM (VALUES
        (101, 'region:E12000003', 'FY2022-23', 17.0, 90.0, 100 * 17.0 / 90, '', 1.0, NULL),
        (102, 'country:E92000001', 'FY2022-23', NULL, NULL, NULL, 'x', 0.1, 'too few places have figures'),
        (103, 'region:E12000003', 'FY2021-22', 18.0, 90.0, 20.0, '', 1.0, NULL)
    ) AS t(observation_key, location_key, period_code, numerator, denominator, value, value_status, coverage, reason)
    UNION ALL BY NAME
    SELECT 201 AS observation_key, 'ons' AS department_code, 'ons.life' AS return_code,
           'ons.survival_ratio' AS measure_code, 'local_authority:E06000014' AS location_key,
           'CY2020-22' AS period_code, 'sex=male' AS population_group_code, 'Total' AS service_line,
           'standardised' AS origin, 60.0 AS numerator, 2500.0 AS denominator, 125.0 AS value, '' AS value_status
) AS cells
LEFT JOIN (VALUES
    (1, 18.075, 45.43, 13.371, 54.338), (3, 4.348, 21.36, 2.796, 30.033), (4, 8.066, 41.602, 4.975, 54.415),
    (101, 12.141, 28.184, 9.388, 34.358), (103, 13.042, 29.414, 10.159, 35.597),
    (201, 95.386, 160.903, 81.116, 182.836)
) AS limits(observation_key, computed_lower_95, computed_upper_95, computed_lower_99_8, computed_upper_99_8)
    USING (observation_key);

INSERT INTO marts.fct_standard BY NAME
SELECT estimates.* EXCLUDE (origin, numerator, denominator, value_status, standard_error, limits_method, coverage,
                            is_computed_from_rounded_counts, computed_lower_95, computed_upper_95,
                            computed_lower_99_8, computed_upper_99_8, limits_difference, reason),
       found.* EXCLUDE (observation_key),
       CASE WHEN starts_with(location_key, 'country') THEN NULL ELSE greatest(best_value - value, 0) END
           AS distance_to_best,
       if(measure_code = 'dfe.in_school', 'cannot be calculated', NULL) AS trend
FROM marts.fct_estimate AS estimates
JOIN (VALUES
    -- York and North Yorkshire are peers; the region is worse than England, and as it was.
    (1, NULL, NULL, 18.889, 'similar', NULL, NULL, NULL, 2, 1, 28.0, 6.76, 18.889, 31.02, 'as expected',
     'in_school_minimum', 'minimum', 20.0, true),
    (3, NULL, NULL, 18.889, 'similar', NULL, NULL, NULL, 2, 2, 28.0, 8.04, 18.889, 29.74, 'as expected',
     'in_school_minimum', 'minimum', 20.0, false),
    (4, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 1, 1, 20.0, 2.47, 20.0, 37.53, 'as expected', NULL, NULL, NULL, NULL),
    (6, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    (8, 62.5, 'worse', NULL, NULL, NULL, NULL, NULL, 1, 1, 61.0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    (101, NULL, NULL, NULL, NULL, 'FY2021-22', 20.0, 'similar', 1, 1, 18.889, 10.8, 18.889, 26.98, 'as expected',
     NULL, NULL, NULL, NULL),
    (103, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 1, 1, 20.0, 11.74, 20.0, 28.26, 'as expected',
     NULL, NULL, NULL, NULL),
    (201, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 1, 1, 125.0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)
) AS found(observation_key, benchmark_value, benchmark_comparison, region_value, region_comparison,
           previous_period_code, previous_period_value, previous_comparison, peer_count, peer_rank, best_value,
           funnel_lower_95, funnel_baseline, funnel_upper_95, funnel_class, standard_code, standard_kind,
           standard_threshold, is_standard_met) USING (observation_key);

INSERT INTO marts.fct_standard_attainment BY NAME
SELECT 'in_school_minimum' AS standard_code, 'dfe' AS department_code, 'dfe.children' AS return_code,
       'dfe.in_school' AS measure_code, 'local_authority' AS location_level, 'FY2022-23' AS period_code,
       'Total' AS service_line, 20.0 AS standard_threshold, 2 AS place_count, 1 AS met_count, 1 AS not_met_count,
       800000.0 AS people_count, 200000.0 AS people_where_met_count, 600000.0 AS people_where_not_met_count,
       0 AS place_without_people_count;

-- Boys in York against all children, a region against England, and fifths of England's areas against the least deprived.
INSERT INTO marts.fct_group_gap BY NAME
SELECT *, split_part(measure_code, '.', 1) AS department_code,
       if(department_code = 'dfe', 'dfe.children', 'ons.life') AS return_code, 'Total' AS service_line,
       'Total' AS held_group_code, false AS is_reference, value - reference_value AS absolute_gap,
       value / reference_value AS relative_gap
FROM (VALUES
    (1, 'dfe.in_school', 'local_authority:E06000014', 'FY2022-23', 'sex', 'sex', 'male', 'Total', 20.0, 30.0,
     -32.561, 12.561, 0.246, 1.806, 'similar', NULL),
    (2, 'ons.healthy_years', 'country:E92000001', 'CY2020-22', 'region', 'region', 'E12000003', 'Total', 61.0, 62.5,
     -2.618, -0.382, 0.958, 0.994, 'worse', NULL)
) AS t(group_gap_key, measure_code, location_key, period_code, dimension, characteristic_code, category_code,
       reference_category_code, value, reference_value, absolute_gap_lower_95, absolute_gap_upper_95,
       relative_gap_lower_95, relative_gap_upper_95, comparison, reason)
UNION ALL BY NAME
SELECT step * 10 + quintile AS group_gap_key, 'dfe' AS department_code, 'dfe.children' AS return_code,
       'dfe.in_school' AS measure_code, 'country:E92000001' AS location_key, period_code, 'Total' AS service_line,
       'Total' AS held_group_code, 'deprivation' AS dimension,
       'area_deprivation_quintile:imd2019' AS characteristic_code, quintile::VARCHAR AS category_code,
       '5' AS reference_category_code, quintile = 5 AS is_reference, 30.0 + (quintile - 3) * step AS value,
       100.0 AS denominator, value AS numerator, 30.0 + 2 * step AS reference_value,
       if(is_reference, NULL, value - reference_value) AS absolute_gap,
       absolute_gap - 1.96 * sqrt((value * (100 - value) + reference_value * (100 - reference_value)) / 100)
           AS absolute_gap_lower_95,
       2 * absolute_gap - absolute_gap_lower_95 AS absolute_gap_upper_95,
       if(is_reference, NULL, value / reference_value) AS relative_gap,
       CASE WHEN absolute_gap_upper_95 < 0 THEN 'worse' WHEN absolute_gap IS NOT NULL THEN 'similar' END AS comparison
FROM range(1, 6) AS t(quintile), (VALUES (6, 'FY2021-22'), (5, 'FY2022-23')) AS years(step, period_code);

INSERT INTO marts.fct_fairness BY NAME
SELECT *, 'dfe' AS department_code, 'dfe.children' AS return_code, 'dfe.in_school' AS measure_code,
       'country:E92000001' AS location_key, 'Total' AS service_line, 'Total' AS held_group_code,
       'deprivation' AS dimension, 'area_deprivation_quintile:imd2019' AS characteristic_code, 5 AS group_count,
       0 AS missing_count, 'denominators' AS weights_source, '5' AS better_category_code, '1' AS worse_category_code,
       30.0 AS average
FROM (VALUES
    (1, 'FY2021-22', 24.0, 11.741, 36.259, 2.333, 30.0, NULL, NULL, 72.0, 24.0, NULL, NULL, NULL, NULL, NULL, NULL),
    (2, 'FY2022-23', 20.0, 7.604, 32.396, 2.0, 25.0, 11.089, 38.911, 50.0, 20.0, 'FY2021-22', 24.0, -4.0, -21.434,
     13.434, 'no clear change')
) AS t(fairness_key, period_code, absolute_gap, absolute_gap_lower_95, absolute_gap_upper_95, relative_gap, slope_index,
       slope_index_lower_95, slope_index_upper_95, between_group_variance, index_of_disparity, previous_period_code,
       previous_absolute_gap, gap_change, gap_change_lower_95, gap_change_upper_95, gap_direction)
UNION ALL BY NAME
SELECT 3 AS fairness_key, 'ons' AS department_code, 'ons.life' AS return_code, 'ons.healthy_years' AS measure_code,
       'country:E92000001' AS location_key, 'CY2020-22' AS period_code, 'Total' AS service_line,
       'Total' AS held_group_code, 'region' AS dimension, 'region' AS characteristic_code, 1 AS group_count,
       0 AS missing_count, 'E12000003' AS better_category_code, 'E12000003' AS worse_category_code,
       'only one group' AS reason;

-- One series, as if it were long: the small warehouse has two periods.
INSERT INTO marts.fct_trend BY NAME
SELECT 1 AS trend_key, department_code, return_code, measure_code, location_key, population_group_code, service_line,
       'FY' AS period_kind, 6 AS point_count, 'FY2021-22' AS first_period_code, period_code AS last_period_code,
       value AS first_series_value, value AS last_series_value, 'increasing' AS long_run_trend, 0.8 AS tau,
       0.02 AS trend_probability, 1.0 AS median_slope
FROM marts.fct_standard WHERE location_key = 'region:E12000003' AND period_code = 'FY2022-23'
"""
