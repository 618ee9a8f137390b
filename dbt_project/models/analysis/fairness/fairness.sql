with characteristics as (
    select
        characteristic_code,
        any_value(characteristic_name) as characteristic_name
    from {{ ref('dim_category') }}
    group by characteristic_code
)

select
    facts.department_code,
    facts.return_code,
    facts.measure_code,
    measures.measure_name,
    measures.domain,
    locations.location_code,
    locations.location_name,
    locations.location_level,
    facts.period_code,
    periods.period_start,
    periods.period_end,
    facts.dimension,
    facts.characteristic_code,
    characteristics.characteristic_name,
    facts.service_line,
    facts.held_group_code,
    measures.unit,
    measures.polarity,
    facts.group_count,
    facts.missing_count,
    facts.weights_source,
    facts.is_from_rounded_counts,
    facts.better_category_code,
    facts.worse_category_code,
    better_categories.category_name as better_category_name,
    worse_categories.category_name as worse_category_name,
    facts.absolute_gap,
    facts.absolute_gap_lower_95,
    facts.absolute_gap_upper_95,
    facts.relative_gap,
    facts.relative_gap_lower_95,
    facts.relative_gap_upper_95,
    facts.slope_index,
    facts.slope_index_lower_95,
    facts.slope_index_upper_95,
    facts.relative_index,
    facts.relative_index_lower_95,
    facts.relative_index_upper_95,
    facts.average,
    facts.between_group_variance,
    facts.between_group_variance_lower_95,
    facts.between_group_variance_upper_95,
    facts.index_of_disparity,
    facts.index_of_disparity_unweighted,
    facts.theil_index,
    facts.previous_period_code,
    facts.previous_absolute_gap,
    facts.gap_change,
    facts.gap_change_lower_95,
    facts.gap_change_upper_95,
    facts.gap_direction,
    facts.reason,
    facts.slope_reason,
    facts.fairness_key
from {{ ref('fct_fairness') }} as facts
{{ join_dimensions('facts', ['measures', 'locations', 'periods']) }}
{{ join_dimensions('facts', ['categories'], prefix='better_') }}
{{ join_dimensions('facts', ['categories'], prefix='worse_') }}
left join characteristics on facts.characteristic_code = characteristics.characteristic_code
