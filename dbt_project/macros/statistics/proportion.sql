{# Is this a proportion? FALSE for a negative numerator, a denominator of zero or less, or a numerator above
   it; null if something is missing and nothing is wrong with the rest; else TRUE. A wrong one is refused,
   never clamped. #}
{% macro is_valid_proportion(numerator, denominator) -%}
(case
    when ({{ numerator }}) < 0 or ({{ denominator }}) <= 0 then false
    when ({{ numerator }}) > ({{ denominator }}) then false
    when ({{ numerator }}) is null or ({{ denominator }}) is null then null
    else ({{ denominator }})::double < 'infinity'::double
end)
{%- endmacro %}


{# Wilson score limit of a proportion, on the scale 0 to 1: `side` 'lower' or 'upper'. DOUBLE.

   Numerator and denominator need not be whole. Null for what is missing or no proportion
   (`is_valid_proportion`). Exactly 0 below a numerator of 0, exactly 1 above a full one. The lower limit is
   written without the difference of nearly equal numbers that the usual form has, so it keeps its digits for
   rare events.
   Source: Wilson 1927; Newcombe and Altman 2000. Second opinions: PHEindicatormethods, statsmodels 'wilson'.
#}
{% macro wilson_limit(side, numerator, denominator, confidence) -%}
{% set x = '(' ~ numerator ~ ')::double' -%}
{% set n = '(' ~ denominator ~ ')::double' -%}
{% set z = z_value(confidence) -%}
{% set root = z ~ ' * sqrt(' ~ z ~ ' ** 2 + 4 * ' ~ x ~ ' * ((' ~ n ~ ' - ' ~ x ~ ') / ' ~ n ~ '))' -%}
(case
    when {{ is_valid_proportion(numerator, denominator) }}
        then
            {%- if side == 'lower' %}
            2 * {{ x }} * ({{ x }} / {{ n }}) / (2 * {{ x }} + {{ z }} ** 2 + {{ root }})
            {%- else %}
            -- At a full numerator rounding may pass 1 by its last digit.
            least(1, (2 * {{ x }} + {{ z }} ** 2 + {{ root }}) / (2 * ({{ n }} + {{ z }} ** 2)))
            {%- endif %}
end)
{%- endmacro %}
