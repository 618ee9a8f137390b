-- A measure of which a component is pinned stands beside the same one on today's knowledge.
with derived as (
    {{ derived_measures("timestamp '9999-12-30 00:00:00'") | indent }}
)

select
    {{ observation_key("split_part(location_key, ':', 1)", "substr(location_key, instr(location_key, ':') + 1)") }}
        as observation_key,
    *
from derived
