"""Standards: is the service good enough, everywhere?

Belongs here: charts and filters of this dashboard. Does not belong here: fairness between groups (`fairness`).
"""

from orchestration.bi.charts import COLOURS, bars, big_number, lines, records, summary, two_lines, where
from orchestration.bi.layout import Card, Dashboard, Filter, words

_EVERYBODY = (where("category", "Total"),)

_WITH_STANDARD = big_number(
    "Places with a standard in force",
    "Places of the chosen level with a figure in the chosen period and a standard in force for it.",
    "standards", "places_with_standard", "places have a figure and a standard in force", written=",d",
)  # fmt: skip
_MEETING = big_number(
    "Places that meet it", "Those whose figure meets the standard, whatever its limits say.",
    "standards", "places_meeting_standard", "of them meet it", written=",d",
)  # fmt: skip
_SHARE = big_number(
    "Share of places that meet it", "Each place counts once, whatever its size.",
    "standards", "share_of_places_meeting_standard", "of these places meet it, each counted once", written=".0%",
)  # fmt: skip
_BY_MEASURE = summary(
    "Share of places that meet the standard, by measure and year",
    "All measures that have a standard. A year is that in which periods end; over several periods of a year it is the "
    "share of all places and periods. Levels of place are never added.",
    "standards", {"places_with_standard": ",d", "share_of_places_meeting_standard": ".0%"},
    ["measure_name", "standard_name", "level_of_place"], (where("standard_code"),), by_year=True,
)  # fmt: skip
_SHARE_OVER_TIME = lines(
    "Share of places that meet the standard, over time",
    "Places of the chosen level. A jump may come of other places reporting: see how many there are.",
    "standards", ["share_of_places_meeting_standard"], "Share of places", written=".0%", lowest=0,
)  # fmt: skip
_RANKED = bars(
    "Places in order of their figure (the 40 highest)",
    "Whether high is good is the measure's polarity. Places that follow each other seldom differ beyond chance.",
    "standards", "figure", "location_name", _EVERYBODY,
)  # fmt: skip
_TREND = two_lines(
    "Trend of the chosen places, beside their country and the standard",
    "Choose places at the left; each has a line. The country is the one they lie in.",
    "standards", ["figure"], "location_name", ["benchmark", "threshold_in_force"], "Figure, in the unit of the measure",
    _EVERYBODY,
)  # fmt: skip
_FUNNEL = bars(
    "Places by where they lie in the funnel",
    "By chance alone about 1 place in 20 lies beyond 95% limits and 1 in 500 beyond 99.8% limits.",
    "standards", "places_in_funnel", "funnel_class", (*_EVERYBODY, where("funnel_class")), ",d",
)  # fmt: skip
_ATTAINMENT = records(
    "Where the standard is met, and how many people live where it is not",
    "One row for each period of the chosen measure and level. People are empty where a place has no "
    "population, such as a hospital trust. Levels overlap: never add them.",
    "standard_attainment",
    ["standard_name", "period_code", "period_end", "place_count", "met_count", "not_met_count",
     "people_where_not_met_count"],
    {"period_end": False, "place_count": False},
    written=dict.fromkeys(("place_count", "met_count", "not_met_count", "people_where_not_met_count"), ",d"), page=10,
)  # fmt: skip
_PLACES = records(
    "Places: figure, limits, comparisons and standard",
    "Compared with the country at 95%: better, worse or similar; higher or lower where neither is good.",
    "standards",
    ["location_name", "region_name", "unit", "value", "lower_95", "upper_95", "benchmark_value", "benchmark_comparison",
     "peer_rank", "quintile", "funnel_class", "variation_icon", "trend_judgement", "standard_threshold",
     "standard_judgement"],
    {"value": False},
    _EVERYBODY,
    dict.fromkeys(("value", "lower_95", "upper_95", "benchmark_value", "standard_threshold"), ",.1f"),
)  # fmt: skip

STANDARDS = Dashboard(
    slug="standards",
    title="Standards",
    description="Which places meet the standards in force, how places compare, and how they move.",
    filters=(
        Filter("Level of place", "standards", "level_of_place",
               "Leave empty, or choose one to shorten the list of measures.", optional=True, spares=(_BY_MEASURE,)),
        Filter("Measure", "standards", "measure_at_level",
               "With the level of place in brackets; those that most places have a standard for come first.",
               below=("Level of place",), first_by="places_with_standard",
               begins_with="A&E attendances of more than four hours (NHS trust)", spares=(_BY_MEASURE,)),
        Filter("Service line", "standards", "service_line", "A split that is not of people; Total where there is none.",
               below=("Measure",), first_by="places_with_standard", spares=(_BY_MEASURE,)),
        Filter("Period", "standards", "period_code", "Begins with the latest; charts over time show all.",
               below=("Measure",), descending=True, spares=(_BY_MEASURE, _SHARE_OVER_TIME, _TREND, _ATTAINMENT)),
        Filter("Region", "standards", "region_name", "Leave empty for all; a trust lies in no region.",
               below=("Measure",), optional=True, several=True, spares=(_ATTAINMENT,)),
        Filter("Places of the trend", "standards", "location_name", "For the trend alone; several may be compared.",
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
