-- Calculates the current figures in a second way: for each slice, the rows of its latest submission in force. An
-- observation on one side only, or with other figures, means that a version was opened or closed wrongly.
{{ config(meta={'dagster': {'ref': {'name': 'fct_observation'}}}) }}

{%- set figures = [
    'numerator', 'denominator', 'numerator_status', 'denominator_status',
    'value', 'value_status', 'lower_95', 'upper_95', 'lower_99_8', 'upper_99_8',
] -%}

with standing as (
    select
        observations.observation_key,
        observations.return_code,
        case when returns.speaks_for <> 'return' then observations.measure_code else '' end as slice_measure,
        case when returns.speaks_for <> 'return' then observations.period_code else '' end as slice_period,
        case when returns.speaks_for = 'keys' then observations.observation_key else 0 end as slice_key,
        submissions.received_at,
        observations.submission_key,
        hash({{ figures | join(', ') }}) as figures_hash
    from {{ ref('stg_observations') }} as observations
    inner join {{ ref('dim_submission') }} as submissions
        on observations.submission_key = submissions.submission_key
    inner join {{ ref('dim_return') }} as returns on observations.return_code = returns.return_code
    where submissions.withdrawn_at is null
),

latest as (
    select
        return_code,
        slice_measure,
        slice_period,
        slice_key,
        arg_max(submission_key, (received_at, submission_key)) as submission_key
    from standing
    group by return_code, slice_measure, slice_period, slice_key
),

expected as (
    select
        standing.observation_key,
        standing.figures_hash
    from standing
    inner join latest
        on
            standing.return_code = latest.return_code
            and standing.slice_measure = latest.slice_measure
            and standing.slice_period = latest.slice_period
            and standing.slice_key = latest.slice_key
            and standing.submission_key = latest.submission_key
),

found as (
    select
        observation_key,
        hash({{ figures | join(', ') }}) as figures_hash
    from {{ ref('fct_observation') }}
    where known_to = {{ open_ended_timestamp() }}
)

select
    observation_key,
    expected.figures_hash as expected_hash,
    found.figures_hash as found_hash
from expected
full join found using (observation_key)
where expected.figures_hash is distinct from found.figures_hash
