-- Inputs and outputs of each location, for all people and the whole service.
select
    frontiers.frontier_code,
    figures.location_key,
    figures.period_code,
    frontiers.side,
    frontiers.figure_number,
    figures.value as figure_value
from {{ ref('stg_frontiers') }} as frontiers
inner join {{ ref('fct_derived_measure') }} as figures on frontiers.measure_code = figures.measure_code
inner join {{ ref('dim_location') }} as locations
    on figures.location_key = locations.location_key and frontiers.location_level = locations.location_level
where
    figures.population_group_code = 'Total'
    and figures.service_line = 'Total'
    and figures.value is not null
