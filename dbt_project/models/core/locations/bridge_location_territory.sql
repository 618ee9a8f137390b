-- Locations that succeeded one another in the same territory, so that a series can continue across mergers, splits
-- and new codes. A territory is the smallest set of locations connected by boundary changes: predecessors,
-- successors, and the counties of districts that moved. At each date some of its locations together cover the whole,
-- either counties (upper tier) or districts and unitary authorities (lower tier): one boundary set.
with recursive changes as (
    select location_key, successor_location_key, succession_date
    from {{ ref('bridge_location_successor') }}
),

authorities as (
    select
        locations.location_key,
        authorities.local_authority_code,
        authorities.county_authority_code
    from {{ ref('stg_local_authorities') }} as authorities
    inner join {{ ref('dim_location') }} as locations on authorities.location_code = locations.location_code
),

-- The successors of an abolished county are all the successors of its districts; the register omits some of them.
county_changes as (
    select distinct
        counties.location_key,
        changes.successor_location_key,
        changes.succession_date
    from authorities as districts
    inner join authorities as counties on districts.county_authority_code = counties.local_authority_code
    inner join changes on districts.location_key = changes.location_key
    inner join changes as county_ends on counties.location_key = county_ends.location_key
    where changes.successor_location_key like 'local_authority:%'
),

edges as (
    select * from changes
    union
    select * from county_changes
),

neighbours as (
    select location_key, successor_location_key as neighbour_key from edges
    union
    select successor_location_key as location_key, location_key as neighbour_key from edges
),

reached as (
    select location_key, location_key as other_key from neighbours
    union
    select reached.location_key, neighbours.neighbour_key as other_key
    from reached
    inner join neighbours on reached.other_key = neighbours.location_key
),

territories as (
    select
        location_key,
        dense_rank() over (order by min(other_key)) as territory_number
    from reached
    group by location_key
),

begins as (
    select
        successor_location_key,
        max(succession_date) as begin_date
    from edges
    group by successor_location_key
),

ends as (
    select
        location_key,
        min(succession_date) as end_date
    from edges
    group by location_key
),

-- Without a date, the old and the new code are assumed never to have been in force together.
members as (
    select
        territories.location_key,
        territories.territory_number,
        locations.location_code,
        locations.location_name,
        locations.location_level,
        coalesce(begins.begin_date, date '0001-01-01') as begin_date,
        case when ends.location_key is null then date '9999-12-31' else coalesce(ends.end_date, date '0001-01-01') end
            as end_date
    from territories
    inner join {{ ref('dim_location') }} as locations on territories.location_key = locations.location_key
    left join begins on territories.location_key = begins.successor_location_key
    left join ends on territories.location_key = ends.location_key
),

tiers as (
    select *, 'upper' as tier from members
    where location_level = 'local_authority'
    union all
    select *, 'lower' as tier from members
    where location_level = 'district' or location_code not like 'E10%'
),

-- The location that represents a territory: the only current one, or the only predecessor of all current ones.
standing as (
    select
        territory_number,
        case
            when count(distinct location_key) filter (where end_date = '9999-12-31' and tier = 'upper') = 1
                then min(location_key) filter (where end_date = '9999-12-31' and tier = 'upper')
            when
                count(distinct location_key) filter (where end_date = '9999-12-31' and tier = 'upper') > 1
                and count(distinct location_key) filter (where end_date < '9999-12-31' and tier = 'upper') = 1
                then min(location_key) filter (where end_date < '9999-12-31' and tier = 'upper')
            when
                count(distinct location_key) filter (where tier = 'upper') = 0
                and count(distinct location_key) filter (where end_date = '9999-12-31') = 1
                then min(location_key) filter (where end_date = '9999-12-31')
        end as territory_location_key,
        string_agg(distinct location_code, '+' order by location_code) filter (where end_date = '9999-12-31')
            as codes_today,
        string_agg(distinct location_name, ' + ' order by location_name) filter (where end_date = '9999-12-31')
            as names_today
    from tiers
    group by territory_number
),

dates as (
    select distinct territory_number, tier, begin_date as generation_from from tiers
    where begin_date < end_date
),

generations as (
    select
        dates.territory_number,
        dates.tier,
        dates.generation_from,
        tiers.location_key,
        tiers.end_date
    from dates
    inner join tiers
        on
            dates.territory_number = tiers.territory_number
            and dates.tier = tiers.tier
            and dates.generation_from >= tiers.begin_date
            and dates.generation_from < tiers.end_date
    union all
    -- Old codes without a date form the first boundary set.
    select territory_number, tier, cast(null as date) as generation_from, location_key, end_date
    from tiers
    where begin_date >= end_date
)

select
    coalesce(places.location_code, standing.codes_today) as territory_code,
    coalesce(places.location_name, standing.names_today) as territory_name,
    standing.territory_location_key,
    generations.tier,
    dense_rank() over (
        partition by generations.territory_number, generations.tier order by generations.generation_from nulls first
    ) as generation_number,
    generations.location_key,
    count(*) over (partition by generations.territory_number, generations.tier, generations.generation_from)
        as member_count,
    nullif(generations.generation_from, date '0001-01-01') as valid_from,
    case
        when generations.generation_from is not null
            then
                nullif(
                    min(generations.end_date) over (
                        partition by generations.territory_number, generations.tier, generations.generation_from
                    ),
                    date '9999-12-31'
                ) - 1
    end as valid_to
from generations
inner join standing on generations.territory_number = standing.territory_number
left join {{ ref('dim_location') }} as places on standing.territory_location_key = places.location_key
