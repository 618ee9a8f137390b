{#- A change in any of these makes a new version, a change in anything else makes none. -#}
{%- set figures = [
    'numerator', 'denominator', 'numerator_status', 'denominator_status',
    'value', 'value_status', 'lower_95', 'upper_95', 'lower_99_8', 'upper_99_8',
] -%}

with returns as (
    select * from {{ ref('stg_returns') }}
),

submissions as (
    select * from {{ ref('stg_submissions') }}
),

-- A submission replaces whole slices: a (measure, period) of a return, the whole return, or a single observation.
observations as not materialized (
    select
        observations.*,
        case when returns.speaks_for <> 'return' then observations.measure_code else '' end
            as slice_measure_code,
        case when returns.speaks_for <> 'return' then observations.period_code else '' end
            as slice_period_code,
        case when returns.speaks_for = 'keys' then observations.observation_key else 0 end
            as slice_observation_key
    from {{ ref('stg_observations') }} as observations
    inner join returns on observations.return_code = returns.return_code
),

slices as (
    select
        return_code,
        slice_measure_code,
        slice_period_code,
        slice_observation_key,
        string_agg(distinct submission_key, ' ' order by submission_key) as submission_set
    from observations
    group by return_code, slice_measure_code, slice_period_code, slice_observation_key
),

-- Slices that came in the same submissions share one schedule, so it is calculated once for each such set.
submission_sets as (
    select
        submission_set,
        row_number() over (order by submission_set) as set_number
    from slices
    group by submission_set
),

set_submissions as (
    select
        sets.set_number,
        submissions.submission_key,
        submissions.received_at,
        submissions.withdrawn_at
    from (
        select
            set_number,
            unnest(string_split(submission_set, ' ')) as submission_key
        from submission_sets
    ) as sets
    inner join submissions on sets.submission_key = submissions.submission_key
),

set_events as (
    select set_number, received_at as event_at from set_submissions
    union
    select set_number, withdrawn_at from set_submissions where withdrawn_at > received_at
),

-- The submission in force after an event is the latest one received by then and not withdrawn by then, if any.
in_force as (
    select
        set_events.set_number,
        set_events.event_at,
        arg_max(
            set_submissions.submission_key, (set_submissions.received_at, set_submissions.submission_key)
        ) as submission_key
    from set_events
    left join set_submissions
        on
            set_events.set_number = set_submissions.set_number
            and set_events.event_at >= set_submissions.received_at
            and set_events.event_at < coalesce(set_submissions.withdrawn_at, {{ open_ended_timestamp() }})
    group by set_events.set_number, set_events.event_at
),

schedule as (
    select
        set_number,
        submission_key,
        event_at,
        row_number() over event_order as event_number,
        lead(event_at, 1, {{ open_ended_timestamp() }}) over event_order as next_event_at,
        lead(submission_key) over event_order as next_submission_key
    from in_force
    window event_order as (partition by set_number order by event_at)
),

slice_schedule as (
    select
        slices.return_code,
        slices.slice_measure_code,
        slices.slice_period_code,
        slices.slice_observation_key,
        schedule.set_number,
        schedule.submission_key,
        schedule.event_number,
        schedule.event_at
    from slices
    inner join submission_sets on slices.submission_set = submission_sets.submission_set
    inner join schedule on submission_sets.set_number = schedule.set_number
    where schedule.submission_key is not null
),

-- Every row, once for each event after which its submission is in force.
known as not materialized (
    select
        observations.*,
        slice_schedule.set_number,
        slice_schedule.event_number,
        slice_schedule.event_at
    from observations
    inner join slice_schedule
        on
            observations.return_code = slice_schedule.return_code
            and observations.slice_measure_code = slice_schedule.slice_measure_code
            and observations.slice_period_code = slice_schedule.slice_period_code
            and observations.slice_observation_key = slice_schedule.slice_observation_key
            and observations.submission_key = slice_schedule.submission_key
),

-- The hash is only compared with its neighbours: the sort carries one number instead of eight columns.
compared as (
    select
        observation_key,
        event_number,
        hash({{ figures | join(', ') }}) as figures_hash
    from known
),

neighbours as (
    select
        observation_key,
        event_number,
        figures_hash,
        lag(event_number) over cell as event_number_before,
        lag(figures_hash) over cell as figures_hash_before,
        lead(event_number) over cell as event_number_after,
        lead(figures_hash) over cell as figures_hash_after
    from compared
    window cell as (partition by observation_key order by event_number)
),

edges as (
    select
        observation_key,
        event_number,
        not coalesce(event_number_before = event_number - 1 and figures_hash_before = figures_hash, false)
            as is_first,
        not coalesce(event_number_after = event_number + 1 and figures_hash_after = figures_hash, false)
            as is_last
    from neighbours
),

-- A version is an unbroken run of events after which the observation has the same figures.
versions as (
    select
        observation_key,
        event_number as first_event_number,
        case when is_last then event_number else lead(event_number) over cell end as last_event_number,
        row_number() over (partition by observation_key, is_first order by event_number) as version_number
    from edges
    where is_first or is_last
    window cell as (partition by observation_key order by event_number)
    qualify is_first
)

select
    known.observation_key,
    versions.version_number,
    known.event_at as known_from,
    last_event.next_event_at as known_to,
    known.department_code,
    known.return_code,
    known.submission_key,
    known.measure_code,
    known.location_key,
    known.period_code,
    known.population_group_code,
    known.service_line,
    known.numerator,
    known.denominator,
    known.numerator_status,
    known.denominator_status,
    known.value,
    known.value_status,
    known.lower_95,
    known.upper_95,
    known.lower_99_8,
    known.upper_99_8,
    known.note,
    known.source_row,
    known.source_column,
    last_event.submission_key as confirmed_submission_key,
    last_event.next_submission_key as closed_by_submission_key
from known
inner join versions
    on known.observation_key = versions.observation_key and known.event_number = versions.first_event_number
inner join schedule as last_event
    on known.set_number = last_event.set_number and versions.last_event_number = last_event.event_number
