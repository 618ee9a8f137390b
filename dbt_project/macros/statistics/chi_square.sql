{# Quantile of the chi-square distribution: the x below which `probability` of it is. DOUBLE.

   `probability` in (0, 1) and `degrees` from 0 to 2e9 (not only whole) are SQL expressions; anything else
   gives null. Good to 1e-11 (relative) for probabilities from 1e-6 to 0.999 and 0.1 to 1,000 degrees; above,
   rounding costs some digits (1e-10 at 100,000 degrees); below, for high probabilities, the search ends too
   soon.

   DuckDB has no such function, so the quantile is searched for in u = ln(x / 2), where the logarithm of the
   regularised incomplete gamma function P(a, x / 2), a = degrees / 2, equals that of the probability. With
   y = x / 2 and the series S = 1 + y/(a+1) + y^2/((a+1)(a+2)) + ..., P = y^a exp(-y) S / gamma(a+1) and
   d ln P / du = a / S, and the second derivative needs no other sum: so Halley's method, which triples the
   digits with each of three steps. It starts at the Wilson-Hilferty cube, or at (p gamma(a+1))^(1/a) if that
   is larger, which never exceeds the solution.

   Each step sums a list of 60 terms and more: some 50 microseconds a value. Put it into a CASE branch which
   few rows reach.
   Sources: Abramowitz and Stegun 1964, 6.5.29 (series) and 26.2.23 (start); Wilson and Hilferty 1931. Second
   opinion: scipy.stats.chi2.ppf. #}
{% macro chi_square_quantile(probability, degrees) -%}
{% set p = '(' ~ probability ~ ')::double' -%}
{% set a = '((' ~ degrees ~ ')::double / 2)' -%}
{% set tail = 'sqrt(-2 * ln(least(' ~ p ~ ', 1 - ' ~ p ~ ')))' -%}
{% set start -%}
greatest(
                (ln({{ p }}) + lgamma({{ a }} + 1)) / {{ a }},
                ln({{ a }}) + 3 * ln(greatest(1e-300, 1 - 1 / (9 * {{ a }})
                    + sign({{ p }} - 0.5) / sqrt(9 * {{ a }}) * ({{ tail }}
                        - (2.515517 + 0.802853 * {{ tail }} + 0.010328 * {{ tail }} ** 2)
                        / (
                            1 + 1.432788 * {{ tail }} + 0.189269 * {{ tail }} ** 2
                            + 0.001308 * {{ tail }} ** 3
                        )
                    )))
            )
{%- endset -%}
{# Lists of one element act as variables, which SQL lacks. #}
{% set search = namespace(at='[' ~ start ~ ']') -%}
{% for step in range(3) -%}
{% set search.at -%}
list_transform({{ search.at }}, lambda _u: list_transform(
                [list_sum(list_transform(
                    -- Enough terms to pass the largest one and to fall below 1e-17 of it.
                    range((greatest(exp(_u) - {{ a }}, 0) + 9 * exp(_u / 2) + 60)::bigint),
                    lambda _term: exp(_term * _u - lgamma({{ a }} + _term + 1) + lgamma({{ a }} + 1))
                ))],
                -- Nothing left to correct divides by zero, hence the null on the way.
                lambda _series: _u - coalesce(1 / (
                    {{ a }} / _series / nullif(
                        {{ a }} * _u - exp(_u) - lgamma({{ a }} + 1) + ln(_series) - ln({{ p }}), 0
                    )
                    + ({{ a }} / _series + exp(_u) - {{ a }}) / 2
                ), 0)
            )[1])
{%- endset -%}
{% endfor -%}
(case
    when {{ p }} > 0 and {{ p }} < 1 and {{ a }} > 0 and {{ a }} <= 1e9
        then 2 * exp(({{ search.at }})[1])
end)
{%- endmacro %}
