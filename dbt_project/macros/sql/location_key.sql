{# A location is code and level, since the GLA reports under its region's code. Readable, and cheap. #}
{% macro location_key(location_level, location_code) -%}
{{ location_level }} || ':' || {{ location_code }}
{%- endmacro %}
