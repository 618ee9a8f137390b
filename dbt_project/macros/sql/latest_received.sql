{# The newest non-null text, if submissions name the same thing differently. #}
{% macro latest_received(column) -%}
arg_max({{ column }}, (received_at, submission_key, {{ column }}))
{%- endmacro %}
