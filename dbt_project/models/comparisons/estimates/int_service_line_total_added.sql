-- A department that sends parts but no total (attendances by type of department) gets a total, if the parts make up
-- one whole according to its contract. If a part is missing, there is no total, because it would be too small. Only
-- measures that can be compared between locations continue: counts and amounts of money measure their size. Derived
-- measures are compared like submitted ones.
with measures as (
    select *
    from {{ ref('stg_measures') }}
    where value_type not in ('count', 'currency')
),

cells as (
    select
        observation_key,
        department_code,
        return_code,
        measure_code,
        location_key,
        period_code,
        population_group_code,
        service_line,
        numerator,
        denominator,
        value,
        value_status,
        lower_95,
        upper_95,
        lower_99_8,
        upper_99_8
    from {{ ref('fct_observation') }}
    where known_to = {{ open_ended_timestamp() }} and measure_code in (select measures.measure_code from measures)
),

sums as (
    select
        cells.department_code,
        cells.return_code,
        cells.measure_code,
        cells.location_key,
        cells.period_code,
        cells.population_group_code,
        'Total' as service_line,
        {{ stable_sum('cells.numerator') }} as numerator,
        {{ stable_sum('cells.denominator') }} as denominator,
        {{ stable_sum('cells.value') }} as value,
        count(*) = count(cells.numerator) and count(*) = count(cells.denominator) as has_all_figures,
        count(*) = count(cells.value) as has_all_values,
        any_value(measures.aggregation) as aggregation,
        any_value(measures.multiplier) as multiplier
    from cells
    inner join measures on cells.measure_code = measures.measure_code
    where measures.service_lines_add_up and measures.aggregation in ('sum', 'ratio')
    group by
        cells.department_code,
        cells.return_code,
        cells.measure_code,
        cells.location_key,
        cells.period_code,
        cells.population_group_code
    having not bool_or(cells.service_line = 'Total')
)

select
    *,
    'sent' as origin,
    cast(null as varchar) as reason
from cells
union all by name
select
    *,
    'derived' as origin
from {{ ref('fct_derived_measure') }}
where measure_code in (select measures.measure_code from measures)
union all by name
select
    {{ observation_key("split_part(location_key, ':', 1)", "substr(location_key, instr(location_key, ':') + 1)") }}
        as observation_key,
    department_code,
    return_code,
    measure_code,
    location_key,
    period_code,
    population_group_code,
    service_line,
    case when has_all_figures then numerator end as numerator,
    case when has_all_figures then denominator end as denominator,
    case
        when aggregation = 'ratio' and has_all_figures then multiplier * numerator / nullif(denominator, 0)
        when aggregation = 'sum' and has_all_values then value
    end as value,
    case
        when aggregation = 'ratio' and has_all_figures and denominator = 0 then 'z'
        when (aggregation = 'ratio' and has_all_figures) or (aggregation = 'sum' and has_all_values) then ''
        else 'x'
    end as value_status,
    'total of service lines' as origin,
    case
        when (aggregation = 'ratio' and not has_all_figures) or (aggregation = 'sum' and not has_all_values)
            then 'not every service line has its figures'
        when aggregation = 'ratio' and denominator = 0 then 'nothing to divide by'
    end as reason
from sums
