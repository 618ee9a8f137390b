{# The joins that give a flat view its names: `facts`, an alias, with each of the dimensions. The name
   of a dimension here is its alias.

   With a `prefix`, the code in `facts` and the alias both begin with it: 'source_' joins `source_measure_code` with
   `source_measures`. Of the two codes of a category only that of the category has the prefix. #}
{% macro join_dimensions(facts, dimensions, prefix='') -%}
{%- set known = {
    'measures': ('dim_measure', ['measure_code']),
    'locations': ('dim_location', ['location_key']),
    'periods': ('dim_period', ['period_code']),
    'population_groups': ('dim_population_group', ['population_group_code']),
    'categories': ('dim_category', ['category_code', 'characteristic_code']),
    'standards': ('dim_standard', ['standard_code']),
    'submissions': ('dim_submission', ['submission_key']),
    'returns': ('dim_return', ['return_code']),
    'departments': ('dim_department', ['department_code']),
} -%}
{% for name in dimensions -%}
{%- set table, keys = known[name] -%}
left join {{ ref(table) }} as {{ prefix }}{{ name }}
    on {{ facts }}.{{ prefix }}{{ keys[0] }} = {{ prefix }}{{ name }}.{{ keys[0] }}
{% for key in keys[1:] -%}
and {{ facts }}.{{ key }} = {{ prefix }}{{ name }}.{{ key }}
{% endfor -%}
{% endfor -%}
{%- endmacro %}
