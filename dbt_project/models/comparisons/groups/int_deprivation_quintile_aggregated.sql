-- Measures of locations by their deprivation: figures of the authorities (or practices) in a quintile are added up,
-- by the edition of the index in force in the period. Five groups, of England, for measures that may be added up. A
-- quintile is left out if too few of its authorities have figures.
with estimates as (
    select
        estimates.*,
        measures.minimum_coverage,
        measures.multiplier,
        measures.limits_method as measure_limits_method,
        estimates.numerator is not null and estimates.denominator is not null as has_figures
    from {{ ref('fct_estimate') }} as estimates
    inner join {{ ref('stg_measures') }} as measures
        on estimates.measure_code = measures.measure_code and measures.aggregation = 'ratio'
    where estimates.location_key like 'local_authority:E%' or estimates.location_key like 'gp_practice:%'
),

editions as (
    select edition, min(published_date) as published_date
    from {{ ref('int_area_deprivation_ranked') }}
    group by edition
),

in_force as (
    select
        periods.period_code,
        coalesce(
            arg_max(editions.edition, editions.published_date) filter (
                where editions.published_date <= periods.period_end
            ),
            arg_min(editions.edition, editions.published_date)
        ) as edition
    from {{ ref('dim_period') }} as periods
    cross join editions
    group by periods.period_code
),

sums as (
    select
        estimates.return_code,
        estimates.measure_code,
        estimates.period_code,
        estimates.service_line,
        estimates.population_group_code as held_group_code,
        quintiles.characteristic_code,
        quintiles.quintile,
        any_value(estimates.multiplier) as multiplier,
        any_value(estimates.measure_limits_method) as limits_method,
        case
            when
                count(case when estimates.has_figures then 1 end)
                >= any_value(estimates.minimum_coverage) * count(*)
                then {{ stable_sum('case when estimates.has_figures then estimates.numerator end') }}
        end as numerator,
        {{ stable_sum('case when estimates.has_figures then estimates.denominator end') }} as denominator,
        bool_or(estimates.is_computed_from_rounded_counts) as is_from_rounded_counts
    from estimates
    inner join in_force on estimates.period_code = in_force.period_code
    inner join {{ ref('int_area_deprivation_ranked') }} as quintiles
        on estimates.location_key = quintiles.location_key and in_force.edition = quintiles.edition
    group by
        estimates.return_code,
        estimates.measure_code,
        estimates.period_code,
        estimates.service_line,
        estimates.population_group_code,
        quintiles.characteristic_code,
        quintiles.quintile
)

select
    return_code,
    measure_code,
    'country:E92000001' as location_key,
    period_code,
    service_line,
    held_group_code,
    characteristic_code,
    cast(quintile as varchar) as category_code,
    numerator,
    denominator,
    multiplier * numerator / denominator as value,
    {{ standard_error_of_estimate(
        "case limits_method when 'proportion' then 'wilson' when 'rate' then 'byar' end",
        'numerator', 'denominator', 'multiplier', 'cast(null as double)', 'cast(null as double)'
    ) }} as standard_error,
    is_from_rounded_counts
from sums
where numerator is not null and denominator > 0
