with made as (
    select
        observation_key,
        department_code,
        return_code,
        measure_code,
        location_key,
        period_code,
        population_group_code,
        service_line,
        value,
        value_status,
        origin
    from {{ ref('fct_estimate') }}
    where origin <> 'sent' and value is not null
    union all
    -- Derived counts and amounts of money are not estimates.
    select
        derived.observation_key,
        derived.department_code,
        derived.return_code,
        derived.measure_code,
        derived.location_key,
        derived.period_code,
        derived.population_group_code,
        derived.service_line,
        derived.value,
        derived.value_status,
        'derived' as origin
    from {{ ref('fct_derived_measure') }} as derived
    inner join {{ ref('dim_measure') }} as measures on derived.measure_code = measures.measure_code
    where measures.value_type in ('count', 'currency') and derived.value is not null
),

links as (
    select
        observation_key,
        department_code,
        return_code,
        measure_code,
        location_key,
        period_code,
        population_group_code,
        service_line,
        value,
        value_status,
        'sent' as origin,
        0 as component_number,
        observation_key as source_observation_key,
        version_number as source_version_number,
        measure_code as source_measure_code,
        location_key as source_location_key,
        period_code as source_period_code,
        population_group_code as source_population_group_code,
        service_line as source_service_line,
        numerator as source_numerator,
        denominator as source_denominator,
        value as source_value,
        value_status as source_value_status,
        known_from as source_known_from,
        submission_key,
        source_row,
        source_column
    from {{ ref('fct_observation') }}
    where known_to = {{ open_ended_timestamp() }}
    union all
    select
        made.observation_key,
        made.department_code,
        made.return_code,
        made.measure_code,
        made.location_key,
        made.period_code,
        made.population_group_code,
        made.service_line,
        made.value,
        made.value_status,
        made.origin,
        bridge.component_number,
        cells.observation_key as source_observation_key,
        cells.version_number as source_version_number,
        cells.measure_code as source_measure_code,
        cells.location_key as source_location_key,
        cells.period_code as source_period_code,
        cells.population_group_code as source_population_group_code,
        cells.service_line as source_service_line,
        cells.numerator as source_numerator,
        cells.denominator as source_denominator,
        cells.value as source_value,
        cells.value_status as source_value_status,
        cells.known_from as source_known_from,
        cells.submission_key,
        cells.source_row,
        cells.source_column
    from made
    inner join {{ ref('bridge_figure_source') }} as bridge on made.observation_key = bridge.observation_key
    inner join {{ ref('fct_observation') }} as cells
        on
            bridge.source_observation_key = cells.observation_key
            and bridge.source_version_number = cells.version_number
)

select
    links.department_code,
    links.return_code,
    links.measure_code,
    measures.measure_name,
    measures.domain,
    locations.location_code,
    locations.location_name,
    locations.location_level,
    links.period_code,
    periods.period_start,
    periods.period_end,
    population_groups.characteristic,
    population_groups.category,
    links.service_line,
    measures.unit,
    links.origin,
    links.value,
    links.value_status,
    links.component_number,
    links.source_measure_code,
    source_measures.measure_name as source_measure_name,
    source_locations.location_code as source_location_code,
    source_locations.location_name as source_location_name,
    source_locations.location_level as source_location_level,
    links.source_period_code,
    source_population_groups.characteristic as source_characteristic,
    source_population_groups.category as source_category,
    links.source_service_line,
    links.source_numerator,
    links.source_denominator,
    links.source_value,
    links.source_value_status,
    links.source_version_number,
    links.source_known_from,
    links.submission_key,
    submissions.received_at,
    submissions.file_name,
    submissions.sha256,
    submissions.sheet,
    links.source_row,
    links.source_column,
    submissions.contract_version,
    submissions.warning_count,
    links.population_group_code,
    links.observation_key,
    links.source_observation_key
from links
{{ join_dimensions('links', ['measures', 'locations', 'periods', 'population_groups', 'submissions']) }}
{{ join_dimensions('links', ['measures', 'locations', 'population_groups'], prefix='source_') }}
