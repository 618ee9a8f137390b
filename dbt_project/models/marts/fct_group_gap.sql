with groups as (
    select *
    from {{ ref('int_population_group_prepared') }}
    where value is not null
),

-- All people, for breakdowns that have no order and no reference group, or the whole reported by another return.
everybody as (
    select
        measure_code,
        location_key,
        period_code,
        service_line,
        population_group_code as held_group_code,
        value,
        standard_error
    from {{ ref('fct_estimate') }}
    where value is not null
),

wholes as (
    select * from everybody
    union all
    select everybody.* replace (companions.measure_code as measure_code)
    from everybody
    inner join {{ ref('stg_companions') }} as companions on everybody.measure_code = companions.whole_measure_code
),

pairs as (
    select
        groups.*,
        coalesce(choices.reference_category_code, 'Total') as reference_category_code,
        case when choices.reference_category_code is null then wholes.value else comparators.value end
            as reference_value,
        case when choices.reference_category_code is null then wholes.standard_error else comparators.standard_error end
            as reference_standard_error,
        nationals.value as national_reference_value,
        groups.is_from_rounded_counts or coalesce(comparators.is_from_rounded_counts, false) as rests_on_rounded_counts
    from groups
    left join {{ ref('int_reference_group_selected') }} as choices on groups.national_key = choices.national_key
    left join groups as comparators
        on
            groups.fairness_key = comparators.fairness_key
            and choices.reference_category_code = comparators.category_code
    left join wholes
        on
            groups.measure_code = wholes.measure_code
            and groups.location_key = wholes.location_key
            and groups.period_code = wholes.period_code
            and groups.service_line = wholes.service_line
            and groups.held_group_code = wholes.held_group_code
    left join groups as nationals
        on
            groups.national_key = nationals.national_key
            and groups.whole_location_key = nationals.location_key
            and choices.reference_category_code = nationals.category_code
),

gaps as (
    select
        *,
        category_code = reference_category_code as is_reference,
        value - reference_value as absolute_gap,
        {{ absolute_gap_standard_error('standard_error', 'reference_standard_error') }} as absolute_gap_error,
        case when reference_value <> 0 then value / reference_value end as relative_gap
    from pairs
)

select
    {{ surrogate_key(['measure_code', 'location_key', 'period_code', 'service_line', 'held_group_code',
        'characteristic_code', 'category_code']) }} as group_gap_key,
    department_code,
    return_code,
    measure_code,
    location_key,
    period_code,
    service_line,
    held_group_code,
    dimension,
    characteristic_code,
    category_code,
    reference_category_code,
    is_reference,
    numerator,
    denominator,
    value,
    reference_value,
    case when not is_reference then absolute_gap end as absolute_gap,
    case when not is_reference then absolute_gap - {{ z_value('95') }} * absolute_gap_error end
        as absolute_gap_lower_95,
    case when not is_reference then absolute_gap + {{ z_value('95') }} * absolute_gap_error end
        as absolute_gap_upper_95,
    case when not is_reference then relative_gap end as relative_gap,
    case
        when not is_reference
            then {{ relative_gap_limit(
                'lower', 'value', 'reference_value', 'standard_error', 'reference_standard_error', '95'
            ) }}
    end as relative_gap_lower_95,
    case
        when not is_reference
            then {{ relative_gap_limit(
                'upper', 'value', 'reference_value', 'standard_error', 'reference_standard_error', '95'
            ) }}
    end as relative_gap_upper_95,
    case
        when not is_reference
            then {{ compared_with_value(
                'absolute_gap - ' ~ z_value('95') ~ ' * absolute_gap_error',
                'absolute_gap + ' ~ z_value('95') ~ ' * absolute_gap_error', '0', 'polarity', 'absolute_gap'
            ) }}
    end as comparison,
    national_reference_value,
    value - national_reference_value as gap_to_national_reference,
    rests_on_rounded_counts as is_from_rounded_counts,
    case
        when is_reference then null
        when reference_value is null then 'the group it would be compared with has no value'
        when reference_value = 0 then 'no ratio to zero'
        when absolute_gap_error is null then 'no limits, since neither counts nor limits are known'
    end as reason
from gaps
