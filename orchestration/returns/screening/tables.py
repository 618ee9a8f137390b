"""The tables that screening creates in its scratch database, in the order of the stages.

Contains what one row of each is, its columns and the module that creates it. Not here: the SQL that fills them (the
modules named), or what is kept afterwards (`outcomes`).

Numbers instead of labels: a file has millions of cells and few distinct locations, groups and periods. So the distinct
combinations of what was sent are numbered once (`<name>_keys`), interpreted once, and joined by their numbers.
"""

from typing import NamedTuple


class ScreeningTable(NamedTuple):
    """One table: its name, what a row is, the columns with their meaning, and the module that creates it.

    A column `…` stands for those that depend on the file: `c<position>` as it was sent, and each contract column under
    its `sent_column` name.
    """

    name: str
    row: str
    columns: dict[str, str]
    created_by: str


_SENT = "a column of the file"
_FROM_FILE = {"first_row": "its first row that is not filtered out", "row_count": "its rows that are not filtered out"}
_FIGURES = ("numerator", "denominator", "value", "lower_95", "upper_95", "lower_99_8", "upper_99_8")
_PERIOD = {
    "period_rule": "number of the rule that read it", "period_key": "number of the label", "period_code": "its code",
    "period_kind": "its kind", "period_start": "its first day", "period_end": "its last day",
    "period_status": "status that the label adds, such as provisional",
}  # fmt: skip
_FACT = {
    "cell_rule": "number of the contract's cell rule", "source_row": "row of the file, from 1",
    "place_key": "number of its location", "group_no": "number of its population group",
    "line_no": "number of its service line", "measure_no": "number of its measure; null if unknown",
    "period_no": "number of its period; null if unreadable", "column_no": "position of the column to show the sender",
    **dict.fromkeys(_FIGURES, "the figure; null if missing"), "value_status": "why the value is missing, or its status",
    "numerator_status": "why the numerator is missing", "denominator_status": "why the denominator is missing",
    "note": "remarks of the sender",
}  # fmt: skip

TABLES = [
    ScreeningTable("problems", "a problem found in the file", {
        "stage": "stage of screening", "rule": "code of the rule", "severity": "error, warning or info",
        "source_row": "row of the file; null if it concerns all", "column_name": "header of the column",
        "value": "text found there", "occurrence_count": "how often it occurs", "message": "what is wrong",
        "remedy": "what the sender can do",
    }, "checks.problem_table"),
    *(
        ScreeningTable(f"{name}_keys", f"a distinct combination of the columns for the {about} of a row", {
            f"{name}_key": "its number, from 0", "…": _SENT, **_FROM_FILE,
        }, "layout.rows")
        for name, about in (
            ("place", "location"), ("group", "population group"), ("label", "measures"), ("line", "service line"),
            ("period", "period"),
        )
    ),
    ScreeningTable("sent", "a row of the file", {
        "source_row": "row of the file, from 1", "filtered": "whether the contract leaves the row out",
        "place_key": "number in place_keys", "group_key": "number in group_keys", "label_key": "number in label_keys",
        "line_key": "number in line_keys", "period_key": "number in period_keys", "…": _SENT,
    }, "layout.rows"),
    ScreeningTable("gss_levels", "a kind of GSS code", {
        "prefix": "its first three characters", "location_level": "level of its locations",
    }, "meaning.known_locations"),
    ScreeningTable("known_places", "a code of a location in a reference or in the contracts", {
        "scheme": "issuer of the code", "code": "the code", "location_code": "GSS code of the location",
        "location_level": "its level", "ended": "whether it has been abolished", "name": "its name",
    }, "meaning.known_locations"),
    ScreeningTable("known_names", "a spelling of the name of a location", {
        "plain": "the name as it is compared", "location_code": "GSS code of the location",
        "location_level": "its level",
        "rank": "0 if agreed in the contracts, 1 if current, 2 if abolished; the lowest rank of a name counts",
    }, "meaning.known_locations"),
    ScreeningTable("place_rules", "a row of place_keys", {
        "place_key": "its number", "…": _SENT, **_FROM_FILE, "rule": "number of its location rule; -1 if none applies",
    }, "meaning.locations"),
    ScreeningTable("places", "a row of place_keys with the location that it means", {
        "place_key": "its number", "location_code": "code of the location; null if unknown",
        "location_level": "its level", "location_name": "its name", "scheme": "issuer of the code",
        "in_reference": "whether a reference or the contract has it", "problem": "rule that it breaks; null if none",
        "shown": "what to show the sender", **_FROM_FILE, "place_rank": "number of the location, in order of codes",
        "within_code": "code of the parent location", "within_level": "its level", "within_name": "its name",
        "within_is_known": "whether a reference has it",
    }, "meaning.locations"),
    ScreeningTable("measure_labels", "a label under which the file names a measure itself", {
        "cell_rule": "number of the cell rule", "label": "the label", "measure_code": "code derived from it",
        "measure_name": "name beside it in the file", **_FROM_FILE,
    }, "meaning.measures"),
    ScreeningTable("measures", "a measure that the contract, a reference or the file names", {
        "measure_no": "its number, in order of codes", "measure_code": "its code", "measure_name": "its name",
        "domain": "its domain", "unit": "its unit", "value_type": "kind of number", "polarity": "which way is better",
        "multiplier": "factor of numerator / denominator", "aggregation": "how it adds up",
        "definition": "what it counts", "source": "contract, reference or return", "valid_from": "its first day",
        "valid_to": "its last day", "period_rule": "number of the rule that reads its periods",
    }, "meaning.measures"),
    ScreeningTable("line_texts", "a row of line_keys", {
        "line_key": "its number", "service_line": "the service line that it means",
    }, "layout.cells"),
    ScreeningTable("wide_texts", "a header that holds figures", {
        "cell_rule": "number of the cell rule", "column_no": "position of the column", "measure_code": "its measure",
        "label": "service line as the header writes it", "service_line": "the service line that it means",
    }, "layout.cells"),
    ScreeningTable("lines", "a service line", {
        "line_no": "its number, in order of names", "service_line": "its name; Total if there is none",
    }, "layout.cells"),
    ScreeningTable("line_of", "a row of line_keys with its service line", {
        "line_key": "its number", "line_no": "number of the service line",
    }, "layout.cells"),
    ScreeningTable("wide_of", "a header that holds figures, with its measure and service line", {
        "cell_rule": "number of the cell rule", "column_no": "position of the column", "measure_no": "its measure",
        "line_no": "its service line; null if the row names it",
    }, "layout.cells"),
    ScreeningTable("takes", "a row of label_keys that a cell rule applies to", {
        "cell_rule": "number of the cell rule", "label_key": "number of the row",
        "measure_no": "the measure that it means; null if the header names it",
    }, "layout.cells"),
    ScreeningTable("wide_…", "a column of a wide file that the cell rule of that number applies to", {
        "place": "name of the column in `sent`", "column_no": "its position",
    }, "layout.cells"),
    ScreeningTable("cells", "a measure in a row that is not filtered out, figures still text", {
        "cell_rule": "number of the cell rule", "source_row": "row of the file", "place_key": "its location",
        "group_no": "its population group", "line_no": "its service line", "period_key": "its period",
        "measure_no": "its measure", "column_no": "position of the column to show the sender",
        "note_text": "remark of the sender", "…": "the text of each figure and of the status, as `<role>_text`",
    }, "layout.cells"),
    ScreeningTable("groups", "a population group: a row of group_keys with one set of fixed categories", {
        "group_no": "its number", "members": "its pairs of characteristic and category, sorted",
        "flaws": "labels that are wrong or new", "population_group_code": "its code; Total for all people",
        "characteristic": "names of its characteristics", "category": "names of its categories",
    }, "meaning.groups"),
    ScreeningTable("period_labels", "a row of period_keys", {
        "period_key": "its number", "label": "the label, or that of the whole file",
    }, "meaning.content"),
    ScreeningTable("periods_read", "a label that a period rule can read", _PERIOD, "meaning.content"),
    ScreeningTable("periods", "a row of periods_read, numbered", {
        "period_no": "its number", "period_rank": "number of the period, in order of codes", **_PERIOD,
    }, "meaning.content"),
    ScreeningTable("texts", "a distinct text of a figure", {
        "text": "as it was sent", "shown": "without spaces, notes and pound signs; null if blank",
        "marker": "status that a missing-value symbol means", "note": "note in the cell", "number": "the number",
    }, "meaning.content"),
    ScreeningTable("statuses", "a distinct text of a status column", {
        "text": "as it was sent", "status": "the status that it means", "remark": "the text, if it means none",
    }, "meaning.content"),
    ScreeningTable("facts", "a cell with its figures as numbers", _FACT, "meaning.content"),
    ScreeningTable("headers", "a column of the file", {
        "column_no": "its position, from 0", "header": "its header as it was sent",
    }, "checks.problem_table"),
    ScreeningTable("repeated_keys", "a key that several facts have", {
        "measure_no": "its measure", "place_rank": "its location", "period_rank": "its period",
        "population_group_code": "its population group", "line_no": "its service line",
        "times": "how many facts have it",
    }, "checks.consistency"),
    ScreeningTable("repeats", "a fact with such a key", {
        "fact": "its row id in facts", "times": "how many facts have the key", "nth": "its number among them, from 1",
        "differ": "whether their figures differ",
    }, "checks.consistency"),
    ScreeningTable("kept", "a fact that becomes an observation", _FACT, "checks.consistency"),
]  # fmt: skip
"""Every table, and the view `kept`, as they are once a file has passed all stages."""
