"""Standards: is the service good enough everywhere?

Contains the charts and filters of this dashboard. Not here: fairness between groups (`fairness`).
"""

from orchestration.bi.charts import COLOURS, bars, big_number, lines, records, summary, two_lines, where
from orchestration.bi.layout import Card, Dashboard, Filter, words

_ALL_PEOPLE = (where("category", "Total"),)

_WITH_STANDARD = big_number(
    "Locations with a standard in force",
    "Locations of the selected level with a value in the selected period and a standard in force for it.",
    "standards", "places_with_standard", "locations have a value and a standard in force", written=",d",
)  # fmt: skip
_MEETING = big_number(
    "Locations that meet it", "Locations whose value meets the standard, regardless of its limits.",
    "standards", "places_meeting_standard", "of them meet it", written=",d",
)  # fmt: skip
_SHARE = big_number(
    "Share of locations that meet it", "Each location counts once, regardless of its size.",
    "standards", "share_of_places_meeting_standard", "of these locations meet it, each counted once", written=".0%",
)  # fmt: skip
_BY_MEASURE = summary(
    "Share of locations that meet the standard, by measure and year",
    "All measures that have a standard, by the year in which periods end. A year with several periods shows the share "
    "of all locations and periods. Levels are never added up.",
    "standards", {"places_with_standard": ",d", "share_of_places_meeting_standard": ".0%"},
    ["measure_name", "standard_name", "level_of_place"], (where("standard_code"),), by_year=True,
)  # fmt: skip
_SHARE_OVER_TIME = lines(
    "Share of locations that meet the standard, over time",
    "Locations of the selected level. The share may jump because other locations report: check how many there are.",
    "standards", ["share_of_places_meeting_standard"], "Share of locations", written=".0%", lowest=0,
)  # fmt: skip
_RANKED = bars(
    "Locations by value (the 40 highest)",
    "The measure's polarity shows whether high is good. Neighbours in this order rarely differ significantly.",
    "standards", "figure", "location_name", _ALL_PEOPLE,
)  # fmt: skip
_TREND = two_lines(
    "Trend of the selected locations, with their country and the standard",
    "Select locations on the left; each has a line. The country is the one that contains them.",
    "standards", ["figure"], "location_name", ["benchmark", "threshold_in_force"], "Value, in the unit of the measure",
    _ALL_PEOPLE,
)  # fmt: skip
_FUNNEL = bars(
    "Locations by position in the funnel plot",
    "By chance alone, about 1 location in 20 is outside the 95% limits and 1 in 500 outside the 99.8% limits.",
    "standards", "places_in_funnel", "funnel_class", (*_ALL_PEOPLE, where("funnel_class")), ",d",
)  # fmt: skip
_ATTAINMENT = records(
    "Where the standard is met, and how many people live where it is not",
    "One row for each period of the selected measure and level. The number of people is empty for organisations "
    "without a population, such as hospital trusts. Levels overlap: never add them up.",
    "standard_attainment",
    ["standard_name", "period_code", "period_end", "place_count", "met_count", "not_met_count",
     "people_where_not_met_count"],
    {"period_end": False, "place_count": False},
    written=dict.fromkeys(("place_count", "met_count", "not_met_count", "people_where_not_met_count"), ",d"), page=10,
)  # fmt: skip
_PLACES = records(
    "Locations: value, limits, comparisons and standard",
    "Compared with the country at 95%: better, worse or similar; higher or lower for measures without polarity.",
    "standards",
    ["location_name", "region_name", "unit", "value", "lower_95", "upper_95", "benchmark_value", "benchmark_comparison",
     "peer_rank", "quintile", "funnel_class", "variation_icon", "trend_judgement", "standard_threshold",
     "standard_judgement"],
    {"value": False},
    _ALL_PEOPLE,
    dict.fromkeys(("value", "lower_95", "upper_95", "benchmark_value", "standard_threshold"), ",.1f"),
)  # fmt: skip

STANDARDS = Dashboard(
    slug="standards",
    title="Standards",
    description="Which locations meet the standards in force, how locations compare, and how they change.",
    filters=(
        Filter("Level", "standards", "level_of_place",
               "Leave empty, or select one to shorten the list of measures.", optional=True, spares=(_BY_MEASURE,)),
        Filter("Measure", "standards", "measure_at_level",
               "With the level in brackets; measures with a standard for most locations come first.",
               below=("Level",), first_by="places_with_standard",
               begins_with="A&E attendances of more than four hours (NHS trust)", spares=(_BY_MEASURE,)),
        Filter("Service line", "standards", "service_line",
               "A breakdown that is not of people; Total if there is none.",
               below=("Measure",), first_by="places_with_standard", spares=(_BY_MEASURE,)),
        Filter("Period", "standards", "period_code", "Starts with the latest; charts over time show all.",
               below=("Measure",), descending=True, spares=(_BY_MEASURE, _SHARE_OVER_TIME, _TREND, _ATTAINMENT)),
        Filter("Region", "standards", "region_name", "Leave empty for all; trusts have no region.",
               below=("Measure",), optional=True, several=True, spares=(_ATTAINMENT,)),
        Filter("Locations of the trend", "standards", "location_name", "Only for the trend; you can compare several.",
               below=("Measure",), several=True, reaches=(_TREND,)),
    ),
    tabs={
        "": (
            (Card(words("standards"), 12, 35),),
            (Card(_WITH_STANDARD, 4, 18), Card(_MEETING, 4, 18), Card(_SHARE, 4, 18)),
            (Card(_BY_MEASURE, 7, 54), Card(_SHARE_OVER_TIME, 5, 54)),
            (Card(_RANKED, 6, 100), Card(_TREND, 6, 100)),
            (Card(_FUNNEL, 4, 50), Card(_ATTAINMENT, 8, 50)),
            (Card(_PLACES, 12, 80),),
        ),
    },
    colours={
        "figure": COLOURS[0],
        "share_of_places_meeting_standard": COLOURS[0],
        "benchmark": COLOURS[4],
        "threshold_in_force": COLOURS[1],
        "places_in_funnel": COLOURS[0],
    },
)  # fmt: skip
