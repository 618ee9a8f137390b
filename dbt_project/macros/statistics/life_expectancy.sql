{# Life expectancy by Chiang's abridged life table of 20 age bands: 0, 1-4, 5-9, …, 85-89, 90 and over.

   life_expectancy_estimated(relation, keys, start_age, deaths, population): one row per row of `relation`,
   which has one row per band; the last three are SQL expressions, population in person-years. Gives keys,
   start_age, value (years still to be lived at that age), lower_95, upper_95, lower_99_8, upper_99_8 and
   reason, which explains why a value is null.
     For a whole table, without limits: 'not the 20 age bands', 'deaths or population missing',
       'deaths below 0', 'no population in an age band', 'more deaths than population',
       'population of 5,000 or fewer', 'no deaths at 90 and over' (the last band has no length then),
       'no survivors of an age band'.
     Of one age, whose limits stay: 'interval wider than 20 years'.

   A life lost in a band is lost half way, in the first year of life after a tenth. The variance has Silcocks'
   term for the last band.
   Sources: Chiang 1968, Introduction to Stochastic Processes in Biostatistics;
   Silcocks, Jenner & Reza 2001, J Epidemiology and Community Health 55; Toson & Baker 2003, National
   Statistics Methodological Series 33 (smallest population). Second opinion: PHEindicatormethods. #}
{% macro life_expectancy_estimated(relation, keys, start_age, deaths, population) -%}
{%- set table = keys | join(', ') -%}
with _life_band as (
    select
        {{ table }},
        ({{ start_age }})::integer as _age,
        ({{ deaths }})::double as _deaths,
        ({{ population }})::double as _population,
        case _age when 0 then 1 when 1 then 4 else 5 end as _width,
        if(_age = 0, 0.1, 0.5) as _lived,
        _age in (0, 1) or (_age between 5 and 90 and _age % 5 = 0) as _is_band
    from {{ relation }}
),

_life_dying as (
    select
        *,
        case
            when _age = 90 then 1
            when _deaths > _population / (_width * _lived) then 1
            else _width * _deaths / (_population + _width * _deaths * (1 - _lived))
        end as _chance
    from _life_band
),

_life_reason as (
    select
        {{ table }},
        case
            when count(*) <> 20 or count(distinct _age) <> 20 or not bool_and(coalesce(_is_band, false))
                then 'not the 20 age bands'
            when count(_deaths) < 20 or count(_population) < 20 then 'deaths or population missing'
            when min(_deaths) < 0 then 'deaths below 0'
            when min(_population) <= 0 then 'no population in an age band'
            when bool_or(_deaths > _population) then 'more deaths than population'
            when sum(_population) <= 5000 then 'population of 5,000 or fewer'
            when min(_deaths) filter (_age = 90) = 0 then 'no deaths at 90 and over'
            when max(_chance) filter (_age < 90) >= 1 then 'no survivors of an age band'
        end as _table_reason
    from _life_dying
    group by {{ table }}
),

-- A table that is not to be trusted has no figures from here on.
_life_trusted as (
    select
        * replace (
            if(_table_reason is null, _deaths, null) as _deaths,
            if(_table_reason is null, _population, null) as _population,
            if(_table_reason is null, _chance, null) as _chance
        )
    from _life_dying
    inner join _life_reason using ({{ table }})
),

_life_living as (
    select
        *,
        100000 * coalesce(product(1 - _chance) over younger, 1) as _alive
    from _life_trusted
    window
        younger as (partition by {{ table }} order by _age rows between unbounded preceding and 1 preceding)
),

_life_years as (
    select
        *,
        if(
            _age = 90, _alive * _population / _deaths, _width * _alive * (1 - _chance * (1 - _lived))
        ) as _years,
        sum(_years) over older as _years_ahead
    from _life_living
    window older as (partition by {{ table }} order by _age rows between current row and unbounded following)
),

_life_spread as (
    select
        *,
        _years_ahead / _alive as _value,
        case
            when _age = 90 then pow(_alive / 2, 2) * 4 * pow(_population, 2) / pow(_deaths, 3)
            when _deaths = 0 then 0
            else
                pow(_chance, 2) * (1 - _chance) / _deaths * pow(_alive, 2)
                * pow((1 - _lived) * _width + (_years_ahead - _years) / (_alive * (1 - _chance)), 2)
        end as _variance,
        sqrt(sum(_variance) over older) / _alive as _error
    from _life_years
    window older as (partition by {{ table }} order by _age rows between current row and unbounded following)
)

select
    {{ table }},
    _age as start_age,
    if({{ z_value('95') }} * _error <= 10, _value, null) as value,
    {% for confidence in ['95', '99_8'] -%}
    _value - {{ z_value(confidence) }} * _error as lower_{{ confidence }},
    _value + {{ z_value(confidence) }} * _error as upper_{{ confidence }},
    {% endfor -%}
    coalesce(
        _table_reason,
        if({{ z_value('95') }} * _error > 10, 'interval wider than 20 years', null)
    ) as reason
from _life_spread
{%- endmacro %}
