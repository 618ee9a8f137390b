-- People join and pivot on these columns: a second row would count a figure twice without a word.
-- The table's own key is made of codes; this proves that the words people see are as distinct as the codes.
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
