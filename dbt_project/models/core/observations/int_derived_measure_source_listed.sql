-- The same observations as `derived_measures` uses, for every derived figure that has a value. A location without
-- observations of a component uses those of the newest boundary set of its territory that has all of them.
with {{ derived_measure_inputs("timestamp '9999-12-30 00:00:00'") }},

figures as (
    select * from {{ ref('fct_derived_measure') }}
    where value is not null
),

counted as (
    select cells.*
    from cells
    inner join components
        on cells.measure_code = components.measure_code and cells.component_number = components.component_number
    where components.side <> 'rows'
),

own as (
    select
        figures.observation_key,
        figures.department_code,
        counted.component_number,
        counted.source_observation_key,
        counted.source_version_number
    from figures
    inner join counted
        on
            figures.measure_code = counted.measure_code
            and figures.period_code = counted.period_code
            and figures.location_key = counted.location_key
            and figures.population_group_code = counted.population_group_code
            and (counted.is_of_all_lines or figures.service_line = counted.service_line)
),

members as (
    select
        figures.observation_key,
        figures.department_code,
        counted.component_number,
        counted.source_observation_key,
        counted.source_version_number,
        territories.generation_number
    from figures
    inner join {{ ref('bridge_location_territory') }} as territories
        on
            figures.location_key = territories.territory_location_key
            and territories.tier = 'upper'
            and territories.location_key <> territories.territory_location_key
    inner join counted
        on
            figures.measure_code = counted.measure_code
            and figures.period_code = counted.period_code
            and territories.location_key = counted.location_key
            and figures.population_group_code = counted.population_group_code
            and (counted.is_of_all_lines or figures.service_line = counted.service_line)
            and not counted.is_lead
    qualify
        count(distinct counted.location_key) over (
            partition by figures.observation_key, counted.component_number, territories.generation_number
        ) = territories.member_count
),

newest as (
    select *
    from members
    qualify
        generation_number = max(generation_number) over (partition by observation_key, component_number)
)

select * from own
union all
select newest.* exclude (generation_number)
from newest
anti join own using (observation_key, component_number)
