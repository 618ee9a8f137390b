{# Free disposal hull: distance of a unit from the best peer that uses no more and produces no less.

   `figures` is a relation with columns `set_key`, `unit`, `side` ('input' or 'output'), `dimension`, `value`. One row per
   set and unit: `input_efficiency` (share of its inputs that a peer producing no less uses, at most 1) and
   `output_efficiency` (factor by which a peer using no more exceeds its output, at least 1), and `peer` of the first.
   A unit with a figure missing or not above zero in any dimension of its set is left out; a unit is its own peer.

   Source: Deprins, Simar and Tulkens (1984), Measuring labor-efficiency in post offices; Bogetoft and Otto,
   Benchmarking with DEA, SFA and R. #}
{% macro free_disposal_hull(figures) -%}
with counted as (
    select
        *,
        count(case when value > 0 then 1 end) over (partition by set_key, unit) as figure_count
    from {{ figures }}
),

wanted as (
    select
        set_key,
        count(distinct (side, dimension)) as figure_count
    from counted
    group by set_key
),

units as (
    select counted.*
    from counted
    inner join wanted on counted.set_key = wanted.set_key and counted.figure_count = wanted.figure_count
),

-- Every pair of units once, with the worst of the ratios of its dimensions.
pairs as (
    select
        units.set_key,
        units.unit,
        peers.unit as peer,
        max(peers.value / units.value) filter (where units.side = 'input') as most_input,
        min(peers.value / units.value) filter (where units.side = 'output') as least_output
    from units
    inner join units as peers
        on units.set_key = peers.set_key and units.side = peers.side and units.dimension = peers.dimension
    group by units.set_key, units.unit, peers.unit
)

select
    set_key,
    unit,
    min(most_input) filter (where least_output >= 1) as input_efficiency,
    max(least_output) filter (where most_input <= 1) as output_efficiency,
    arg_min(peer, (most_input, peer)) filter (where least_output >= 1) as peer
from pairs
group by set_key, unit
{%- endmacro %}


{# Free disposal hull of one input and one output, as a window over the units of `partition`: share of its input
   that a peer producing no less uses (`orientation` 'input', at most 1), or factor by which a peer using no more exceeds
   its output ('output', at least 1). Both figures are above zero. #}
{% macro hull_of_one(orientation, input, output, partition) -%}
{% if orientation == 'input' -%}
min({{ input }}) over (partition by {{ partition }} order by {{ output }} desc) / {{ input }}
{%- else -%}
max({{ output }}) over (partition by {{ partition }} order by {{ input }}) / {{ output }}
{%- endif %}
{%- endmacro %}
