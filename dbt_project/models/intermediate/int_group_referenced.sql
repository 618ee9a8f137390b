-- With which group each set of groups is compared: the least disadvantaged of an ordered split, else the first listed as reference
-- that the set has. Without either, the better-off extreme is found by value (see fct_fairness), and a group's own gap is to everybody.
select
    fairness_key,
    any_value(is_ordered) as is_ordered,
    case
        when any_value(is_ordered) then arg_max(category_code, category_number)
        else arg_min(category_code, reference_rank)
    end as reference_category_code
from {{ ref('int_group_formed') }}
where value is not null
group by fairness_key
