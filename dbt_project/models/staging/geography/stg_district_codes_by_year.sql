{% set years = range(16, 25) %}

-- The lookup has two columns for each year and a row for each chain of codes from the first year to the last.
{% for year in years %}
select distinct
    {{ 2000 + year }} as code_year,
    ltla{{ year }}_code as location_code,
    ltla{{ year }}_name as location_name,
    {% if not loop.last %}ltla{{ year + 1 }}_code{% else %}cast(null as varchar){% endif %} as next_year_code
from {{ source('landing', 'ref_ltla_changes') }}
where ltla{{ year }}_code is not null
{% if not loop.last %}union all{% endif %}
{% endfor %}
