select
    facts.department_code,
    facts.return_code,
    facts.measure_code,
    measures.measure_name,
    locations.location_code,
    locations.location_name,
    locations.location_level,
    population_groups.characteristic,
    population_groups.category,
    facts.service_line,
    facts.pattern,
    facts.factor,
    facts.lowest_factor,
    facts.highest_factor,
    facts.changed_period_count,
    facts.period_count,
    facts.has_same_numerators,
    facts.revised_series_count,
    facts.submission_key,
    facts.known_from,
    facts.revision_pattern_key
from {{ ref('fct_revision_pattern') }} as facts
{{ join_dimensions('facts', ['measures', 'locations', 'population_groups']) }}
