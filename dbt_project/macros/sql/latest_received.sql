{# The newest non-null wording of a thing that several submissions word differently. #}
{% macro latest_received(column) -%}
arg_max({{ column }}, (received_at, submission_key, {{ column }}))
{%- endmacro %}
