{# Derived measures with codes and names joined; `derived` is a relation of the columns of fct_derived_measure. #}
{% macro flat_derived_measures(derived) -%}
select
    derived.department_code,
    derived.return_code,
    derived.measure_code,
    measures.measure_name,
    measures.domain,
    locations.location_code,
    locations.location_name,
    locations.location_level,
    derived.period_code,
    periods.period_start,
    periods.period_end,
    population_groups.characteristic,
    population_groups.category,
    derived.service_line,
    derived.numerator,
    derived.denominator,
    derived.value,
    derived.value_status,
    measures.unit,
    derived.reason,
    derived.population_group_code
from {{ derived }} as derived
{{ join_dimensions('derived', ['measures', 'locations', 'periods', 'population_groups']) }}
{%- endmacro %}
