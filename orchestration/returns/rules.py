"""Every screening rule, in one list: its stage, how grave it is, and what the sender should do.

Belongs here: the catalogue and the shape of a problem. Does not belong here: finding problems (`reading`,
`matching`, `judging`), or what a contract lets pass.

Stages run in order. A refusal in `file` or `structure` ends the screening, so that later rules may assume
what earlier ones proved; `content` and `consistency` report everything at once.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Stage = Literal["file", "structure", "content", "consistency"]
Severity = Literal["error", "warning", "info"]

CAP = 1000
"""Problems listed one by one for each rule and column; the rest are counted in one closing line."""


@dataclass(frozen=True)
class Rule:
    """One screening rule: its code, its stage, how grave it is unless the contract says, and the remedy."""

    code: str
    stage: Stage
    severity: Severity
    remedy: str


@dataclass(frozen=True)
class Problem:
    """One problem found in a file; `source_row` counts from 1 at the first line of the file."""

    rule: str
    message: str
    source_row: int | None = None
    column: str | None = None
    value: str | None = None
    count: int = 1
    severity: Severity | None = None

    @property
    def graded(self) -> Severity:
        """How grave it is: as the contract says, else as the rule does."""
        return self.severity or RULES[self.rule].severity


def refuses(problems: Iterable[Problem]) -> bool:
    """True if one of the problems refuses the file."""
    return any(problem.graded == "error" for problem in problems)


STEERING = re.compile(r"[\x00-\x1f\x7f-\x9f]")
"""Signs that are no text: they would clear a screen, move its cursor or end a line wherever what was found is shown."""

_CATALOGUE: dict[Stage, list[tuple[str, Severity, str]]] = {
    "file": [
        ("file.empty", "error", "Send the file again; it holds no data."),
        ("file.too_large", "error", "Send the return in smaller files, or agree a larger limit in the contract."),
        ("file.not_what_it_says", "error", "Send the file in the agreed format, named for what it is."),
        ("file.password_protected", "error", "Remove the password and send the workbook again."),
        ("file.encoding", "error", "Save the file in the agreed encoding and send it again."),
        ("file.sheet_missing", "error", "Name the sheet as agreed, or tell the centre that its name has changed."),
        ("file.unreadable", "error", "Open the file yourself; if it is damaged, make it again and send it."),
        ("file.truncated", "error", "The file was cut short or lines are broken; export it again and send it whole."),
        ("file.open_end", "warning", "Compare the last row with your own; if it was cut, export and send again."),
        ("file.not_screened", "error", "Nothing to do: the centre will look into it and screen the file again."),
    ],
    "structure": [
        ("columns.delimiter", "error", "Export the file with the agreed sign between columns."),
        ("columns.missing", "error", "Restore the column, or ask the centre to add the new name as an alias."),
        ("columns.repeated", "warning", "Send each column once; the first of the two was read."),
        ("columns.repeated_differently", "error", "Send each column once; decide which of the two is right."),
        ("columns.unknown", "warning", "Nothing to do if the column is new; tell the centre what it holds."),
        ("rows.none", "error", "Send the rows below the header; the file holds none."),
        ("rows.end_missing", "error", "The closing row of the table is missing; send the file whole."),
        ("period.unknown_source", "error", "Say the period with the submission, or name the file or sheet as agreed."),
        ("references.missing", "error", "Nothing to do for the sender: the centre lands the reference first."),
    ],
    "content": [
        ("period.unreadable", "error", "Write the period as agreed, for example 2022-23."),
        ("location.no_rule", "error", "Fill in the columns that say which kind of place the row is about."),
        ("location.missing", "error", "Give the code or name of the place."),
        ("location.unknown_code", "error", "Correct the code, or ask the centre to add the place."),
        ("location.unknown_name", "error", "Correct the name, or ask the centre to add it as another spelling."),
        ("location.ambiguous_name", "error", "Give the code of the place: several places bear this name."),
        ("location.learned", "warning", "Nothing to do if the place is new; the code was taken from the return."),
        ("measure.unknown_label", "error", "Use one of the agreed labels, or ask the centre to add the new one."),
        ("measure.labels_collide", "error", "Name measures so that they differ in more than signs and spaces."),
        ("measure.undescribed", "warning", "Send the description of the new measure to the centre."),
        ("category.unknown", "error", "Use one of the agreed categories, or ask the centre to add the new one."),
        ("category.learned", "warning", "Nothing to do if the category is new; it was taken from the return."),
        ("category.labels_collide", "error", "Name categories so that they differ in more than signs and spaces."),
        ("value.not_a_number", "error", "Send a number, or one of the agreed markers for a missing value."),
        ("value.unknown_label", "error", "Use one of the agreed labels, or ask the centre to add the new one."),
        ("value.unknown_status", "warning", "Put remarks in the notes column; the text was kept as a note."),
    ],
    "consistency": [
        ("value.out_of_range", "warning", "Check the figure against its source."),
        ("key.repeated", "info", "Nothing to do; the repeats are equal and were counted once."),
        ("key.repeated_with_different_values", "error", "Send each figure once; decide which one is right."),
        ("consistency.numerator_above_denominator", "error", "Check both figures: a part cannot exceed its whole."),
        ("control.sum", "error", "Check the parts against the total."),
        ("control.ratio", "error", "Check the value against its numerator and denominator."),
    ],
}  # fmt: skip

RULES: dict[str, Rule] = {
    code: Rule(code, stage, severity, remedy) for stage, rules in _CATALOGUE.items() for code, severity, remedy in rules
}
