{# Recent trend of a series: do the last five valid points rise or fall, beyond doubt at 99.8%?

   recent_trend_at_each_point(relation, keys, order_by, value, lower_95, upper_95, numerator, denominator,
   method, polarity): one row per row of `relation`, the trend as it was at that point;
   recent_trend_estimated(…), with the same arguments: one row per series, the trend at its last point.
   All arguments after `keys` are SQL expressions; `method` and `polarity` must be constant in a series,
   `order_by` unique in it. Both give keys, the column `order_by`, valid_point_count, chi_square, slope (per
   point, of the values or, for proportions, of their logits), keeps_its_sign, trend and judgement.

   A point is valid if value, numerator and denominator are known and the denominator is above 0; others are
   skipped. If a series has no counts, pass '0' and '1'. Five valid points count as equally spaced,
   regardless of the gaps between them.
     method 'wls_ci': a line through the values, weighted by 1/s^2 with s = (upper_95 - lower_95) / 3.92;
       chi_square = slope^2 / variance of the slope. Points without limits are passed over.
     method 'proportion_trend': Cochran-Armitage chi-square of the counts, slope of the logits.
     any other method, or null: the trend of such values cannot be calculated.

   trend: 'increasing' or 'decreasing' if chi_square exceeds the 99.8% point of chi-square with one degree of
   freedom and the slope keeps its sign when each of the five points is left out in turn (a slope of 0 counts
   as positive); else 'no change', also when limits are missing or of no width; 'cannot be calculated' with
   fewer than five valid points, where the numerator of any valid point so far equals its denominator, and,
   for proportions, with a numerator of 0 among the five, which has no logit.
   judgement: 'getting better' or 'getting worse', by polarity ('high' or 'low' is good); else null.

   Sources: Public Health England, Fingertips technical guidance on recent trends; Armitage 1955, Biometrics
   11. Second opinion: FingertipsNext TrendAnalysisApp. Its predecessor stopped at the first invalid point
   going back, and called every significant trend of proportions decreasing; neither is copied. #}
{% macro recent_trend_at_each_point(
    relation, keys, order_by, value, lower_95, upper_95, numerator, denominator, method, polarity,
    last_only=false
) -%}
{%- set series = keys | join(', ') -%}
with _trend_input as (
    select
        {{ series }},
        {{ order_by }},
        ({{ value }})::double as _value,
        ({{ lower_95 }})::double as _lower,
        ({{ upper_95 }})::double as _upper,
        ({{ numerator }})::double as _numerator,
        ({{ denominator }})::double as _denominator,
        ({{ method }})::varchar as _method,
        ({{ polarity }})::varchar as _polarity
    from {{ relation }}
),

_trend_weighed as (
    select
        *,
        _value is not null and _numerator is not null and coalesce(_denominator > 0, false) as _is_valid,
        _numerator = _denominator as _is_whole,
        _numerator > 0 and _numerator < _denominator as _logit_exists,
        case
            when _method = 'proportion_trend'
                then
                    {
                        'x': _numerator,
                        'n': _denominator,
                        'y': if(_logit_exists, ln(_numerator / (_denominator - _numerator)), null),
                        'w': 1.0::double
                    }
            when _method = 'wls_ci' and _lower is not null and _upper is not null
                then
                    {
                        'x': _numerator,
                        'n': _denominator,
                        'y': _value,
                        'w': if(_upper <> _lower, 1 / pow((_upper - _lower) / 3.92, 2), null)
                    }
        end as _weighed
    from _trend_input
),

_trend_usable as (
    select
        * exclude (_weighed),
        if(_is_valid, _weighed, null) as _point
    from _trend_weighed
),

-- _point_0 is the newest of the five. A row that is not a point itself sees those before it.
_trend_five as (
    select
        {{ series }},
        {{ order_by }},
        _method,
        _polarity,
        count(*) filter (_is_valid) over so_far as _valid_point_count,
        coalesce(bool_or(_is_whole) filter (_is_valid) over so_far, false) as _has_whole,
        {% for k in range(5) -%}
        {% if k == 0 -%}
        coalesce(_point, lag(_point, 1 ignore nulls) over ordered) as _point_0,
        {% else -%}
        if(
            _point is null,
            lag(_point, {{ k + 1 }} ignore nulls) over ordered,
            lag(_point, {{ k }} ignore nulls) over ordered
        ) as _point_{{ k }},
        {% endif -%}
        {% endfor -%}
        lead(1) over ordered is null as _is_last
    from _trend_usable
    window
        ordered as (partition by {{ series }} order by {{ order_by }}),
        so_far as (ordered rows between unbounded preceding and current row)
),

-- Time counts from the middle point, and values from the newest: the slope of a flat series is 0, not noise.
_trend_sums as (
    select
        *,
        {% for left_out in [none, 0, 1, 2, 3, 4] -%}
        {%- set kept = [0, 1, 2, 3, 4] | reject('equalto', left_out) | list %}
        {%- set suffix = 'all' if left_out is none else left_out %}
        {{ recent_trend_sum(kept, 'w') }} as _w_{{ suffix }},
        {{ recent_trend_sum(kept, 'w', 't') }} as _wt_{{ suffix }},
        {{ recent_trend_sum(kept, 'w', 't', 't') }} as _wtt_{{ suffix }},
        {{ recent_trend_sum(kept, 'w', 'y') }} as _wy_{{ suffix }},
        {{ recent_trend_sum(kept, 'w', 't', 'y') }} as _wty_{{ suffix }},
        (_w_{{ suffix }} * _wty_{{ suffix }} - _wt_{{ suffix }} * _wy_{{ suffix }})
        / (_w_{{ suffix }} * _wtt_{{ suffix }} - pow(_wt_{{ suffix }}, 2)) as _slope_{{ suffix }},
        {% endfor -%}
        {%- set kept = [0, 1, 2, 3, 4] %}
        {{ recent_trend_sum(kept, 'x') }} as _x,
        {{ recent_trend_sum(kept, 'n') }} as _n,
        {{ recent_trend_sum(kept, 'x', 't') }} as _xt,
        {{ recent_trend_sum(kept, 'n', 't') }} as _nt,
        {{ recent_trend_sum(kept, 'n', 't', 't') }} as _ntt
    from _trend_five
    {% if last_only -%}
    where _is_last
    {% endif -%}
),

_trend_tested as (
    select
        *,
        greatest(_slope_all{% for k in range(5) %}, _slope_{{ k }}{% endfor %}) < 0 as _always_falls,
        least(_slope_all{% for k in range(5) %}, _slope_{{ k }}{% endfor %}) >= 0 as _never_falls,
        if(
            _method = 'proportion_trend',
            _n * pow(_n * _xt - _x * _nt, 2) / (_x * (_n - _x) * (_n * _ntt - pow(_nt, 2))),
            pow(_slope_all, 2) * (_w_all * _wtt_all - pow(_wt_all, 2)) / _w_all
        ) as _chi_square,
        coalesce(_method, '') in ('wls_ci', 'proportion_trend')
        and _valid_point_count >= 5
        and not _has_whole
        and not (_method = 'proportion_trend' and _slope_all is null) as _is_calculable
    from _trend_sums
),

_trend_named as (
    select
        *,
        case
            when not _is_calculable then 'cannot be calculated'
            when _chi_square > 9.549535706083237 and _always_falls then 'decreasing'
            when _chi_square > 9.549535706083237 and _never_falls and _slope_all > 0 then 'increasing'
            else 'no change'
        end as _trend
    from _trend_tested
)

select
    {{ series }},
    {{ order_by }},
    _valid_point_count as valid_point_count,
    if(_is_calculable and _slope_all is not null, _chi_square, null) as chi_square,
    if(_is_calculable, _slope_all, null) as slope,
    if(_is_calculable and _slope_all is not null, _always_falls or _never_falls, null) as keeps_its_sign,
    _trend as trend,
    case
        when _trend in ('increasing', 'decreasing') and _polarity in ('high', 'low')
            then if((_trend = 'increasing') = (_polarity = 'high'), 'getting better', 'getting worse')
    end as judgement
from _trend_named
{%- endmacro %}


{# The trend of each series at its last point; see `recent_trend_at_each_point`. #}
{% macro recent_trend_estimated(
    relation, keys, order_by, value, lower_95, upper_95, numerator, denominator, method, polarity
) -%}
{{ recent_trend_at_each_point(
    relation, keys, order_by, value, lower_95, upper_95, numerator, denominator, method, polarity,
    last_only=true
) }}
{%- endmacro %}


{# Sum over the points kept of the product of up to three factors: w, x, n of a point, y from that of the
   newest, t from the middle of the five. #}
{% macro recent_trend_sum(kept, first, second=none, third=none) -%}
{%- set terms = [] -%}
{%- for k in kept -%}
    {%- set factors = [] -%}
    {%- for factor in [first, second, third] if factor is not none -%}
        {%- if factor == 't' -%}
            {%- do factors.append('(' ~ (2 - k) ~ ')') -%}
        {%- elif factor == 'y' -%}
            {%- do factors.append('(_point_' ~ k ~ '.y - _point_0.y)') -%}
        {%- else -%}
            {%- do factors.append('_point_' ~ k ~ '.' ~ factor) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- do terms.append(factors | join(' * ')) -%}
{%- endfor -%}
({{ terms | join(' + ') }})
{%- endmacro %}
