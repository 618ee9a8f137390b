{# The standard normal distribution, to a relative error below 1e-12 in either tail. DOUBLE; null
   for null.

   normal_upper_tail(z): chance of a value above z. normal_cdf(z): chance of one below.
   Up to |z| = 3 the series z + z^3/3 + z^5/(3 5) + … times the density (all terms of one sign, so that
   nothing cancels); beyond, the continued fraction of Mills' ratio, 1/(z + 1/(z + 2/(z + 3/(z + …)))).
   Source: Abramowitz & Stegun 1964, 26.2.11 and 26.2.14. #}
{% macro normal_upper_tail(z) -%}
{%- set density = '(exp(-0.5 * pow(' ~ z ~ ', 2)) * 0.3989422804014327)' -%}
{%- set sums = namespace(series='1', fraction='abs(' ~ z ~ ')') -%}
{%- for k in range(45, 0, -1) -%}
    {%- set sums.series = '(1 + pow(' ~ z ~ ', 2) / ' ~ (2 * k + 1) ~ ' * ' ~ sums.series ~ ')' -%}
{%- endfor -%}
{%- for k in range(60, 0, -1) -%}
    {%- set sums.fraction = '(abs(' ~ z ~ ') + ' ~ k ~ ' / ' ~ sums.fraction ~ ')' -%}
{%- endfor -%}
(case
    when abs({{ z }}) <= 3 then 0.5 - {{ z }} * {{ density }} * {{ sums.series }}
    when {{ z }} > 0 then {{ density }} / {{ sums.fraction }}
    when {{ z }} < 0 then 1 - {{ density }} / {{ sums.fraction }}
end)
{%- endmacro %}

{% macro normal_cdf(z) -%}
{{ normal_upper_tail('(-(' ~ z ~ '))') }}
{%- endmacro %}
