{# Rows of unit tests are tables that a person can read: cells are padded with spaces so that columns line up, `null` is
   null and '' is empty text. A cell without either is a mistake, such as a comma too few. #}
{% macro format_row(row, column_name_to_data_types) -%}
    {%- set cells = {} -%}
    {%- for name, padded in row.items() -%}
        {%- set text = (padded or '') | string | trim -%}
        {%- if not text -%}
            {{ exceptions.raise_compiler_error(
                "A row has no cell for column '" ~ name ~ "' in " ~ row ~ "; write null or '' for an empty one."
            ) }}
        {%- endif -%}
        {%- do cells.update({name | trim: none if text == 'null' else ('' if text == "''" else text)}) -%}
    {%- endfor -%}
    {{ return(dbt.format_row(cells, column_name_to_data_types)) }}
{%- endmacro %}
