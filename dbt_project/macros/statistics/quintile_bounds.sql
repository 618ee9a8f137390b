{# Bounds of the quintiles of each group's values: one row per group of `keys`.

   Columns: the keys, value_count (nulls left out), bounds (DOUBLE[] of six: minimum, 20th, 40th, 60th and
   80th percentile, maximum, with linear interpolation). Fewer than five values have no bounds: null.
   Source: fingertips-open QuintilesCalculator; Hyndman and Fan 1996, type 7. Second opinion: numpy
   percentile. #}
{% macro quintile_bounds_estimated(relation, keys, value) -%}
select
    {{ keys | join(', ') }},
    count(({{ value }})::double) as value_count,
    case
        when count(({{ value }})::double) >= 5
            then quantile_cont(({{ value }})::double, [0, 0.2, 0.4, 0.6, 0.8, 1])
    end as bounds
from {{ relation }}
group by {{ keys | join(', ') }}
{%- endmacro %}


{# Category of a value by percentile bounds, 1 for the lowest; from the top if `polarity` holds 'high', so 1
   is best. INTEGER.

   `bounds` holds one more bound than there are categories, in rising order. A value on a bound belongs to the
   lower category, the minimum to the first. Null without bounds and for a value outside them. Ties stay
   together, unlike with ntile().
   Source: fingertips-open QuintilesComparer. #}
{% macro percentile_category(value, bounds, polarity) -%}
{# Number of inner bounds below the value. #}
{% set passed -%}
len(list_filter(({{ bounds }})[2:len({{ bounds }}) - 1], lambda _bound: _bound < ({{ value }})))
{%- endset -%}
(case
    when ({{ value }}) >= ({{ bounds }})[1] and ({{ value }}) <= ({{ bounds }})[len({{ bounds }})]
        then case ({{ polarity }})
            when 'high' then len({{ bounds }}) - 1 - {{ passed }} else 1 + {{ passed }}
        end
end)::integer
{%- endmacro %}
