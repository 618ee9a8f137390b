{% set groups = {
    'White': 'white', 'Black': 'black_or_black_british', 'Asian': 'asian_or_asian_british',
    'Chinese': 'chinese', 'Mixed': 'mixed', 'Other': 'other',
} %}

{% for name, column in groups.items() %}
select
    police_force as police_force_name,
    '{{ name }}' as ethnic_group_name,
    try_cast({{ column }} as double) as population_count
from {{ source('landing', 'ref_pfa_population_by_ethnicity') }}
where police_force is not null
{% if not loop.last %}union all{% endif %}
{% endfor %}
