{# The key of an observation (docs/modelling.md): return, measure, location at a level, period, population group and
   service line. #}
{% macro observation_key(location_level, location_code) -%}
{{ surrogate_key([
    'return_code', 'measure_code', location_level, location_code, 'period_code',
    'population_group_code', 'service_line',
]) }}
{%- endmacro %}
