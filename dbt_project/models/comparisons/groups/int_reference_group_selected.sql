-- The category that the groups of a breakdown are compared with, the same at every location: the least disadvantaged of
-- an ordered breakdown, else the first listed as reference that any location has. Without either, a group is compared
-- with all people.
select
    national_key,
    case
        when any_value(is_ordered) then arg_max(category_code, category_number)
        else arg_min(category_code, reference_rank)
    end as reference_category_code
from {{ ref('int_population_group_prepared') }}
where value is not null
group by national_key
