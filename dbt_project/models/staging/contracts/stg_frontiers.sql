select
    frontier_code,
    frontier_name,
    location_level,
    side,
    figure_number,
    measure_code
from {{ source('landing', 'frontiers') }}
