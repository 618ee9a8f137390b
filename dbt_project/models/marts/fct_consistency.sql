-- How much the units within a place differ: authorities within the country and within their region, and
-- whatever else reports within a place. A good average may hide units that fail; steady quality shows in a
-- small spread.
with units as (
    select
        placed.*,
        unnest(list_distinct(list_filter(
            [
                'country:' || placed.whole_code,
                'region:' || placed.region_code,
                'local_authority:' || locations.upper_tier_code,
                locations.within_location_key
            ],
            lambda parent: parent is not null
        ))) as parent_location_key
    from {{ ref('int_estimate_placed') }} as placed
    inner join {{ ref('dim_location') }} as locations on placed.location_key = locations.location_key
    where placed.has_peers and placed.location_level <> 'region'
),

parents as (
    select
        set_key,
        location_key,
        value
    from {{ ref('int_estimate_placed') }}
)

select
    {{ surrogate_key([
        'units.measure_code', 'units.parent_location_key', 'units.location_level', 'units.period_code',
        'units.population_group_code', 'units.service_line',
    ]) }} as consistency_key,
    any_value(units.department_code) as department_code,
    any_value(units.return_code) as return_code,
    units.measure_code,
    units.parent_location_key as location_key,
    units.location_level as unit_level,
    units.period_code,
    units.population_group_code,
    units.service_line,
    any_value(parents.value) as place_value,
    count(*) as unit_count,
    min(units.value) as lowest_value,
    quantile_cont(units.value, 0.25) as lower_quartile,
    median(units.value) as median_value,
    quantile_cont(units.value, 0.75) as upper_quartile,
    max(units.value) as highest_value,
    upper_quartile - lower_quartile as interquartile_range,
    list_aggregate(list(units.value order by units.value), 'stddev_samp') as standard_deviation,
    -- Only where a value of nought means nothing is there; a spread relative to a negative or zero mean says
    -- nothing.
    case
        when lowest_value >= 0 and list_aggregate(list(units.value order by units.value), 'avg') > 0
            then 100 * standard_deviation / list_aggregate(list(units.value order by units.value), 'avg')
    end as coefficient_of_variation,
    count(case
        when units.polarity = 'high' and units.upper_95 < parents.value then 1
        when units.polarity = 'low' and units.lower_95 > parents.value then 1
    end) as worse_unit_count,
    count(case
        when units.polarity = 'high' and units.lower_95 > parents.value then 1
        when units.polarity = 'low' and units.upper_95 < parents.value then 1
    end) as better_unit_count
from units
left join parents on units.set_key = parents.set_key and units.parent_location_key = parents.location_key
group by
    units.measure_code,
    units.parent_location_key,
    units.location_level,
    units.period_code,
    units.population_group_code,
    units.service_line
having count(*) >= 3
