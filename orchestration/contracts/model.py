"""A contract as a typed object: what a department sends, and where in it each number stands.

Belongs here: the shape of a contract file and the checks that need nothing but that one file. Does not belong
here: what a number means (`measures`), how people are divided (`splits`), reading files (`load`), or applying a
contract to a return (`orchestration.returns`).
"""

import re
from datetime import date
from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from orchestration.contracts.breakdowns import Characteristic, ServiceLine
from orchestration.contracts.codes import Place
from orchestration.contracts.disclosure import Disclosure
from orchestration.contracts.measures import Measure, PeriodRule
from orchestration.contracts.parts import Code, Domain, Level, Part, Severity, Status, ValueType


class Owner(Part):
    """Whom the centre asks about a return."""

    name: str
    email: str = Field(pattern=r"^[^@\s]+@[^@\s]+$")


class Due(Part):
    """When a return is due: a lag after the end of the latest period that it reports."""

    months_after_period_end: int = Field(ge=0, le=60)
    grace_days: int = Field(default=0, ge=0)


class Waiver(Part):
    """A return that need not be sent for one period, with the reason and who said so."""

    period_end: date
    reason: str
    granted_by: str


class Burden(Part):
    """What the return costs those who fill it in: the centre counts it, to ask for less."""

    hours_per_return: float = Field(ge=0)
    respondents: int = Field(default=1, ge=1)


class FileFormat(Part):
    """How the bytes are to be read. `sheet` is a regular expression for the name of the one sheet meant.

    `short_lines: fill` takes lines that end before the last column as lines whose last cells are empty, as some
    exports write them; otherwise such a line is broken, and the file with it.
    """

    format: Literal["csv", "parquet", "xlsx", "ods", "json"]
    encoding: Literal["utf-8", "cp1252", "latin-1", "utf-16"] = "utf-8"
    delimiter: str = Field(default=",", min_length=1, max_length=1)
    sheet: str | None = None
    header_row: int = Field(default=1, ge=1)
    short_lines: Literal["refuse", "fill"] = "refuse"
    max_mb: int | None = Field(default=None, ge=1)


class Column(Part):
    """One column of the file, under its canonical name; `aliases` are the names it has had or has elsewhere."""

    aliases: list[str] = []
    required: bool = True
    meaning: str = ""


class RowRules(Part):
    """Which rows are not observations: `until` is the last row of the table, `drop` names rows to leave out.

    `only_measures` leaves out every row that no cell rule takes, for publications of which a few tables are agreed;
    otherwise a row whose label is unknown is refused.
    """

    until: dict[str, list[str]] = {}
    drop: dict[str, list[str]] = {}
    keep: dict[str, list[str]] = {}
    only_measures: bool = False


class Unfold(Part):
    """Columns that each stand for a place, a year or a group: a row of the file becomes one row for each of them.

    `columns` is a regular expression over headers. `label` and `figure` name the two columns made, the header and what
    stands below it, which the rest of the layout uses like any other.
    """

    columns: str
    label: str
    figure: str

    @field_validator("columns")
    @classmethod
    def _is_a_pattern(cls, pattern: str) -> str:
        re.compile(pattern)
        return pattern


class PeriodSource(Part):
    """Where the period label stands; the first that gives one is taken. `name` parts are regular expressions."""

    column: str | None = None
    sheet_name: str | None = None
    file_name: str | None = None
    submission: bool = False

    @model_validator(mode="after")
    def _says_something(self) -> "PeriodSource":
        if not (self.column or self.sheet_name or self.file_name or self.submission):
            raise ValueError("say where the period stands: column, sheet_name, file_name or submission")
        return self


class Within(Part):
    """Where a row says in which larger place its own lies (a school in its authority): by code of a scheme, or by
    name among the places of `level`. One that no reference knows is learned; `none` lists what stands for none."""

    code: str | None = None
    name: str | None = None
    scheme: str = "gss"
    level: Level
    none: list[str] = []

    @model_validator(mode="after")
    def _names_a_column(self) -> "Within":
        if self.code is None and self.name is None:
            raise ValueError("within needs the column of a code or a name")
        return self


class LocationRule(Part):
    """How a row says which place it is about. Rules are tried in order; the first whose `when` holds is used.

    `scheme` is whose code it is: `gss`, or the issuer's (`ods`, `dfe-la`, `ecode` …). With `resolve: name`
    the name is looked up among places of `levels`; the code is then the fallback. `open` schemes learn
    unknown codes with a warning, closed ones refuse them. `name_noise` is a regular expression over what a name has
    besides (`Constabulary`), which is taken away, from the names under `places` too.
    """

    when: dict[str, list[str]] = {}
    code: str | None = None
    name: str | None = None
    name_noise: str | None = None
    scheme: str = "gss"
    level: Level | None = None
    levels: list[Level] = []
    resolve: Literal["code", "name"] = "code"
    open: bool = False
    fallback_scheme: str | None = None
    places: dict[str, Place] = {}
    fixed: Place | None = None
    within: Within | None = None

    @model_validator(mode="after")
    def _can_resolve(self) -> "LocationRule":
        if self.fixed is None and self.code is None and self.name is None:
            raise ValueError("a location rule needs code, name or fixed")
        if self.resolve == "name" and self.name is None:
            raise ValueError("resolve: name needs the column that holds the name")
        if self.scheme != "gss" and self.level is None and self.fixed is None and self.resolve == "code":
            raise ValueError(f"scheme {self.scheme} does not tell the level of a place: say level")
        return self


class MeasureReference(Part):
    """Where a reference file says what a measure means; the values are that file's columns.

    `value_types` maps regular expressions over the unit, `domains` the texts of column `domain`.
    """

    reference: str
    key: str
    name: str
    unit: str | None = None
    polarity: str | None = None
    definition: str | None = None
    period_kind: str | None = None
    period_rules: dict[str, PeriodRule] = {}
    value_types: dict[str, ValueType] = {}
    domain: str | None = None
    domains: dict[str, Domain] = {}


class MeasureFrom(Part):
    """Measures that the file names itself: the code is `prefix` and the label; `defaults` say the rest.

    `codes` gives labels a code of their own, so that a short code stands for a long label, or for two spellings.
    """

    column: str
    prefix: str
    codes: dict[str, Code] = {}
    name_column: str | None = None
    described_by: MeasureReference | None = None
    defaults: "MeasureDefaults"


class MeasureDefaults(Part):
    """What holds for a measure that a file names itself, unless a reference says otherwise."""

    unit: str = ""
    value_type: ValueType = "score"
    domain: Domain = "standards"
    polarity: Literal["high", "low", "none"] = "none"
    multiplier: float = 1
    aggregation: Literal["sum", "ratio", "none"] = "none"
    period: PeriodRule | None = None


class CellRule(Part):
    """Where the figures of a measure stand.

    Either columns by name (`value`, `numerator` …), or `columns`: a regular expression over the headers of a
    wide file with the group `item` (mapped by `items` to a measure) and, if wanted, `service_line`.
    `sets` gives the category of a characteristic that only the label of the measure tells. Rows for which
    `unless` holds are left to other rules. `scores` turns words into numbers: for a figure, what each label counts
    (`{value: {Good: 3}}`); other words, and numbers, are then refused.
    """

    measure: Code | None = None
    measure_from: MeasureFrom | None = None
    when: dict[str, list[str]] = {}
    unless: dict[str, list[str]] = {}
    sets: dict[str, str] = {}
    numerator: str | None = None
    denominator: str | None = None
    value: str | None = None
    lower_95: str | None = None
    upper_95: str | None = None
    lower_99_8: str | None = None
    upper_99_8: str | None = None
    status: str | None = None
    numerator_is_complement: bool = False
    scores: dict[str, dict[str, float]] = {}
    columns: str | None = None
    items: dict[str, Code] = {}

    @model_validator(mode="after")
    def _says_where(self) -> "CellRule":
        if self.columns is None and not (self.value or self.numerator or self.denominator):
            raise ValueError("a cell rule needs value, numerator, denominator or columns")
        if self.columns is not None:
            groups = re.compile(self.columns).groupindex
            if self.items and "item" not in groups:
                raise ValueError("columns needs a group (?P<item>…) when items are given")
            if not self.items and self.measure is None:
                raise ValueError("columns needs either items or one measure for all that it takes")
        elif (self.measure is None) == (self.measure_from is None):
            raise ValueError("a cell rule needs either measure or measure_from")
        sent = {"value"} if self.columns is not None else set(self.figures()) - {"status"}
        if strange := set(self.scores) - sent:
            raise ValueError(f"scores names '{min(strange)}', which is no figure of the cell rule")
        return self

    def figures(self) -> dict[str, str]:
        """The figures that stand in columns of their own: role to column."""
        roles = (
            "numerator",
            "denominator",
            "value",
            "lower_95",
            "upper_95",
            "lower_99_8",
            "upper_99_8",
            "status",
        )
        return {role: column for role in roles if (column := getattr(self, role))}


class Control(Part):
    """An identity the figures must keep. `sum`: total = parts (a leading `-` subtracts). `ratio`: value =
    multiplier × numerator / denominator. `tolerance` is in the unit of the figures."""

    name: str
    kind: Literal["sum", "ratio"]
    total: Code
    parts: list[str] = []
    tolerance: float = 0
    severity: Severity = "refuse"


def with_meaning(markers: dict[str, Status]) -> dict[str, Status]:
    """The same markers; raises ValueError for one without a status."""
    for marker, status in markers.items():
        if status == "":
            raise ValueError(f"marker '{marker}' needs a status: a missing value always says why")
    return markers


class Layout(Part):
    """One shape in which the return is sent; the first whose required columns are all there is used.

    `note_statuses` maps regular expressions over the note to the status of a value that is missing. `markers` are
    those that mean something else in this shape than in the return's others; they come before the return's.
    """

    name: str
    file: FileFormat
    columns: dict[str, Column]
    ignore_columns: list[str] = []
    extra_columns: Literal["ignore", "warn", "refuse"] = "warn"
    header_noise: str | None = None
    unfold: Unfold | None = None
    rows: RowRules = RowRules()
    period: PeriodSource
    locations: list[LocationRule] = Field(min_length=1)
    characteristics: list[Characteristic] = []
    service_line: ServiceLine = ServiceLine()
    cells: list[CellRule] = Field(min_length=1)
    note: str | None = None
    note_statuses: dict[str, Status] = {}
    markers: dict[str, Status] = {}

    @field_validator("markers")
    @classmethod
    def _markers_have_a_meaning(cls, markers: dict[str, Status]) -> dict[str, Status]:
        return with_meaning(markers)

    @model_validator(mode="after")
    def _names_columns_that_exist(self) -> "Layout":
        made = {self.unfold.label, self.unfold.figure} if self.unfold else set()
        if twice := made & self.columns.keys():
            raise ValueError(f"unfold makes column '{min(twice)}', which columns lists")
        for where, column in self.column_references():
            if column not in self.columns and column not in made:
                raise ValueError(f"{where} names column '{column}', which columns does not list")
        sent = {c.code for c in self.characteristics}
        for rule in self.cells:
            if strange := set(rule.sets) - sent:
                raise ValueError(f"a cell rule sets '{min(strange)}', which characteristics does not list")
        return self

    def column_references(self) -> list[tuple[str, str]]:
        """Every place in the layout that names a column, with the column."""
        found = [
            ("period", self.period.column),
            ("note", self.note),
            ("service_line", self.service_line.column),
            ("service_line", self.service_line.described_by),
        ]
        for rule in self.locations:
            found += [("locations", c) for c in (rule.code, rule.name, *rule.when)]
            if rule.within:
                found += [("locations", c) for c in (rule.within.code, rule.within.name)]
        for split in self.characteristics:
            found += [("characteristics", c) for c in (split.column, split.scheme_column, *split.when)]
        for cell in self.cells:
            found += [("cells", c) for c in (*cell.figures().values(), *cell.when, *cell.unless)]
            if cell.measure_from:
                found += [("cells", cell.measure_from.column), ("cells", cell.measure_from.name_column)]
        for conditions in (self.rows.until, self.rows.drop, self.rows.keep):
            found += [("rows", c) for c in conditions]
        return [(where, column) for where, column in found if column is not None]


class ReturnContract(Part):
    """One return: who sends it, when, in which shape, and what its figures mean.

    `covers` is the GSS code of the country that its places make up together, for places whose codes do not tell (NHS
    organisations), or for a return that counts two countries as one.
    """

    return_code: Code = Field(alias="return")
    name: str
    description: str
    department: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    owner: Owner
    cadence: Literal["monthly", "quarterly", "annual", "ad_hoc"]
    due: Due
    waivers: list[Waiver] = []
    burden: Burden
    disclosure: Disclosure = Disclosure()
    covers: str | None = None
    speaks_for: Literal["slice", "return", "keys"] = "slice"
    markers: dict[str, Status] = {}
    blank: Status = "x"
    cell_notes: str | None = None
    unreadable_period: Severity = "refuse"
    pull: dict[str, Any] | None = None
    measures: list[Measure] = []
    controls: list[Control] = []
    layouts: list[Layout] = Field(min_length=1)

    @field_validator("markers")
    @classmethod
    def _markers_have_a_meaning(cls, markers: dict[str, Status]) -> dict[str, Status]:
        return with_meaning(markers)

    @model_validator(mode="after")
    def _is_coherent(self) -> "ReturnContract":
        if not self.return_code.startswith(self.department + "."):
            raise ValueError(f"return '{self.return_code}' must begin with its department '{self.department}.'")
        known = {measure.code for measure in self.measures}
        if len(known) < len(self.measures):
            raise ValueError("a measure code stands twice in measures")
        for layout in self.layouts:
            for cell in layout.cells:
                named = cell.measure_from.codes.values() if cell.measure_from else ()
                for code in [cell.measure, *cell.items.values(), *named]:
                    if code is not None and code not in known:
                        raise ValueError(f"layout '{layout.name}' fills measure '{code}', which measures does not list")
        compared = self.disclosure.compares_groups
        for code in {*self.disclosure.measures, *compared, *compared.values()}:
            if known and code not in known:
                raise ValueError(f"disclosure names measure '{code}', which measures does not list")
        for control in self.controls:
            for code in (control.total, *(part.lstrip("-") for part in control.parts)):
                if code not in known:
                    raise ValueError(f"control '{control.name}' names measure '{code}', which measures does not list")
        return self

    def measure(self, code: str) -> Measure | None:
        """The measure of that code, or None where the file names its measures itself."""
        return next((measure for measure in self.measures if measure.code == code), None)


MeasureFrom.model_rebuild()
