-- observation_key is a digest of 63 bits: should two cells ever share one, their versions would be mixed.
-- The chance is one in ten million at two million cells, so it is looked at and not thought about.
{{ config(meta={'dagster': {'ref': {'name': 'fct_observation'}}}) }}

with cells as (
    select
        observation_key,
        -- Another digest of the same codes: two cells that agree in one do not agree in both.
        hash(
            return_code, measure_code, location_key, period_code, population_group_code, service_line
        ) as other_digest
    from {{ ref('fct_observation') }}
)

select observation_key
from cells
group by observation_key
having min(other_digest) <> max(other_digest)
