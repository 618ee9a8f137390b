-- Locations that meet and do not meet each standard, and their residents: by the latest population estimate that is
-- not later than the period, or else the earliest one. The number of people is unknown for organisations without
-- residents (trusts).
with judged as (
    select
        applied.standard_code,
        applied.threshold as standard_threshold,
        applied.is_standard_met,
        standards.measure_code,
        standards.department_code,
        standards.return_code,
        standards.period_code,
        standards.service_line,
        locations.location_key,
        locations.location_level,
        periods.period_end
    from {{ ref('int_standard_applied') }} as applied
    inner join {{ ref('fct_standard') }} as standards on applied.observation_key = standards.observation_key
    inner join {{ ref('dim_location') }} as locations on standards.location_key = locations.location_key
    inner join {{ ref('dim_period') }} as periods on standards.period_code = periods.period_code
),

people as (
    select
        judged.location_key,
        judged.period_code,
        coalesce(
            arg_max(residents.population_count, residents.population_year) filter (
                where residents.population_year <= year(judged.period_end)
            ),
            arg_min(residents.population_count, residents.population_year)
        ) as people_count
    from (select distinct location_key, period_code, period_end from judged) as judged
    inner join {{ ref('int_location_population_estimated') }} as residents
        on judged.location_key = residents.location_key
    group by judged.location_key, judged.period_code
)

select
    judged.standard_code,
    judged.department_code,
    judged.return_code,
    judged.measure_code,
    judged.location_level,
    judged.period_code,
    judged.service_line,
    judged.standard_threshold,
    count(*) as place_count,
    count(case when judged.is_standard_met then 1 end) as met_count,
    count(case when not judged.is_standard_met then 1 end) as not_met_count,
    {{ stable_sum('people.people_count') }} as people_count,
    {{ stable_sum('case when judged.is_standard_met then people.people_count end') }} as people_where_met_count,
    {{ stable_sum('case when not judged.is_standard_met then people.people_count end') }}
        as people_where_not_met_count,
    count(case when people.people_count is null then 1 end) as place_without_people_count
from judged
left join people on judged.location_key = people.location_key and judged.period_code = people.period_code
group by
    judged.standard_code,
    judged.department_code,
    judged.return_code,
    judged.measure_code,
    judged.location_level,
    judged.period_code,
    judged.service_line,
    judged.standard_threshold
