-- Distance of each location from the efficiency frontier: from single peers (free disposal hull) and from
-- combinations of peers (data envelopment analysis), with constant and with variable returns to scale. The two show
-- whether a location is too small or too large (Färe, Grosskopf and Lovell).
with figures as (
    select
        *,
        {{ surrogate_key(['frontier_code', 'period_code']) }} as set_key
    from {{ ref('int_frontier_input_prepared') }}
),

hulls as (
    {{ free_disposal_hull(
        "(select set_key, location_key as unit, side, figure_number as dimension, figure_value as value from figures)"
    ) | indent }}
),

-- A frontier belongs to the department that reports the inputs.
names as (
    select
        frontiers.frontier_code,
        frontiers.frontier_name,
        measures.department_code
    from {{ ref('stg_frontiers') }} as frontiers
    inner join {{ ref('dim_measure') }} as measures on frontiers.measure_code = measures.measure_code
    where frontiers.side = 'input' and frontiers.figure_number = 1
),

scored as (
    select
        *,
        {{ surrogate_key(['frontier_code', 'period_code']) }} as set_key,
        constant_returns_efficiency / variable_returns_efficiency as scale_efficiency
    from {{ ref('int_frontier_efficiency_calculated') }}
)

select
    {{ surrogate_key(['scored.frontier_code', 'scored.location_key', 'scored.period_code']) }} as frontier_key,
    names.department_code,
    scored.frontier_code,
    names.frontier_name,
    scored.location_key,
    scored.period_code,
    scored.unit_count,
    hulls.input_efficiency as hull_input_efficiency,
    hulls.output_efficiency as hull_output_efficiency,
    hulls.peer as hull_peer_location_key,
    scored.constant_returns_efficiency,
    scored.variable_returns_efficiency,
    scored.variable_returns_output_efficiency,
    scored.scale_efficiency,
    case
        when scored.scale_efficiency > 1 - 1e-6 then 'constant'
        when abs(scored.nonincreasing_returns_efficiency - scored.variable_returns_efficiency) <= 1e-6 then 'decreasing'
        when scored.scale_efficiency is not null then 'increasing'
    end as returns_to_scale,
    scored.variable_returns_efficiency > 1 - 1e-6 as is_efficient
from scored
inner join names on scored.frontier_code = names.frontier_code
left join hulls on scored.set_key = hulls.set_key and scored.location_key = hulls.unit
