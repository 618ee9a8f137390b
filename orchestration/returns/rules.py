"""Catalogue of screening rules: the stage and severity of each, and the remedy for the sender.

Contains the rules and the fields of a problem. Not here: finding problems (`files`, `screening`), or the exceptions
that a contract allows.

Stages run in order. A refusal in `file` or `structure` ends screening, so later rules can rely on earlier ones.
`content` and `consistency` report every problem at once.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Stage = Literal["file", "structure", "content", "consistency"]
Severity = Literal["error", "warning", "info"]

CAP = 1000
"""Number of problems listed for each rule and column; the rest are counted in one closing line."""


@dataclass(frozen=True)
class Rule:
    """Screening rule: code, stage, severity unless the contract sets another, and remedy."""

    code: str
    stage: Stage
    severity: Severity
    remedy: str


@dataclass(frozen=True)
class Problem:
    """Problem in a file; `source_row` counts from 1 at the first line of the file."""

    rule: str
    message: str
    source_row: int | None = None
    column: str | None = None
    value: str | None = None
    count: int = 1
    severity: Severity | None = None

    @property
    def graded(self) -> Severity:
        """Severity that the contract sets, otherwise that of the rule."""
        return self.severity or RULES[self.rule].severity


def refuses(problems: Iterable[Problem]) -> bool:
    """Return True if any of the problems refuses the file."""
    return any(problem.graded == "error" for problem in problems)


STEERING = re.compile(r"[\x00-\x1f\x7f-\x9f]")
"""Control characters, which could clear the screen, move the cursor or end a line wherever a problem is shown."""

_CATALOGUE: dict[Stage, list[tuple[str, Severity, str]]] = {
    "file": [
        ("file.empty", "error", "Send the file again; it contains no data."),
        ("file.too_large", "error", "Send the return in smaller files, or agree a larger limit in the contract."),
        ("file.not_what_it_says", "error", "Send the file in the agreed format, with a file name that matches it."),
        ("file.password_protected", "error", "Remove the password and send the workbook again."),
        ("file.encoding", "error", "Save the file in the agreed encoding and send it again."),
        ("file.sheet_missing", "error", "Use the agreed sheet name, or inform the centre that it has changed."),
        ("file.sheets_alike", "error", "Leave one sheet with the agreed name, and rename or remove the others."),
        ("file.formulas", "error", "Calculate the formulas, correct those that fail, and save the workbook again."),
        ("file.superscripts", "error", "Remove footnote marks from cells with numbers; they would be read as digits."),
        ("file.hidden_rows", "warning", "Check the hidden rows; show them, or remove them if they do not belong."),
        ("file.macros", "warning", "Send the workbook without macros."),
        ("file.unreadable", "error", "Open the file to check it; if it is damaged, export it again and send it."),
        ("file.truncated", "error", "Export the whole file again and send it; it is cut off or has broken lines."),
        ("file.open_end", "warning", "Compare the last row with your data; if it was cut off, export and send again."),
        ("file.not_screened", "error", "No action needed; the centre will investigate and screen the file again."),
    ],
    "structure": [
        ("columns.delimiter", "error", "Export the file with the agreed character between columns, such as a comma."),
        ("columns.missing", "error", "Restore the column, or ask the centre to add the new name as an alias."),
        ("columns.repeated", "warning", "Send each column once; if the first, which was read, is wrong, send again."),
        ("columns.repeated_differently", "error", "Send each column once; decide which of the two is right."),
        ("columns.unknown", "warning", "Describe the column to the centre if it is new, or else remove or rename it."),
        ("rows.none", "error", "Send the rows below the header; the file contains none."),
        ("rows.end_missing", "error", "Send the whole file; the closing row of the table is missing."),
        ("period.contradicted", "error", "Give the period of the file's content, and name file and sheet after it."),
        ("period.unknown_source", "error", "Give the period with the submission, or name the file or sheet as agreed."),
        ("references.missing", "error", "No action needed by the sender; the centre must land the reference first."),
    ],
    "content": [
        ("period.unreadable", "error", "Write the period as agreed, for example 2022-23."),
        ("period.filled_down", "error", "Correct the periods; a spreadsheet has counted only the second year upwards."),
        ("location.outside_coverage", "warning", "Leave out the location, or ask the centre to extend the coverage."),
        ("location.another_name", "warning", "Check that the code and the name are of the same location."),
        ("location.several_names", "warning", "Use one name for the code, and check that the code is right."),
        ("location.unlikely_name", "error", "Send the name of the location only."),
        ("location.no_rule", "error", "Fill in the columns that give the type of location in the row."),
        ("location.missing", "error", "Give the code or name of the location."),
        ("location.unknown_code", "error", "Correct the code, or ask the centre to add the location."),
        ("location.unknown_name", "error", "Correct the name, or ask the centre to add it as another spelling."),
        ("location.ambiguous_name", "error", "Give the code of the location; several locations have this name."),
        ("location.learned", "warning", "No action needed if the location is new; its code was added from the return."),
        ("measure.unknown_label", "error", "Use one of the agreed labels, or ask the centre to add the new one."),
        ("measure.labels_collide", "error", "Give measures names that differ in more than punctuation and spaces."),
        ("measure.undescribed", "warning", "Send the description of the new measure to the centre."),
        ("category.unknown", "error", "Use one of the agreed categories, or ask the centre to add the new one."),
        ("category.learned", "warning", "No action needed if the category is new; it was added from the return."),
        ("category.labels_collide", "error", "Give categories names that differ in more than punctuation and spaces."),
        ("line.blank", "error", "Give the service line of every row, and write Total for the total."),
        ("value.not_a_number", "error", "Send a number, or one of the agreed missing-value symbols."),
        ("value.unknown_label", "error", "Use one of the agreed labels, or ask the centre to add the new one."),
        ("value.unknown_status", "warning", "Put remarks in the notes column; the text was kept as a note."),
    ],
    "consistency": [
        ("value.out_of_range", "warning", "Check the figure against its source."),
        ("value.negative", "error", "Correct the figure; a count cannot be negative."),
        ("value.ambiguous_separator", "error", "Write thousands without commas, and decimals with a point."),
        ("value.digits_lost", "warning", "Export the figures again as whole numbers; a spreadsheet shortened them."),
        ("value.all_missing", "warning", "Check the export; if the figures exist, send the file again."),
        ("value.all_equal", "warning", "Check the export; a formula may have been copied or lost."),
        ("limits.reversed", "warning", "Send the lower limit as the lower one; these limits were left out."),
        ("limits.exclude_value", "warning", "Check the value and its limits."),
        ("period.in_future", "error", "Correct the period; it cannot start after the file was sent."),
        ("period.too_early", "warning", "Check the year of the period."),
        ("period.day_ignored", "warning", "Give the month, or its first or last day; the days were ignored."),
        ("period.days_and_months_exchanged", "error", "Write dates as year-month-day, for example 2024-04-30."),
        ("key.repeated", "info", "No action needed; the duplicates are equal and were counted once."),
        ("key.repeated_with_different_values", "error", "Send each figure once; decide which one is right."),
        ("consistency.numerator_above_denominator", "error", "Check both figures; a part cannot exceed its total."),
        ("control.sum", "error", "Check the parts against the total."),
        ("control.ratio", "error", "Check the value against its numerator and denominator."),
    ],
}  # fmt: skip

RULES: dict[str, Rule] = {
    code: Rule(code, stage, severity, remedy) for stage, rules in _CATALOGUE.items() for code, severity, remedy in rules
}
