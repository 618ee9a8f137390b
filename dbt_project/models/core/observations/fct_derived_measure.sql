-- A measure with an as-at lag is published beside the same measure on current figures.
with derived as (
    {{ derived_measures("timestamp '9999-12-30 00:00:00'") | indent }}
)

select
    {{ observation_key("split_part(location_key, ':', 1)", "substr(location_key, instr(location_key, ':') + 1)") }}
        as observation_key,
    *
from derived
