-- Series in which one submission changed at least three periods, and nearly all of them, by the same factor. A
-- correction of figures does not do that, but a different denominator or unit does. Because of rounding, factors may
-- differ by 5%.
{%- set series = ['measure_code', 'location_key', 'population_group_code', 'service_line'] %}

with changes as (
    select
        versions.department_code,
        versions.return_code,
        versions.measure_code,
        versions.location_key,
        versions.population_group_code,
        versions.service_line,
        versions.period_code,
        versions.submission_key,
        versions.known_from,
        versions.value / befores.value as factor,
        coalesce(versions.numerator = befores.numerator, false) as has_same_numerator
    from {{ ref('fct_observation') }} as versions
    inner join {{ ref('fct_observation') }} as befores
        on
            versions.observation_key = befores.observation_key
            and versions.version_number = befores.version_number + 1
    where versions.value > 0 and befores.value > 0 and versions.value <> befores.value
),

factors as (
    select
        {{ series | join(', ') }},
        submission_key,
        any_value(department_code) as department_code,
        any_value(return_code) as return_code,
        any_value(known_from) as known_from,
        count(*) as changed_period_count,
        bool_and(has_same_numerator) as has_same_numerators,
        median(factor) as factor,
        min(factor) as lowest_factor,
        max(factor) as highest_factor
    from changes
    group by {{ series | join(', ') }}, submission_key
),

centres as (
    select
        measure_code,
        submission_key,
        median(factor) as centre
    from factors
    group by measure_code, submission_key
),

-- Whether other locations of the measure changed by the same factor: then the unit changed, not the denominator of
-- one location.
compared as (
    select
        factors.*,
        count(*) over peers as revised_series_count,
        count(case when abs(factors.factor / centres.centre - 1) <= 0.05 then 1 end) over peers as like_centre_count,
        abs(factors.factor / centres.centre - 1) <= 0.05 as is_like_centre
    from factors
    inner join centres
        on factors.measure_code = centres.measure_code and factors.submission_key = centres.submission_key
    window peers as (partition by factors.measure_code, factors.submission_key)
),

suspected as (
    select *
    from compared
    where changed_period_count >= 3 and highest_factor <= 1.05 * lowest_factor and abs(factor - 1) > 0.05
),

in_force as (
    select
        suspected.submission_key,
        {% for column in series %}
        suspected.{{ column }},
        {% endfor %}
        count(*) as period_count
    from suspected
    inner join {{ ref('fct_observation') }} as versions
        on
            suspected.known_from >= versions.known_from
            and suspected.known_from < versions.known_to
            {% for column in series %}
            and suspected.{{ column }} = versions.{{ column }}
            {% endfor %}
    where versions.value > 0
    group by all
)

select
    {{ surrogate_key([
        'suspected.measure_code', 'suspected.location_key', 'suspected.population_group_code', 'suspected.service_line',
        'suspected.submission_key',
    ]) }} as revision_pattern_key,
    suspected.department_code,
    suspected.return_code,
    {% for column in series %}
    suspected.{{ column }},
    {% endfor %}
    suspected.submission_key,
    suspected.known_from,
    suspected.changed_period_count,
    in_force.period_count,
    suspected.factor,
    suspected.lowest_factor,
    suspected.highest_factor,
    suspected.has_same_numerators,
    suspected.revised_series_count,
    case
        when
            suspected.is_like_centre
            and suspected.revised_series_count > 1
            and 2 * suspected.like_centre_count > suspected.revised_series_count
            then 'probable change of unit'
        else 'probable change of denominator'
    end as pattern
from suspected
inner join in_force
    on
        suspected.submission_key = in_force.submission_key
        {% for column in series %}
        and suspected.{{ column }} = in_force.{{ column }}
        {% endfor %}
where suspected.changed_period_count >= 0.8 * in_force.period_count
