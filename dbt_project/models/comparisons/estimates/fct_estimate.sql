-- Limits supplied by the department take precedence, since it may have more information than it sends (unrounded
-- counts, the design of a survey). The warehouse calculates its own from the counts as well, if the contract gives
-- the method. Standardised values already have limits.
with cells as (
    select
        cells.*,
        measures.limits_method,
        measures.multiplier,
        measures.counts_rounded_to,
        coalesce(
            measures.counts_rounded_from is null or periods.period_start >= measures.counts_rounded_from, false
        ) as is_in_rounded_period
    from (
        select
            *,
            false as is_standardised
        from {{ ref('int_parent_location_aggregated') }}
        union all by name
        select
            * exclude (lower_95, upper_95, lower_99_8, upper_99_8, limits_method),
            'standardised' as origin,
            true as is_standardised,
            limits_method as standardised_method,
            lower_95 as standardised_lower_95,
            upper_95 as standardised_upper_95,
            lower_99_8 as standardised_lower_99_8,
            upper_99_8 as standardised_upper_99_8
        from {{ ref('int_standardised_value_calculated') }}
    ) as cells
    inner join {{ ref('stg_measures') }} as measures on cells.measure_code = measures.measure_code
    inner join {{ ref('dim_period') }} as periods on cells.period_code = periods.period_code
),

methods as (
    select
        *,
        case
            when is_standardised then standardised_method
            when limits_method = 'proportion' and {{ is_valid_proportion('numerator', 'denominator') }} then 'wilson'
            when limits_method = 'rate' and {{ is_valid_rate('numerator', 'denominator') }}
                then case when numerator < 10 then 'exact poisson' else 'byar' end
        end as method
    from cells
),

computed as (
    select
        * exclude (lower_95, upper_95, lower_99_8, upper_99_8),
        lower_95 as supplied_lower_95,
        upper_95 as supplied_upper_95,
        lower_99_8 as supplied_lower_99_8,
        upper_99_8 as supplied_upper_99_8,
        {% for confidence in ['95', '99_8'] %}
        {% for side in ['lower', 'upper'] %}
        case
            when is_standardised then standardised_{{ side }}_{{ confidence }}
            else multiplier * case method
                when 'wilson' then {{ wilson_limit(side, 'numerator', 'denominator', confidence) }}
                when 'byar' then {{ byar_limit(side, 'numerator', confidence) }} / denominator
                when 'exact poisson' then {{ exact_poisson_limit(side, 'numerator', confidence) }} / denominator
            end
        end as computed_{{ side }}_{{ confidence }},
        {% endfor %}
        {% endfor %}
        -- A count that is not a multiple of the base was not rounded to it.
        coalesce(
            method is not null and is_in_rounded_period and counts_rounded_to is not null
            and numerator % counts_rounded_to = 0,
            false
        ) as is_computed_from_rounded_counts
    from methods
),

chosen as (
    select
        *,
        supplied_lower_95 is not null and supplied_upper_95 is not null as has_supplied_95,
        supplied_lower_99_8 is not null and supplied_upper_99_8 is not null as has_supplied_99_8
    from computed
)

select
    observation_key,
    department_code,
    return_code,
    measure_code,
    location_key,
    period_code,
    population_group_code,
    service_line,
    origin,
    numerator,
    denominator,
    value,
    value_status,
    case when has_supplied_95 then supplied_lower_95 else computed_lower_95 end as lower_95,
    case when has_supplied_95 then supplied_upper_95 else computed_upper_95 end as upper_95,
    case when has_supplied_99_8 then supplied_lower_99_8 else computed_lower_99_8 end as lower_99_8,
    case when has_supplied_99_8 then supplied_upper_99_8 else computed_upper_99_8 end as upper_99_8,
    -- On the scale of the value: from the counts if there is a formula for the method, otherwise from the supplied
    -- limits. For standardised values, whose counts do not give the value, from their own limits.
    {{ standard_error_of_estimate(
        "case when not is_standardised then method end", 'numerator', 'denominator', 'multiplier',
        "case when is_standardised then computed_lower_95 else supplied_lower_95 end",
        "case when is_standardised then computed_upper_95 else supplied_upper_95 end"
    ) }} as standard_error,
    case
        when has_supplied_95 then 'supplied'
        when is_computed_from_rounded_counts then 'computed from rounded counts'
        when method is not null then 'computed'
    end as limits_source,
    method as limits_method,
    is_computed_from_rounded_counts,
    computed_lower_95,
    computed_upper_95,
    computed_lower_99_8,
    computed_upper_99_8,
    case
        when has_supplied_95
            then greatest(
                abs(computed_lower_95 - supplied_lower_95), abs(computed_upper_95 - supplied_upper_95)
            )
    end as limits_difference,
    coverage,
    reason
from chosen
