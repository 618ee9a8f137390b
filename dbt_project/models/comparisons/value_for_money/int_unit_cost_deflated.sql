{{ config(materialized="table") }}
-- Each unit cost in nominal and in real terms, with its components. A run uses one edition of the deflator, because
-- editions differ. Only money is deflated.
with wanted as (
    select max(price_base_code) as period_code from {{ ref('dim_unit_cost') }}
),

price_base as (
    select
        deflators.period_code,
        deflators.deflator_index
    from {{ ref('int_period_deflator_derived') }} as deflators
    cross join wanted
    inner join {{ ref('dim_period') }} as periods on deflators.period_code = periods.period_code
    where coalesce(deflators.period_code = wanted.period_code, periods.period_kind = 'FY')
    qualify row_number() over (order by periods.period_end desc, periods.period_code desc) = 1
)

select
    placed.observation_key,
    placed.department_code,
    placed.return_code,
    placed.measure_code,
    placed.location_key,
    placed.period_code,
    placed.period_kind,
    placed.period_start,
    placed.period_end,
    placed.population_group_code,
    placed.service_line,
    placed.peer_set_key,
    placed.has_peers,
    unit_costs.is_money,
    unit_costs.quality_measure_code,
    placed.numerator as cost,
    placed.denominator as output,
    placed.value as unit_cost,
    case when unit_costs.is_money then price_base.period_code end as price_base_code,
    case
        when unit_costs.is_money
            then {{ real_value('placed.numerator', 'deflators.deflator_index', 'price_base.deflator_index') }}
        else placed.numerator
    end as real_cost,
    case
        when unit_costs.is_money
            then {{ real_value('placed.value', 'deflators.deflator_index', 'price_base.deflator_index') }}
        else placed.value
    end as real_unit_cost
from {{ ref('int_estimate_peer_grouped') }} as placed
inner join {{ ref('dim_unit_cost') }} as unit_costs on placed.measure_code = unit_costs.measure_code
left join {{ ref('int_period_deflator_derived') }} as deflators on placed.period_code = deflators.period_code
left join price_base on true
