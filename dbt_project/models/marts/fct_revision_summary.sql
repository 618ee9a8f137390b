-- Size and bias of revisions: they are biased if the limits of the mean revision, by Student's t, exclude zero. For
-- returns and departments, whose measures have different units, revisions are percentages of the first estimate.
{%- set levels = {
    'measure': ['department_code', 'return_code', 'measure_code'],
    'return': ['department_code', 'return_code', "''"],
    'department': ['department_code', "''", "''"],
} %}

with cells as (
    {% for level, codes in levels.items() %}
    select
        '{{ level }}' as summary_level,
        {{ codes[0] }} as department_code,
        {{ codes[1] }} as return_code,
        {{ codes[2] }} as measure_code,
        {{ 'revision' if level == 'measure' else 'cast(null as double)' }} as revision,
        revision_pct,
        revision <> 0 as is_revised
    from {{ ref('int_repeated_observation_compared') }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

counted as (
    select
        summary_level,
        department_code,
        return_code,
        measure_code,
        count(*) as cell_count,
        count(case when is_revised then 1 end) as revised_count,
        count(case when revision_pct > 0 then 1 end) as upward_count,
        count(case when revision_pct < 0 then 1 end) as downward_count,
        {{ ordered_sum('abs(revision)') }} / count(revision) as mean_absolute_revision,
        {{ ordered_sum('abs(revision_pct)') }} / count(revision_pct) as mean_absolute_revision_pct
    from cells
    group by summary_level, department_code, return_code, measure_code
),

means as (
    {{ mean_estimated(
        '(select * from cells where revision is not null)',
        ['summary_level', 'department_code', 'return_code', 'measure_code'], 'revision'
    ) | indent }}
),

percents as (
    {{ mean_estimated(
        '(select * from cells where revision_pct is not null)',
        ['summary_level', 'department_code', 'return_code', 'measure_code'], 'revision_pct'
    ) | indent }}
)

select
    {{ surrogate_key([
        'counted.summary_level', 'counted.department_code', 'counted.return_code', 'counted.measure_code',
    ]) }} as revision_summary_key,
    counted.summary_level,
    counted.department_code,
    nullif(counted.return_code, '') as return_code,
    nullif(counted.measure_code, '') as measure_code,
    counted.cell_count,
    counted.revised_count,
    counted.upward_count,
    counted.downward_count,
    means.value as mean_revision,
    means.lower_95 as mean_revision_lower_95,
    means.upper_95 as mean_revision_upper_95,
    counted.mean_absolute_revision,
    percents.value as mean_revision_pct,
    percents.lower_95 as mean_revision_pct_lower_95,
    percents.upper_95 as mean_revision_pct_upper_95,
    counted.mean_absolute_revision_pct,
    case
        when percents.lower_95 > 0 then 'upwards'
        when percents.upper_95 < 0 then 'downwards'
        when percents.lower_95 is not null then 'none'
    end as revision_bias
from counted
left join means
    on
        counted.summary_level = means.summary_level
        and counted.department_code = means.department_code
        and counted.return_code = means.return_code
        and counted.measure_code = means.measure_code
left join percents
    on
        counted.summary_level = percents.summary_level
        and counted.department_code = percents.department_code
        and counted.return_code = percents.return_code
        and counted.measure_code = percents.measure_code
