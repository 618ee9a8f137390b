"""The formats of a return: how to read its file, and where in it each location, period and value is.

Contains the layout of a contract and its parts. Not here: what a value means (`measures`), breakdowns
(`breakdowns`), or applying a layout to a file (`orchestration.returns`).
"""

import re
from typing import Literal

from pydantic import Field, field_validator, model_validator

from orchestration.contracts.breakdowns import Characteristic, ServiceLine
from orchestration.contracts.codes import Place
from orchestration.contracts.measures import PeriodRule
from orchestration.contracts.parts import Code, Domain, Level, Part, Status, ValueType


class FileFormat(Part):
    """How to read the file."""

    format: Literal["csv", "parquet", "xlsx", "ods", "json"] = Field(examples=["csv"])
    """File format."""
    encoding: Literal["utf-8", "cp1252", "latin-1", "utf-16"] = Field(default="utf-8", examples=["cp1252"])
    """Character encoding of a text file."""
    delimiter: str = Field(default=",", min_length=1, max_length=1, examples=[";"])
    """Character between the columns of a CSV file."""
    sheet: str | None = Field(default=None, examples=["^Data$"])
    """Regular expression for the name of the sheet to read; it must match exactly one."""
    header_row: int = Field(default=1, ge=1, examples=[4])
    """Number of the row that holds the column headers."""
    short_lines: Literal["refuse", "fill"] = Field(default="refuse", examples=["fill"])
    """What to do with lines that have too few columns: `refuse` the file, or `fill` them with empty cells, as some
    exports leave trailing cells out."""
    max_mb: int | None = Field(default=None, ge=1, examples=[200])
    """Largest file size in megabytes, if it is below `OVERSIGHT_MAX_FILE_MB`."""


class Column(Part):
    """One column of the file, listed under the name that the contract uses for it."""

    aliases: list[str] = Field(default=[], examples=[["Org Code", "organisation_code"]])
    """Other headers under which the column is or was sent."""
    required: bool = Field(default=True, examples=[False])
    """Whether the layout applies only to files that have the column."""
    meaning: str = Field(default="", examples=["ODS code of the organisation"])
    """What the column contains."""


class RowRules(Part):
    """Rows of the file that are not observations. Each rule maps a column to labels. If there are several columns, all
    must match for `until` and `keep`, and any for `drop`."""

    until: dict[str, list[str]] = Field(default={}, examples=[{"Local authority": ["ENGLAND", "England"]}])
    """Labels that mark the last row of the table. Later rows are left out, and a file without such a row is refused."""
    drop: dict[str, list[str]] = Field(default={}, examples=[{"Geography": ["Total"]}])
    """Labels whose rows are left out."""
    keep: dict[str, list[str]] = Field(default={}, examples=[{"Type": ["Number", "Rate"]}])
    """Labels whose rows are kept; all other rows are left out."""
    only_measures: bool = Field(default=False, examples=[True])
    """Leave out every row that no cell rule reads, for publications with only a few agreed tables; otherwise a
    row with an unknown label is refused."""


class Unfold(Part):
    """Columns to unpivot, one per location, year or group. Each row of the file becomes one row per column, with two
    new columns that the rest of the layout uses like any other."""

    columns: str = Field(examples=["NSW|Vic|Qld"])
    """Regular expression for the headers to unpivot."""
    label: str = Field(examples=["State"])
    """Name of the new column for the header."""
    figure: str = Field(examples=["Figure"])
    """Name of the new column for the cell below the header."""

    @field_validator("columns")
    @classmethod
    def _is_a_pattern(cls, pattern: str) -> str:
        re.compile(pattern)
        return pattern


class PeriodSource(Part):
    """Where the period label is. The first source that yields a label is used."""

    column: str | None = Field(default=None, examples=["year_ending"])
    """Column that holds the label."""
    sheet_name: str | None = Field(default=None, examples=["(\\d{6})$"])
    """Regular expression that finds the label in the sheet name."""
    file_name: str | None = Field(default=None, examples=["(\\d{4}-\\d{2})"])
    """Regular expression that finds the label in the file name."""
    submission: bool = Field(default=False, examples=[True])
    """Use the period given with the submission: the drop folder, the list column `period_hint`, or the pattern under
    `pull`."""

    @model_validator(mode="after")
    def _has_a_source(self) -> "PeriodSource":
        if not (self.column or self.sheet_name or self.file_name or self.submission):
            raise ValueError("a period needs a source: column, sheet_name, file_name or submission")
        return self


class Within(Part):
    """The parent location of a row's location, such as the authority of a school. A parent that is not in a reference
    is added."""

    code: str | None = Field(default=None, examples=["ICB_CODE"])
    """Column with the code of the parent location."""
    name: str | None = Field(default=None, examples=["ICB_NAME"])
    """Column with its name, looked up among the locations of `level`."""
    scheme: str = Field(default="gss", examples=["nhse-icb"])
    """Code scheme of the parent location."""
    level: Level = Field(examples=["icb"])
    """Location level of the parent."""
    none: list[str] = Field(default=[], examples=[["NA", "N/A"]])
    """Labels that mean that there is no parent."""

    @model_validator(mode="after")
    def _names_a_column(self) -> "Within":
        if self.code is None and self.name is None:
            raise ValueError("within needs the column of a code or of a name")
        return self


class LocationRule(Part):
    """How to find the location of a row. Rules are tried in order; the first whose `when` matches is used."""

    when: dict[str, list[str]] = Field(default={}, examples=[{"Detailed Class": ["Fire"]}])
    """Rows to which the rule applies: a column and its labels. Without it the rule applies to every row."""
    code: str | None = Field(default=None, examples=["org_code"])
    """Column with the location code."""
    name: str | None = Field(default=None, examples=["force_name"])
    """Column with the location name."""
    name_noise: str | None = Field(default=None, examples=[" (Constabulary|Police)$"])
    """Regular expression for text to remove from names, including those under `places`."""
    scheme: str = Field(default="gss", examples=["ods"])
    """Code scheme: `gss`, or that of the organisation that issues the codes (`ods`, `dfe-la`, `ecode` …)."""
    level: Level | None = Field(default=None, examples=["nhs_trust"])
    """Location level, where the code scheme does not determine it."""
    levels: list[Level] = Field(default=[], examples=[["local_authority", "region"]])
    """Levels among which a name is looked up."""
    resolve: Literal["code", "name"] = Field(default="code", examples=["name"])
    """Whether `code` or `name` identifies the location. With `name`, the code is the fallback."""
    open: bool = Field(default=False, examples=[True])
    """Add unknown codes with a warning; otherwise they are refused."""
    fallback_scheme: str | None = Field(default=None, examples=["ecode"])
    """Scheme of codes that are not GSS codes, in a column of GSS codes."""
    places: dict[str, Place] = Field(
        default={}, examples=[{"Cumbria (Pre LG)": {"code": "E10000006", "level": "local_authority"}}]
    )
    """Locations that this return spells in its own way, by label."""
    fixed: Place | None = Field(default=None, examples=[{"code": "E92000001", "level": "country"}])
    """Location of every row, for files about one location."""
    within: Within | None = Field(default=None, examples=[{"code": "ICB_CODE", "scheme": "nhse-icb", "level": "icb"}])
    """Where the row gives the parent location."""

    @model_validator(mode="after")
    def _can_resolve(self) -> "LocationRule":
        if self.fixed is None and self.code is None and self.name is None:
            raise ValueError("a location rule needs code, name or fixed")
        if self.resolve == "name" and self.name is None:
            raise ValueError("resolve: name requires `name`, the column that contains the names")
        if self.scheme != "gss" and self.level is None and self.fixed is None and self.resolve == "code":
            raise ValueError(f"scheme {self.scheme} does not determine the location level; add level")
        return self


class MeasureReference(Part):
    """Reference file that describes the measures a return names itself. Fields named after a property give the column
    of the reference that holds it."""

    reference: str = Field(examples=["ref.lait_dictionary"])
    """Code of the reference."""
    key: str = Field(examples=["Measure_short"])
    """Column matched with the label of the measure."""
    name: str = Field(examples=["Measure"])
    """Column with the name of the measure."""
    unit: str | None = Field(default=None, examples=["y_axis_name"])
    """Column with its unit."""
    polarity: str | None = Field(default=None, examples=["Polarity"])
    """Column with its polarity: `high` or `low`."""
    definition: str | None = Field(default=None, examples=["Description"])
    """Column with its definition."""
    period_kind: str | None = Field(default=None, examples=["Year_Type"])
    """Column with the kind of its periods."""
    period_rules: dict[str, PeriodRule] = Field(default={}, examples=[{"Academic Year": {"kind": "AY"}}])
    """Period rule for each text of the `period_kind` column."""
    value_types: dict[str, ValueType] = Field(default={}, examples=[{"^%": "proportion"}])
    """Value type for each regular expression that matches the unit."""
    domain: str | None = Field(default=None, examples=["Topic"])
    """Column with the subject of the measure."""
    domains: dict[str, Domain] = Field(default={}, examples=[{"Children's Services Workforce": "workforce"}])
    """Domain for each text of the `domain` column."""


class MeasureFrom(Part):
    """Measures that the file names itself. The code of each is `prefix` followed by its label."""

    column: str = Field(examples=["Short Desc"])
    """Column with the label of the measure."""
    prefix: str = Field(examples=["dfe."])
    """Start of the code."""
    codes: dict[str, Code] = Field(default={}, examples=[{"Number of children": "dfe.children"}])
    """Codes for labels that are too long, or for two spellings of one measure."""
    name_column: str | None = Field(default=None, examples=["Data item"])
    """Column with the name of the measure."""
    described_by: MeasureReference | None = Field(
        default=None, examples=[{"reference": "ref.lait_dictionary", "key": "Measure_short", "name": "Measure"}]
    )
    """Reference that describes the measures."""
    defaults: "MeasureDefaults" = Field(examples=[{"value_type": "score", "period": {"kind": "auto"}}])
    """Properties of a measure that the reference does not describe."""


class MeasureDefaults(Part):
    """Properties of a measure that the file names itself, unless a reference gives others."""

    unit: str = Field(default="", examples=["%"])
    """Unit of the value."""
    value_type: ValueType = Field(default="score", examples=["score"])
    """Kind of value."""
    domain: Domain = Field(default="standards", examples=["standards"])
    """Which of the centre's questions the measure answers."""
    polarity: Literal["high", "low", "none"] = Field(default="none", examples=["low"])
    """Whether high or low values are good."""
    multiplier: float = Field(default=1, examples=[100])
    """Factor that turns numerator divided by denominator into the value."""
    aggregation: Literal["sum", "ratio", "none"] = Field(default="none", examples=["none"])
    """How the measure may be added up over locations and groups."""
    period: PeriodRule | None = Field(default=None, examples=[{"kind": "auto"}])
    """How to read the period labels."""


class CellRule(Part):
    """Where the values of a measure are: in named columns (`value`, `numerator` …), or in the columns of a wide file
    that match `columns`."""

    measure: Code | None = Field(default=None, examples=["nhse.ae_breach_proportion"])
    """Measure that the rule reads."""
    measure_from: MeasureFrom | None = Field(
        default=None, examples=[{"column": "Short Desc", "prefix": "dfe.", "defaults": {}}]
    )
    """Column that names the measures, instead of `measure`."""
    when: dict[str, list[str]] = Field(default={}, examples=[{"Measure": ["Rate"]}])
    """Rows that the rule reads: a column and its labels."""
    unless: dict[str, list[str]] = Field(default={}, examples=[{"Type": ["Total"]}])
    """Rows that the rule leaves to other rules."""
    sets: dict[str, str] = Field(default={}, examples=[{"ethnicity": "black"}])
    """Category of a characteristic that only the label of the measure gives."""
    numerator: str | None = Field(default=None, examples=["breaches"])
    """Column of the numerator."""
    denominator: str | None = Field(default=None, examples=["attendances"])
    """Column of the denominator."""
    value: str | None = Field(default=None, examples=["attendances"])
    """Column of the value; without it the value is calculated from numerator and denominator."""
    lower_95: str | None = Field(default=None, examples=["Lower CI"])
    """Column of the lower 95% confidence limit."""
    upper_95: str | None = Field(default=None, examples=["Upper CI"])
    """Column of the upper 95% confidence limit."""
    lower_99_8: str | None = Field(default=None, examples=["Lower CI 99.8"])
    """Column of the lower 99.8% confidence limit."""
    upper_99_8: str | None = Field(default=None, examples=["Upper CI 99.8"])
    """Column of the upper 99.8% confidence limit."""
    status: str | None = Field(default=None, examples=["Status"])
    """Column with the status of the value."""
    numerator_is_complement: bool = Field(default=False, examples=[True])
    """Whether the numerator column counts the rest of the denominator, so that the numerator is the difference."""
    scores: dict[str, dict[str, float]] = Field(default={}, examples=[{"value": {"Good": 3, "Inadequate": 1}}])
    """Number for each label of a value sent in words; other words, and numbers, are refused."""
    columns: str | None = Field(default=None, examples=["(?P<service_line>.+) - (?P<item>C[1-7])"])
    """Regular expression for the headers of a wide file, with the group `item` (mapped by `items`) and, if needed,
    `service_line`."""
    items: dict[str, Code] = Field(default={}, examples=[{"C1": "mhclg.ro3_employees"}])
    """Measure for each text of the group `item`."""

    @model_validator(mode="after")
    def _names_its_columns(self) -> "CellRule":
        if self.columns is None and not (self.value or self.numerator or self.denominator):
            raise ValueError("a cell rule must set at least one of value, numerator, denominator and columns")
        if self.columns is not None:
            groups = re.compile(self.columns).groupindex
            if self.items and "item" not in groups:
                raise ValueError("columns needs a group (?P<item>…) if items are given")
            if not self.items and self.measure is None:
                raise ValueError("columns needs either items, or one measure for all headers that match")
        elif (self.measure is None) == (self.measure_from is None):
            raise ValueError("a cell rule needs either measure or measure_from")
        sent = {"value"} if self.columns is not None else set(self.figures()) - {"status"}
        if unknown := set(self.scores) - sent:
            raise ValueError(f"scores names '{min(unknown)}', for which the cell rule has no column")
        return self

    def figures(self) -> dict[str, str]:
        """Return the figures that have columns of their own: role to column."""
        limits = ("lower_95", "upper_95", "lower_99_8", "upper_99_8")
        roles = ("numerator", "denominator", "value", *limits, "status")
        return {role: column for role in roles if (column := getattr(self, role))}


def with_meaning(markers: dict[str, Status]) -> dict[str, Status]:
    """Return `markers` unchanged; raise ValueError if one has no status."""
    for marker, status in markers.items():
        if status == "":
            raise ValueError(f"marker '{marker}' needs a status, which gives the reason for a missing value")
    return markers


class Layout(Part):
    """One format in which the return is sent. The first layout whose required columns are all in the file is used."""

    name: str = Field(examples=["by force"])
    """Name of the layout, as the report shows it."""
    file: FileFormat = Field(examples=[{"format": "csv"}])
    """How to read the file."""
    columns: dict[str, Column] = Field(
        examples=[{"force_name": {"aliases": ["Force"], "meaning": "Name of the force"}}]
    )
    """Columns that the layout uses, by the name that the contract gives them."""
    ignore_columns: list[str] = Field(default=[], examples=[["notes?", "unnamed.*"]])
    """Regular expressions for headers that are expected and not read."""
    extra_columns: Literal["ignore", "warn", "refuse"] = Field(default="warn", examples=["refuse"])
    """What to do with a column that the layout does not list."""
    header_noise: str | None = Field(default=None, examples=["\\s*\\[notes? [^\\]]*\\]"])
    """Regular expression for text to remove from headers."""
    unfold: Unfold | None = Field(
        default=None, examples=[{"columns": "NSW|Vic|Qld", "label": "State", "figure": "Figure"}]
    )
    """Columns to unpivot."""
    rows: RowRules = Field(default=RowRules(), examples=[{"until": {"Local authority": ["ENGLAND"]}}])
    """Rows that are not observations."""
    period: PeriodSource = Field(examples=[{"column": "year_ending"}])
    """Where the period label is."""
    locations: list[LocationRule] = Field(
        min_length=1, examples=[[{"name": "force_name", "resolve": "name", "levels": ["police_force"]}]]
    )
    """How to find the location of a row."""
    characteristics: list[Characteristic] = Field(
        default=[], examples=[[{"code": "sex", "name": "Sex", "column": "sex", "total": ["Total"]}]]
    )
    """Breakdowns of people in the file."""
    service_line: ServiceLine = Field(
        default=ServiceLine(), examples=[{"column": "offence", "total": ["All offences"]}]
    )
    """Breakdown of the service in the file."""
    cells: list[CellRule] = Field(
        min_length=1,
        examples=[[{"measure": "ho.knife_offences_rate", "numerator": "offences", "denominator": "population"}]],
    )
    """Where the values of each measure are."""
    note: str | None = Field(default=None, examples=["Notes"])
    """Column with a note on the row."""
    note_statuses: dict[str, Status] = Field(default={}, examples=[{"(?i)not collected": "x"}])
    """Status of a missing value for each regular expression that matches the note."""
    markers: dict[str, Status] = Field(default={}, examples=[{"-": "z"}])
    """Missing-value symbols that have another meaning in this layout; they take precedence over those of the return."""

    @field_validator("markers")
    @classmethod
    def _markers_have_a_meaning(cls, markers: dict[str, Status]) -> dict[str, Status]:
        return with_meaning(markers)

    @model_validator(mode="after")
    def _names_columns_that_exist(self) -> "Layout":
        unpivoted = {self.unfold.label, self.unfold.figure} if self.unfold else set()
        if duplicates := unpivoted & self.columns.keys():
            raise ValueError(f"unfold creates column '{min(duplicates)}', so columns must not list it")
        for where, column in self.column_references():
            if column not in self.columns and column not in unpivoted:
                raise ValueError(f"{where} names column '{column}', which is not listed in columns")
        characteristics = {c.code for c in self.characteristics}
        for rule in self.cells:
            if unknown := set(rule.sets) - characteristics:
                raise ValueError(f"a cell rule sets '{min(unknown)}', which is not listed in characteristics")
        return self

    def column_references(self) -> list[tuple[str, str]]:
        """Return every part of the layout that names a column, with the column."""
        references = [
            ("period", self.period.column),
            ("note", self.note),
            ("service_line", self.service_line.column),
            ("service_line", self.service_line.described_by),
        ]
        for rule in self.locations:
            references += [("locations", c) for c in (rule.code, rule.name, *rule.when)]
            if rule.within:
                references += [("locations", c) for c in (rule.within.code, rule.within.name)]
        for breakdown in self.characteristics:
            columns = (breakdown.column, breakdown.scheme_column, *breakdown.when)
            references += [("characteristics", c) for c in columns]
        for cell in self.cells:
            references += [("cells", c) for c in (*cell.figures().values(), *cell.when, *cell.unless)]
            if cell.measure_from:
                references += [("cells", cell.measure_from.column), ("cells", cell.measure_from.name_column)]
        for conditions in (self.rows.until, self.rows.drop, self.rows.keep):
            references += [("rows", c) for c in conditions]
        return [(where, column) for where, column in references if column is not None]


MeasureFrom.model_rebuild()
