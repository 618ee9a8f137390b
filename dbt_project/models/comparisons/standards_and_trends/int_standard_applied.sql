-- Every standard in force for an estimate on the last day of its period. If there are several, a minimum precedes a
-- target, and a later standard an earlier one; the estimate is shown with the first. Standards apply to all people,
-- not to a group.
select
    placed.observation_key,
    standards.standard_code,
    standards.standard_kind,
    coalesce(standards.at_least, standards.at_most) as threshold,
    case
        when standards.at_least is not null then placed.value >= standards.at_least
        else placed.value <= standards.at_most
    end as is_standard_met,
    row_number() over (
        partition by placed.observation_key
        order by standards.standard_kind = 'target' asc, standards.valid_from desc, standards.standard_code asc
    ) as standard_number
from {{ ref('int_estimate_peer_grouped') }} as placed
inner join {{ ref('stg_standards') }} as standards
    on
        placed.measure_code = standards.measure_code
        and placed.location_level = standards.location_level
        and placed.service_line = standards.service_line
        and placed.population_group_code = 'Total'
        and placed.period_end >= standards.valid_from
        and placed.period_end <= coalesce(standards.valid_to, placed.period_end)
