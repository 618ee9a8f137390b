{# The columns that a unit test compares, without the spaces that line them up (see `format_row`). #}
{% macro duckdb__get_unit_test_sql(main_sql, expected_fixture_sql, expected_column_names) -%}
    {%- set rows = config.get('expected_rows') -%}
    {%- set names = [] -%}
    {%- for name in (rows[0] if rows else []) -%}
        {%- do names.append(adapter.quote(name | trim)) -%}
    {%- endfor -%}
    {{ return(dbt.default__get_unit_test_sql(main_sql, expected_fixture_sql, names or expected_column_names)) }}
{%- endmacro %}
