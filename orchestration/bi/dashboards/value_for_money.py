"""Value for money: what does a unit of output cost, and what is the outcome?

Contains the charts and filters of this dashboard. Not here: which costs are divided by which outputs
(`contracts/measures.yml`).
"""

from orchestration.bi.charts import COLOURS, bars, big_number, lines, records, scatter, where
from orchestration.bi.layout import Card, Dashboard, Filter, words

_ALL_PEOPLE = (where("category", "Total"),)
_COMPARED = (*_ALL_PEOPLE, where("outcome_value"))

_REAL = big_number(
    "Real unit cost", "Spending in real terms divided by output, both summed over all locations of the level.",
    "value_for_money", "real_cost_per_unit", "real spending per unit of output, all locations together", _ALL_PEOPLE,
)  # fmt: skip
_OUTPUT = big_number(
    "Output", "Output of the spending, in the unit of the output measure.",
    "value_for_money", "units_of_output", "units of output of all these locations", _ALL_PEOPLE, ",.0f",
)  # fmt: skip
_COUNT = big_number(
    "Locations with a unit cost", "Locations of the level with a unit cost in the selected period.",
    "value_for_money", "unit_costs", "locations have a unit cost in this period", _ALL_PEOPLE, ",d",
)  # fmt: skip
_OVER_TIME = lines(
    "Unit cost over time, all locations of the level",
    "In real and in nominal terms: total spending divided by total output, so it changes if locations join or leave.",
    "value_for_money", ["real_cost_per_unit", "cost_per_unit"], "Unit cost", filters=_ALL_PEOPLE, written=",.0f",
)  # fmt: skip
_PLACE = lines(
    "Unit cost of the selected location, with its comparator",
    "In nominal terms. The comparator is the country, or the median of the peers if the country has no value.",
    "value_for_money", ["cost_per_unit", "comparator"], "Unit cost", filters=_ALL_PEOPLE, written=",.0f",
)  # fmt: skip
_PRODUCTIVITY = lines(
    "Productivity of the selected location",
    "Indices, first period = 1. Productivity is output divided by input; above 1 is more for the same real spending.",
    "productivity", ["productivity", "volume_of_output", "volume_of_input"], "Index, first period = 1",
    filters=_ALL_PEOPLE, written=",.2f",
)  # fmt: skip
_RANKED = bars(
    "Locations by real unit cost (the 30 highest)",
    "A high or low cost is not good or bad in itself.",
    "value_for_money", "real_cost_per_unit", "location_name", (*_ALL_PEOPLE, where("real_unit_cost")), ",.0f", 30,
)  # fmt: skip
_TABLE = records(
    "Locations compared with their comparators",
    "Percentile: 0 is the lowest cost among the peers, 100 the highest. Hull: share of its cost that a peer producing "
    "no less uses.",
    "value_for_money",
    ["location_name", "unit", "unit_cost", "comparator_unit_cost", "comparator_kind", "cost_difference",
     "cost_percentile", "real_unit_cost", "price_base_code", "hull_input_efficiency", "productivity_index",
     "productivity_growth_pct"],
    {"unit_cost": False},
    (*_ALL_PEOPLE, where("unit_cost")),
    {**dict.fromkeys(
        ("unit_cost", "comparator_unit_cost", "cost_difference", "cost_percentile", "real_unit_cost"), ",.0f"),
     "hull_input_efficiency": ".2f", "productivity_index": ".2f", "productivity_growth_pct": "+.1f"},
)  # fmt: skip
_SCATTER = scatter(
    "Unit cost against outcome",
    "One bubble for each location: its size shows the output, its colour the quadrant.",
    "value_for_money", ("cost_per_unit", "Unit cost"), ("outcome", "Outcome, in its own unit"), "units_of_output",
    "location_name", "quadrant", _COMPARED,
)  # fmt: skip
_QUADRANTS = bars(
    "Locations by quadrant of cost and outcome",
    "Locations whose cost and outcome can both be compared.",
    "value_for_money", "places_in_quarter", "quadrant", (*_ALL_PEOPLE, where("quadrant")), ",d",
)  # fmt: skip
_OUTCOME_TABLE = records(
    "Locations: cost and outcome",
    "The contract gives the period of the outcome, which is compared with its own comparator.",
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
    description="Unit costs, how they change and compare, and the outcomes beside them.",
    filters=(
        Filter("Level", "value_for_money", "level_of_place",
               "Leave empty, or select one to shorten the list of unit costs.", optional=True),
        Filter("Unit cost", "value_for_money", "measure_at_level",
               "With the level in brackets; unit costs with most locations and periods come first.",
               below=("Level",), first_by="unit_costs",
               begins_with="Weekly cost of a looked-after child (local authority)"),
        Filter("Service line", "value_for_money", "service_line",
               "A breakdown of the spending; Total if there is none.",
               below=("Unit cost",), first_by="unit_costs"),
        Filter("Period", "value_for_money", "period_code", "Starts with the latest; charts over time show all.",
               below=("Unit cost",), descending=True, spares=(_OVER_TIME, _PLACE, _PRODUCTIVITY)),
        Filter("Location", "value_for_money", "location_name", "For the charts of one location.",
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
            (Card(_SCATTER, 8, 64), Card(_QUADRANTS, 4, 64)),
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
