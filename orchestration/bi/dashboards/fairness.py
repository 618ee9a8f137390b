"""Fairness: who gets a worse service, and does the gap narrow?

Contains the charts and filters of this dashboard. Not here: differences between locations (`standards`).
"""

from orchestration.bi.charts import COLOURS, bars, big_number, lines, records, summary, where
from orchestration.bi.layout import Card, Dashboard, Filter, words

_TOGETHER = (where("held_group_code", "Total"),)

_GAP = big_number(
    "Absolute gap", "Difference between the worst and the best group, in the unit of the measure.",
    "fairness", "gap", "between worst and best group, in the unit of the measure", _TOGETHER,
)  # fmt: skip
_RATIO = big_number(
    "Relative gap", "Value of the worst group divided by that of the best.",
    "fairness", "gap_ratio", "times: worst group divided by best group", _TOGETHER, ",.2f",
)  # fmt: skip
_DIRECTIONS = summary(
    "Do gaps narrow? All measures, locations, periods and characteristics",
    "Each gap that can be compared with the previous period counts once for each period. If no gap changed, about 1 in "
    "40 would still seem to narrow, and 1 in 40 to widen. Levels overlap: compare within a level.",
    "fairness",
    {"gaps_judged": ",d", "gaps_narrowing": ",d", "gaps_widening": ",d", "share_of_gaps_narrowing": ".1%",
     "share_of_gaps_widening": ".1%"},
    ["measure_at_level"], (*_TOGETHER, where("gap_direction")),
)  # fmt: skip
_BY_CHARACTERISTIC = bars(
    "Absolute gap by characteristic",
    "At the selected location and period. A characteristic with many groups has larger gaps by chance.",
    "fairness", "gap", "characteristic_name", (*_TOGETHER, where("absolute_gap")),
)  # fmt: skip
_GROUPS = bars(
    "Value of each group",
    "Groups of the selected characteristic at the selected location and period.",
    "group_gaps", "figure_of_group", "category_name", _TOGETHER,
)  # fmt: skip
_OVER_TIME = lines(
    "Absolute gap over time, with its 95% limits",
    "At the selected location. If the limits include zero, the difference is not statistically significant.",
    "fairness", ["gap", "gap_lower_limit", "gap_upper_limit"], "Gap, in the unit of the measure", filters=_TOGETHER,
)  # fmt: skip
_GAPS = records(
    "Gaps of all locations of the level: groups, limits and direction",
    "For the selected measure, period and level, all characteristics. A gap has no direction without limits and an "
    "earlier period.",
    "fairness",
    ["location_name", "characteristic_name", "worse_category_name", "better_category_name", "group_count",
     "absolute_gap", "absolute_gap_lower_95", "absolute_gap_upper_95", "relative_gap", "gap_change",
     "gap_direction", "reason"],
    {"absolute_gap": False},
    (*_TOGETHER, where("absolute_gap")),
    dict.fromkeys(
        ("absolute_gap", "absolute_gap_lower_95", "absolute_gap_upper_95", "relative_gap", "gap_change"), ",.2f"
    ),
)  # fmt: skip

FAIRNESS = Dashboard(
    slug="fairness",
    title="Fairness",
    description="Gaps between groups of people, their confidence limits, and whether they narrow.",
    filters=(
        Filter("Level", "fairness", "level_of_place",
               "Leave empty, or select one to shorten the list of measures.", optional=True),
        Filter("Measure", "fairness", "measure_at_level",
               "With the level in brackets; measures that can be compared by most characteristics come first.",
               below=("Level",), first_by="characteristics_judged",
               begins_with="Hospital admissions caused by unintentional and deliberate injuries in children "
                           "(aged 0 to 14 years) (country)", spares=(_DIRECTIONS,)),
        Filter("Service line", "fairness", "service_line", "A breakdown that is not of people; Total if there is none.",
               below=("Measure",), first_by="gaps_judged", spares=(_DIRECTIONS,)),
        Filter("Period", "fairness", "period_code", "Starts with the latest; charts over time show all.",
               below=("Measure",), descending=True, spares=(_DIRECTIONS, _OVER_TIME)),
        Filter("Location", "fairness", "location_name", "The table shows all locations of the level.",
               below=("Measure",), first_by="gaps_judged", spares=(_DIRECTIONS, _GAPS)),
        Filter("Characteristic", "fairness", "characteristic_name", "Characteristic by which people are grouped.",
               below=("Measure",), first_by="gaps_judged", spares=(_DIRECTIONS, _BY_CHARACTERISTIC, _GAPS)),
    ),
    tabs={
        "": (
            (Card(words("fairness"), 12, 35),),
            (Card(_GAP, 6, 18), Card(_RATIO, 6, 18)),
            (Card(_BY_CHARACTERISTIC, 6, 50), Card(_GROUPS, 6, 50)),
            (Card(_OVER_TIME, 12, 50),),
            (Card(_DIRECTIONS, 12, 80),),
            (Card(_GAPS, 12, 60),),
        ),
    },
    colours={
        "gap": COLOURS[0],
        "gap_lower_limit": COLOURS[2],
        "gap_upper_limit": COLOURS[1],
        "figure_of_group": COLOURS[0],
    },
)  # fmt: skip
