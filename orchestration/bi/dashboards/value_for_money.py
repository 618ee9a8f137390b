"""Value for money: what does a unit of output cost, and what comes of it?

Belongs here: charts and filters of this dashboard. Does not belong here: which costs stand over which outputs
(`contracts/measures.yml`).
"""

from orchestration.bi.charts import COLOURS, bars, big_number, lines, records, scatter, where
from orchestration.bi.layout import Card, Dashboard, Filter, words

_EVERYBODY = (where("category", "Total"),)
_COMPARED = (*_EVERYBODY, where("outcome_value"))

_REAL = big_number(
    "Real unit cost", "Spending in the prices of one year over output, both summed over all places of the level.",
    "value_for_money", "real_cost_per_unit", "real spending over output, all places of the level together", _EVERYBODY,
)  # fmt: skip
_OUTPUT = big_number(
    "Output", "What was got for the spending, in the unit of the output measure.",
    "value_for_money", "units_of_output", "units of output of all these places", _EVERYBODY, ",.0f",
)  # fmt: skip
_COUNT = big_number(
    "Places with a unit cost", "Places of the level whose unit cost is known in the chosen period.",
    "value_for_money", "unit_costs", "places have a unit cost in this period", _EVERYBODY, ",d",
)  # fmt: skip
_OVER_TIME = lines(
    "Unit cost over time, all places of the level together",
    "In the prices of one year, and in money of the time. Sums over sums: places that come or go move it.",
    "value_for_money", ["real_cost_per_unit", "cost_per_unit"], "Unit cost", filters=_EVERYBODY, written=",.0f",
)  # fmt: skip
_PLACE = lines(
    "Unit cost of the chosen place, beside its comparator",
    "In money of the time. The comparator is the country, or the median of the peers where that is not known.",
    "value_for_money", ["cost_per_unit", "comparator"], "Unit cost", filters=_EVERYBODY, written=",.0f",
)  # fmt: skip
_PRODUCTIVITY = lines(
    "Productivity of the chosen place",
    "Indices, 1 at the first period. Productivity is output over input; above 1 is more for the same real spending.",
    "productivity", ["productivity", "volume_of_output", "volume_of_input"], "Index, first period = 1",
    filters=_EVERYBODY, written=",.2f",
)  # fmt: skip
_RANKED = bars(
    "Places in order of their real unit cost (the 30 dearest)",
    "Dear or cheap is not good or bad by itself.",
    "value_for_money", "real_cost_per_unit", "location_name", (*_EVERYBODY, where("real_unit_cost")), ",.0f", 30,
)  # fmt: skip
_TABLE = records(
    "Places against their comparators",
    "Percentile: 0 is the cheapest of the peers, 100 the dearest. Hull: share of its cost with which a peer that gives "
    "no less makes do.",
    "value_for_money",
    ["location_name", "unit", "unit_cost", "comparator_unit_cost", "comparator_kind", "cost_difference",
     "cost_percentile", "real_unit_cost", "price_base_code", "hull_input_efficiency", "productivity_index",
     "productivity_growth_pct"],
    {"unit_cost": False},
    (*_EVERYBODY, where("unit_cost")),
    {**dict.fromkeys(
        ("unit_cost", "comparator_unit_cost", "cost_difference", "cost_percentile", "real_unit_cost"), ",.0f"),
     "hull_input_efficiency": ".2f", "productivity_index": ".2f", "productivity_growth_pct": "+.1f"},
)  # fmt: skip
_SCATTER = scatter(
    "Unit cost against outcome",
    "One bubble for each place, its size is its output, its colour its quarter.",
    "value_for_money", ("cost_per_unit", "Unit cost"), ("outcome", "Outcome, in its own unit"), "units_of_output",
    "location_name", "quadrant", _COMPARED,
)  # fmt: skip
_QUARTERS = bars(
    "Places by cost and outcome together",
    "Places whose cost and outcome can both be compared.",
    "value_for_money", "places_in_quarter", "quadrant", (*_EVERYBODY, where("quadrant")), ",d",
)  # fmt: skip
_OUTCOME_TABLE = records(
    "Places: cost and outcome",
    "The outcome is of the period that the contract names, and compared with its own comparator.",
    "value_for_money",
    ["location_name", "unit_cost", "comparator_unit_cost", "outcome_measure_name", "outcome_period_code",
     "outcome_value", "outcome_comparator", "outcome_comparison", "quadrant"],
    {"unit_cost": False},
    _COMPARED,
    {"unit_cost": ",.0f", "comparator_unit_cost": ",.0f", "outcome_value": ",.1f", "outcome_comparator": ",.1f"},
)  # fmt: skip

VALUE_FOR_MONEY = Dashboard(
    slug="value-for-money",
    title="Value for money",
    description="What a unit of output costs, how that moves and compares, and what comes of it.",
    filters=(
        Filter("Level of place", "value_for_money", "level_of_place",
               "Leave empty, or choose one to shorten the list of unit costs.", optional=True),
        Filter("Unit cost", "value_for_money", "measure_at_level",
               "With the level of place in brackets; those that most places and periods have come first.",
               below=("Level of place",), first_by="unit_costs",
               begins_with="Weekly cost of a looked-after child (local authority)"),
        Filter("Service line", "value_for_money", "service_line", "A split of the spending; Total where there is none.",
               below=("Unit cost",), first_by="unit_costs"),
        Filter("Period", "value_for_money", "period_code", "Begins with the latest; charts over time show all.",
               below=("Unit cost",), descending=True, spares=(_OVER_TIME, _PLACE, _PRODUCTIVITY)),
        Filter("Place", "value_for_money", "location_name", "For the charts of one place.",
               below=("Unit cost",), reaches=(_PLACE, _PRODUCTIVITY)),
    ),
    tabs={
        "Cost and productivity": (
            (Card(words("value_for_money"), 12, 33),),
            (Card(_REAL, 4, 18), Card(_OUTPUT, 4, 18), Card(_COUNT, 4, 18)),
            (Card(_OVER_TIME, 6, 50), Card(_PLACE, 6, 50)),
            (Card(_RANKED, 6, 80), Card(_PRODUCTIVITY, 6, 80)),
            (Card(_TABLE, 12, 80),),
        ),
        "Cost and outcome": (
            (Card(words("outcomes"), 12, 20),),
            (Card(_SCATTER, 8, 64), Card(_QUARTERS, 4, 64)),
            (Card(_OUTCOME_TABLE, 12, 60),),
        ),
    },
    colours={
        "real_cost_per_unit": COLOURS[0],
        "cost_per_unit": COLOURS[1],
        "comparator": COLOURS[4],
        "productivity": COLOURS[0],
        "volume_of_output": COLOURS[2],
        "volume_of_input": COLOURS[1],
        "better outcome, lower cost": COLOURS[0],
        "better outcome, higher cost": COLOURS[2],
        "worse outcome, lower cost": COLOURS[5],
        "worse outcome, higher cost": COLOURS[1],
        "not different": COLOURS[4],
        "places_in_quarter": COLOURS[0],
    },
)  # fmt: skip
