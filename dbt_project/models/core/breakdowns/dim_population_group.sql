select
    population_group_code,
    string_agg(characteristic_name, ' × ' order by member_number) as characteristic,
    string_agg(category_name, ' × ' order by member_number) as category,
    count(*) as member_count
from {{ ref('bridge_population_group_member') }}
group by population_group_code
union all
-- All people: the set without members. It is included whether or not a return uses it.
select
    'Total' as population_group_code,
    'Total' as characteristic,
    'Total' as category,
    0 as member_count
