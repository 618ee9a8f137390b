-- A row with an unknown submission or return would silently drop out of the joins. The receipt of an accepted
-- submission gives the number of its observations: as many must have landed.
{{ config(meta={'dagster': {'ref': {'name': 'dim_submission'}}}) }}

with landed as (
    select
        submission_key,
        return_code,
        count(*) as landed_count
    from {{ ref('stg_observations') }}
    group by submission_key, return_code
),

submissions as (
    select
        submission_key,
        return_code,
        observation_count
    from {{ ref('dim_submission') }}
    where outcome = 'accepted'
)

select
    submission_key,
    return_code,
    landed.landed_count,
    submissions.observation_count
from landed
full join submissions using (submission_key, return_code)
where coalesce(landed.landed_count, 0) is distinct from submissions.observation_count
