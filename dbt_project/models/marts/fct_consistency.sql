-- Differences between the units within a location: authorities within the country and within their region, and other
-- organisations within a location. A good average can hide failing units; consistent quality shows as a small spread.
with units as (
    select
        placed.*,
        unnest(list_distinct(list_filter(
            [
                'country:' || placed.benchmark_country_code,
                'region:' || placed.region_code,
                'local_authority:' || locations.upper_tier_code,
                locations.within_location_key
            ],
            lambda parent: parent is not null
        ))) as parent_location_key
    from {{ ref('int_estimate_peer_grouped') }} as placed
    inner join {{ ref('dim_location') }} as locations on placed.location_key = locations.location_key
    where placed.has_peers and placed.location_level <> 'region'
),

keyed as (
    select
        *,
        {{ surrogate_key([
            'measure_code', 'parent_location_key', 'location_level', 'period_code', 'population_group_code',
            'service_line',
        ]) }} as consistency_key
    from units
),

averaged as (
    {{ mean_estimated('keyed', ['consistency_key'], 'value') | indent }}
),

parents as (
    select
        set_key,
        location_key,
        value
    from {{ ref('int_estimate_peer_grouped') }}
),

spread as (
    select
        units.consistency_key,
        any_value(units.department_code) as department_code,
        any_value(units.return_code) as return_code,
        any_value(units.measure_code) as measure_code,
        any_value(units.parent_location_key) as location_key,
        any_value(units.location_level) as unit_level,
        any_value(units.period_code) as period_code,
        any_value(units.population_group_code) as population_group_code,
        any_value(units.service_line) as service_line,
        any_value(parents.value) as place_value,
        count(*) as unit_count,
        min(units.value) as lowest_value,
        quantile_cont(units.value, [0.25, 0.5, 0.75]) as quartiles,
        max(units.value) as highest_value,
        count(case
            when units.polarity = 'high' and units.upper_95 < parents.value then 1
            when units.polarity = 'low' and units.lower_95 > parents.value then 1
        end) as worse_unit_count,
        count(case
            when units.polarity = 'high' and units.lower_95 > parents.value then 1
            when units.polarity = 'low' and units.upper_95 < parents.value then 1
        end) as better_unit_count
    from keyed as units
    left join parents on units.set_key = parents.set_key and units.parent_location_key = parents.location_key
    group by units.consistency_key
    having count(*) >= 3
)

select
    spread.consistency_key,
    spread.department_code,
    spread.return_code,
    spread.measure_code,
    spread.location_key,
    spread.unit_level,
    spread.period_code,
    spread.population_group_code,
    spread.service_line,
    spread.place_value,
    spread.unit_count,
    spread.lowest_value,
    spread.quartiles[1] as lower_quartile,
    spread.quartiles[2] as median_value,
    spread.quartiles[3] as upper_quartile,
    spread.highest_value,
    spread.quartiles[3] - spread.quartiles[1] as interquartile_range,
    averaged.value as unit_mean,
    averaged.lower_95 as unit_mean_lower_95,
    averaged.upper_95 as unit_mean_upper_95,
    averaged.standard_deviation,
    -- Only if a value of zero means that there is nothing; a spread relative to a negative or zero mean has no
    -- meaning.
    case
        when spread.lowest_value >= 0 and averaged.value > 0
            then 100 * averaged.standard_deviation / averaged.value
    end as coefficient_of_variation,
    spread.worse_unit_count,
    spread.better_unit_count
from spread
inner join averaged on spread.consistency_key = averaged.consistency_key
