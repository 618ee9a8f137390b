{# The schema is the folder's name alone, so that schema, folder and asset key are one word. #}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ (custom_schema_name or target.schema) | trim }}
{%- endmacro %}
