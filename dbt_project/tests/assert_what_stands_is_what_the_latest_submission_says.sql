-- Works out what is in force a second way: of each slice, the rows of the latest submission that stands.
-- A row on one side only means that versions were opened or closed wrongly.
{{ config(meta={'dagster': {'ref': {'name': 'fct_observation'}}}) }}

with standing as (
    select
        observations.observation_key,
        observations.numerator,
        observations.denominator,
        observations.numerator_status,
        observations.denominator_status,
        observations.value,
        observations.value_status,
        observations.lower_95,
        observations.upper_95,
        observations.lower_99_8,
        observations.upper_99_8,
        (submissions.received_at, submissions.submission_key) as submission_order,
        max((submissions.received_at, submissions.submission_key)) over (
            partition by
                observations.return_code,
                case when returns.speaks_for <> 'return' then observations.measure_code end,
                case when returns.speaks_for <> 'return' then observations.period_code end,
                case when returns.speaks_for = 'keys' then observations.observation_key end
        ) as latest_submission_order
    from {{ ref('stg_observations') }} as observations
    inner join {{ ref('dim_submission') }} as submissions
        on observations.submission_key = submissions.submission_key
    inner join {{ ref('dim_return') }} as returns on observations.return_code = returns.return_code
    where submissions.withdrawn_at is null
),

expected as (
    select * exclude (submission_order, latest_submission_order)
    from standing
    where submission_order = latest_submission_order
),

found as (
    select
        observation_key,
        numerator,
        denominator,
        numerator_status,
        denominator_status,
        value,
        value_status,
        lower_95,
        upper_95,
        lower_99_8,
        upper_99_8
    from {{ ref('fct_observation') }}
    where known_to = {{ forever() }}
)

(select * from expected except select * from found) -- noqa: LT11
union all
(select * from found except select * from expected) -- noqa: LT11
