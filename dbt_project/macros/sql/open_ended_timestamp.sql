{# `known_to` of the current version. #}
{% macro open_ended_timestamp() -%}
timestamp '9999-12-31 00:00:00'
{%- endmacro %}
