-- A measure named only in a file has no row among the methods: the defaults of its contract apply.
select
    measures.measure_code,
    measures.measure_name,
    measures.return_code,
    measures.department_code,
    measures.domain,
    measures.unit,
    measures.value_type,
    measures.polarity,
    measures.multiplier,
    measures.aggregation,
    measures.definition,
    measures.source as definition_source,
    measures.valid_from,
    measures.valid_to,
    coalesce(
        methods.limits_method,
        case when measures.value_type in ('proportion', 'rate') then measures.value_type else 'none' end
    ) as limits_method,
    methods.rounded_to,
    methods.counts_rounded_to,
    methods.counts_rounded_from,
    coalesce(methods.minimum_coverage, 0.9) as minimum_coverage,
    methods.aggregation_reason,
    coalesce(methods.service_lines_add_up, false) as service_lines_add_up,
    coalesce(methods.has_overdispersion, false) as has_overdispersion,
    coalesce(methods.screen_outliers, true) as screen_outliers,
    methods.baseline_point_count,
    methods.rebase_dates
from {{ source('landing', 'measures') }} as measures
left join {{ source('landing', 'measure_methods') }} as methods
    on measures.measure_code = methods.measure_code
