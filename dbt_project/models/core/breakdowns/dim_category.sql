with characteristics as (
    select distinct
        characteristic_base,
        dimension,
        is_ordered
    from {{ ref('stg_characteristics') }}
),

categories as (
    select
        characteristic_code,
        characteristic_name,
        category_code,
        category_name
    from {{ ref('bridge_population_group_member') }}
    union
    select
        'region' as characteristic_code,
        'Region' as characteristic_name,
        location_code as category_code,
        location_name as category_name
    from {{ ref('dim_location') }}
    where location_type = 'region'
    union
    select
        characteristic_code,
        'Deprivation quintile of the ' || split_part(characteristic_code, '_', 1) || ' (' || upper(left(edition, 3))
        || ' ' || substr(edition, 4) || ')' as characteristic_name,
        cast(quintile as varchar) as category_code,
        cast(quintile as varchar) as category_name
    from {{ ref('int_area_deprivation_ranked') }}
)

select
    categories.characteristic_code,
    categories.category_code,
    categories.characteristic_name,
    categories.category_name,
    case
        when categories.characteristic_code = 'region' then 'region'
        when regexp_matches(categories.characteristic_code, '^(area|practice)_deprivation_quintile:') then 'deprivation'
        else coalesce(characteristics.dimension, 'other')
    end as dimension,
    regexp_matches(categories.characteristic_code, '^(area|practice)_deprivation_quintile:')
    or coalesce(characteristics.is_ordered, false) as is_ordered
from categories
left join characteristics
    on split_part(categories.characteristic_code, ':', 1) = characteristics.characteristic_base
