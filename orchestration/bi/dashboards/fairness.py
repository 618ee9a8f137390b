"""Fairness: for whom is the service worse, and does the gap narrow?

Belongs here: charts and filters of this dashboard. Does not belong here: differences between places (`standards`).
"""

from orchestration.bi.charts import COLOURS, bars, big_number, lines, records, summary, where
from orchestration.bi.layout import Card, Dashboard, Filter, words

_TOGETHER = (where("held_group_code", "Total"),)

_GAP = big_number(
    "Absolute gap", "Worst-off group against best-off group, in the unit of the measure.",
    "fairness", "gap", "between worst-off and best-off group, in the unit of the measure", _TOGETHER,
)  # fmt: skip
_RATIO = big_number(
    "Relative gap", "Figure of the worst-off group over that of the best-off.",
    "fairness", "gap_ratio", "times: worst-off group over best-off group", _TOGETHER, ",.2f",
)  # fmt: skip
_DIRECTIONS = summary(
    "Do gaps narrow? All measures, places, periods and characteristics",
    "Each gap that can be followed counts once for each period. Where nothing changes, about 1 in 40 still seems to "
    "narrow, and 1 in 40 to widen. Levels of place overlap: compare within a level.",
    "fairness",
    {"gaps_judged": ",d", "gaps_narrowing": ",d", "gaps_widening": ",d", "share_of_gaps_narrowing": ".1%",
     "share_of_gaps_widening": ".1%"},
    ["measure_at_level"], (*_TOGETHER, where("gap_direction")),
)  # fmt: skip
_BY_CHARACTERISTIC = bars(
    "Absolute gap by characteristic",
    "At the chosen place and period. A characteristic with many groups has larger gaps by chance.",
    "fairness", "gap", "characteristic_name", (*_TOGETHER, where("absolute_gap")),
)  # fmt: skip
_GROUPS = bars(
    "Figure of each group",
    "Groups of the chosen characteristic at the chosen place and period.",
    "group_gaps", "figure_of_group", "category_name", _TOGETHER,
)  # fmt: skip
_OVER_TIME = lines(
    "Absolute gap over time, with its 95% limits",
    "At the chosen place. Where limits hold zero, the groups do not differ beyond chance.",
    "fairness", ["gap", "gap_lower_limit", "gap_upper_limit"], "Gap, in the unit of the measure", filters=_TOGETHER,
)  # fmt: skip
_GAPS = records(
    "Gaps of all places of the level: groups, limits and direction",
    "For the chosen measure, period and level, all characteristics. A gap without limits or an earlier period has no "
    "direction.",
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
    description="Gaps between groups of people, how certain they are, and whether they narrow.",
    filters=(
        Filter("Level of place", "fairness", "level_of_place",
               "Leave empty, or choose one to shorten the list of measures.", optional=True),
        Filter("Measure", "fairness", "measure_at_level",
               "With the level of place in brackets; those that can be followed by most characteristics come first.",
               below=("Level of place",), first_by="characteristics_judged",
               begins_with="Hospital admissions caused by unintentional and deliberate injuries in children "
                           "(aged 0 to 14 years) (country)", spares=(_DIRECTIONS,)),
        Filter("Service line", "fairness", "service_line", "A split that is not of people; Total where there is none.",
               below=("Measure",), first_by="gaps_judged", spares=(_DIRECTIONS,)),
        Filter("Period", "fairness", "period_code", "Begins with the latest; charts over time show all.",
               below=("Measure",), descending=True, spares=(_DIRECTIONS, _OVER_TIME)),
        Filter("Place", "fairness", "location_name", "The table shows all places of the level.",
               below=("Measure",), first_by="gaps_judged", spares=(_DIRECTIONS, _GAPS)),
        Filter("Characteristic", "fairness", "characteristic_name", "What people are divided by.",
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
