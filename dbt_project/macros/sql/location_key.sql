{# A location is code and level: the GLA reports under its region's code. Readable, and no digest to compute. #}
{% macro location_key(location_level, location_code) -%}
    {{ location_level }} || ':' || {{ location_code }}
{%- endmacro %}
