with received as (
    select
        location_key,
        location_code,
        location_level,
        location_name,
        cast(null as varchar) as scheme,
        false as in_reference,
        cast(null as varchar) as within_location_key,
        submission_key,
        received_at
    from {{ ref('stg_observations') }}
    group by all
    union all
    select
        location_key,
        location_code,
        location_level,
        location_name,
        scheme,
        in_reference,
        within_location_key,
        submission_key,
        received_at
    from {{ ref('stg_learned_locations') }}
),

received_locations as (
    select
        location_key,
        location_code,
        location_level,
        {{ latest_received('location_name') }} as location_name,
        {{ latest_received('scheme') }} as scheme,
        {{ latest_received('within_location_key') }} as within_location_key,
        coalesce(bool_or(in_reference), false) as in_reference
    from received
    group by location_key, location_code, location_level
),

reference_locations as (
    select * from {{ ref('int_location_named') }}
),

dfe_locations as (
    select
        location_code,
        min(location_name) as location_name
    from {{ ref('stg_dfe_local_authorities') }}
    group by location_code
),

-- A DfE number means the only authority with its name; if there are two, the number stays as the code.
numbered as (
    select
        {{ location_key("'local_authority'", 'dfe.location_code') }} as number_key,
        min(named.location_key) as location_key
    from {{ ref('stg_dfe_local_authorities') }} as dfe
    inner join reference_locations as named
        on lower(dfe.location_name) = lower(named.location_name) and named.location_level = 'local_authority'
    group by dfe.location_code
    having count(distinct named.location_key) = 1
)

select
    coalesce(received.location_key, reference.location_key) as location_key,
    coalesce(received.location_code, reference.location_code) as location_code,
    coalesce(received.location_level, reference.location_level) as location_level,
    coalesce(
        reference.location_name, dfe.location_name, received.location_name, received.location_code
    ) as location_name,
    coalesce(
        received.scheme,
        case when contains(received.location_code, ':') then split_part(received.location_code, ':', 1) end,
        'gss'
    ) as scheme,
    reference.location_key is not null
    or dfe.location_code is not null
    or coalesce(received.in_reference, false) as in_reference,
    coalesce(numbered.location_key, received.within_location_key) as within_location_key
from received_locations as received
full join reference_locations as reference on received.location_key = reference.location_key
left join dfe_locations as dfe on received.location_code = dfe.location_code
left join numbered on received.within_location_key = numbered.number_key
