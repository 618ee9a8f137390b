-- observation_key is a hash of 63 bits: if two observations shared one, their versions would be mixed. The chance is
-- one in ten million with two million observations, so this test checks it.
{{ config(meta={'dagster': {'ref': {'name': 'fct_observation'}}}) }}

with cells as (
    select
        observation_key,
        -- A different hash of the same codes: two observations that share one hash do not share both.
        hash(
            return_code, measure_code, location_key, period_code, population_group_code, service_line
        ) as other_digest
    from {{ ref('fct_observation') }}
)

select observation_key
from cells
group by observation_key
having min(other_digest) <> max(other_digest)
