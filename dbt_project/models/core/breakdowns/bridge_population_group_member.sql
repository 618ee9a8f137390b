with submitted_groups as (
    select
        population_group_code,
        submission_key,
        received_at,
        min(members) as members
    from {{ ref('stg_observations') }}
    group by population_group_code, submission_key, received_at
),

submitted_members as (
    select
        population_group_code,
        submission_key,
        received_at,
        unnest(members, recursive := true)
    from submitted_groups
),

-- A category has the same name in every group, regardless of the submission that brought the group.
characteristics as (
    select
        characteristic_code,
        {{ latest_received('characteristic_name') }} as characteristic_name
    from submitted_members
    group by characteristic_code
),

categories as (
    select
        characteristic_code,
        category_code,
        {{ latest_received('category_name') }} as category_name
    from submitted_members
    group by characteristic_code, category_code
),

sent as (
    select distinct
        population_group_code,
        characteristic_code,
        category_code
    from submitted_members
),

-- A standardised measure belongs to a group without its age, whether or not that group is submitted.
ageless as (
    select
        aged.population_group_code as aged_group_code,
        aged.characteristic_code as age_code,
        string_agg(
            others.characteristic_code || '=' || others.category_code, ';' order by others.characteristic_code
        ) as population_group_code
    from sent as aged
    inner join sent as others
        on
            aged.population_group_code = others.population_group_code
            and aged.characteristic_code <> others.characteristic_code
    where
        split_part(aged.characteristic_code, ':', 1) in (
            select methods.characteristic_base from {{ ref('stg_standardised_measures') }} as methods
        )
    group by aged.population_group_code, aged.characteristic_code
),

members as (
    select * from sent
    union
    select
        ageless.population_group_code,
        sent.characteristic_code,
        sent.category_code
    from ageless
    inner join sent
        on
            ageless.aged_group_code = sent.population_group_code
            and ageless.age_code <> sent.characteristic_code
)

select
    members.population_group_code,
    row_number() over (
        partition by members.population_group_code order by members.characteristic_code
    ) as member_number,
    members.characteristic_code,
    characteristics.characteristic_name,
    members.category_code,
    categories.category_name
from members
inner join characteristics on members.characteristic_code = characteristics.characteristic_code
inner join categories
    on
        members.characteristic_code = categories.characteristic_code
        and members.category_code = categories.category_code
