-- One comparison over all groups of a breakdown. Two groups of which one is the reference are ordered, and so are
-- quantiles. Other breakdowns compare the best and the worst group. A gap is above zero if the more disadvantaged
-- group has the worse value.
with groups as (
    select
        *,
        count(*) over split as group_count,
        count(reference_rank) over split as reference_count,
        count(denominator) over split as population_count
    from {{ ref('int_population_group_prepared') }}
    window split as (partition by fairness_key)
),

ordered as (
    select
        *,
        polarity <> 'low' as is_favourable,
        {{ adverse_sort_key('value', 'polarity') }} as adverse_sort_key,
        case
            when is_ordered then category_number
            when group_count = 2 and reference_count = 1 then case when reference_rank is null then 1 else 2 end
        end as group_order,
        -- Deprivation quantiles have equal size by design; other groups do not.
        case
            when population_count > 0 then denominator
            when is_ordered and regexp_matches(characteristic_code, '(decile|quintile)(:|$)') then 1
        end as population
    from groups
),

splits as (
    select
        fairness_key,
        any_value(department_code) as department_code,
        any_value(return_code) as return_code,
        any_value(measure_code) as measure_code,
        any_value(location_key) as location_key,
        any_value(period_code) as period_code,
        any_value(service_line) as service_line,
        any_value(held_group_code) as held_group_code,
        any_value(dimension) as dimension,
        any_value(characteristic_code) as characteristic_code,
        any_value(polarity) as polarity,
        bool_or(group_order is not null) as has_order,
        bool_or(is_from_rounded_counts) as is_from_rounded_counts,
        case
            when any_value(population_count) > 0 then 'denominators'
            when bool_or(population is not null) then 'equal shares'
        end as weights_source,
        -- Break ties by code, so that every run picks the same group.
        coalesce(
            arg_min(category_code, group_order) filter (where value is not null),
            arg_min(category_code, (-adverse_sort_key, category_code)) filter (where value is not null)
        ) as worse_category_code,
        coalesce(
            arg_max(category_code, group_order) filter (where value is not null),
            arg_min(category_code, (adverse_sort_key, category_code)) filter (where value is not null)
        ) as better_category_code
    from ordered
    group by fairness_key
),

measured as (
    {{ inequality_measured(
        'ordered', ['fairness_key'], 'population', 'value', 'standard_error', 'is_favourable', 'group_order'
    ) | indent }}
),

quantiles as (
    select * from ordered where is_ordered
),

sloped as (
    {{ slope_index_estimated(
        'quantiles', ['fairness_key'], 'category_number', 'population', 'value', 'standard_error', 'null', 'null',
        "'other'", 'false', '1', ['95']
    ) | indent }}
),

-- Without an order, the macro compares the best with the worst, which is below zero if high values are good. The
-- value is subtracted from zero, since negation would give a negative zero.
turned as (
    select
        splits.*,
        measured.* exclude (
            fairness_key, absolute_gap, absolute_gap_lower_95, absolute_gap_upper_95, relative_gap,
            relative_gap_lower_95, relative_gap_upper_95, reason
        ),
        measured.reason as measured_reason,
        splits.polarity = 'low' and not splits.has_order as is_turned,
        case when is_turned then 0 - measured.absolute_gap else measured.absolute_gap end as absolute_gap,
        case when is_turned then 0 - measured.absolute_gap_upper_95 else measured.absolute_gap_lower_95 end
            as absolute_gap_lower_95,
        case when is_turned then 0 - measured.absolute_gap_lower_95 else measured.absolute_gap_upper_95 end
            as absolute_gap_upper_95,
        case when is_turned then 1 / nullif(measured.relative_gap, 0) else measured.relative_gap end as relative_gap,
        case when is_turned then 1 / nullif(measured.relative_gap_upper_95, 0) else measured.relative_gap_lower_95 end
            as relative_gap_lower_95,
        case when is_turned then 1 / nullif(measured.relative_gap_lower_95, 0) else measured.relative_gap_upper_95 end
            as relative_gap_upper_95,
        hash(
            splits.measure_code,
            splits.location_key,
            splits.service_line,
            splits.held_group_code,
            splits.characteristic_code,
            periods.period_kind
        ) as series_key,
        periods.period_start
    from splits
    inner join measured on splits.fairness_key = measured.fairness_key
    inner join {{ ref('dim_period') }} as periods on splits.period_code = periods.period_code
),

changed as (
    select
        *,
        lag(period_code) over series as previous_period_code,
        lag(absolute_gap) over series as previous_absolute_gap,
        abs(absolute_gap) - abs(previous_absolute_gap) as gap_change,
        {{ absolute_gap_standard_error(
            'absolute_gap_standard_error', 'lag(absolute_gap_standard_error) over series'
        ) }} as gap_change_error
    from turned
    window series as (partition by series_key order by period_start)
)

select
    {{ surrogate_key([
        'changed.measure_code', 'changed.location_key', 'changed.period_code', 'changed.service_line',
        'changed.held_group_code', 'changed.characteristic_code',
    ]) }} as fairness_key,
    changed.department_code,
    changed.return_code,
    changed.measure_code,
    changed.location_key,
    changed.period_code,
    changed.service_line,
    changed.held_group_code,
    changed.dimension,
    changed.characteristic_code,
    changed.group_count,
    changed.missing_count,
    changed.weights_source,
    changed.is_from_rounded_counts,
    changed.better_category_code,
    changed.worse_category_code,
    changed.absolute_gap,
    changed.absolute_gap_lower_95,
    changed.absolute_gap_upper_95,
    changed.relative_gap,
    changed.relative_gap_lower_95,
    changed.relative_gap_upper_95,
    sloped.slope_index,
    sloped.slope_index_lower_95,
    sloped.slope_index_upper_95,
    sloped.relative_index,
    sloped.relative_index_lower_95,
    sloped.relative_index_upper_95,
    changed.average,
    changed.between_group_variance,
    changed.between_group_variance_lower_95,
    changed.between_group_variance_upper_95,
    changed.index_of_disparity,
    changed.index_of_disparity_unweighted,
    changed.theil_index,
    changed.previous_period_code,
    changed.previous_absolute_gap,
    changed.gap_change,
    changed.gap_change - {{ z_value('95') }} * changed.gap_change_error as gap_change_lower_95,
    changed.gap_change + {{ z_value('95') }} * changed.gap_change_error as gap_change_upper_95,
    case
        when changed.gap_change_error is null then null
        when changed.gap_change + {{ z_value('95') }} * changed.gap_change_error < 0 then 'narrows'
        when changed.gap_change - {{ z_value('95') }} * changed.gap_change_error > 0 then 'widens'
        when changed.gap_change is not null then 'no clear change'
    end as gap_direction,
    case when changed.group_count = 1 then 'only one group' else changed.measured_reason end as reason,
    sloped.reason as slope_reason
from changed
left join sloped on changed.fairness_key = sloped.fairness_key
