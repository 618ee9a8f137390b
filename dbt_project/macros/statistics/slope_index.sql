{# Slope index and relative index of inequality of each group of `keys`, from one row per quantile: one row
   per group.

   How much a measure falls or rises from the most to the least deprived person, by a line through the
   quantiles' values weighted by people. Quantiles count 1, 2, 3 and so on, 1 being the most deprived.
   Arguments are SQL expressions:
   - standard_error, or lower_95 and upper_95 to derive it from ('null' for what there is not). A given one is
     on the scale on which it is used: logarithms for 'rate', logits for 'proportion', else the value's;
   - value_type: 'rate', 'proportion' (0 to 1) or anything else; transform: fit the line to logarithms or
     logits; multiplier: what the slope index is multiplied by (100 for percentage points; negative turns both
     indices round). These three, and quantile_count (how many quantiles there should be, if known), are
     constant in a group.
   Columns: the keys, quantile_count, slope_index, relative_index, intercept (the fitted value at the most
   deprived end; with transform per absolute multiplier), slope_index_lower_95 and so on,
   relative_index_lower_95 and so on for each of `confidences`, reason (why there is no index), limits_reason
   (why limits are missing, if an index is there).
   - 5 to 100 quantiles. A quantile or value that is missing, a population that is missing or not above zero,
     a negative standard error, a value that its type does not allow: no index. With transform a value needs a
     logarithm or logit.
   - Limits are in closed form: those of the slope are normal, those of the ratio Fieller's, with transform
     both come from the slope on the transformed scale. Elsewhere they are simulated, which comes to the same
     within 0.3% of their width. For rates and proportions without transform there is no closed form, so no
     limits: fit these with transform.
   Source: Low and Low 2004, Measuring the gap; Fieller 1954; the regression through weighted ranks reduces
   exactly to the sums below, since the mean weighted rank is one half. Second opinion: PHEindicatormethods
   phe_sii. #}
{% macro slope_index_estimated(
    relation, keys, quantile, population, value, standard_error, lower_95, upper_95,
    value_type, transform, multiplier, confidences=['95', '99_8'], quantile_count='null'
) -%}
with _slope_typed as (
    select
        {{ keys | join(', ') }},
        ({{ quantile }}) as _quantile,
        ({{ population }})::double as _population,
        ({{ value }})::double as _value,
        ({{ standard_error }})::double as _given_error,
        ({{ lower_95 }})::double as _lower,
        ({{ upper_95 }})::double as _upper,
        case
            when ({{ value_type }}) in ('rate', 'proportion') then ({{ value_type }}) else 'other'
        end as _value_type,
        coalesce(({{ transform }}), false) as _is_transformed,
        ({{ multiplier }})::double as _multiplier,
        ({{ quantile_count }})::bigint as _due_count
    from {{ relation }}
),

_slope_scaled as (
    select
        {{ keys | join(', ') }},
        _population,
        _value_type,
        _is_transformed,
        _multiplier,
        _due_count,
        case when _is_transformed then {{ _slope_scale('_value') }} else _value end as _y,
        coalesce(
            _given_error,
            ({{ _slope_scale('_upper') }} - {{ _slope_scale('_lower') }}) / (2 * {{ z_value('95') }})
        ) as _error,
        _value is not null as _has_value,
        coalesce(
            _population > 0 and _population < 'infinity'::double
            and _multiplier <> 0
            and not (_is_transformed and _value_type = 'other')
            and coalesce(_value_type = 'other' or _value >= 0, true)
            and coalesce(_value_type <> 'proportion' or _value <= 1, true)
            and coalesce(_given_error >= 0, true)
            and coalesce(_lower <= _upper, true),
            false
        ) as _is_valid,
        -- Quantiles are complete if their numbers are 1 to their count.
        row_number() over _in_order = _quantile as _is_in_place,
        -- In the order of the quantiles, so that sums are the same in every run.
        sum(_population) over (_in_order rows between unbounded preceding and current row) as _cumulative
    from _slope_typed
    window _in_order as (partition by {{ keys | join(', ') }} order by _quantile)
),

_slope_ranked as (
    select
        *,
        _population / _total as _share,
        (_cumulative - _population / 2) / _total - 0.5 as _centred_rank
    from (
        select *, max(_cumulative) over (partition by {{ keys | join(', ') }}) as _total
        from _slope_scaled
    )
),

_slope_summed as (
    select
        {{ keys | join(', ') }},
        count(*) as _quantile_count,
        max(_value_type) as _value_type,
        bool_or(_is_transformed) as _is_transformed,
        max(_multiplier) as _multiplier,
        bool_and(_is_valid) as _is_valid,
        bool_and(_has_value and coalesce(_is_in_place, false))
        and count(*) = coalesce(max(_due_count), count(*)) as _is_complete,
        count(_y) = count(*) as _has_scale,
        count(_error) = count(*) as _has_errors,
        {{ ordered_sum('_share * _y') }} as _mean,
        nullif({{ ordered_sum('_share * _centred_rank ** 2') }}, 0) as _spread,
        {{ ordered_sum('_share * _centred_rank * _y') }} / _spread as _slope,
        {{ ordered_sum('(_share * _centred_rank * _error) ** 2') }} / _spread ** 2 as _slope_variance,
        {{ ordered_sum('(_share * _error) ** 2') }} as _mean_variance,
        {{ ordered_sum('_share ** 2 * _centred_rank * _error ** 2') }} / _spread as _covariance
    from _slope_ranked
    group by {{ keys | join(', ') }}
),

_slope_validated as (
    select
        *,
        case
            when not _is_valid then 'invalid input'
            when not _is_complete then 'a quantile is missing'
            when _quantile_count < 5 then 'fewer than five quantiles'
            when _quantile_count > 100 then 'more than a hundred quantiles'
            when not _has_scale then 'a value cannot be transformed'
        end as _reason
    from _slope_summed
),

-- Sums of a group that is refused must not reach a root or logarithm.
_slope_fitted as (
    select
        * exclude (_slope, _mean, _slope_variance),
        case when _reason is null then _slope end as _slope,
        case when _reason is null then _mean end as _mean,
        case
            when _reason is null and _has_errors and (_is_transformed or _value_type = 'other')
                then _slope_variance
        end as _slope_variance
    from _slope_validated
),

_slope_estimated as (
    select
        *,
        {{ _slope_end('-', '_slope') }} as _deprived_end,
        {{ _slope_end('+', '_slope') }} as _affluent_end
        {%- for confidence in confidences %}
        {%- set z = z_value(confidence) %},
        _slope - {{ z }} * sqrt(_slope_variance) as _slope_lower_{{ confidence }},
        _slope + {{ z }} * sqrt(_slope_variance) as _slope_upper_{{ confidence }},
        -- Fieller: ratios k for which affluent end - k * deprived end is within z standard errors of zero.
        (_mean - _slope / 2) ** 2 - {{ z }} ** 2 * (_mean_variance + _slope_variance / 4 - _covariance)
            as _fieller_square_{{ confidence }},
        (_mean - _slope / 2) * (_mean + _slope / 2) - {{ z }} ** 2 * (_mean_variance - _slope_variance / 4)
            as _fieller_middle_{{ confidence }},
        (_mean + _slope / 2) ** 2 - {{ z }} ** 2 * (_mean_variance + _slope_variance / 4 + _covariance)
            as _fieller_constant_{{ confidence }}
        {%- endfor %}
    from _slope_fitted
),

_slope_limited as (
    select
        *
        {%- for confidence in confidences %}{% for side, sign in [('lower', '-'), ('upper', '+')] %},
        case
            when _is_transformed
                then _multiplier * (
                    {{ _slope_end('+', '_slope_' ~ side ~ '_' ~ confidence) }}
                    - {{ _slope_end('-', '_slope_' ~ side ~ '_' ~ confidence) }}
                )
            else _multiplier * _slope_{{ side }}_{{ confidence }}
        end as _difference_{{ side }}_{{ confidence }},
        case
            when _is_transformed
                then {{ _slope_end('+', '_slope_' ~ side ~ '_' ~ confidence) }}
                    / {{ _slope_end('-', '_slope_' ~ side ~ '_' ~ confidence) }}
            when _deprived_end > 0 and _fieller_square_{{ confidence }} > 0
                then (
                    _fieller_middle_{{ confidence }} {{ sign }} sqrt(greatest(
                        0,
                        _fieller_middle_{{ confidence }} ** 2
                        - _fieller_square_{{ confidence }} * _fieller_constant_{{ confidence }}
                    ))
                ) / _fieller_square_{{ confidence }}
        end as _ratio_{{ side }}_{{ confidence }}
        {%- endfor %}{% endfor %}
    from _slope_estimated
)

select
    {{ keys | join(', ') }},
    _quantile_count as quantile_count,
    _multiplier * (_affluent_end - _deprived_end) as slope_index,
    case
        when _multiplier < 0 then _deprived_end / nullif(_affluent_end, 0)
        else _affluent_end / nullif(_deprived_end, 0)
    end as relative_index,
    case when _is_transformed then abs(_multiplier) else 1 end * _deprived_end as intercept
    {%- for confidence in confidences %},
    least(_difference_lower_{{ confidence }}, _difference_upper_{{ confidence }})
        as slope_index_lower_{{ confidence }},
    greatest(_difference_lower_{{ confidence }}, _difference_upper_{{ confidence }})
        as slope_index_upper_{{ confidence }},
    case
        when _multiplier > 0 then _ratio_lower_{{ confidence }}
        when _ratio_lower_{{ confidence }} > 0 then 1 / _ratio_upper_{{ confidence }}
    end as relative_index_lower_{{ confidence }},
    case
        when _multiplier > 0 then _ratio_upper_{{ confidence }}
        when _ratio_lower_{{ confidence }} > 0 then 1 / _ratio_lower_{{ confidence }}
    end as relative_index_upper_{{ confidence }}
    {%- endfor %},
    _reason as reason,
    case
        when _reason is not null then null
        when not _is_transformed and _value_type <> 'other' then 'no closed form without transform'
        when not _has_errors then 'a standard error is missing'
        when {% for confidence in confidences %}relative_index_lower_{{ confidence }} is null
            {{- ' or ' if not loop.last }}{% endfor %}
            then 'no relative limits: the deprived end is not clearly above zero'
    end as limits_reason
from _slope_limited
{%- endmacro %}


{# Logarithm of a rate, logit of a proportion, else the value; null for what has none. #}
{% macro _slope_scale(expression) -%}
case
            when _value_type = 'other' then {{ expression }}
            when _value_type = 'rate' and {{ expression }} > 0 then ln({{ expression }})
            when _value_type = 'proportion' and {{ expression }} > 0 and {{ expression }} < 1
                then ln({{ expression }} / (1 - {{ expression }}))
        end
{%- endmacro %}


{# Fitted value at the deprived ('-') or affluent ('+') end for a slope, on the value's own scale. #}
{% macro _slope_end(sign, slope) -%}
case
            when not _is_transformed then _mean {{ sign }} {{ slope }} / 2
            when _value_type = 'rate' then exp(_mean {{ sign }} {{ slope }} / 2)
            else 1 / (1 + exp(-(_mean {{ sign }} {{ slope }} / 2)))
        end
{%- endmacro %}
