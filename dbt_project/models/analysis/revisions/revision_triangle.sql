-- The revision triangle, one row per version: the first estimate of an observation, each later figure, and the
-- current one.
select
    versions.department_code,
    versions.return_code,
    versions.measure_code,
    measures.measure_name,
    locations.location_code,
    locations.location_name,
    locations.location_level,
    versions.period_code,
    periods.period_start,
    periods.period_end,
    population_groups.characteristic,
    population_groups.category,
    versions.service_line,
    measures.unit,
    versions.version_number,
    versions.known_from,
    nullif(versions.known_to, {{ open_ended_timestamp() }}) as replaced_at,
    versions.value,
    versions.value_status,
    first_value(versions.value) over so_far as first_value,
    lag(versions.value) over so_far as previous_value,
    last_value(versions.value) over whole as latest_value,
    versions.value - lag(versions.value) over so_far as revision_from_previous,
    versions.value - first_value(versions.value) over so_far as revision_from_first,
    versions.submission_key,
    versions.observation_key
from {{ ref('fct_observation') }} as versions
{{ join_dimensions('versions', ['measures', 'locations', 'periods', 'population_groups']) }}
window
    so_far as (partition by versions.observation_key order by versions.version_number),
    whole as (
        partition by versions.observation_key
        order by versions.version_number
        rows between unbounded preceding and unbounded following
    )
