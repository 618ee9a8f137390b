{# The observations with codes and names joined: history adds three columns, the current view a filter, and `moment` one
   of what was known then (a closing that came later had not happened yet). #}
{% macro flat_observations(history, moment=none) -%}
select
    observations.department_code,
    observations.return_code,
    observations.measure_code,
    measures.measure_name,
    measures.domain,
    locations.location_code,
    locations.location_name,
    locations.location_level,
    observations.period_code,
    periods.period_start,
    periods.period_end,
    population_groups.characteristic,
    population_groups.category,
    observations.service_line,
    observations.numerator,
    observations.denominator,
    observations.value,
    observations.value_status,
    observations.lower_95,
    observations.upper_95,
    observations.lower_99_8,
    observations.upper_99_8,
    measures.unit,
    observations.note,
    observations.submission_key,
    submissions.received_at,
    observations.source_row,
    {% if history -%}
    observations.known_from,
    {% if moment -%}
    case
        when observations.known_to > {{ moment }} then {{ open_ended_timestamp() }} else observations.known_to
    end as known_to,
    {% else -%}
    observations.known_to,
    {% endif -%}
    observations.version_number,
    {% endif -%}
    observations.source_column,
    observations.numerator_status,
    observations.denominator_status,
    observations.confirmed_submission_key,
    observations.population_group_code,
    periods.period_kind,
    locations.location_type,
    locations.region_code,
    locations.region_name,
    measures.value_type,
    measures.polarity,
    observations.observation_key
from {{ ref('fct_observation') }} as observations
{{ join_dimensions('observations', ['measures', 'locations', 'periods', 'population_groups', 'submissions']) }}
{% if moment -%}
where observations.known_from <= {{ moment }}{% if not history %} and observations.known_to > {{ moment }}{% endif %}
{% elif not history -%}
where observations.known_to = {{ open_ended_timestamp() }}
{% endif -%}
{%- endmacro %}
