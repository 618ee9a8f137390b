-- The age in a population group, and the group without the age: a standardised measure covers people of all ages who
-- share the other characteristics.
with characteristics as (
    select distinct characteristic_base from {{ ref('stg_standardised_measures') }}
),

members as (
    select
        population_group_code,
        characteristic_code,
        category_code,
        split_part(characteristic_code, ':', 1) as characteristic_base
    from {{ ref('bridge_population_group_member') }}
)

select
    aged.population_group_code,
    aged.characteristic_base,
    aged.category_code,
    coalesce(
        string_agg(
            others.characteristic_code || '=' || others.category_code, ';'
            order by others.characteristic_code
        ),
        'Total'
    ) as held_group_code
from members as aged
inner join characteristics on aged.characteristic_base = characteristics.characteristic_base
left join members as others
    on
        aged.population_group_code = others.population_group_code
        and aged.characteristic_code <> others.characteristic_code
-- No rate by age includes people of unknown age.
where
    not exists (
        select 1 from {{ ref('stg_characteristics') }} as roles
        where
            roles.category_role = 'left_out'
            and roles.characteristic_base = aged.characteristic_base
            and roles.category_code = aged.category_code
    )
group by aged.population_group_code, aged.characteristic_base, aged.characteristic_code, aged.category_code
