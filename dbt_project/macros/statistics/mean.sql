{# Quantile of Student's t for two-sided limits at confidence '95' or '99_8'. DOUBLE.

   `degrees` of freedom are whole from 1 to 9 (literals; between them null) and any number from 10, where a
   polynomial in 1 / degrees is used; null below 1. Good to 1e-12 (relative) throughout.
   Source: Student 1908 for the literals, which solve the closed sums of Abramowitz and Stegun 1964, 26.7.3
   and 26.7.4. The polynomial is the expansion of Fisher and Cornish 1960 about the normal quantile; its first
   coefficients are theirs, (z^3 + z) / 4 and so on, and the last are fitted so that what was cut off is made
   up for. #}
{% macro student_t_quantile(degrees, confidence) -%}
{% set v = '(' ~ degrees ~ ')::double' -%}
{% set small = {
    '95': [
        12.706204736174705, 4.302652729749464, 3.1824463052837095, 2.7764451051977943, 2.5705818356363155,
        2.44691185114497, 2.3646242515927853, 2.3060041352041667, 2.2621571627982053
    ],
    '99_8': [
        318.30883898555044, 22.327124770119877, 10.214531852407386, 7.1731822197823085, 5.89342953135601,
        5.207626238725363, 4.785289628638334, 4.500790933723724, 4.296805662729919
    ],
}[confidence] -%}
{# Of (10 / degrees) to the power 1, 2, ... #}
{% set coefficients = {
    '95': [
        0.2372271230297, 0.02822498617393, 0.002555849355826, 0.0001589559419702, 7.319079524272e-06,
        6.485439245544e-07, -1.172551847219e-08, -2.95319796363e-09
    ],
    '99_8': [
        0.8150129013508, 0.1969252893647, 0.03615404302427, 0.004857444048579, 0.0004712989570272,
        4.129157934458e-05, 5.629840012518e-06, 2.897145569863e-07
    ],
}[confidence] -%}
(case
    when {{ v }} >= 10 and {{ v }} <= 'infinity'::double
        then {{ z_value(confidence) }}
            {%- for coefficient in coefficients %}
            + {{ coefficient }} * power(10 / {{ v }}, {{ loop.index }})
            {%- endfor %}
    when {{ v }} >= 1 and {{ v }} < 10 and {{ v }} = floor({{ v }})
        then ([{{ small | join(', ') }}]::double[])[({{ v }})::integer]
end)
{%- endmacro %}


{# Mean of each group with limits by Student's t: one row per group of `keys`.

   Columns: the keys, value_count, value_sum, standard_deviation (n - 1), value, lower_95, upper_95,
   lower_99_8, upper_99_8. A null among the values makes everything but the count null: a mean of what is left
   would pass for the mean of all, so leave nulls out beforehand if that is meant. value_count counts rows. A
   value that is not finite counts as null. One value alone has a mean and no limits; equal values have
   limits at the mean.
   Source: Student 1908; Armitage, Berry and Matthews 2002. Second opinion: PHEindicatormethods phe_mean. #}
{% macro mean_estimated(relation, keys, value) -%}
with _mean_listed as (
    select
        {{ keys | join(', ') }},
        count(*) as _row_count,
        -- In order, so that sums are the same in every run.
        list_sort(list(({{ value }})::double)) as _values,
        -- Beyond this a square overflows, which DuckDB takes for an error.
        count(*) filter (where abs(({{ value }})::double) < 1e150) = count(*) as _is_complete
    from {{ relation }}
    group by {{ keys | join(', ') }}
),

_mean_summed as (
    select
        * exclude (_values, _is_complete),
        case when _is_complete then list_sum(_values) end as _value_sum,
        case when _is_complete then list_stddev_samp(_values) end as _standard_deviation
    from _mean_listed
)

select
    {{ keys | join(', ') }},
    _row_count as value_count,
    _value_sum as value_sum,
    _standard_deviation as standard_deviation,
    _value_sum / _row_count as value
    {%- for confidence in ['95', '99_8'] %}{% for side, sign in [('lower', '-'), ('upper', '+')] %},
    _value_sum / _row_count {{ sign }} {{ student_t_quantile('_row_count - 1', confidence) }}
    * _standard_deviation / sqrt(_row_count) as {{ side }}_{{ confidence }}
    {%- endfor %}{% endfor %}
from _mean_summed
{%- endmacro %}
