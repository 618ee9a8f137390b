"""Every screening rule, in one list: its stage, and what the sender should do.

Belongs here: the catalogue and the shape of a problem. Does not belong here: finding problems (`reading`,
`matching`, `content`), or what a contract lets pass.

Stages run in order. A refusal in `file` or `structure` ends the screening, so that later rules may assume
what earlier ones proved; `content` and `consistency` report everything at once.
"""

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


_ALL = [
    Rule("file.empty", "file", "error", "Send the file again; it holds no data."),
    Rule("file.too_large", "file", "error", "Send the return in smaller files, or agree a larger limit in the contract."),
    Rule("file.not_what_it_says", "file", "error", "Send the file in the agreed format, named for what it is."),
    Rule("file.password_protected", "file", "error", "Remove the password and send the workbook again."),
    Rule("file.encoding", "file", "error", "Save the file in the agreed encoding and send it again."),
    Rule("file.sheet_missing", "file", "error", "Name the sheet as agreed, or tell the centre that its name has changed."),
    Rule("file.unreadable", "file", "error", "Open the file yourself; if it is damaged, make it again and send it."),
    Rule("file.truncated", "file", "error", "The file was cut short or lines are broken; export it again and send it whole."),
    Rule("columns.missing", "structure", "error", "Restore the column, or ask the centre to add the new name as an alias."),
    Rule("columns.repeated", "structure", "warning", "Send each column once; the first of the two was read."),
    Rule("columns.unknown", "structure", "warning", "Nothing to do if the column is new; tell the centre what it holds."),
    Rule("rows.none", "structure", "error", "Send the rows below the header; the file holds none."),
    Rule("rows.end_missing", "structure", "error", "The closing row of the table is missing; send the file whole."),
    Rule("period.unknown_source", "structure", "error", "Say the period with the submission, or name the file or sheet as agreed."),
    Rule("period.unreadable", "content", "error", "Write the period as agreed, for example 2022-23."),
    Rule("location.no_rule", "content", "error", "Fill in the columns that say which kind of place the row is about."),
    Rule("location.missing", "content", "error", "Give the code or name of the place."),
    Rule("location.unknown_code", "content", "error", "Correct the code, or ask the centre to add the place."),
    Rule("location.unknown_name", "content", "error", "Correct the name, or ask the centre to add it as another spelling."),
    Rule("location.ambiguous_name", "content", "error", "Give the code of the place: several places bear this name."),
    Rule("location.learned", "content", "warning", "Nothing to do if the place is new; the code was taken from the return."),
    Rule("measure.unknown_label", "content", "error", "Use one of the agreed labels, or ask the centre to add the new one."),
    Rule("measure.undescribed", "content", "warning", "Send the description of the new measure to the centre."),
    Rule("category.unknown", "content", "error", "Use one of the agreed categories, or ask the centre to add the new one."),
    Rule("category.learned", "content", "warning", "Nothing to do if the category is new; it was taken from the return."),
    Rule("value.not_a_number", "content", "error", "Send a number, or one of the agreed markers for a missing value."),
    Rule("value.unknown_status", "content", "warning", "Put remarks in the notes column; the text was kept as a note."),
    Rule("value.out_of_range", "consistency", "warning", "Check the figure against its source."),
    Rule("key.repeated", "consistency", "info", "Nothing to do; the repeats are equal and were counted once."),
    Rule("key.repeated_with_different_values", "consistency", "error", "Send each figure once; decide which one is right."),
    Rule("consistency.numerator_above_denominator", "consistency", "error", "Check both figures: a part cannot exceed its whole."),
    Rule("control.sum", "consistency", "error", "Check the parts against the total."),
    Rule("control.ratio", "consistency", "error", "Check the value against its numerator and denominator."),
]  # fmt: skip

RULES: dict[str, Rule] = {rule.code: rule for rule in _ALL}
