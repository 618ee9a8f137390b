{# Statistical process control as in NHS England's "Making data count": XmR charts, four rules, two icons.

   spc_charted(relation, keys, order_by, value, direction, …): one row per row of `relation`. All arguments
   after `keys` are SQL expressions over its columns; those after `value` must be constant within a series, so
   that one statement charts many series with options of their own:
     direction        'increase' or 'decrease' is improvement; 'neutral' has no icon for better or worse
     target           a number or null; only the assurance icon needs it
     screen_outliers  true: moving ranges of 3.267 times their average or more are dropped once, and the rest
       averaged again
     fix_after        limits come from the first so many points of a segment; null: from all
     rebase_group     rises by one at each rebase; limits and rules never cross it
   `order_by` must be unique in a series. Gives keys, the column `order_by`, value, direction, target,
   rebase_group, mean, lower_process_limit, upper_process_limit, is_outside_limits, side_of_mean (-1, 0, 1),
   is_close_to_limits, special_cause ('above upper limit', 'below lower limit', 'increasing trend',
   'decreasing trend', 'two of three above mean', 'two of three below mean', 'shift above mean', 'shift below
   mean', 'common cause'), point_type ('improvement', 'concern', 'neutral high', 'neutral low', 'common
   cause'), segment_point_count and is_short_segment (fewer than 13 points: limits are to be taken with care).

   Limits: mean -/+ 2.66 average moving ranges, of consecutive points within the baseline. A null value is
   left out of the mean, has no moving range and breaks each pattern that contains it. A single point has no limits, and
   neither does a constant series with screening, since a range of 0 is not below 3.267 times 0. Both are common
   cause throughout, and whether they are outside or close to limits is null.

   Rules, in order of precedence; every point of the pattern is marked: a point outside the limits; a trend of
   seven points each above (below) the one before; two of three points beyond two thirds of the way to a
   limit, all three on one side of the mean (the two are marked); a shift of seven points on one side of the
   mean. A point in two trends bears the one that goes on from it.

   Sources: Wheeler 1993, Understanding Variation (limits); Nelson 1984, J Quality Technology 16 (rules);
   Provost & Murray 2011, The Health Care Data Guide (choice of rules). Second opinion: NHSRplotthedots. #}
{% macro spc_charted(
    relation, keys, order_by, value, direction,
    target='null', screen_outliers='true', fix_after='null', rebase_group='0'
) -%}
{%- set series = keys | join(', ') -%}
with _spc_input as (
    select
        {{ series }},
        {{ order_by }},
        ({{ value }})::double as _value,
        coalesce({{ direction }}, 'neutral') as _direction,
        ({{ target }})::double as _target,
        ({{ screen_outliers }})::boolean as _screen_outliers,
        ({{ fix_after }})::bigint as _fix_after,
        ({{ rebase_group }})::bigint as _rebase_group
    from {{ relation }}
),

_spc_step as (
    select
        *,
        row_number() over segment as _number,
        _number <= coalesce(_fix_after, _number) as _is_baseline,
        _value - lag(_value) over segment as _step
    from _spc_input
    window segment as (partition by {{ series }}, _rebase_group order by {{ order_by }})
),

-- Lists in order, so that a mean is the same to the last bit whatever the number of threads.
_spc_baseline as (
    select
        {{ series }},
        _rebase_group,
        count(*) as _point_count,
        any_value(_screen_outliers) as _screen_outliers,
        list(_value order by _number) filter (_is_baseline and _value is not null) as _values,
        list(abs(_step) order by _number) filter (_is_baseline and _step is not null) as _ranges
    from _spc_step
    group by {{ series }}, _rebase_group
),

_spc_average as (
    select
        *,
        list_aggregate(_values, 'favg') as _mean,
        list_aggregate(_ranges, 'favg') as _average_range
    from _spc_baseline
),

_spc_spread as (
    select
        {{ series }},
        _rebase_group,
        _point_count,
        _mean,
        case
            when _screen_outliers
                then list_aggregate(list_filter(_ranges, lambda r: r < 3.267 * _average_range), 'favg')
            else _average_range
        end as _spread
    from _spc_average
),

_spc_placed as (
    select
        _spc_step.*,
        _point_count,
        _mean,
        _mean - 2.66 * _spread as _lower,
        _mean + 2.66 * _spread as _upper,
        sign(_value - _mean) as _side,
        _value > _upper or _value < _lower as _is_outside,
        not _is_outside
        and (
            _value > _mean + 2 * (2.66 / 3) * _spread or _value < _mean - 2 * (2.66 / 3) * _spread
        ) as _is_close
    from _spc_step
    inner join _spc_spread using ({{ series }}, _rebase_group)
),

_spc_marked as (
    {{ spc_patterns_marked(
        '_spc_placed', keys + ['_rebase_group'], '_number', '_step', '_side', '_is_close'
    ) | indent }}
),

_spc_caused as (
    select
        *,
        case
            when _is_outside and _side > 0 then 'above upper limit'
            when _is_outside then 'below lower limit'
            when is_rising and (goes_up or not is_falling) then 'increasing trend'
            when is_falling then 'decreasing trend'
            when is_paired and _side > 0 then 'two of three above mean'
            when is_paired then 'two of three below mean'
            when is_shifted and _side > 0 then 'shift above mean'
            when is_shifted then 'shift below mean'
            else 'common cause'
        end as _cause
    from _spc_marked
)

select
    {{ series }},
    {{ order_by }},
    _value as value,
    _direction as direction,
    _target as target,
    _rebase_group as rebase_group,
    _mean as mean,
    _lower as lower_process_limit,
    _upper as upper_process_limit,
    _is_outside as is_outside_limits,
    _side as side_of_mean,
    _is_close as is_close_to_limits,
    _cause as special_cause,
    case
        when _cause = 'common cause' then 'common cause'
        when _direction not in ('increase', 'decrease')
            then if(regexp_matches(_cause, 'above|increasing'), 'neutral high', 'neutral low')
        when regexp_matches(_cause, 'above|increasing') = (_direction = 'increase') then 'improvement'
        else 'concern'
    end as point_type,
    _point_count as segment_point_count,
    _point_count < 13 as is_short_segment
from _spc_caused
{%- endmacro %}

{# The two icons of each series, from its last point. `charted` is a relation that `spc_charted` made.
   variation_icon: 'improvement high', 'improvement low', 'concern high', 'concern low', 'neutral high',
   'neutral low' or 'common cause'; high and low follow from what the direction counts as improvement.
   assurance_icon: 'fail' or 'pass' where the target is beyond a limit, so that the process will miss or meet
   it every time; 'inconsistent' between the limits, on one, or where there are none; null without a target or
   with 'neutral'. #}
{% macro spc_icons(charted, keys, order_by) -%}
with _spc_last as (
    select
        {{ keys | join(', ') }},
        arg_max(
            {
                'point_type': point_type,
                'direction': direction,
                'target': target,
                'lower_process_limit': lower_process_limit,
                'upper_process_limit': upper_process_limit
            },
            {{ order_by }}
        ) as _point
    from {{ charted }}
    group by {{ keys | join(', ') }}
)

select
    {{ keys | join(', ') }},
    {{ variation_icon('point_type', 'direction') }} as variation_icon,
    {{ assurance_icon('target', 'direction', 'lower_process_limit', 'upper_process_limit') }} as assurance_icon
from (select {{ keys | join(', ') }}, unnest(_point) from _spc_last)
{%- endmacro %}

{# The variation icon of a point, from its type and the direction that counts as improvement. #}
{% macro variation_icon(point_type, direction) -%}
case
    when {{ point_type }} not in ('improvement', 'concern') then {{ point_type }}
    when ({{ point_type }} = 'improvement') = ({{ direction }} = 'increase') then {{ point_type }} || ' high'
    else {{ point_type }} || ' low'
end
{%- endmacro %}


{# The assurance icon: will a process between these limits meet the target? See `spc_icons`. #}
{% macro assurance_icon(target, direction, lower_process_limit, upper_process_limit) -%}
case
    when {{ direction }} not in ('increase', 'decrease') or {{ target }} is null then null
    when {{ target }} > {{ upper_process_limit }} then if({{ direction }} = 'increase', 'fail', 'pass')
    when {{ target }} < {{ lower_process_limit }} then if({{ direction }} = 'increase', 'pass', 'fail')
    else 'inconsistent'
end
{%- endmacro %}


{# The rules of three and of seven, for points whose step from the one before, side of the mean (-1, 0, 1) and
   closeness to the limits are known. One row per row of `relation`, whose columns are followed by
   is_rising, is_falling (in a trend of seven; a turning point may be both), goes_up (the next point is
   higher), is_shifted (in a run of seven on one side) and is_paired (close, and one of two of three on one
   side). Nulls stand for what is not known and belong to no pattern. #}
{% macro spc_patterns_marked(relation, keys, order_by, step, side, is_close) -%}
with _spc_ended as (
    -- At the last point of a pattern +1 or -1, by its direction or side; else 0.
    select
        *,
        coalesce(sum(sign({{ step }})) over six_steps // 6, 0) as _trend_ends,
        coalesce(sum({{ side }}) over seven_points // 7, 0) as _shift_ends,
        if(
            sum(({{ is_close }})::integer) over three_points >= 2, sum({{ side }}) over three_points // 3, 0
        ) as _pair_ends
    from {{ relation }}
    window
        series as (partition by {{ keys | join(', ') }} order by {{ order_by }}),
        six_steps as (series rows between 5 preceding and current row),
        seven_points as (series rows between 6 preceding and current row),
        three_points as (series rows between 2 preceding and current row)
)

select
    * exclude (_trend_ends, _shift_ends, _pair_ends),
    max(_trend_ends) over next_six = 1 as is_rising,
    min(_trend_ends) over next_six = -1 as is_falling,
    coalesce(lead({{ step }}) over series > 0, false) as goes_up,
    max(abs(_shift_ends)) over next_six = 1 as is_shifted,
    coalesce({{ is_close }}, false) and max(abs(_pair_ends)) over next_two = 1 as is_paired
from _spc_ended
window
    series as (partition by {{ keys | join(', ') }} order by {{ order_by }}),
    next_six as (series rows between current row and 6 following),
    next_two as (series rows between current row and 2 following)
{%- endmacro %}
