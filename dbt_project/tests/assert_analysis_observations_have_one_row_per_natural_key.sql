-- Users join and pivot on these columns: a second row would silently count a figure twice. The table's own key is
-- based on codes; this test checks that the names are as distinct as the codes.
{{ config(meta={'dagster': {'ref': {'name': 'observations'}}}) }}

select
    return_code,
    measure_code,
    location_code,
    location_level,
    period_code,
    characteristic,
    category,
    service_line
from {{ ref('observations') }}
group by all
having count(*) > 1
