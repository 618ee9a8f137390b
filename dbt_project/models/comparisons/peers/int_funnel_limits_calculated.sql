-- Funnel limits of proportions and rates with counts, among their peers. If the contract allows for overdispersion,
-- the limits are widened by the spread of the middle of the distribution.
with placed as (
    select
        observation_key,
        peer_set_key,
        numerator,
        denominator,
        multiplier,
        has_overdispersion,
        case limits_method when 'proportion' then 'proportion' when 'rate' then 'crude_rate' end as kind
    from {{ ref('int_estimate_peer_grouped') }}
    where
        has_peers
        and numerator is not null
        and denominator is not null
        and limits_method in ('proportion', 'rate')
),

plain as (
    select * from placed where not has_overdispersion
),

classified as (
    {{ funnel_classified(
        'plain', ['peer_set_key'], ['observation_key'], 'kind', 'numerator', 'denominator', 'multiplier',
        rate='multiplier * numerator / denominator'
    ) | indent }}
),

-- Expected events: those the location would have had at the rate of all its peers.
expected as (
    select
        *,
        case
            when kind = 'crude_rate'
                then
                    denominator * (sum(numerator::decimal(38, 9)) over (partition by peer_set_key))::double
                    / nullif((sum(denominator::decimal(38, 9)) over (partition by peer_set_key))::double, 0)
            else denominator
        end as expected,
        case when kind = 'crude_rate' then 'ratio_cqc' else 'proportion' end as transform
    from placed
    where has_overdispersion
),

dispersed as (
    {{ overdispersion_estimated(
        'expected', ['peer_set_key'], ['observation_key'], 'numerator', 'expected', 'transform'
    ) | indent }}
),

scaled as (
    select
        dispersed.*,
        -- Limits of a ratio of observed to expected, as limits of the rate.
        placed.multiplier * case
            when placed.kind = 'crude_rate' then expected.expected / expected.denominator else 1
        end as scale
    from dispersed
    inner join placed on dispersed.observation_key = placed.observation_key
    inner join expected on dispersed.observation_key = expected.observation_key
)

select
    observation_key,
    baseline as funnel_baseline,
    lower_95 as funnel_lower_95,
    upper_95 as funnel_upper_95,
    lower_99_8 as funnel_lower_99_8,
    upper_99_8 as funnel_upper_99_8,
    funnel_class,
    null::double as overdispersion_variance
from classified
union all
select
    observation_key,
    scale * target as funnel_baseline,
    scale * lower_95 as funnel_lower_95,
    scale * upper_95 as funnel_upper_95,
    scale * lower_99_8 as funnel_lower_99_8,
    scale * upper_99_8 as funnel_upper_99_8,
    funnel_class,
    tau2 as overdispersion_variance
from scaled
