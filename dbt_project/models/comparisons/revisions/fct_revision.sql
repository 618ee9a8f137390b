{%- set figures = [
    'numerator', 'denominator', 'value', 'lower_95', 'upper_95', 'lower_99_8', 'upper_99_8',
] -%}
{%- set statuses = ['numerator_status', 'denominator_status', 'value_status'] -%}
{%- set shown = ['numerator', 'denominator', 'value', 'value_status', 'submission_key', 'known_from'] -%}

with observations as (
    select * from {{ ref('fct_observation') }}
),

changed_cells as (
    select
        observation_key,
        count(*) as version_count,
        max(known_to) < {{ open_ended_timestamp() }} as is_withdrawn
    from observations
    group by observation_key
    having count(*) > 1 or max(known_to) < {{ open_ended_timestamp() }}
),

versions as (
    select
        observations.*,
        changed_cells.version_count,
        changed_cells.is_withdrawn
    from observations
    inner join changed_cells on observations.observation_key = changed_cells.observation_key
),

first_versions as (
    select * from versions where version_number = 1
),

-- The latest state of a withdrawn observation has no value; its last version is the one before the withdrawal.
previous_versions as (
    select * from versions where version_number = version_count - case when is_withdrawn then 0 else 1 end
),

latest_versions as (
    select * from versions where version_number = version_count and not is_withdrawn
),

compared as (
    select
        first_versions.observation_key,
        first_versions.department_code,
        first_versions.return_code,
        first_versions.measure_code,
        first_versions.location_key,
        first_versions.period_code,
        first_versions.population_group_code,
        first_versions.service_line,
        first_versions.version_count,
        {% for version in ['first', 'previous', 'latest'] %}
        {% for column in shown %}
        {{ version }}_versions.{{ column }} as {{ version }}_{{ column }},
        {% endfor %}
        {% endfor %}
        case when first_versions.is_withdrawn then previous_versions.known_to end as withdrawn_at,
        case
            when first_versions.is_withdrawn then previous_versions.closed_by_submission_key
        end as withdrawn_by_submission_key,
        first_versions.is_withdrawn,
        {% for figure in figures %}
        coalesce(previous_versions.{{ figure }} <> latest_versions.{{ figure }}, false)
        {{ 'or' if not loop.last }}
        {% endfor %} as has_changed,
        {% for figure in figures %}
        (previous_versions.{{ figure }} is null and latest_versions.{{ figure }} is not null)
        {{ 'or' if not loop.last }}
        {% endfor %} as has_gained,
        {% for figure in figures %}
        (previous_versions.{{ figure }} is not null and latest_versions.{{ figure }} is null)
        {{ 'or' if not loop.last }}
        {% endfor %} as has_lost,
        {% for status in statuses %}
        coalesce(previous_versions.{{ status }} <> latest_versions.{{ status }}, false)
        {{ 'or' if not loop.last }}
        {% endfor %} as has_new_status
    from first_versions
    inner join previous_versions on first_versions.observation_key = previous_versions.observation_key
    left join latest_versions on first_versions.observation_key = latest_versions.observation_key
)

select
    observation_key,
    department_code,
    return_code,
    measure_code,
    location_key,
    period_code,
    population_group_code,
    service_line,
    case
        when is_withdrawn then 'withdrawn'
        when has_changed or (has_gained and has_lost) then 'revised'
        when has_gained then 'filled in'
        when has_lost then 'emptied'
        when has_new_status then 'status changed'
        else 'reinstated'
    end as kind,
    version_count,
    {% for version in ['first', 'previous', 'latest'] %}
    {% for column in shown %}
    {{ version }}_{{ column }},
    {% endfor %}
    {% endfor %}
    latest_value - first_value as revision,
    withdrawn_at,
    withdrawn_by_submission_key
from compared
