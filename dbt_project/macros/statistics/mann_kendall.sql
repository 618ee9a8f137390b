{# Mann-Kendall test of each series for a trend of any shape, with Sen's slope.

   mann_kendall_tested(relation, keys, order_by, value): one row per series that has a value; nulls are left
   out, and what is left counts as equally spaced. Gives keys, n, s, variance (corrected for ties), z (with
   continuity correction), p (two-sided), tau (2s / n(n-1)), slope (median of the slopes of all pairs, per
   point), intercept (of that line at the first point), trend_95 and trend_99_8: 'increasing', 'decreasing' or
   'no trend'. A flat series has variance 0, z 0 and no trend; four points or fewer can reach neither
   confidence; a single point has no tau and no slope.

   Work grows with the square of the length of a series.
   Sources: Mann 1945, Econometrica 13; Kendall 1975, Rank Correlation Methods; Sen 1968, J American
   Statistical Association 63. Second opinion: pymannkendall. #}
{% macro mann_kendall_tested(relation, keys, order_by, value) -%}
{%- set series = keys | join(', ') -%}
with _mann_kendall_point as (
    select
        {{ series }},
        ({{ value }})::double as _value,
        row_number() over (partition by {{ series }} order by {{ order_by }}) as _number
    from {{ relation }}
    where ({{ value }}) is not null
),

_mann_kendall_tie as (
    select
        {{ series }},
        _value,
        count(*) as _tied
    from _mann_kendall_point
    group by {{ series }}, _value
),

_mann_kendall_series as (
    select
        {{ series }},
        sum(_tied)::bigint as _n,
        (_n * (_n - 1) * (2 * _n + 5) - sum(_tied * (_tied - 1) * (2 * _tied + 5))) / 18 as _variance
    from _mann_kendall_tie
    group by {{ series }}
),

_mann_kendall_centre as (
    select
        {{ series }},
        median(_value) as _median
    from _mann_kendall_point
    group by {{ series }}
),

_mann_kendall_pair as (
    select
        {% for key in keys %}earlier.{{ key }},
        {% endfor %}sum(sign(later._value - earlier._value))::bigint as _s,
        median((later._value - earlier._value) / (later._number - earlier._number)) as _slope
    from _mann_kendall_point as earlier
    inner join _mann_kendall_point as later
        on
            earlier._number < later._number
            {% for key in keys %}and earlier.{{ key }} = later.{{ key }}
            {% endfor %}
    group by {% for key in keys %}earlier.{{ key }}{{ ', ' if not loop.last }}{% endfor %}
),

_mann_kendall_score as (
    select
        {{ series }},
        _n,
        coalesce(_s, 0) as _sum,
        _variance,
        if(_variance > 0, (_sum - sign(_sum)) / sqrt(_variance), 0) as _z,
        if(_n > 1, 2 * _sum / (_n * (_n - 1)), null) as _tau,
        _slope,
        _median
    from _mann_kendall_series
    inner join _mann_kendall_centre using ({{ series }})
    left join _mann_kendall_pair using ({{ series }})
)

select
    {{ series }},
    _n as n,
    _sum as s,
    _variance as variance,
    _z as z,
    2 * {{ normal_upper_tail('abs(_z)') }} as p,
    _tau as tau,
    _slope as slope,
    _median - _slope * (_n - 1) / 2 as intercept,
    {% for name, beyond in [('trend_95', '1.959963984540054'), ('trend_99_8', '3.090232306167813')] -%}
    case
        when _z > {{ beyond }} then 'increasing'
        when _z < -{{ beyond }} then 'decreasing'
        else 'no trend'
    end as {{ name }}{{ ',' if not loop.last }}
    {% endfor -%}
from _mann_kendall_score
{%- endmacro %}
