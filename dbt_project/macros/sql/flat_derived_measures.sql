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
left join {{ ref('dim_measure') }} as measures on derived.measure_code = measures.measure_code
left join {{ ref('dim_location') }} as locations on derived.location_key = locations.location_key
left join {{ ref('dim_period') }} as periods on derived.period_code = periods.period_code
left join {{ ref('dim_population_group') }} as population_groups
    on derived.population_group_code = population_groups.population_group_code
{%- endmacro %}
