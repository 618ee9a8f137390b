-- Observations with a value that a later submission reported again, with their first and latest value: an unchanged one
-- is a revision of zero, without which a mean revision would cover the changed ones alone.
with cells as (
    select
        observation_key,
        department_code,
        return_code,
        measure_code,
        first_value,
        latest_value
    from {{ ref('fct_revision') }}
    where kind <> 'withdrawn'
    union all
    select
        observation_key,
        department_code,
        return_code,
        measure_code,
        value as first_value,
        value as latest_value
    from {{ ref('fct_observation') }}
    where version_number = 1 and known_to = {{ open_ended_timestamp() }} and confirmed_submission_key <> submission_key
)

select
    *,
    latest_value - first_value as revision,
    100 * (latest_value - first_value) / nullif(abs(first_value), 0) as revision_pct
from cells
where first_value is not null and latest_value is not null
