{# The schema is the one that dbt_project.yml names, without dbt's prefix: it is the first half of the asset key. #}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ (custom_schema_name or target.schema) | trim }}
{%- endmacro %}
