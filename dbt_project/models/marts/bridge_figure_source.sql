-- Each step is an edge: from a derived figure to the observations of its components, from a total to its service
-- lines, from an aggregate to its locations, from a standardised figure to its counts by age. The edges lead to
-- submitted cells in the end. A component with an as-at lag names its version; all others use the current one.
with recursive in_force as (
    select * from {{ ref('fct_observation') }}
    where known_to = {{ open_ended_timestamp() }}
),

made as (
    select * from {{ ref('fct_estimate') }}
    where origin <> 'sent' and value is not null
),

-- Locations with the figures that are added up, each with the aggregate they are added to.
gathered as (
    select
        cells.*,
        unnest([
            {{ location_key("'region'", 'cells.region_code') }},
            {{ location_key("'country'", 'cells.country_code') }}
        ]) as whole_location_key
    from {{ ref('int_parent_location_assigned') }} as cells
    inner join {{ ref('stg_measures') }} as measures on cells.measure_code = measures.measure_code
    where
        case measures.aggregation
            when 'ratio' then cells.numerator is not null and cells.denominator is not null
            else cells.value is not null
        end
),

edges as (
    select
        observation_key,
        department_code,
        source_observation_key as part_key,
        source_version_number as part_version_number,
        component_number
    from {{ ref('int_derived_measure_source_listed') }}
    union all
    select
        made.observation_key,
        made.department_code,
        in_force.observation_key as part_key,
        null as part_version_number,
        0 as component_number
    from made
    inner join in_force
        using (return_code, measure_code, location_key, period_code, population_group_code)
    where made.origin = 'total of service lines'
    union all
    select
        made.observation_key,
        made.department_code,
        gathered.observation_key as part_key,
        null as part_version_number,
        0 as component_number
    from made
    inner join gathered
        on
            made.return_code = gathered.return_code
            and made.measure_code = gathered.measure_code
            and made.period_code = gathered.period_code
            and made.population_group_code = gathered.population_group_code
            and made.service_line = gathered.service_line
            and made.location_key = gathered.whole_location_key
    where made.origin = 'aggregate'
    union all
    select
        made.observation_key,
        made.department_code,
        counted.counted_observation_key as part_key,
        null as part_version_number,
        0 as component_number
    from made
    inner join {{ ref('int_age_band_counted') }} as counted on made.observation_key = counted.observation_key
    where made.origin = 'standardised'
),

paths as (
    select * from edges
    union all
    select
        paths.observation_key,
        paths.department_code,
        edges.part_key,
        edges.part_version_number,
        greatest(paths.component_number, edges.component_number) as component_number
    from paths
    inner join edges on paths.part_key = edges.observation_key
)

select
    paths.observation_key,
    paths.department_code,
    cast(paths.component_number as bigint) as component_number,
    paths.part_key as source_observation_key,
    coalesce(paths.part_version_number, in_force.version_number) as source_version_number
from paths
left join in_force on paths.part_key = in_force.observation_key
where paths.part_version_number is not null or in_force.observation_key is not null
