{% set ranks = range(1, 11) %}

with authorities as (
    select * from {{ source('landing', 'ref_statistical_neighbours') }}
    where try_cast(la_num as integer) is not null
),

neighbours as (
    {% for rank in ranks %}
    select la_num, {{ rank }} as neighbour_rank, sn{{ rank }} as neighbour_number
    from authorities
    where sn{{ rank }} is not null
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

-- DfE's estimates of children give the code of each number in each year; use the latest.
numbered as (
    select
        old_la_code as la_num,
        arg_max(new_la_code, (time_period, new_la_code)) as location_code
    from {{ source('landing', 'ref_population_under18') }}
    where old_la_code is not null and new_la_code is not null
    group by old_la_code
),

-- Otherwise match the name; an authority that still exists takes precedence over an abolished one.
named as (
    select
        lower(nice_name) as plain_name,
        arg_min(gss_code, (end_date is not null, gss_code)) as location_code
    from {{ source('landing', 'ref_local_authorities') }}
    where gss_code is not null and local_authority_type in ('UA', 'MD', 'LBO', 'CC', 'CTY')
    group by lower(nice_name)
),

coded as (
    select
        authorities.la_num,
        coalesce(
            numbered.location_code, named.location_code, 'dfe-la:' || authorities.la_num
        ) as location_code
    from authorities
    left join numbered on authorities.la_num = numbered.la_num
    left join named on lower(authorities.la_name) = named.plain_name
)

select
    coded.location_code,
    coalesce(
        neighbour.location_code, numbered.location_code, 'dfe-la:' || neighbours.neighbour_number
    ) as neighbour_code,
    neighbours.neighbour_rank
from neighbours
inner join coded on neighbours.la_num = coded.la_num
left join coded as neighbour on neighbours.neighbour_number = neighbour.la_num
left join numbered on neighbours.neighbour_number = numbered.la_num
