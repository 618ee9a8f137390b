{# Funnel limits for items that differ by more than chance: an additive random effect, estimated from the
   middle of the field.

   overdispersion_estimated(relation, keys, items, numerator, denominator, transform, trim): one row per row
   of `relation`. `items` is the list of columns that name an item among the peers with the same `keys`;
   numerator, denominator and `transform` are SQL expressions, `transform` constant among peers; `trim` is a
   literal.
     'ratio_cqc'         y = sqrt(O/E), s = 1 / (2 sqrt E), target 1
     'ratio_shmi'        y = ln(O/E), s = 1 / sqrt E, target 0; items without events have no y
     'proportion'        y = asin sqrt(x/n), s = 1 / (2 sqrt n), target that of all items together
     'ratio_of_counts'   y = ln((x + 0.5) / (n + 0.5)), s = sqrt(x / (x + 0.5)^2 + n / (n + 0.5)^2), target
       likewise ln(X/N)
   z = (y - target) / s. Winsorised: values beyond the quantiles at `trim` and 1 - `trim` are moved to them;
   with 'ratio_shmi' the items ranked beyond them are dropped instead. Of the n items used:
     phi = mean of z^2
     tau2 = (n phi - (n - 1)) / (sum w - sum w^2 / sum w) with w = 1/s^2, or 0 if that is below 0; null for
       a single item
   Limits: target -/+ z_value sqrt(s^2 + tau2), transformed back, never beyond what the value can be.

   Gives keys, items, value (numerator / denominator), y, s, z, winsorised_z (null if dropped or unusable),
   used_count, phi, tau2, target (as the value is), lower_95, upper_95, lower_99_8, upper_99_8 and
   funnel_class, named as in `funnel_classified`.

   Sources: Spiegelhalter 2005, Quality and Safety in Health Care 14; Spiegelhalter et al. 2012, J Royal
   Statistical Society A 175; NHS Digital, SHMI methodology (dropping). Second opinion: FunnelPlotR, but for
   the limits it draws: it leaves those of 'ratio_cqc' as square roots, and for 'ratio_of_counts' takes the s
   of a proportion, less than half that of the score. Neither is copied. #}
{% macro overdispersion_estimated(relation, keys, items, numerator, denominator, transform, trim='0.1') -%}
{%- set peers = keys | join(', ') -%}
with _dispersion_item as (
    select
        {{ peers }},
        {{ items | join(', ') }},
        ({{ transform }})::varchar as _transform,
        ({{ numerator }})::double as _given_numerator,
        ({{ denominator }})::double as _given_denominator,
        coalesce(
            if(
                _transform = 'proportion',
                {{ is_valid_proportion('_given_numerator', '_given_denominator') }},
                {{ is_valid_rate('_given_numerator', '_given_denominator') }}
            ), false
        ) as _is_possible,
        if(_is_possible, _given_numerator, null) as _x,
        if(_is_possible, _given_denominator, null) as _n
    from {{ relation }}
),

_dispersion_target as (
    select
        {{ peers }},
        {{ ordered_sum('_x') }} / {{ ordered_sum('_n') }} as _of_all
    from _dispersion_item
    group by {{ peers }}
),

_dispersion_scored as (
    select
        _dispersion_item.*,
        case _transform
            when 'ratio_cqc' then 1
            when 'ratio_shmi' then 0
            when 'proportion' then asin(sqrt(_of_all))
            when 'ratio_of_counts' then if(_of_all > 0, ln(_of_all), null)
        end as _target,
        case _transform
            when 'ratio_cqc' then sqrt(_x / _n)
            when 'ratio_shmi' then if(_x > 0, ln(_x / _n), null)
            when 'proportion' then asin(sqrt(_x / _n))
            when 'ratio_of_counts' then ln((_x + 0.5) / (_n + 0.5))
        end as _y,
        case
            when _transform in ('ratio_cqc', 'proportion') then 1 / (2 * sqrt(_n))
            when _transform = 'ratio_shmi' then 1 / sqrt(_n)
            when _transform = 'ratio_of_counts' then sqrt(_x / pow(_x + 0.5, 2) + _n / pow(_n + 0.5, 2))
        end as _s,
        (_y - _target) / _s as _z
    from _dispersion_item
    inner join _dispersion_target using ({{ peers }})
),

_dispersion_field as (
    select
        {{ peers }},
        count(_z) as _scored_count,
        quantile_cont(_z, {{ trim }}) as _low_z,
        quantile_cont(_z, 1 - {{ trim }}) as _high_z
    from _dispersion_scored
    group by {{ peers }}
),

_dispersion_ranked as (
    select
        *,
        -- Equal scores share the mean of their ranks.
        if(
            _z is not null,
            floor(
                (
                    rank() over (partition by {{ peers }} order by _z nulls last)
                    + (count(*) over (partition by {{ peers }}, _z) - 1) / 2
                ) * (1 / {{ trim }}::double) / (_scored_count + 1)
            ),
            null
        ) as _band
    from _dispersion_scored
    inner join _dispersion_field using ({{ peers }})
),

_dispersion_trimmed as (
    select
        *,
        case
            -- `least` and `greatest` pass nulls over.
            when _z is null then null
            when _transform <> 'ratio_shmi' then least(greatest(_z, _low_z), _high_z)
            when _band > 0 and _band < 1 / {{ trim }}::double - 1 then _z
        end as _trimmed_z,
        if(_trimmed_z is not null, 1 / pow(_s, 2), null) as _weight
    from _dispersion_ranked
),

_dispersion_effect as (
    select
        {{ peers }},
        count(_trimmed_z) as _used_count,
        {{ ordered_sum('pow(_trimmed_z, 2)') }} / _used_count as _phi,
        {{ ordered_sum('_weight') }} as _weights,
        {{ ordered_sum('pow(_weight, 2)') }} as _squared_weights,
        if(
            _used_count > 1,
            greatest(0, (_used_count * _phi - (_used_count - 1)) / (_weights - _squared_weights / _weights)),
            null
        ) as _tau2
    from _dispersion_trimmed
    group by {{ peers }}
)

select
    {{ peers }},
    {{ items | join(', ') }},
    _x / _n as value,
    _y as y,
    _s as s,
    _z as z,
    _trimmed_z as winsorised_z,
    _used_count as used_count,
    _phi as phi,
    _tau2 as tau2,
    {{ overdispersion_back('_transform', '_target') }} as target,
    {% for confidence in ['95', '99_8'] -%}
    {% for side in ['lower', 'upper'] -%}
    {{ overdispersion_limit(side, '_transform', '_target', '_s', '_tau2', confidence) }}
        as {{ side }}_{{ confidence }},
    {% endfor -%}
    {% endfor -%}
    case
        when _z is null or _tau2 is null then 'not applicable'
        {% for word, sign in [('low', '-'), ('high', '')] -%}
        {% for confidence in ['99_8', '95'] -%}
        when {{ sign }}(_y - _target) > {{ z_value(confidence) }} * sqrt(pow(_s, 2) + _tau2)
            then '{{ word }} beyond {{ confidence | replace('_', '.') }}%'
        {% endfor -%}
        {% endfor -%}
        else 'as expected'
    end as funnel_class
from _dispersion_trimmed
inner join _dispersion_effect using ({{ peers }})
{%- endmacro %}


{# Limit on the scale of the value: `target` and `s` on the transformed scale, `side` 'lower' or 'upper'. #}
{% macro overdispersion_limit(side, transform, target, s, tau2, confidence) -%}
{%- set sign = '-' if side == 'lower' else '+' -%}
{%- set width = z_value(confidence) ~ ' * sqrt(pow(' ~ s ~ ', 2) + ' ~ tau2 ~ ')' -%}
{{ overdispersion_back(transform, '(' ~ target ~ ' ' ~ sign ~ ' ' ~ width ~ ')') }}
{%- endmacro %}


{# From the transformed scale back to that of the value, never beyond what the value can be. #}
{% macro overdispersion_back(transform, y) -%}
(case
    when {{ y }} is null then null
    when {{ transform }} = 'ratio_cqc' then pow(greatest({{ y }}, 0), 2)
    when {{ transform }} = 'proportion' then pow(sin(least(greatest({{ y }}, 0), pi() / 2)), 2)
    when {{ transform }} in ('ratio_shmi', 'ratio_of_counts') then exp({{ y }})
end)
{%- endmacro %}
