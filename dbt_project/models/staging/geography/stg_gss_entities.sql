select
    prefix as gss_prefix,
    location_level,
    location_type,
    description as entity_name
from {{ source('landing', 'gss_entities') }}
