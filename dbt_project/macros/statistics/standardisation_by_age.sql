{# First age of an age band, from its code: the first number in it (`85_to_89` is 85), but none for `under_1`, which
   begins at birth; null without a number. #}
{% macro age_band_start(category_code) -%}
case
    when {{ category_code }} like 'under%' then 0
    else try_cast(regexp_extract({{ category_code }}, '\d+') as integer)
end
{%- endmacro %}


{# Last age of an age band, from its code: the second number, the year below for `under_1`; null where the band has no
   end (`90_and_over`, and 90 alone, with which tables of mortality end). A lone number is one year of age. #}
{% macro age_band_end(category_code) -%}
case
    when {{ category_code }} like 'under%' then try_cast(regexp_extract({{ category_code }}, '\d+') as integer) - 1
    when regexp_full_match({{ category_code }}, '\d+')
        then nullif(try_cast({{ category_code }} as integer), 90)
    else try_cast(regexp_extract({{ category_code }}, '\d+\D+(\d+)', 1) as integer)
end
{%- endmacro %}


{# Standardised measures from events and people by age: one row per `key`.

   The relation has one row per key and age band, with columns `standardisation_method`, `multiplier`,
   `category_code`, `numerator` (events), `denominator` (people), and for the indirect methods
   `reference_numerator`, `reference_denominator` (the same band of the whole) and `reference_band_count` (how
   many bands the whole has). Gives the key, numerator and denominator (all events and people), value, lower_95,
   upper_95, lower_99_8, upper_99_8, limits_method and reason, which explains why a value is null.

   The macro refuses input that the three methods accept, because a rate of some ages would look like one of all ages:
   bands
   that overlap, are not those of the method, or lack a count. Bands finer than those of the European Standard
   Population are put together (0 and 1-4 are 0-4). Formulas and sources: `dsr_estimated`, `isr_estimated`,
   `life_expectancy_estimated`. #}
{% macro standardised_by_age(relation, key) -%}
with _age_band as (
    select
        *,
        {{ age_band_start('category_code') }} as _start_age,
        {{ age_band_end('category_code') }} as _last_age,
        lag(_start_age) over by_age as _start_before,
        lag(_last_age) over by_age as _last_before,
        least(_start_age // 5, 18) + 1 as _band_number
    from {{ relation }}
    window by_age as (partition by {{ key }} order by _start_age, category_code)
),

_age_standard_band as (
    select
        {{ key }},
        _band_number,
        any_value(multiplier) as _multiplier,
        {{ stable_sum('numerator') }} as _events,
        {{ stable_sum('denominator') }} as _people,
        -- Bands of five years of age; the last band has no end.
        coalesce(
            case
                when _band_number < 19
                    then sum(_last_age - _start_age + 1) = 5
                        and count(_last_age) = count(*)
                        and max(_last_age) < 5 * _band_number
                else count(*) = 1 and min(_start_age) = 90 and count(_last_age) = 0
            end,
            false
        ) as _is_whole
    from _age_band
    where standardisation_method = 'direct'
    group by {{ key }}, _band_number
),

_age_standard as (
    select
        {{ key }},
        count(*) = 19 and bool_and(_is_whole) as _has_all_bands,
        min(_people) as _fewest_people
    from _age_standard_band
    group by {{ key }}
),

_age_group as (
    select
        {{ key }},
        any_value(standardisation_method) as _method,
        {{ stable_sum('numerator') }} as _events,
        {{ stable_sum('denominator') }} as _people,
        count(_start_age) = count(*)
        and bool_and(coalesce(_start_before is null or _start_age > _last_before, false)) as _is_divided,
        count(*) = 20
        and bool_and(coalesce(_start_before is null or _start_age = _last_before + 1, false)) as _is_life_table,
        count(numerator) = count(*) and count(denominator) = count(*) as _has_all_counts,
        count(*) = max(reference_band_count) and count(*) = count(reference_band_count) as _has_bands_of_whole,
        count(reference_numerator) = count(*) and count(reference_denominator) = count(*) as _has_all_of_whole
    from _age_band
    group by {{ key }}
),

_age_validated as (
    select
        _age_group.*,
        case
            when not _is_divided then 'age bands overlap or cannot be read'
            when _method = 'direct' and not _has_all_bands then 'not the 19 age bands of the standard population'
            when _method = 'life_expectancy' and not _is_life_table then 'not the 20 age bands'
            when _method like 'indirect%' and not coalesce(_has_bands_of_whole, false)
                then 'not the age bands of the whole'
            when not _has_all_counts then 'a count is missing in an age band'
            when _method like 'indirect%' and not _has_all_of_whole then 'the whole lacks a count in an age band'
            when _method = 'direct' and _fewest_people <= 0 then 'no population in an age band'
        end as _reason
    from _age_group
    left join _age_standard using ({{ key }})
),

_age_trusted as (
    select _age_band.*
    from _age_band
    inner join _age_validated using ({{ key }})
    where _age_validated._reason is null
),

_age_trusted_standard as (
    select _age_standard_band.*
    from _age_standard_band
    inner join _age_validated using ({{ key }})
    where _age_validated._reason is null
),

_age_trusted_indirect as (
    select * from _age_trusted where standardisation_method like 'indirect%'
),

_age_trusted_life as (
    select * from _age_trusted where standardisation_method = 'life_expectancy'
),

_age_direct as (
    {{ dsr_estimated(
        '_age_trusted_standard', [key], '_events', '_people', european_standard_population_2013('_band_number'),
        '_multiplier'
    ) | indent }}
),

_age_indirect as (
    {{ isr_estimated(
        '_age_trusted_indirect', [key], 'numerator', 'denominator', 'reference_numerator', 'reference_denominator',
        'multiplier', 'multiplier'
    ) | indent }}
),

_age_life as (
    {{ life_expectancy_estimated('_age_trusted_life', [key], '_start_age', 'numerator', 'denominator') | indent }}
),

_age_estimated as (
    select
        validated.{{ key }},
        case when validated._reason is null then validated._events end as numerator,
        case when validated._reason is null then validated._people end as denominator,
        {%- for figure in ['value', 'lower_95', 'upper_95', 'lower_99_8', 'upper_99_8'] %}
        case validated._method
            when 'direct' then direct.{{ figure }}
            when 'life_expectancy' then life.{{ figure }}
            when 'indirect rate' then indirect.{{ ('rate_' ~ figure) | replace('_value', '') }}
            else indirect.{{ ('ratio_' ~ figure) | replace('_value', '') }}
        end as {{ figure }},
        {%- endfor %}
        case
            when validated._method = 'direct' then 'dobson'
            when validated._method = 'life_expectancy' then 'chiang'
            when validated._events < 10 then 'exact poisson'
            else 'byar'
        end as _limits_method,
        coalesce(validated._reason, direct.reason, indirect.reason, life.reason) as reason
    from _age_validated as validated
    left join _age_direct as direct using ({{ key }})
    left join _age_indirect as indirect using ({{ key }})
    left join _age_life as life on validated.{{ key }} = life.{{ key }} and life.start_age = 0
)

select
    * exclude (_limits_method),
    case when lower_95 is not null then _limits_method end as limits_method
from _age_estimated
{%- endmacro %}
