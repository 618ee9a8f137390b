{{ config(materialized="table") }}
-- If a department does not report a region or country, it is aggregated from its locations, for measures that may be
-- added up according to their contract: numerators and denominators are summed, never averaged. Other values are
-- null, with the reason.
with cells as (
    select * from {{ ref('int_service_line_total_added') }}
),

measures as (
    select * from {{ ref('stg_measures') }}
),

sums as (
    select
        department_code,
        return_code,
        measure_code,
        period_code,
        population_group_code,
        service_line,
        location_level as part_level,
        case when grouping(region_code) = 0 then 'region' else 'country' end as location_level,
        case when grouping(region_code) = 0 then region_code else country_code end as location_code,
        {{ stable_sum('numerator') }} as numerator,
        {{ stable_sum('denominator') }} as denominator,
        {{ stable_sum('value') }} as value,
        count(*) as part_count,
        count(case when numerator is not null and denominator is not null then 1 end) as figure_count,
        count(value) as value_count
    from (
        -- Sum a ratio only over locations that have both figures; otherwise numerator and denominator would cover
        -- different people.
        select
            * exclude (numerator, denominator),
            case when denominator is not null then numerator end as numerator,
            case when numerator is not null then denominator end as denominator
        from {{ ref('int_parent_location_assigned') }}
    ) as summed
    group by grouping sets (
        (
            department_code, return_code, measure_code, period_code, population_group_code, service_line,
            location_level, region_code
        ),
        (
            department_code, return_code, measure_code, period_code, population_group_code, service_line,
            location_level, country_code
        )
    )
),

-- Locations that existed in the period, for levels with a complete register: a file may leave some out.
expected as (
    select
        locations.location_level as part_level,
        periods.period_code,
        case when grouping(locations.region_code) = 0 then 'region' else 'country' end as location_level,
        coalesce(locations.region_code, locations.country_code) as location_code,
        count(*) as place_count
    from {{ ref('dim_location') }} as locations
    inner join {{ ref('dim_period') }} as periods
        on
            (locations.valid_from is null or locations.valid_from <= periods.period_end)
            and (locations.valid_to is null or locations.valid_to >= periods.period_end)
    where locations.location_level in ('local_authority', 'police_force') and locations.in_reference
    group by grouping sets (
        (locations.location_level, periods.period_code, locations.region_code),
        (locations.location_level, periods.period_code, locations.country_code)
    )
),

made as (
    select
        sums.*,
        {{ location_key('sums.location_level', 'sums.location_code') }} as location_key,
        measures.aggregation,
        measures.aggregation_reason,
        measures.minimum_coverage,
        measures.multiplier,
        case when measures.aggregation = 'ratio' then sums.figure_count else sums.value_count end
        / greatest(sums.part_count, coalesce(expected.place_count, 0)) as coverage
    from sums
    inner join measures on sums.measure_code = measures.measure_code
    left join expected
        on
            sums.part_level = expected.part_level
            and sums.period_code = expected.period_code
            and sums.location_level = expected.location_level
            and sums.location_code = expected.location_code
    where sums.location_code is not null
),

judged as (
    select
        *,
        case
            when aggregation = 'none' then coalesce(aggregation_reason, 'the contract does not let it be added up')
            when coverage < minimum_coverage then 'too few places have figures'
        end as reason,
        {{ observation_key('location_level', 'location_code') }} as observation_key
    from made
)

select
    *,
    cast(null as double) as coverage
from cells
union all by name
select
    observation_key,
    department_code,
    return_code,
    measure_code,
    location_key,
    period_code,
    population_group_code,
    service_line,
    case when reason is null then numerator end as numerator,
    case when reason is null then denominator end as denominator,
    case
        when reason is not null then null
        when aggregation = 'ratio' then multiplier * numerator / nullif(denominator, 0)
        else value
    end as value,
    case when reason is null and (aggregation = 'sum' or denominator > 0) then '' else 'x' end as value_status,
    'aggregate' as origin,
    coalesce(reason, case when aggregation = 'ratio' and coalesce(denominator, 0) = 0 then 'nothing to divide by' end)
        as reason,
    coverage
from judged
where
    not exists (
        select 1 from cells where cells.observation_key = judged.observation_key
    )
