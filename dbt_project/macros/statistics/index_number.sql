{# Index numbers of volume and price over items (Laspeyres, Paasche, Fisher), chained, on the period before, and on the
   first period.

   `rows` is a relation with columns `keys` (one series each), `period` (anything that sorts), `item`, `unit_cost`,
   `quantity`. A link uses the items present in both of its periods, so an item that enters or leaves is missing from that
   link only; a quantity of zero is kept. One row per series and period of the series, with `volume_link`, `price_link`
   (Laspeyres, on the period before, null at the first), `volume_index`, `price_index` (chained Laspeyres, 1 at the
   first), the same with `paasche_` and `fisher_` before them, and `fixed_` for the first period as base. A link without a
   denominator ends the chain: null from there on.

   Source: IndexNumR (White), the matched chained index; ONS, Sources and methods for public service productivity
   estimates (cost-weighted activity index). #}
{% macro index_numbers(rows, keys) -%}
with items as (
    select
        {{ keys | join(', ') }},
        period,
        item,
        unit_cost,
        quantity,
        dense_rank() over (partition by {{ keys | join(', ') }} order by period) as step
    from {{ rows }}
    where unit_cost is not null and quantity is not null
),

{% set links = {'chained': 'later.step - 1', 'fixed': '1'} -%}
{% for base, step in links.items() -%}
{{ base }}_links as (
    select
        {% for key in keys %}later.{{ key }},
        {% endfor -%}
        later.step,
        {{ ordered_sum('earlier.unit_cost * later.quantity') }} as old_cost_new_quantity,
        {{ ordered_sum('earlier.unit_cost * earlier.quantity') }} as old_cost_old_quantity,
        {{ ordered_sum('later.unit_cost * later.quantity') }} as new_cost_new_quantity,
        {{ ordered_sum('later.unit_cost * earlier.quantity') }} as new_cost_old_quantity
    from items as later
    inner join items as earlier
        on
            {% for key in keys %}later.{{ key }} = earlier.{{ key }}
            and {% endfor -%}
            later.item = earlier.item
            and earlier.step = {{ step }}
    group by {% for key in keys %}later.{{ key }}, {% endfor %}later.step
),

{% endfor -%}
periods as (
    select distinct {{ keys | join(', ') }}, period, step from items
),

linked as (
    select
        {% for key in keys %}periods.{{ key }},
        {% endfor -%}
        periods.period,
        periods.step,
        {% for base in links -%}
        {{ base }}_links.old_cost_new_quantity / nullif({{ base }}_links.old_cost_old_quantity, 0)
            as {{ base }}_volume,
        {{ base }}_links.new_cost_old_quantity / nullif({{ base }}_links.old_cost_old_quantity, 0)
            as {{ base }}_price,
        {{ base }}_links.new_cost_new_quantity / nullif({{ base }}_links.new_cost_old_quantity, 0)
            as {{ base }}_paasche_volume,
        {{ base }}_links.new_cost_new_quantity / nullif({{ base }}_links.old_cost_new_quantity, 0)
            as {{ base }}_paasche_price{{ ',' if not loop.last }}
        {% endfor %}
    from periods
    {% for base in links -%}
    left join {{ base }}_links
        on
            {% for key in keys %}periods.{{ key }} = {{ base }}_links.{{ key }}
            and {% endfor -%}
            periods.step = {{ base }}_links.step
    {% endfor %}
)

select
    {{ keys | join(', ') }},
    period,
    step,
    chained_volume as volume_link,
    chained_price as price_link,
    chained_paasche_volume as paasche_volume_link,
    chained_paasche_price as paasche_price_link,
    sqrt(chained_volume * chained_paasche_volume) as fisher_volume_link,
    sqrt(chained_price * chained_paasche_price) as fisher_price_link,
    {% set fisher = 'sqrt(chained_{0} * chained_paasche_{0})' -%}
    {% for name, link in {
        'volume_index': 'chained_volume', 'price_index': 'chained_price',
        'paasche_volume_index': 'chained_paasche_volume', 'paasche_price_index': 'chained_paasche_price',
        'fisher_volume_index': fisher.format('volume'), 'fisher_price_index': fisher.format('price'),
    }.items() -%}
    -- A cumulative product of links, which ends at a missing link.
    case
        when count(case when step > 1 and {{ link }} is null then 1 end) over so_far = 0
            then product(case when step = 1 then 1 else {{ link }} end) over so_far
    end as {{ name }},
    {% endfor -%}
    fixed_volume as fixed_volume_index,
    fixed_price as fixed_price_index,
    fixed_paasche_volume as fixed_paasche_volume_index,
    fixed_paasche_price as fixed_paasche_price_index,
    sqrt(fixed_volume * fixed_paasche_volume) as fixed_fisher_volume_index,
    sqrt(fixed_price * fixed_paasche_price) as fixed_fisher_price_index
from linked
window so_far as (partition by {{ keys | join(', ') }} order by step rows unbounded preceding)
{%- endmacro %}


{# Contribution of an item to the growth of a matched Laspeyres link: its share of the cost of the period before, times
   the growth of its quantity. The contributions of a link's items add up to the link less 1. #}
{% macro growth_contribution(share_before, quantity_before, quantity) -%}
({{ share_before }} * ({{ quantity }} / nullif({{ quantity_before }}, 0) - 1))
{%- endmacro %}
