{# `known_to` of the version in force. #}
{% macro open_ended_timestamp() -%}
timestamp '9999-12-31 00:00:00'
{%- endmacro %}
