{# Quantile (1 to `quantiles`) of a value by its rank among `value_count` values, all whole. INTEGER,
   whole-number arithmetic throughout.

   The rank is rank(): ties share the smallest, so they stay in one quantile, and quantiles may be uneven or
   empty. The caller's order decides what 1 means: ordered by value desc, quantile 1 has the highest values.
   Rank only values that are there: case when value is not null then rank() over (partition by region order by
   value desc nulls last) end Null without a rank and where there are fewer values than quantiles.
   Source: Office for Health Improvement and Disparities, guidance on deprivation quantiles. Second opinion:
   PHEindicatormethods phe_quantile. Not the same as ntile() or percentile bounds. #}
{% macro quantile_of_rank(rank, value_count, quantiles) -%}
(case
    when ({{ quantiles }}) >= 1 and ({{ value_count }}) >= ({{ quantiles }})
        and ({{ rank }}) between 1 and ({{ value_count }})
        -- (a + b - 1) // b is a / b rounded up.
        then ({{ quantiles }}) + 1 - (
            (({{ value_count }})::bigint + 1 - ({{ rank }})) * ({{ quantiles }}) + ({{ value_count }}) - 1
        ) // ({{ value_count }})
end)::integer
{%- endmacro %}
