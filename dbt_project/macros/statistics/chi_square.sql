{# Quantile of the chi-square distribution: the x below which `probability` of it lies. DOUBLE.

   `probability` in (0, 1) and `degrees` from 0 to 2e9 (not only whole) are SQL expressions; anything else gives null.
   Good to 1e-11 (relative) for probabilities from 1e-6 to 0.999 and up to 10,000 degrees; beyond, rounding costs some
   digits.

   DuckDB has no such function, so the quantile is sought by Newton's method in u = ln(x / 2) on the logarithm of the
   regularised incomplete gamma function P(a, x / 2), a = degrees / 2. With the series
   S = 1 + y/(a+1) + y^2/((a+1)(a+2)) + ..., y = x / 2, P = y^a exp(-y) S / gamma(a+1), and d ln P / du = a / S: one sum
   serves both. ln P is concave in u, so steps from the left never overshoot. The start is the Wilson-Hilferty
   cube, or (p gamma(a+1))^(1/a) if that is larger, which never exceeds the solution. Three or four steps do.

   Each step sums a list of 60 terms and more: some 50 microseconds a value. Put it into a CASE branch which few rows reach.
   Sources: Abramowitz and Stegun 1964, 6.5.29 (series) and 26.2.23 (start); Wilson and Hilferty 1931. Second opinion:
   scipy.stats.chi2.ppf. #}
{% macro chi_square_quantile(probability, degrees) -%}
{% set p = '(' ~ probability ~ ')::double' -%}
{% set a = '((' ~ degrees ~ ')::double / 2)' -%}
{% set tail = 'sqrt(-2 * ln(least(' ~ p ~ ', 1 - ' ~ p ~ ')))' -%}
(case
    when {{ p }} > 0 and {{ p }} < 1 and {{ a }} > 0 and {{ a }} <= 1e9
        then 2 * exp(list_reduce(
            list_transform(range(8), lambda _step_number: null::struct(u double, step double)),
            lambda _state, _step_number: case
                -- Steps shrink quadratically: after one this small the next would change nothing.
                when abs(_state.step) < 1e-8 then _state
                else list_transform(
                    [list_sum(list_transform(
                        -- Enough terms to pass the largest one and to fall below 1e-17 of it.
                        range((greatest(exp(_state.u) - {{ a }}, 0) + 9 * exp(_state.u / 2) + 60)::bigint),
                        lambda _term: exp(_term * _state.u - lgamma({{ a }} + _term + 1) + lgamma({{ a }} + 1))
                    ))],
                    lambda _series: struct_pack(
                        u := _state.u - (
                            {{ a }} * _state.u - exp(_state.u) - lgamma({{ a }} + 1) + ln(_series) - ln({{ p }})
                        ) * _series / {{ a }},
                        step := (
                            {{ a }} * _state.u - exp(_state.u) - lgamma({{ a }} + 1) + ln(_series) - ln({{ p }})
                        ) * _series / {{ a }}
                    )
                )[1]
            end,
            struct_pack(
                u := greatest(
                    (ln({{ p }}) + lgamma({{ a }} + 1)) / {{ a }},
                    ln({{ a }}) + 3 * ln(greatest(1e-300, 1 - 1 / (9 * {{ a }})
                        + sign({{ p }} - 0.5) / sqrt(9 * {{ a }}) * ({{ tail }}
                            - (2.515517 + 0.802853 * {{ tail }} + 0.010328 * {{ tail }} ** 2)
                            / (1 + 1.432788 * {{ tail }} + 0.189269 * {{ tail }} ** 2 + 0.001308 * {{ tail }} ** 3)
                        )))
                ),
                step := 1::double
            )
        ).u)
end)
{%- endmacro %}
