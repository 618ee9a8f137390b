select
    facts.department_code,
    facts.frontier_code,
    facts.frontier_name,
    locations.location_code,
    locations.location_name,
    locations.location_level,
    facts.period_code,
    periods.period_start,
    periods.period_end,
    facts.unit_count,
    facts.hull_input_efficiency,
    facts.hull_output_efficiency,
    hull_peer_locations.location_name as hull_peer_name,
    facts.constant_returns_efficiency,
    facts.variable_returns_efficiency,
    facts.variable_returns_output_efficiency,
    facts.scale_efficiency,
    facts.returns_to_scale,
    facts.is_efficient,
    facts.frontier_key
from {{ ref('fct_frontier') }} as facts
{{ join_dimensions('facts', ['locations', 'periods']) }}
{{ join_dimensions('facts', ['locations'], prefix='hull_peer_') }}
