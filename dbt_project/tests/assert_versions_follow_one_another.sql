-- At any time there is one version or none: with two, a past briefing could be rebuilt in two ways. Numbers count
-- from 1 without a gap, so that the first and the previous version can be found by number.
{{ config(meta={'dagster': {'ref': {'name': 'fct_observation'}}}) }}

with ordered_versions as (
    select
        observation_key,
        version_number,
        known_to,
        lead(known_from) over cell as next_known_from,
        row_number() over cell as expected_number
    from {{ ref('fct_observation') }}
    window cell as (partition by observation_key order by known_from)
)

select *
from ordered_versions
where known_to > next_known_from or version_number <> expected_number
