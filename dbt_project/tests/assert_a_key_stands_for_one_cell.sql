-- observation_key is a digest of 63 bits: should two cells ever share one, their versions would be mixed.
-- The chance is one in ten million at two million cells, so it is looked at and not thought about.
{{ config(meta={'dagster': {'ref': {'name': 'fct_observation'}}}) }}

select observation_key
from {{ ref('fct_observation') }}
group by observation_key
having
    min(measure_code) <> max(measure_code)
    or min(location_key) <> max(location_key)
    or min(period_code) <> max(period_code)
    or min(population_group_code) <> max(population_group_code)
    or min(service_line) <> max(service_line)
    or min(return_code) <> max(return_code)
