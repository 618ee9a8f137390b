{{ config(materialized='table') }}
-- Every group that can be compared with others of the same breakdown: one pair of its population group, with the
-- other pairs held constant; a region within England; authorities by deprivation. A group of three pairs appears
-- three times.
with characteristics as (
    select distinct
        characteristic_base,
        dimension,
        is_ordered
    from {{ ref('stg_characteristics') }}
),

roles as (
    select * from {{ ref('stg_characteristics') }}
),

pairs as (
    select
        *,
        split_part(characteristic_code, ':', 1) as characteristic_base
    from {{ ref('bridge_population_group_member') }}
),

members as (
    select
        pairs.population_group_code,
        pairs.characteristic_code,
        pairs.category_code,
        characteristics.dimension,
        characteristics.is_ordered,
        roles.role_rank as reference_rank
    from pairs
    left join characteristics on pairs.characteristic_base = characteristics.characteristic_base
    left join roles
        on
            pairs.characteristic_base = roles.characteristic_base
            and pairs.category_code = roles.category_code
            and roles.category_role = 'reference'
    where
        not exists (
            select 1 from roles as left_out
            where
                left_out.category_role = 'left_out'
                and left_out.characteristic_base = pairs.characteristic_base
                and left_out.category_code = pairs.category_code
        )
),

-- The population group without one of its pairs.
held as (
    select
        members.population_group_code,
        members.characteristic_code,
        coalesce(
            string_agg(
                others.characteristic_code || '=' || others.category_code, ';'
                order by others.characteristic_code
            ),
            'Total'
        ) as held_group_code
    from members
    left join {{ ref('bridge_population_group_member') }} as others
        on
            members.population_group_code = others.population_group_code
            and members.characteristic_code <> others.characteristic_code
    group by members.population_group_code, members.characteristic_code
),

estimates as (
    select * from {{ ref('fct_estimate') }}
),

areas as (
    select * from {{ ref('int_deprivation_quintile_aggregated') }}
    union all by name
    select * from {{ ref('int_deprivation_quintile_standardised') }}
),

groups as (
    select
        estimates.return_code,
        estimates.measure_code,
        estimates.location_key,
        estimates.period_code,
        estimates.service_line,
        held.held_group_code,
        members.characteristic_code,
        members.category_code,
        coalesce(members.dimension, 'other') as dimension,
        coalesce(members.is_ordered, false) as is_ordered,
        members.reference_rank,
        estimates.numerator,
        estimates.denominator,
        estimates.value,
        estimates.standard_error,
        estimates.is_computed_from_rounded_counts as is_from_rounded_counts
    from estimates
    inner join members on estimates.population_group_code = members.population_group_code
    inner join held
        on
            members.population_group_code = held.population_group_code
            and members.characteristic_code = held.characteristic_code
    union all
    select
        estimates.return_code,
        estimates.measure_code,
        'country:' || regions.country_code as location_key,
        estimates.period_code,
        estimates.service_line,
        estimates.population_group_code as held_group_code,
        'region' as characteristic_code,
        regions.location_code as category_code,
        'region' as dimension,
        false as is_ordered,
        cast(null as integer) as reference_rank,
        estimates.numerator,
        estimates.denominator,
        estimates.value,
        estimates.standard_error,
        estimates.is_computed_from_rounded_counts as is_from_rounded_counts
    from estimates
    inner join {{ ref('dim_location') }} as regions
        on estimates.location_key = regions.location_key and regions.location_type = 'region'
    union all
    select
        return_code,
        measure_code,
        location_key,
        period_code,
        service_line,
        held_group_code,
        characteristic_code,
        category_code,
        'deprivation' as dimension,
        true as is_ordered,
        cast(null as integer) as reference_rank,
        numerator,
        denominator,
        value,
        standard_error,
        is_from_rounded_counts
    from areas
)

select
    groups.*,
    returns.department_code,
    measures.polarity,
    measures.multiplier,
    case when groups.is_ordered then try_cast(groups.category_code as integer) end as category_number,
    'country:' || coalesce(returns.covers_code, locations.country_code) as whole_location_key,
    hash(
        groups.measure_code,
        groups.location_key,
        groups.period_code,
        groups.service_line,
        groups.held_group_code,
        groups.characteristic_code
    ) as fairness_key,
    hash(
        groups.measure_code,
        groups.period_code,
        groups.service_line,
        groups.held_group_code,
        groups.characteristic_code
    ) as national_key
from groups
inner join {{ ref('stg_measures') }} as measures on groups.measure_code = measures.measure_code
inner join {{ ref('stg_returns') }} as returns on groups.return_code = returns.return_code
inner join {{ ref('dim_location') }} as locations on groups.location_key = locations.location_key
