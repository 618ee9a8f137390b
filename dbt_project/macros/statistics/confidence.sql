{# Standard normal quantile for two-sided limits: the literal for confidence '95', '98', '99' or '99_8'.

   Full precision, not 1.96 and 3.09, so that limits agree with other software to nine digits. #}
{% macro z_value(confidence) -%}
{{ {
    '95': '1.959963984540054',
    '98': '2.3263478740408408',
    '99': '2.5758293035489004',
    '99_8': '3.090232306167813',
}[confidence] }}
{%- endmacro %}


{# Probability in one tail outside two-sided limits: '0.025' for confidence '95', '0.001' for '99_8'. #}
{% macro tail_probability(confidence) -%}
{{ {'95': '0.025', '98': '0.01', '99': '0.005', '99_8': '0.001'}[confidence] }}
{%- endmacro %}
