-- Cells with a value that a later submission reported once more, with what was first said and what stands: those it left
-- as they were are revisions of nought, without which a mean revision would be of the changed ones alone.
with cells as (
    select
        observation_key,
        any_value(department_code) as department_code,
        any_value(return_code) as return_code,
        any_value(measure_code) as measure_code,
        arg_min({'value': value}, version_number).value as first_value,
        arg_max({'value': value}, version_number).value as latest_value
    from {{ ref('fct_observation') }}
    group by observation_key
    having
        max(known_to) = {{ forever() }}
        and (count(*) > 1 or bool_or(confirmed_submission_key <> submission_key))
)

select
    *,
    latest_value - first_value as revision,
    100 * (latest_value - first_value) / nullif(abs(first_value), 0) as revision_pct
from cells
where first_value is not null and latest_value is not null
