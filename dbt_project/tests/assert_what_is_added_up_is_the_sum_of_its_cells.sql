-- Totals of service lines and aggregates of locations must equal the sum of their listed source cells: no cell is
-- missing, and none is listed in error. Figures based on derived measures are quotients and are left out.
with sums as (
    select
        sources.observation_key,
        max(sources.component_number) as component_number,
        sum(cells.numerator) as numerator,
        sum(cells.denominator) as denominator,
        sum(cells.value) as value
    from {{ ref('bridge_figure_source') }} as sources
    inner join {{ ref('fct_observation') }} as cells
        on
            sources.source_observation_key = cells.observation_key
            and sources.source_version_number = cells.version_number
    group by sources.observation_key
)

select
    figures.observation_key,
    figures.numerator,
    figures.denominator,
    figures.value,
    sums.numerator as sum_of_numerators,
    sums.denominator as sum_of_denominators,
    sums.value as sum_of_values
from {{ ref('fct_estimate') }} as figures
inner join {{ ref('dim_measure') }} as measures on figures.measure_code = measures.measure_code
left join sums on figures.observation_key = sums.observation_key
where
    figures.origin in ('aggregate', 'total of service lines')
    and figures.value is not null
    and (
        sums.observation_key is null
        or sums.component_number = 0
        and not case
            when measures.aggregation = 'ratio'
                then
                    abs(figures.numerator - sums.numerator) <= 1e-9 * (1 + abs(figures.numerator))
                    and abs(figures.denominator - sums.denominator) <= 1e-9 * (1 + abs(figures.denominator))
            else abs(figures.value - sums.value) <= 1e-9 * (1 + abs(figures.value))
        end
    )
