{# `known_to` of the version in force. #}
{% macro forever() -%}
timestamp '9999-12-31 00:00:00'
{%- endmacro %}
