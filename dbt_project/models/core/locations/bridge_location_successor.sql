with successions as (
    select * from {{ ref('int_location_successor_resolved') }}
),

-- A code list gives a code one level, so the level of either end follows from the code.
locations as (
    select
        location_key,
        location_code
    from {{ ref('int_location_named') }}
)

select
    predecessors.location_key,
    successors.location_key as successor_location_key,
    successions.succession_date,
    count(*) over (partition by predecessors.location_key) as successor_count
from successions
inner join locations as predecessors on successions.location_code = predecessors.location_code
inner join locations as successors on successions.successor_code = successors.location_code
