-- The median of an authority's statistical neighbours that have a value; null if fewer than five have one.
with placed as (
    select
        observation_key,
        set_key,
        location_code,
        value
    from {{ ref('int_estimate_peer_grouped') }}
    where location_level = 'local_authority'
)

select
    placed.observation_key,
    count(*) as neighbour_count,
    case when count(*) >= 5 then median(others.value) end as neighbour_median
from placed
inner join {{ ref('stg_statistical_neighbours') }} as neighbours
    on placed.location_code = neighbours.location_code
inner join placed as others
    on placed.set_key = others.set_key and neighbours.neighbour_code = others.location_code
group by placed.observation_key
