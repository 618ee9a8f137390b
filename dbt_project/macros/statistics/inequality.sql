{# Inequality of a measure between the groups of each of `keys`, from one row per group: one wide row per set of
   keys.

   Arguments are expressions: population (people in the group), value, standard_error ('null' if there is
   none), favourable (true if high is good; constant), subgroup_order (1 for the most disadvantaged; null for
   all if groups have no order). w is a group's share of people, y its value, mu the mean over people.
   Columns, after the keys:
   - group_count, missing_count (groups without value, left out; more than 15% of them refuse all), average:
     mu;
   - between_group_variance: sum w (y - mu)^2, with _standard_error and limits, which may be negative;
     between_group_standard_deviation: its root; coefficient_of_variation: 100 times that over mu;
   - mean_difference_from_average: sum w |y - mu|; index_of_disparity: 100 times that over mu;
     index_of_disparity_unweighted: the same with every group alike; mean_difference_from_best: sum w |y -
     best|;
   - theil_index: 1000 sum w (y/mu) ln(y/mu); mean_log_deviation: -1000 sum w ln(y/mu); null if a logarithm is
     missing;
   - absolute_gap: y1 - y2, with _standard_error and limits; relative_gap: y1 / y2, with _log_standard_error
     and limits. With an order, y1 is the most advantaged and y2 the most disadvantaged if favourable, else
     the reverse: positive is worse for the poor. Without, y1 is the best and y2 the worst: negative if high
     is bad. Null if one of the two has no value;
   - absolute_concentration_index: 2 sum w (rank - 1/2) y, rank being the share of people below the middle of
     the group; relative_concentration_index: that over mu; both with _standard_error (of the regression on
     rank) and limits; only with an order, and with every group's value there;
   - reason: why all is null, or, if populations are missing, why all but the gaps is.
   What divides by mu is null unless mu is above zero. Limits are null unless every group has a standard
   error.
   Source: Schlotheuber and Hosseinpoor 2022, Summary measures of health inequality; Ahn and others 2018 for
   standard errors; Kakwani, Wagstaff and van Doorslaer 1997 for the concentration index. Second opinion:
   healthequal. #}
{% macro inequality_measured(
    relation, keys, population, value, standard_error, favourable='true', subgroup_order='null'
) -%}
with _inequality_gathered as (
    select
        {{ keys | join(', ') }},
        -- In order, so that sums are the same in every run; without a given order, by value.
        list(
            struct_pack(
                y := ({{ value }})::double,
                p := ({{ population }})::double,
                e := ({{ standard_error }})::double,
                o := ({{ subgroup_order }})::double
            )
            order by ({{ subgroup_order }})::double, ({{ value }})::double, ({{ population }})::double,
                ({{ standard_error }})::double
        ) as _all,
        bool_and(({{ favourable }})) as _is_favourable,
        count(({{ subgroup_order }})) = count(*) as _is_ordered,
        coalesce(
            min(({{ population }})) >= 0
            and max(({{ population }}))::double < 'infinity'::double, count(({{ population }})) = 0
        )
        and coalesce(min(({{ standard_error }})) >= 0, true)
        and coalesce(max(abs(({{ value }})::double)) < 'infinity'::double, true)
        and count(({{ subgroup_order }})) in (0, count(*))
        and coalesce(bool_and(({{ favourable }})) = bool_or(({{ favourable }})), true) as _is_valid
    from {{ relation }}
    group by {{ keys | join(', ') }}
),

_inequality_present as (
    select
        *,
        list_filter(_all, lambda _g: _g.y is not null) as _groups,
        len(_all) as _group_count
    from _inequality_gathered
),

_inequality_validated as (
    select
        *,
        len(_groups) as _present_count,
        -- Multiplied out: 3 of 20 is 15% and no more.
        100 * (_group_count - len(_groups)) > 15 * _group_count as _is_sparse,
        case when list_bool_and(list_transform(_groups, lambda _g: _g.p is not null))
            then nullif({{ _sum_over_groups('_g.p') }}, 0) end as _total,
        list_bool_and(list_transform(_groups, lambda _g: _g.e is not null)) as _has_errors
    from _inequality_present
),

_inequality_averaged as (
    select
        * exclude (_groups, _all),
        case
            when not _is_valid then 'invalid input'
            when _is_sparse then 'more than 15% of groups have no value'
            when _present_count < 2 then 'fewer than two groups'
            when _total is null then 'a population is missing'
        end as _reason,
        case when _is_valid and not _is_sparse and _present_count >= 2 then _groups end as _groups,
        {{ _sum_over_groups('_g.p * _g.y') }} / _total as _mean,
        case when _is_ordered then _all[1] else _groups[1] end as _first,
        case when _is_ordered then _all[-1] else _groups[-1] end as _last,
        case
            when _is_favourable then list_max(list_transform(_groups, lambda _g: _g.y))
            when not _is_favourable then list_min(list_transform(_groups, lambda _g: _g.y))
        end as _best
    from _inequality_validated
),

_inequality_summed as (
    select
        * exclude (_mean),
        case when _reason is null then _mean end as _mean,
        -- The mean, if relative measures may be divided by it.
        case when _reason is null and _mean > 0 then _mean end as _divisor,
        -- Two groups are compared whatever their size.
        case
            when _groups is null then null when _is_favourable then _last when not _is_favourable then _first
        end as _one,
        case
            when _groups is null then null when _is_favourable then _first when not _is_favourable then _last
        end as _two,
        {{ _sum_over_groups('_g.p / _total * (_g.y - _mean) ** 2') }} as _variance,
        {{ _sum_over_groups('_g.p / _total * abs(_g.y - _mean)') }} as _mean_difference,
        {{ _sum_over_groups('abs(_g.y - _mean)') }} / _present_count as _plain_difference,
        {{ _sum_over_groups('_g.p / _total * abs(_g.y - _best)') }} as _best_difference,
        {{ _sum_over_groups('(_g.p / _total * _g.e * (_g.y - _mean)) ** 2') }} as _error_1,
        {{ _sum_over_groups('(_g.p / _total * _g.e) ** 2') }} as _error_2,
        {{ _sum_over_groups('(_g.p / _total * _g.e) ** 4') }} as _error_3,
        {{ _sum_over_groups('(_g.p / _total * (1 - _g.p / _total) * _g.e ** 2) ** 2') }} as _error_4,
        -- A value of zero adds nothing to the one, and has no logarithm in the other.
        case when _mean > 0 and list_min(list_transform(_groups, lambda _g: _g.y)) >= 0
            then {{ _sum_over_groups(
                'case when _g.y / _mean > 0 then _g.p / _total * _g.y / _mean * ln(_g.y / _mean) else 0 end'
            ) }}
        end as _theil,
        case when _mean > 0 and list_min(list_transform(_groups, lambda _g: _g.y)) / _mean > 0
            then -{{ _sum_over_groups('_g.p / _total * ln(_g.y / _mean)') }}
        end as _log_deviation,
        case when _is_ordered and _present_count = _group_count
            then list_transform(_groups, lambda _g: struct_pack(
                w := _g.p / _total,
                y := _g.y,
                -- People in groups below, and half of those level with this one, itself among them.
                r := list_sum(list_transform(_groups, lambda _h: case
                    when _h.o < _g.o then _h.p when _h.o = _g.o then _h.p / 2 else 0
                end)) / _total - 0.5
            ))
        end as _by_rank
    from _inequality_averaged
),

_inequality_concentrated as (
    select
        *,
        2 * list_sum(list_transform(_by_rank, lambda _g: _g.w * _g.r * _g.y)) as _concentration,
        list_sum(list_transform(_by_rank, lambda _g: _g.w * _g.r ** 2)) as _spread
    from _inequality_summed
),

_inequality_estimated as (
    select
        *,
        case when _has_errors and _mean is not null
            then sqrt(greatest(0, 4 * _error_1 + 2 * (_error_2 ** 2 - _error_3 + _error_4)))
        end as _variance_error,
        -- Of the slope of 2 * spread * y on rank, weighted by people: what the line leaves unexplained.
        case when _mean is not null and _present_count > 2
            then 2 * sqrt(_spread * greatest(0, list_sum(list_transform(
                _by_rank,
                lambda _g: _g.w * (_g.y - _mean - _concentration / (2 * _spread) * _g.r) ** 2
            ))) / (_present_count - 2))
        end as _concentration_error
    from _inequality_concentrated
)

select
    {{ keys | join(', ') }},
    _group_count as group_count,
    _group_count - _present_count as missing_count,
    _mean as average,
    case when _mean is not null then _variance end as between_group_variance,
    _variance_error as between_group_variance_standard_error,
    {{ _normal_limits('between_group_variance') }},
    sqrt(between_group_variance) as between_group_standard_deviation,
    100 * sqrt(_variance) / _divisor as coefficient_of_variation,
    case when _mean is not null then _mean_difference end as mean_difference_from_average,
    100 * _mean_difference / _divisor as index_of_disparity,
    100 * _plain_difference / _divisor as index_of_disparity_unweighted,
    case when _mean is not null then _best_difference end as mean_difference_from_best,
    case when _mean is not null then 1000 * _theil end as theil_index,
    case when _mean is not null then 1000 * _log_deviation end as mean_log_deviation,
    _one.y - _two.y as absolute_gap,
    {{ absolute_gap_standard_error('_one.e', '_two.e') }} + 0 * absolute_gap as absolute_gap_standard_error
    {%- for confidence in ['95', '99_8'] %}{% for side in ['lower', 'upper'] %},
    {{ absolute_gap_limit(side, '_one.y', '_two.y', '_one.e', '_two.e', confidence) }}
        as absolute_gap_{{ side }}_{{ confidence }}
    {%- endfor %}{% endfor %},
    _one.y / nullif(_two.y, 0) as relative_gap,
    {{ relative_gap_log_standard_error('_one.y', '_two.y', '_one.e', '_two.e') }}
        as relative_gap_log_standard_error
    {%- for confidence in ['95', '99_8'] %}{% for side in ['lower', 'upper'] %},
    {{ relative_gap_limit(side, '_one.y', '_two.y', '_one.e', '_two.e', confidence) }}
        as relative_gap_{{ side }}_{{ confidence }}
    {%- endfor %}{% endfor %},
    case when _mean is not null then _concentration end as absolute_concentration_index,
    _concentration_error as absolute_concentration_index_standard_error,
    {{ _normal_limits('absolute_concentration_index') }},
    _concentration / _divisor as relative_concentration_index,
    _concentration_error / _divisor as relative_concentration_index_standard_error,
    {{ _normal_limits('relative_concentration_index') }},
    _reason as reason
from _inequality_estimated
{%- endmacro %}


{# Sum of an expression over the groups `_g` of the list `_groups`. #}
{% macro _sum_over_groups(expression) -%}
list_sum(list_transform(_groups, lambda _g: {{ expression }}))
{%- endmacro %}


{# The four columns of normal limits around the column `name`, whose standard error is in the column beside it. #}
{% macro _normal_limits(name) -%}
{% for confidence in ['95', '99_8'] %}{% for side, sign in [('lower', '-'), ('upper', '+')] -%}
{{ name }} {{ sign }} {{ z_value(confidence) }} * {{ name }}_standard_error
        as {{ name }}_{{ side }}_{{ confidence }}
    {{- ',\n    ' if not (loop.last and confidence == '99_8') }}
{%- endfor %}{% endfor %}
{%- endmacro %}
