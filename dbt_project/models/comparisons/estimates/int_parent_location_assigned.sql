-- The region and the country to which a location's figures are added. The country is the one that the return covers,
-- or the location's own.
with locations as (
    select
        locations.location_key,
        locations.location_level,
        locations.region_code,
        locations.country_code,
        levels.level_rank
    from {{ ref('dim_location') }} as locations
    inner join (
        -- One level of location makes up the whole: the first of these levels that the return has.
        values
        ('local_authority', 1),
        ('police_force', 2),
        ('fire_authority', 3),
        ('icb', 4),
        ('nhs_trust', 5),
        ('gp_practice', 6),
        ('school', 7),
        ('district', 8)
    ) as levels (location_level, level_rank) on locations.location_level = levels.location_level
)

select
    cells.*,
    locations.location_level,
    locations.region_code,
    coalesce(returns.covers_code, locations.country_code) as country_code
from {{ ref('int_service_line_total_added') }} as cells
inner join locations on cells.location_key = locations.location_key
inner join {{ ref('stg_returns') }} as returns on cells.return_code = returns.return_code
qualify locations.level_rank = min(locations.level_rank) over (partition by cells.measure_code)
