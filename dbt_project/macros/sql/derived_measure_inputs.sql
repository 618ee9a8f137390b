{# The observations that derived measures are calculated from, as common table expressions (`components`, `wanted` and,
   one row for each component, period and observation, `cells`), as known at `moment` or, where a component has an as-at
   lag, earlier. The measures (`derived_measures`) and their sources (`int_derived_measure_source_listed`) begin with
   these. #}
{% macro derived_measure_inputs(moment) -%}
components as (
    select * from {{ ref('bridge_measure_component') }}
),

observations as (
    select * from {{ ref('fct_observation') }}
    where measure_code in (select components.component_measure_code from components)
),

reported as (
    select distinct measure_code, period_code from observations
),

-- The periods that have rows are those of the first component.
row_periods as (
    select
        components.measure_code,
        periods.period_code,
        periods.period_start,
        periods.period_end
    from components
    inner join reported on components.component_measure_code = reported.measure_code
    inner join {{ ref('dim_period') }} as periods on reported.period_code = periods.period_code
    where components.is_lead
),

-- Of stocks the last day within the period that is reported.
last_days as (
    select
        components.measure_code,
        components.component_number,
        row_periods.period_code,
        arg_max(days.period_code, days.period_end) as component_period_code
    from components
    inner join row_periods on components.measure_code = row_periods.measure_code
    inner join reported on components.component_measure_code = reported.measure_code
    inner join {{ ref('dim_period') }} as days
        on
            reported.period_code = days.period_code
            and days.period_kind = 'day'
            and days.period_end between row_periods.period_start and row_periods.period_end
    where components.period_rule = 'within'
    group by components.measure_code, components.component_number, row_periods.period_code
),

-- A pin takes what was known at the end of its day, or at `moment` if that is earlier.
wanted as (
    select
        components.*,
        components.service_lines is not null or components.left_out_service_lines is not null as is_of_all_lines,
        row_periods.period_code,
        case
            when components.period_rule = 'same' then row_periods.period_code else last_days.component_period_code
        end as component_period_code,
        case
            when components.pin_months is not null
                then
                    row_periods.period_end + to_months(components.pin_months) + to_days(components.pin_days)
                    + interval 1 day - interval 1 microsecond
        end as pinned_at
    from components
    inner join row_periods on components.measure_code = row_periods.measure_code
    left join last_days
        on
            components.measure_code = last_days.measure_code
            and components.component_number = last_days.component_number
            and row_periods.period_code = last_days.period_code
),

cells as (
    select
        wanted.measure_code,
        wanted.component_number,
        wanted.period_code,
        wanted.is_lead,
        wanted.is_of_all_lines,
        len(wanted.service_lines) as wanted_line_count,
        observations.location_key,
        observations.observation_key as source_observation_key,
        observations.version_number as source_version_number,
        observations.service_line as component_service_line,
        case when wanted.is_of_all_lines then 'Total' else observations.service_line end as service_line,
        {{ group_without('observations.population_group_code', 'wanted.summed_characteristics') }}
            as population_group_code,
        case wanted.figure
            when 'numerator' then observations.numerator
            when 'denominator' then observations.denominator
            else observations.value
        end as figure,
        case wanted.figure
            when 'numerator' then observations.numerator_status
            when 'denominator' then observations.denominator_status
            else observations.value_status
        end as figure_status
    from wanted
    inner join observations
        on
            wanted.component_measure_code = observations.measure_code
            and wanted.component_period_code = observations.period_code
            and observations.known_from <= least({{ moment }}, wanted.pinned_at)
            and observations.known_to > least({{ moment }}, wanted.pinned_at)
            and (
                wanted.service_lines is null
                or list_contains(wanted.service_lines, observations.service_line)
            )
            and (
                wanted.left_out_service_lines is null
                or not list_contains(list_append(wanted.left_out_service_lines, 'Total'), observations.service_line)
            )
            and (
                wanted.row_service_lines is null
                or list_contains(wanted.row_service_lines, observations.service_line)
            )
            and (
                wanted.summed_characteristics is null
                or {{ group_count_of('observations.population_group_code', 'wanted.summed_characteristics') }}
                = len(wanted.summed_characteristics)
            )
            and (
                wanted.summed_categories is null
                or list_has_any(string_split(observations.population_group_code, ';'), wanted.summed_categories)
            )
)
{%- endmacro %}
