-- Series of locations that merged, split or got a new code, on two bases. As was: the locations that existed at the
-- end of the period, each with its own figure. Like for like: one figure for the whole territory, as submitted or
-- added up over the locations of one boundary set, if all have figures. Measures that must not be added up have no
-- like-for-like figure, with the reason.
with cells as (
    select
        facts.*,
        territories.territory_code,
        territories.territory_name,
        territories.tier,
        territories.generation_number,
        territories.member_count,
        periods.period_start,
        periods.period_end,
        periods.period_end between coalesce(territories.valid_from, date '0001-01-01')
        and coalesce(territories.valid_to, date '9999-12-31') as is_of_its_time
    from {{ ref('fct_observation') }} as facts
    inner join {{ ref('bridge_location_territory') }} as territories on facts.location_key = territories.location_key
    inner join {{ ref('dim_period') }} as periods on facts.period_code = periods.period_code
    where facts.known_to = {{ open_ended_timestamp() }}
),

as_was as (
    select distinct
        department_code,
        return_code,
        measure_code,
        territory_code,
        territory_name,
        location_key,
        period_code,
        period_start,
        period_end,
        population_group_code,
        service_line,
        numerator,
        denominator,
        value,
        value_status
    from cells
    where is_of_its_time
),

generations as (
    select
        any_value(department_code) as department_code,
        any_value(return_code) as return_code,
        measure_code,
        territory_code,
        any_value(territory_name) as territory_name,
        tier,
        generation_number,
        period_code,
        any_value(period_start) as period_start,
        any_value(period_end) as period_end,
        population_group_code,
        service_line,
        any_value(member_count) as member_count,
        any_value(is_of_its_time) as is_of_its_time,
        string_agg(location_key, ', ' order by location_key) as location_keys,
        count(*) = any_value(member_count) and count(value) = count(*) as is_complete,
        any_value(value) as only_value,
        any_value(value_status) as only_status,
        any_value(numerator) as only_numerator,
        any_value(denominator) as only_denominator,
        case when count(value) = count(*) then {{ stable_sum('value') }} end as value_sum,
        case when count(numerator) = count(*) then {{ stable_sum('numerator') }} end as numerator_sum,
        case when count(denominator) = count(*) then {{ stable_sum('denominator') }} end as denominator_sum
    from cells
    group by
        measure_code, territory_code, tier, generation_number, period_code, population_group_code, service_line
),

added as (
    select
        generations.*,
        case
            when generations.member_count = 1 then generations.only_value
            when not generations.is_complete then null
            when measures.aggregation = 'sum' then generations.value_sum
            when measures.aggregation = 'ratio'
                then
                    measures.multiplier * generations.numerator_sum
                    / nullif(coalesce(generations.denominator_sum, 0), 0)
        end as value,
        case
            when generations.member_count = 1 then 'as sent'
            when not generations.is_complete then 'not all places of the territory have figures'
            when measures.aggregation = 'none' then 'does not add up'
            else 'sum of ' || generations.member_count || ' places'
        end as how
    from generations
    inner join {{ ref('dim_measure') }} as measures on generations.measure_code = measures.measure_code
),

-- Prefer the locations of the time to today's code, and the upper tier to the lower.
like_for_like as (
    select *
    from added
    qualify
        row_number() over (
            partition by measure_code, territory_code, period_code, population_group_code, service_line
            order by
                value is not null desc,
                is_of_its_time desc,
                tier desc,
                generation_number desc
        ) = 1
),

series as (
    select
        'as was' as basis,
        as_was.department_code,
        as_was.return_code,
        as_was.measure_code,
        as_was.territory_code,
        as_was.territory_name,
        as_was.location_key as location_keys,
        locations.location_name as place_names,
        as_was.period_code,
        as_was.period_start,
        as_was.period_end,
        as_was.population_group_code,
        as_was.service_line,
        as_was.numerator,
        as_was.denominator,
        as_was.value,
        as_was.value_status,
        'as sent' as how
    from as_was
    inner join {{ ref('dim_location') }} as locations on as_was.location_key = locations.location_key
    union all
    select
        'like for like' as basis,
        department_code,
        return_code,
        measure_code,
        territory_code,
        territory_name,
        location_keys,
        territory_name as place_names,
        period_code,
        period_start,
        period_end,
        population_group_code,
        service_line,
        case when member_count = 1 then only_numerator when value is not null then numerator_sum end as numerator,
        case when member_count = 1 then only_denominator when value is not null then denominator_sum end as denominator,
        value,
        case when value is not null then '' when member_count = 1 then only_status else 'z' end as value_status,
        how
    from like_for_like
)

select
    series.basis,
    series.department_code,
    series.return_code,
    series.measure_code,
    measures.measure_name,
    series.territory_code,
    series.territory_name,
    series.place_names,
    series.period_code,
    series.period_start,
    series.period_end,
    population_groups.characteristic,
    population_groups.category,
    series.service_line,
    series.numerator,
    series.denominator,
    series.value,
    series.value_status,
    measures.unit,
    series.how,
    series.location_keys
from series
{{ join_dimensions('series', ['measures', 'population_groups']) }}
