{# The upper 63 bits of the MD5 of the columns' text: a BIGINT, and the same in every run and DuckDB version.
   The separator cannot occur in a code, so ('a', 'bc') and ('ab', 'c') differ. #}
{% macro surrogate_key(columns) -%}
(md5_number(concat_ws(chr(31), {{ columns | join(', ') }})) >> 65)::bigint
{%- endmacro %}
