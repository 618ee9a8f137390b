with placed as (
    select *
    from {{ ref('int_estimate_peer_grouped') }}
    where has_peers
),

sets as (
    select
        peer_set_key,
        count(*) as peer_count,
        median(value) as peer_median,
        -- The boundary of the best decile.
        case when any_value(polarity) <> 'none' then quantile_cont(lower_is_better_value, 0.1) end as best_sort_value
    from placed
    group by peer_set_key
),

spreads as (
    select
        placed.peer_set_key,
        median(abs(placed.value - sets.peer_median)) as peer_median_deviation
    from placed
    inner join sets on placed.peer_set_key = sets.peer_set_key
    group by placed.peer_set_key
),

ranked as (
    select
        observation_key,
        peer_set_key,
        polarity,
        value,
        rank() over (partition by peer_set_key order by lower_is_better_value) as peer_rank
    from placed
)

select
    ranked.observation_key,
    ranked.peer_rank,
    sets.peer_count,
    {{ quantile_of_rank('ranked.peer_rank', 'sets.peer_count', 5) }} as quintile,
    sets.peer_median,
    spreads.peer_median_deviation,
    -- If more than half of the peers have the same value, the robust distance is undefined.
    (ranked.value - sets.peer_median) / nullif(spreads.peer_median_deviation, 0) as robust_distance,
    case when ranked.polarity = 'high' then -sets.best_sort_value else sets.best_sort_value end as best_value
from ranked
inner join sets on ranked.peer_set_key = sets.peer_set_key
inner join spreads on ranked.peer_set_key = spreads.peer_set_key
