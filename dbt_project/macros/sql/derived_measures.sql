{# The derived measures, as known at `moment` (docs/modelling.md): each component's figures at its own time, which an
   as-at lag makes earlier; then the sums of numerator and denominator, and their quotient. Models and the table macros
   of a release use it, so it reads only tables that are in the release. #}
{% macro derived_measures(moment) -%}
with {{ derived_measure_inputs(moment) }},

-- A figure that is not applicable to one of several lines or groups adds nothing; a missing one leaves no sum.
summed as (
    select
        measure_code,
        component_number,
        period_code,
        location_key,
        population_group_code,
        service_line,
        is_lead,
        case
            when
                count(*) = count(case when figure is not null or figure_status = 'z' then 1 end)
                and count(distinct component_service_line) >= coalesce(wanted_line_count, 0)
                then {{ stable_sum('figure') }}
        end as figure,
        coalesce(max(figure_status) filter (where figure is null), 'x') as figure_status
    from cells
    group by
        measure_code,
        component_number,
        period_code,
        location_key,
        population_group_code,
        service_line,
        is_lead,
        wanted_line_count
),

-- A location without a figure of a component has the total of the locations of its territory that reported it: for
-- example, spending restated for a new authority, divided by a count that its predecessor sent.
inherited as (
    select
        summed.measure_code,
        summed.component_number,
        summed.period_code,
        territories.territory_location_key as location_key,
        summed.population_group_code,
        summed.service_line,
        {{ stable_sum('summed.figure') }} as figure,
        '' as figure_status
    from summed
    inner join {{ ref('bridge_location_territory') }} as territories
        on
            summed.location_key = territories.location_key
            and territories.tier = 'upper'
            and territories.location_key <> territories.territory_location_key
    where not summed.is_lead
    group by
        summed.measure_code,
        summed.component_number,
        summed.period_code,
        territories.territory_location_key,
        territories.generation_number,
        summed.population_group_code,
        summed.service_line
    having count(summed.figure) = max(territories.member_count)
    qualify
        row_number() over (
            partition by
                summed.measure_code,
                summed.component_number,
                summed.period_code,
                territories.territory_location_key,
                summed.population_group_code,
                summed.service_line
            order by territories.generation_number desc
        ) = 1
),

available as (
    select
        measure_code,
        component_number,
        period_code,
        location_key,
        population_group_code,
        service_line,
        figure,
        figure_status
    from summed
    union all
    select inherited.*
    from inherited
    anti join summed
        using (measure_code, component_number, period_code, location_key, population_group_code, service_line)
),

terms as (
    select
        leads.measure_code,
        leads.period_code,
        leads.location_key,
        leads.population_group_code,
        leads.service_line,
        wanted.component_number,
        wanted.side,
        wanted.weight,
        found.figure,
        case
            when found.figure is null
                then
                    wanted.component_name || case
                        when found.measure_code is not null then ' is missing (' || found.figure_status || ')'
                        when wanted.pinned_at is not null
                            then ' was not known on ' || strftime(wanted.pinned_at, '%-d %B %Y')
                        else ' is not reported'
                    end
        end as missing,
        case when found.figure is null then coalesce(found.figure_status, 'x') end as missing_status
    from summed as leads
    inner join wanted on leads.measure_code = wanted.measure_code and leads.period_code = wanted.period_code
    left join available as found
        on
            wanted.measure_code = found.measure_code
            and wanted.component_number = found.component_number
            and leads.period_code = found.period_code
            and leads.location_key = found.location_key
            and leads.population_group_code = found.population_group_code
            -- An equality: with "or", DuckDB compares each pair of rows.
            and case when wanted.is_of_all_lines then 'Total' else leads.service_line end = found.service_line
    where leads.is_lead
),

sides as (
    select
        measure_code,
        period_code,
        location_key,
        population_group_code,
        service_line,
        case
            when count(missing) filter (where side = 'numerator') = 0
                then {{ stable_sum("case when side = 'numerator' then weight * figure end") }}
        end as numerator,
        case
            when count(missing) filter (where side = 'denominator') = 0
                then {{ stable_sum("case when side = 'denominator' then weight * figure end") }}
        end as denominator,
        bool_or(side = 'denominator') as is_ratio,
        arg_min(missing, component_number) filter (where side <> 'rows') as missing,
        arg_min(missing_status, component_number) filter (where side <> 'rows') as missing_status
    from terms
    group by measure_code, period_code, location_key, population_group_code, service_line
),

judged as (
    select
        *,
        case
            when missing is not null then missing
            when is_ratio and denominator = 0 then 'nothing to divide by'
        end as reason
    from sides
)

select
    measures.department_code,
    measures.return_code,
    judged.measure_code,
    judged.location_key,
    judged.period_code,
    judged.population_group_code,
    judged.service_line,
    judged.numerator,
    judged.denominator,
    case
        when judged.reason is null
            then {{ rounded_half_up(
                'measures.multiplier * judged.numerator / coalesce(judged.denominator, 1)', 'measures.rounded_to'
            ) }}
    end as value,
    case
        when judged.reason is null then '' when judged.missing is not null then judged.missing_status else 'z'
    end as value_status,
    judged.reason
from judged
inner join {{ ref('dim_measure') }} as measures on judged.measure_code = measures.measure_code
{%- endmacro %}
